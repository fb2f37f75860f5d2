//! What two sides tell of one number: the same, as much of it as is shown, nothing, or another.

use crate::Phone;

/// Digits that tell a number apart from others when the rest of it is hidden.
pub(super) const TAIL: usize = 4;

/// How two words about one number stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Both tell it whole, and it is the same.
    Same,
    /// One of the two hides a part of it, and the rest is the same.
    Alike,
    /// One of the two does not tell it.
    Untold,
    /// They are two numbers.
    Other,
}

impl Likeness {
    pub(super) fn of(one: Option<&Phone>, other: Option<&Phone>) -> Self {
        let Some((one, other)) = one.and_then(shown).zip(other.and_then(shown)) else {
            return Self::Untold;
        };
        if one.is_whole && other.is_whole {
            return if one.digits == other.digits { Self::Same } else { Self::Other };
        }
        let is_end = one.digits.ends_with(&other.digits) || other.digits.ends_with(&one.digits);
        if is_end { Self::Alike } else { Self::Other }
    }
}

/// The digits of a number that can be seen, up to its end.
struct Shown {
    digits: String,
    is_whole: bool,
}

/// The last digits of a number, if enough of them can be seen.
pub(super) fn tail(phone: &Phone) -> Option<String> {
    let digits = shown(phone)?.digits;
    digits.get(digits.len() - TAIL..).map(str::to_owned)
}

/// `None` for what is no number, such as `anonymous`, and for one whose end is hidden.
fn shown(phone: &Phone) -> Option<Shown> {
    let is_masked = is_masked(&phone.raw);
    if let Some(e164) = phone.e164.as_deref().filter(|_| !is_masked) {
        let digits: String = e164.chars().filter(char::is_ascii_digit).collect();
        return (digits.len() >= TAIL).then_some(Shown { digits, is_whole: true });
    }
    if !phone.raw.chars().all(|it| is_digit_or_between(it) || is_mask(it)) {
        return None;
    }
    let end = phone.raw.chars().rev().take_while(|it| is_digit_or_between(*it));
    let mut digits: Vec<char> = end.filter(char::is_ascii_digit).collect();
    digits.reverse();
    let digits: String = digits.into_iter().collect();
    (digits.len() >= TAIL).then_some(Shown { digits, is_whole: false })
}

/// Whether a part of it is hidden. Letters alone stand for digits on some telephones, so `XXX0123`
/// would else be read as a number.
fn is_masked(raw: &str) -> bool {
    raw.contains(['*', '•', '…']) || raw.to_ascii_lowercase().contains("xx")
}

fn is_mask(letter: char) -> bool {
    matches!(letter, '*' | '•' | '…' | 'x' | 'X')
}

fn is_digit_or_between(letter: char) -> bool {
    letter.is_ascii_digit() || matches!(letter, '+' | '-' | '(' | ')' | '.' | ' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Country;

    fn check(one: &str, other: &str, likeness: Likeness) {
        let phone = |text: &str| (!text.is_empty()).then(|| Phone::new(text, Country::US));
        let (one, other) = (phone(one), phone(other));
        assert_eq!(Likeness::of(one.as_ref(), other.as_ref()), likeness, "{one:?} {other:?}");
        assert_eq!(Likeness::of(other.as_ref(), one.as_ref()), likeness, "{other:?} {one:?}");
    }

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        check("+12015550123", "(201) 555-0123", Likeness::Same);
        check("+12015550123", "+12015550124", Likeness::Other);
    }

    #[test]
    fn of_a_hidden_number_only_what_is_shown_counts() {
        for hidden in ["*******0123", "+1 201 ***-0123", "XXXXXX0123", "…0123", "555-0123"] {
            check("+12015550123", hidden, Likeness::Alike);
            check("+12015550124", hidden, Likeness::Other);
        }
        check("…0123", "XX50123", Likeness::Alike);
    }

    #[test]
    fn what_shows_no_digits_tells_no_number() {
        for nothing in ["", "anonymous", "+1201555****", "…23", "client:agent_7001", "+1201555XXXX"]
        {
            check("+12015550123", nothing, Likeness::Untold);
        }
    }
}
