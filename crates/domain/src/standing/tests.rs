#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;

use super::{Day, Proof, Span, Standing, days, spans};
use crate::samples::{HOUR, MINUTE, hour, minute, minutes, spans as windows, text_of};
use crate::{Capabilities, Coverage, Covered, Level, Mark, RunId, Tiers, Window};

/// `listed 00-06`, `empty 06-12`, `truncated 12-18`, `unreachable 18-24`, `settled …`, `compared …`.
fn row(text: &str) -> Covered {
    let (what, window) = text.split_once(' ').unwrap();
    let (level, mark) = match what {
        "listed" => (Level::Listed, None),
        "empty" => (Level::Settled, Some(Mark::Empty)),
        "settled" => (Level::Settled, None),
        "compared" => (Level::Compared, None),
        "truncated" => (Level::Unproven, Some(Mark::PossiblyTruncated("9 of 10".to_owned()))),
        "unreachable" => (Level::Unproven, Some(Mark::Unreachable("it is away".to_owned()))),
        other => unreachable!("{other}"),
    };
    let window = windows(window)[0];
    Covered { mark, ..Covered::new(window, level, RunId(1), hour("72")) }
}

fn ledger(rows: &str) -> Coverage {
    Coverage::from_rows(rows.split(", ").filter(|row| !row.is_empty()).map(row))
}

fn capabilities(lag: Duration, tiers: Tiers) -> Capabilities {
    Capabilities {
        window_max: HOUR * 1000,
        window_min: MINUTE,
        window_calls_max: 1000,
        margin: MINUTE,
        lag,
        tiers,
        patience: Duration::ZERO,
    }
}

fn text(span: &Span) -> String {
    let window = text_of(&[span.window]);
    let empty = if span.is_empty { " empty" } else { "" };
    let why = span.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} {window}{empty}{why}", span.proof.title())
}

fn check_spans(rows: &str, wanted: &str, expected: &[&str]) {
    let found: Vec<String> = spans(&ledger(rows), windows(wanted)[0]).iter().map(text).collect();
    assert_eq!(found, expected, "{rows}");
}

#[test]
fn the_ledger_says_something_of_every_instant() {
    check_spans("", "00-24", &["not read 00-24"]);
    check_spans(
        "listed 02-06, empty 06-08, truncated 10-12, unreachable 12-20",
        "04-24",
        &[
            "listed 04-06",
            "settled 06-08 empty",
            "not read 08-10",
            "possibly truncated 10-12: 9 of 10",
            "unreachable 12-20: it is away",
            "not read 20-24",
        ],
    );
}

/// The source begins at hour 30, it is hour 80 and an hour is too young: days 0 to 4.
fn check_days(rows: &str, expected: [Standing; 5]) {
    let can = capabilities(HOUR, Tiers::new(Vec::new()));
    let days = days(&ledger(rows), &can, hour("30"), windows("00-120")[0], hour("80"));
    assert_eq!(days.iter().map(Day::standing).collect::<Vec<_>>(), expected, "{rows}");
}

#[test]
fn a_day_is_as_good_as_its_worst_part() {
    use Proof::{Listed, PossiblyTruncated, Settled, Unreachable, Unread};
    use Standing::{NotWanted, Partly, Whole};
    let unread = Whole(Unread);
    check_days("", [NotWanted, unread, unread, unread, NotWanted]);
    check_days(
        "settled 24-48, listed 48-60, settled 60-72, settled 72-79",
        [NotWanted, Whole(Settled), Whole(Listed), Whole(Settled), NotWanted],
    );
    check_days(
        "truncated 30-48, unreachable 48-72, listed 72-76",
        [NotWanted, Whole(PossiblyTruncated), Whole(Unreachable), Partly(HOUR * 4), NotWanted],
    );
}

#[test]
fn a_day_is_empty_only_where_all_that_is_wanted_of_it_is_proved_to_be() {
    let can = capabilities(HOUR, Tiers::new(Vec::new()));
    let rows = "empty 00-48, empty 48-60, listed 60-72, empty 72-79";
    let days = days(&ledger(rows), &can, hour("30"), windows("00-96")[0], hour("80"));
    let said: Vec<_> = days.iter().map(|day| (day.is_empty(), day.is_open())).collect();
    assert_eq!(said, [(false, false), (true, false), (false, false), (true, true)]);
}

#[test]
fn a_day_knows_how_much_of_it_is_to_be_read_again() {
    let can = capabilities(HOUR, Tiers::new(vec![HOUR * 8]));
    let listed = Covered { checked_at: hour("07"), ..row("listed 00-06") };
    let coverage = Coverage::from_rows([listed]);
    let day = |now: &str| days(&coverage, &can, hour("00"), windows("00-24")[0], hour(now))[0].due;
    assert_eq!([day("07"), day("10"), day("24")], [Duration::ZERO, HOUR * 2, HOUR * 6]);
}

fn a_ledger() -> impl Strategy<Value = Coverage> {
    let drawn = (0..4_usize, 0..9000_u32, 1..3000_u32, 0..400_u32);
    prop::collection::vec(drawn, 0..25).prop_map(|rows| {
        Coverage::from_rows(rows.into_iter().map(|(what, from, length, later)| {
            let kind = ["listed", "settled", "truncated", "unreachable"][what];
            let row = row(&format!("{kind} 00-01"));
            let checked_at = minute(from + length + later);
            Covered { window: minutes(from, from + length), checked_at, ..row }
        }))
    })
}

proptest! {
    #[test]
    fn spans_tile_what_is_wanted_and_agree_with_its_gaps(
        coverage in a_ledger(), from in 0..9000_u32, length in 1..9000_u32,
    ) {
        let wanted = minutes(from, from + length);
        let spans = spans(&coverage, wanted);
        prop_assert_eq!(spans[0].window.from(), wanted.from());
        prop_assert_eq!(spans[spans.len() - 1].window.to(), wanted.to());
        prop_assert!(spans.windows(2).all(|two| two[0].window.to() == two[1].window.from()));
        let unproved: Duration =
            spans.iter().filter(|span| !span.proof.is_proof()).map(|span| span.window.length()).sum();
        let gaps: Duration = coverage.gaps(wanted).into_iter().map(Window::length).sum();
        prop_assert_eq!(unproved, gaps);
    }

    #[test]
    fn the_days_of_a_span_hold_all_of_its_spans_once(
        coverage in a_ledger(), from in 0..9000_u32, length in 1..9000_u32, lag in 0..200_u32,
    ) {
        let can = capabilities(MINUTE * lag, Tiers::usual());
        let (since, now) = (minute(from), minute(from + length));
        let days = days(&coverage, &can, since, minutes(0, 18_000), now);
        let seen: Duration = days.iter().flat_map(|day| &day.spans).map(|span| span.window.length()).sum();
        prop_assert_eq!(seen, (now - can.lag).since(since));
        for day in &days {
            let parts: Duration = Proof::ALL.into_iter().map(|proof| day.length(proof)).sum();
            prop_assert_eq!(parts, day.wanted.map(Window::length).unwrap_or_default());
        }
    }
}
