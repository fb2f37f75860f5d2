use super::*;
use crate::vicidial::key::{Key, Kind, created_at};
use crate::vicidial::seen::{Seen, with_live_first};
use crate::vicidial::tables::Copy;
use domain::ProviderCallId;

fn seen(copy: Copy, unique: &str, end: &str) -> Seen {
    let columns = [
        ("uniqueid", unique),
        ("lead_id", "7"),
        ("call_date", "2026-03-31 08:00:00"),
        ("start_epoch", "1774958400"),
        ("end_epoch", end),
    ];
    Seen::new(Kind::Log, copy, row(&columns), &new_york(), SKEW)
}

fn check(live: &[(&str, &str)], archive: &[(&str, &str)], expected: &[(&str, Copy)]) {
    let all = |rows: &[(&str, &str)], copy| {
        rows.iter().map(|(unique, end)| seen(copy, unique, end)).collect::<Vec<_>>()
    };
    let calls = with_live_first(all(live, Copy::Live), all(archive, Copy::Archive));
    let mut found: Vec<_> = calls
        .into_iter()
        .map(|seen| {
            (seen.key.unwrap().id().0.trim_end_matches("-7-1774958400").to_owned(), seen.copy)
        })
        .collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    let found: Vec<_> = found.iter().map(|(id, copy)| (id.as_str(), *copy)).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_row_in_use_wins_over_its_copy() {
    check(&[("1774958390.4", "9")], &[("1774958390.4", "")], &[("vl-1774958390", Copy::Live)]);
}

#[test]
fn what_only_the_archive_has_is_kept() {
    check(&[], &[("1774958390.4", "")], &[("vl-1774958390", Copy::Archive)]);
}

#[test]
fn a_rewritten_key_is_the_same_call() {
    check(&[("1774958390.9", "9")], &[("1774958390.4", "")], &[("vl-1774958390", Copy::Live)]);
    // And when the row has moved to the archive too.
    check(&[], &[("1774958390.4", ""), ("1774958390.9", "9")], &[("vl-1774958390", Copy::Archive)]);
}

#[test]
fn two_rows_of_one_lead_and_second_stay_two() {
    check(
        &[("1774958390.10", "9"), ("1774958390.9", "9")],
        &[],
        &[("vl-1774958390", Copy::Live), ("vl-1774958390.10", Copy::Live)],
    );
    check(
        &[("1774958390.9", "9")],
        &[("1774958390.10", "9")],
        &[("vl-1774958390", Copy::Live), ("vl-1774958390.10", Copy::Archive)],
    );
}

#[test]
fn a_key_says_all_that_is_needed_to_find_its_row() {
    for id in [
        "vl-1774958390-7-1774958400",
        "vl-dialer-1-17749583-7-0",
        "vcl-12",
        "did-1.2-20260331080000-203.0.113.1",
    ] {
        let id = ProviderCallId(id.to_owned());
        assert_eq!(Key::read(&id).unwrap().id(), id);
    }
    for id in ["", "vl-", "vl-1-2", "vcl-x", "x-1", "did-1-2"] {
        assert_eq!(Key::read(&ProviderCallId(id.to_owned())), None, "{id}");
    }
}

#[test]
fn only_a_channels_own_id_says_when_it_was_created() {
    assert_eq!(created_at("1774958390.4"), Some(at("2026-03-31T11:59:50Z")));
    for unique in ["", "1774958390", "dialer-17749583.4", "1774958390.x", "17749583.4"] {
        assert_eq!(created_at(unique), None, "{unique}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_may_be_an_id(id in ".*") {
        if let Some(key) = Key::read(&ProviderCallId(id)) {
            proptest::prop_assert_eq!(Key::read(&key.id()), Some(key));
        }
    }
}
