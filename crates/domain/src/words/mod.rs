//! Words that are looked for in what was said.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// The most letters that are looked for.
pub const LETTERS_MAX: usize = 200;

/// Words to be found in a text one after the other, as they were written, in whatever case: letters
/// that are one to a reader are one (`É` written in one or two, `ﬁ` and `fi`, `ς` and `σ`), and any
/// space is like any other.
#[derive(Clone, PartialEq, Eq)]
pub struct Words(String);

/// A text that cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("words to look for are 1 to {LETTERS_MAX} letters")]
pub struct NoWords;

impl Words {
    /// Words as somebody writes them.
    pub fn new(text: &str) -> Result<Self, NoWords> {
        if text.chars().count() > LETTERS_MAX {
            return Err(NoWords);
        }
        let folded = folded(text).trim().to_owned();
        if folded.is_empty() { Err(NoWords) } else { Ok(Self(folded)) }
    }

    /// As they are compared; looking for these is the same.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether they are in a text.
    pub fn are_in(&self, text: &str) -> bool {
        folded(text).contains(&self.0)
    }

    /// Whether they are in what was said in a call, or in what its provider makes of that.
    pub fn are_said_in(&self, call: &crate::Call) -> bool {
        [&call.transcript, &call.summary].into_iter().flatten().any(|text| self.are_in(text))
    }
}

/// As two texts are compared: in lower case, with one space between words.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut add = |letter: char| {
        if !letter.is_whitespace() {
            folded.push(letter);
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    };
    if text.is_ascii() {
        text.chars().map(|letter| letter.to_ascii_lowercase()).for_each(&mut add);
    } else {
        let lower = text.nfkc().flat_map(char::to_lowercase);
        // A lower case that depends on what follows would differ where the words do not end.
        lower.map(|letter| if letter == 'ς' { 'σ' } else { letter }).for_each(&mut add);
    }
    folded
}

impl fmt::Debug for Words {
    /// They may be a person's: only how long they are can stand in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Words({} letters)", self.0.chars().count())
    }
}

#[cfg(test)]
mod tests;
