#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{Country, Phone};

fn check(raw: &str, e164: &str) {
    check_at("US", raw, e164);
}

fn check_at(home: &str, raw: &str, e164: &str) {
    let phone = Phone::new(raw, Country::new(home).unwrap());
    assert_eq!(phone.e164.as_deref().unwrap_or("none"), e164, "{raw} at {home}");
    assert_eq!(phone.raw, raw);
}

#[test]
fn one_number_in_many_writings_is_one_number() {
    check("+12015550123", "+12015550123");
    check("12015550123", "+12015550123");
    check("2015550123", "+12015550123");
    check("(201) 555-0123", "+12015550123");
    check("201.555.0123", "+12015550123");
    check(" 1-201-555-0123 ", "+12015550123");
    check("tel:+1-201-555-0123", "+12015550123");
    check("011 44 20 7946 0958", "+442079460958");
}

#[test]
fn the_country_decides_about_numbers_without_a_prefix() {
    check_at("GB", "020 7946 0958", "+442079460958");
    check_at("DE", "030 23125 042", "+493023125042");
    check_at("GB", "+1 201 555 0123", "+12015550123");
    check_at("IN", "10000 00000", "+911000000000");
}

#[test]
fn an_extension_is_no_part_of_the_number() {
    check("+1 201-555-0123 ext. 45", "+12015550123");
    check("201-555-0123 x45", "+12015550123");
    check("+12015550123;ext=45", "+12015550123");
}

#[test]
fn a_number_without_its_area_code_is_no_number() {
    check("555-0123", "none");
    check("5550123", "none");
}

#[test]
fn more_digits_than_e164_has_are_no_number() {
    check("+493023125042000", "+493023125042000");
    check("+4930231250420000", "none");
}

#[test]
fn text_that_is_no_number_keeps_its_raw_form_only() {
    for raw in ["", " ", "+", "anonymous", "Restricted", "unknown", "0", "123", "+1", "+999123"] {
        check(raw, "none");
    }
    check("client:agent_7", "none");
    check("sip:alice@example.com", "none");
    check("120155501231234567890", "none");
    check("7f3e4567-e89b-12d3-a456-426614174000", "none");
}

#[test]
fn an_unknown_country_reads_international_numbers_only() {
    check_at("ZZ", "+12015550123", "+12015550123");
    check_at("ZZ", "2015550123", "none");
}

fn check_shown(raw: &str, shown: &str) {
    let phone = Phone::new(raw, Country::US);
    assert_eq!(format!("{phone:?} {phone}"), format!("{shown} {shown}"));
}

#[test]
fn logs_show_the_last_four_digits_of_the_number_only() {
    check_shown("+12015550123", "…0123");
    check_shown("(201) 555-0123", "…0123");
    check_shown("201-555-0123 ext. 45", "…0123");
    check_shown("555-9876", "…9876");
    check_shown("anonymous", "…");
    check_shown("٢٠١٥٥٥٠١٢٣", "…0123");
}

#[test]
fn countries_are_two_letters() {
    assert_eq!(Country::new("us"), Some(Country::US));
    for code in ["", "U", "USA", "U1", "é"] {
        assert_eq!(Country::new(code), None, "{code}");
    }
    assert_eq!(serde_json::to_string(&Country::US).unwrap(), "\"US\"");
    assert!(serde_json::from_str::<Country>("\"USA\"").is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic_and_masked(raw: String, home in "[A-Z]{2}") {
        let phone = Phone::new(&raw, Country::new(&home).unwrap());
        prop_assert_eq!(&phone.raw, &raw);
        prop_assert!(phone.masked().chars().count() <= 5);
    }

    #[test]
    fn what_is_read_is_e164_and_reads_as_itself(raw in "[-+() .x0-9]{0,30}") {
        let Some(e164) = Phone::new(&raw, Country::US).e164 else { return Ok(()) };
        prop_assert!(e164.starts_with('+') && e164.len() <= 16, "{e164}");
        prop_assert!(e164[1..].bytes().all(|digit| digit.is_ascii_digit()), "{e164}");
        let again = Phone::new(&e164, Country::new("GB").unwrap());
        prop_assert_eq!(again.e164, Some(e164));
    }
}
