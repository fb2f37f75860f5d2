//! What may be repeated of an answer, and JSON that is not quite JSON.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::Value;

use crate::http::{Misread, Refusal, body, clean, said};

#[test]
fn messages_are_found_wherever_a_provider_puts_them() {
    for (body, expected) in [
        (r#"{"message":"Invalid JWT"}"#, "Invalid JWT"),
        (r#"{"message":["a","b"],"error":"Unprocessable Entity"}"#, "a; b"),
        (r#"{"error":{"code":"X","message":"gone"}}"#, "gone"),
        (r#"{"error":"invalid_grant","error_description":"expired"}"#, "expired"),
        (r#"{"statusCode":400}"#, "no message"),
        ("", "no message"),
        ("oops", "no readable message"),
        ("  <html>", "a web page instead of JSON"),
    ] {
        assert_eq!(said(body.as_bytes()), expected);
    }
}

#[test]
fn nothing_secret_or_personal_is_repeated() {
    for (text, expected) in [
        ("Number +12015550123 is blocked", "Number […] is blocked"),
        ("token pit-6f3a1b2c-1111-2222-3333-444455556666 bad", "token […] bad"),
        ("Number +1 201 555 0123 is blocked", "Number […] is blocked"),
        ("call (201) 555 01 23, or 201.555 0123.", "call […], or […]."),
        ("+1 (201)\u{a0}555 01\u{7} 23 - no", "[…] - no"),
        ("1 of 50 calls, page 3 - 4", "1 of 50 calls, page 3 - 4"),
        ("no contact jane@example.com", "no contact […]"),
        ("page\n\u{7}must be  >= 1", "page must be >= 1"),
    ] {
        assert_eq!(clean(text), expected);
    }
    assert!(clean(&"word ".repeat(500)).chars().count() <= 201);
}

fn read(body: &[u8]) -> Result<Value, Misread> {
    body::read_json(&Bytes::copy_from_slice(body), |bytes| serde_json::from_slice(bytes))
}

#[test]
fn raw_control_characters_inside_strings_are_mended() {
    let read = read(b"{\"transcript\":\"bot: a\n\x07human:\tb \\\" \\\\\",\n \"n\": 1}").unwrap();
    assert_eq!(read["transcript"], "bot: a\n\u{7}human:\tb \" \\");
    assert_eq!(read["n"], 1);
}

#[test]
fn broken_utf8_inside_strings_is_mended() {
    assert_eq!(read(b"[\"a\xffb\"]").unwrap(), serde_json::json!(["a\u{fffd}b"]));
}

#[test]
fn what_cannot_be_mended_is_named_without_being_quoted() {
    assert!(matches!(read(b"[\"pit-1"), Err(Misread::Broken(what)) if what.contains("7 bytes")));
    assert!(
        matches!(read(b"[1,,]"), Err(Misread::Broken(what)) if what == "its answer is not JSON")
    );
}

#[test]
fn only_its_own_word_says_that_there_is_no_such_thing() {
    let is_unknown = |status, said: &str| {
        let (request, said) = ("call by id".to_owned(), said.to_owned());
        Refusal { request, status, said }.is_unknown_thing()
    };
    assert!(is_unknown(404, "The requested resource was not found"));
    assert!(is_unknown(404, "Call not found") && is_unknown(410, "Message not found"));
    for said in [
        "no message",
        "no readable message",
        "a web page instead of JSON",
        "Not Found",
        "404 page not found",
        "Cannot GET /v1/calls/1",
    ] {
        assert!(!is_unknown(404, said), "{said}");
    }
    assert!(!is_unknown(400, "Call not found") && !is_unknown(401, "Authenticate"));
}

/// The digits of the longest number in a text, blanks and punctuation inside it not counted.
fn longest_number(text: &str) -> usize {
    let numbers = text.split(|letter: char| !letter.is_ascii_digit() && !" .-()".contains(letter));
    let digits = |number: &str| number.chars().filter(char::is_ascii_digit).count();
    numbers.map(digits).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn any_string_survives_being_sent_raw(text in "[^\"\\\\]*") {
        let sent = format!("[\"{text}\"]");
        prop_assert_eq!(read(sent.as_bytes()).unwrap(), serde_json::json!([text]));
    }

    #[test]
    fn no_body_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read(&bytes).ok();
        said(&bytes);
    }

    #[test]
    fn nothing_with_seven_digits_is_repeated(text in "\\PC{0,80}") {
        prop_assert!(longest_number(&clean(&text)) < 7);
    }

    #[test]
    fn no_number_is_repeated_however_it_is_grouped(
        before in "[a-z ,]{0,20}",
        joins in prop::collection::vec("[ .()-]{0,3}", 10),
        last in 0..100_u8,
        after in "[a-z ,]{0,20}",
    ) {
        // Ten digits of the range that is nobody's.
        let number = format!("20155501{last:02}");
        let digits = number.chars().zip(&joins);
        let grouped: String =
            digits.flat_map(|(digit, join)| std::iter::once(digit).chain(join.chars())).collect();
        let text = format!("{before} {grouped} {after}");
        prop_assert!(longest_number(&clean(&text)) < 7);
    }
}
