#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use domain::{
    Capabilities, Coverage, Covered, Day, Level, Mark, RunId, Tiers, Timestamp, Window, days,
};

use super::{grid, words};
use crate::output::Style;

fn at(text: &str) -> Timestamp {
    Timestamp::parse_human(text).unwrap()
}

fn row(from: &str, to: &str, level: Level, mark: Option<Mark>) -> Covered {
    let window = Window::new(at(from), at(to)).unwrap();
    Covered { mark, ..Covered::new(window, level, RunId(1), at(to)) }
}

/// A source that begins on 3 March, at noon of the 12th.
fn shown(rows: Vec<Covered>) -> Vec<Day> {
    let capabilities = Capabilities {
        window_max: Duration::from_hours(24),
        window_min: Duration::from_mins(1),
        window_calls_max: 1,
        margin: Duration::ZERO,
        lag: Duration::from_hours(1),
        tiers: Tiers::new(Vec::new()),
        patience: Duration::ZERO,
    };
    let span = Window::new(at("2026-03-01"), at("2026-03-13")).unwrap();
    let coverage = Coverage::from_rows(rows);
    days(&coverage, &capabilities, at("2026-03-03"), span, at("2026-03-12T12:00:00Z"))
}

fn a_mixed_ledger() -> Vec<Day> {
    let away = Mark::Unreachable("it is away".to_owned());
    let cut = Mark::PossiblyTruncated("9 of 10".to_owned());
    shown(vec![
        row("2026-03-03", "2026-03-05", Level::Settled, None),
        row("2026-03-05", "2026-03-06", Level::Settled, Some(Mark::Empty)),
        row("2026-03-06", "2026-03-07T19:00:00Z", Level::Listed, None),
        row("2026-03-07T19:00:00Z", "2026-03-08", Level::Unproven, Some(away.clone())),
        row("2026-03-08", "2026-03-09", Level::Unproven, Some(away)),
        row("2026-03-09", "2026-03-10", Level::Unproven, Some(cut)),
        row("2026-03-11", "2026-03-12T11:00:00Z", Level::Listed, None),
    ])
}

#[test]
fn a_grid_has_a_cell_for_each_day_and_says_what_its_signs_mean() {
    let days = a_mixed_ledger();
    let expected = "  week of     Mon   Tue   Wed   Thu   Fri   Sat   Sun
  2026-02-23
  2026-03-02        ▓     ▓     ▓∅    ░     19h   !
  2026-03-09  ?     ·     ░     ░…";
    assert_eq!(grid::grid(&days, Style::plain()), expected);
    assert_eq!(
        grid::legend(&days, Style::plain()),
        "  ▓ settled   ░ listed   ? possibly truncated   ! unreachable   · not read   \
         9h proved for so many hours   ∅ proved to hold no call   … not over"
    );
}

#[test]
fn the_days_add_up_in_a_sentence_and_each_bad_one_says_why() {
    let days = a_mixed_ledger();
    assert_eq!(
        words::summary(&days),
        "6 of 10 days are proved: 3 settled, 3 listed, 1 possibly truncated, 1 unreachable, \
         1 not read, 1 proved in part; 1 of them hold no call."
    );
    let said = words::troubles("everycall", "main", &days, Style::plain()).join("\n");
    let expected = "  2026-03-10  not read
  2026-03-09  possibly truncated: 9 of 10
  2026-03-08  unreachable: it is away
  2026-03-07  19 h 0 min of 24 h 0 min proved; 19:00 to 00:00 unreachable: it is away
Why, and what repairs it: everycall gaps main";
    assert_eq!(said, expected);
}

#[test]
fn neighbours_of_which_the_same_is_wrong_are_told_once() {
    let days = shown(vec![row("2026-03-08", "2026-03-12T11:00:00Z", Level::Listed, None)]);
    let said = words::troubles("everycall", "main", &days, Style::plain());
    assert_eq!(said[0], "  2026-03-03 to 2026-03-07  not read");
}

#[test]
fn a_whole_ledger_has_nothing_to_say() {
    let days = shown(vec![row("2026-03-03", "2026-03-12T11:00:00Z", Level::Listed, None)]);
    assert_eq!(words::summary(&days), "10 of 10 days are proved: 10 listed.");
    assert_eq!(words::troubles("everycall", "main", &days, Style::plain()), Vec::<String>::new());
}
