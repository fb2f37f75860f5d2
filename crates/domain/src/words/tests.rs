use proptest::prelude::*;

use super::*;

fn check(words: &str, text: &str, are_in: bool) {
    let looked_for = Words::new(words).expect("it can be looked for");
    assert_eq!(looked_for.are_in(text), are_in, "{words:?} in {text:?}");
}

#[test]
fn words_are_found_in_any_case_and_between_any_spaces() {
    check("refund", "I want a REFUND.", true);
    check(" Refund  please ", "a refund\n\tplease, now", true);
    check("refund please", "please refund", false);
    check("fun", "refund", true);
    check("%", "100 % sure", true);
    check("_", "100 % sure", false);
    check("a", "", false);
}

#[test]
fn letters_that_are_one_to_a_reader_are_one() {
    check("café", "CAFE\u{301}", true);
    check("cafe\u{301}", "Café", true);
    check("ΟΔΟΣ", "οδος 5", true);
    check("οδοσ", "ΟΔΟΣ", true);
    check("office", "oﬃce", true);
    check("straße", "STRASSE", false);
    check("ключ", "КЛЮЧ 📞", true);
    check("📞", "ключ 📞", true);
    check("e", "É", false);
    check("a b", "a\u{a0}b", true);
    check("ａｂｃ", "abc", true);
}

#[test]
fn nothing_and_too_much_cannot_be_looked_for() {
    let long = "é".repeat(LETTERS_MAX + 1);
    for none in ["", "  ", "\n\u{a0}\u{2003}", &long] {
        assert_eq!(Words::new(none), Err(NoWords), "{none:?}");
    }
    assert!(Words::new(&long[..2 * LETTERS_MAX]).is_ok());
    let words = Words::new("my secret").expect("it can be looked for");
    assert_eq!(format!("{words:?}"), "Words(9 letters)");
}

proptest! {
    #[test]
    fn a_part_of_a_text_is_found_in_it(text in "[a-zA-ZäÖéÉ 0-9\n]{1,40}", from in 0..40usize, count in 1..20usize) {
        let part: String = text.chars().skip(from).take(count).collect();
        if let Ok(words) = Words::new(&part) {
            prop_assert!(words.are_in(&text));
            prop_assert!(words.are_in(&text.to_uppercase()));
        }
    }

    #[test]
    fn any_text_can_be_folded(text in any::<String>(), words in any::<String>()) {
        if let Ok(words) = Words::new(&words) {
            words.are_in(&text);
        }
    }
}
