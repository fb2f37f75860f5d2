#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{Advance, CallStatus, Heard};

fn check(held: &str, word: &str, means: Advance) {
    let status = |text: &str| text.parse::<CallStatus>().unwrap();
    assert_eq!(status(held).hears(status(word)), means, "{held} hears {word}");
}

#[test]
fn a_call_goes_forward() {
    check("queued", "initiated", Advance::Forward);
    check("initiated", "ringing", Advance::Forward);
    check("ringing", "in_progress", Advance::Forward);
    check("in_progress", "completed", Advance::Forward);
    check("queued", "failed", Advance::Forward);
}

#[test]
fn a_late_message_about_an_earlier_state_changes_nothing() {
    check("completed", "ringing", Advance::Stale);
    check("no_answer", "in_progress", Advance::Stale);
    check("ringing", "queued", Advance::Stale);
}

#[test]
fn the_same_word_twice_is_nothing_new() {
    for status in CallStatus::ALL {
        check(status.as_str(), status.as_str(), Advance::Same);
    }
}

#[test]
fn two_different_endings_are_a_conflict() {
    check("completed", "failed", Advance::Conflict);
    check("voicemail", "completed", Advance::Conflict);
    check("busy", "no_answer", Advance::Conflict);
}

fn check_after(held: &str, word: &str, is_provisional: bool, expected: (&str, Option<&str>, bool)) {
    let status = |text: &str| text.parse::<CallStatus>().unwrap();
    let (now, contradiction, is_stale) = expected;
    let contradiction = contradiction.map(status);
    let expected = Heard { status: status(now), contradiction, is_stale };
    assert_eq!(status(held).after(status(word), is_provisional), expected, "{held} after {word}");
}

#[test]
fn what_contradicts_an_ending_stays_visible_beside_it() {
    check_after("completed", "in_progress", false, ("completed", Some("in_progress"), true));
    check_after("completed", "failed", false, ("completed", Some("failed"), false));
    check_after("completed", "failed", true, ("failed", None, false));
    check_after("completed", "in_progress", true, ("completed", Some("in_progress"), true));
    check_after("completed", "unknown", false, ("completed", Some("unknown"), false));
    check_after("in_progress", "ringing", false, ("in_progress", None, true));
    check_after("in_progress", "completed", false, ("completed", None, false));
    check_after("completed", "completed", false, ("completed", None, false));
}

#[test]
fn names_are_the_same_in_text_and_json() {
    assert_eq!(CallStatus::ALL.iter().filter(|status| status.is_terminal()).count(), 6);
    for status in CallStatus::ALL {
        assert_eq!(status.as_str().parse(), Ok(*status));
        let json = serde_json::to_string(status).unwrap();
        assert_eq!(json, format!("\"{}\"", status.as_str()));
    }
}

proptest! {
    #[test]
    fn whatever_comes_in_whatever_order_an_ending_stays(
        words in prop::collection::vec(prop::sample::select(CallStatus::ALL), 1..20),
    ) {
        let mut held = words[0];
        for word in &words {
            let before = held;
            if held.hears(*word) == Advance::Forward {
                held = *word;
            }
            prop_assert!(!before.is_terminal() || held == before);
        }
        let ended = words.iter().find(|word| word.is_terminal());
        prop_assert!(ended.is_none_or(|ending| held == *ending));
        let after = words.iter().fold(words[0], |held, word| held.after(*word, false).status);
        prop_assert_eq!(after, held);
    }
}
