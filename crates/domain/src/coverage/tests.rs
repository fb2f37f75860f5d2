#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::{Coverage, Covered, Level, Mark};
use crate::samples::{hour, minute, minutes, spans, text_of};
use crate::{RunId, Window};

const LEVELS: [(&str, Level); 4] = [
    ("unproven", Level::Unproven),
    ("listed", Level::Listed),
    ("settled", Level::Settled),
    ("compared", Level::Compared),
];

/// `listed 00-06 run 1`, then maybe `empty` or `5 calls`. Run 1 looked at hour 1001.
fn row(text: &str) -> Covered {
    let mut words = text.split_whitespace();
    let mut word = || words.next();
    let level = word().and_then(|name| LEVELS.iter().find(|level| level.0 == name)).unwrap().1;
    let window = spans(word().unwrap())[0];
    assert_eq!(word(), Some("run"));
    let run: i64 = word().unwrap().parse().unwrap();
    let (mark, listed) = match word() {
        None => (None, None),
        Some("empty") => (Some(Mark::Empty), Some(0)),
        Some(calls) => (None, Some(calls.parse().unwrap())),
    };
    let checked_at = hour(&(1000 + run).to_string());
    Covered {
        mark,
        listed,
        provider_total: listed,
        ..Covered::new(window, level, RunId(run), checked_at)
    }
}

fn text(row: &Covered) -> String {
    let level = LEVELS.iter().find(|level| level.1 == row.level).unwrap().0;
    let calls = match (&row.mark, row.listed) {
        (Some(Mark::Empty), Some(0)) => " empty".to_owned(),
        (None, Some(calls)) => format!(" {calls} calls"),
        (None, None) => String::new(),
        other => format!(" {other:?}"),
    };
    format!("{level} {} run {}{calls}", text_of(&[row.window]), row.run)
}

fn check(written: &[&str], ledger: &[&str]) {
    let coverage = Coverage::from_rows(written.iter().map(|text| row(text)));
    let rows: Vec<String> = coverage.rows().iter().map(text).collect();
    assert_eq!(rows, ledger, "written: {written:?}");
}

fn check_gaps(covered: &str, wanted: &str, gaps: &str) {
    let rows =
        spans(covered).into_iter().map(|window| Covered { window, ..row("listed 00-01 run 1") });
    let coverage = Coverage::from_rows(rows);
    assert_eq!(text_of(&coverage.gaps(spans(wanted)[0])), gaps, "covered {covered}");
}

#[test]
fn what_is_not_proved_is_a_gap() {
    check_gaps("", "00-24", "00-24");
    check_gaps("00-06 12-24", "00-24", "06-12");
    check_gaps("06-12", "00-24", "00-06 12-24");
    check_gaps("00-24", "06-12", "");
    check_gaps("00-06 06-12", "00-12", "");
    check_gaps("00-02 04-06 22-30", "01-24", "02-04 06-22");
}

#[test]
fn a_look_without_proof_leaves_a_gap() {
    let coverage = Coverage::from_rows([row("unproven 00-06 run 1"), row("listed 06-12 run 1")]);
    assert_eq!(text_of(&coverage.gaps(spans("00-12")[0])), "00-06");
}

#[test]
fn everything_is_proved_up_to_the_first_hole() {
    for (ledger, until) in [
        (&[][..], None),
        (&["listed 01-09 run 1"], Some("01-09")),
        (&["settled 00-03 run 1", "listed 03-06 run 2", "listed 07-09 run 3"], Some("01-06")),
        (&["listed 01-03 run 1", "unproven 03-09 run 2"], Some("01-03")),
        (&["unproven 00-09 run 1"], None),
        (&["listed 05-09 run 1"], None),
    ] {
        let coverage = Coverage::from_rows(ledger.iter().map(|text| row(text)));
        let until = until.map(|text| spans(text)[0].to());
        assert_eq!(coverage.proved_until(spans("01-24")[0].from()), until, "{ledger:?}");
    }
}

#[test]
fn a_failed_look_never_undoes_a_proof() {
    check(
        &["listed 02-04 run 1 5", "unproven 00-06 run 2"],
        &["unproven 00-02 run 2", "listed 02-04 run 1 5 calls", "unproven 04-06 run 2"],
    );
}

#[test]
fn a_proof_that_is_taken_back_leaves_a_gap() {
    for level in ["unproven", "listed", "settled", "compared"] {
        let mut coverage = Coverage::from_rows([row(&format!("{level} 00-06 run 1 5 calls"))]);
        coverage.reopen(row("listed 02-03 run 2"));
        let gaps = coverage.gaps(spans("00-06")[0]);
        assert_eq!(text_of(&gaps), if level == "unproven" { "00-06" } else { "02-03" }, "{level}");
        coverage.mark(row("listed 02-03 run 3 1 calls"));
        assert_eq!(text_of(&coverage.gaps(spans("02-03")[0])), "", "{level}");
    }
}

#[test]
fn a_better_look_replaces_a_worse_one() {
    check(&["unproven 00-06 run 1", "listed 00-06 run 2 5"], &["listed 00-06 run 2 5 calls"]);
    check(
        &["listed 00-06 run 1 5", "settled 02-04 run 2 1"],
        &["listed 00-02 run 1", "settled 02-04 run 2 1 calls", "listed 04-06 run 1"],
    );
}

#[test]
fn what_was_settled_before_it_was_compared_is_compared() {
    let before = [
        "listed 00-02 run 1",
        "settled 02-08 run 2 9",
        "settled 10-12 run 4 1",
        "unproven 12-14 run 1",
    ];
    let mut coverage = Coverage::from_rows(before.iter().map(|text| row(text)));
    // Run 4 looked at hour 1004.
    coverage.compared(spans("00-06")[0], hour("1003"));
    coverage.compared(spans("09-20")[0], hour("1003"));
    let rows: Vec<String> = coverage.rows().iter().map(text).collect();
    let after = [
        "listed 00-02 run 1",
        "compared 02-06 run 2",
        "settled 06-08 run 2",
        "settled 10-12 run 4 1 calls",
        "unproven 12-14 run 1",
    ];
    assert_eq!(rows, after);
    coverage.compared(spans("06-30")[0], hour("1004"));
    let rows: Vec<String> = coverage.rows().iter().map(text).collect();
    assert_eq!(rows[1..3], ["compared 02-08 run 2", "compared 10-12 run 4 1 calls"]);
}

#[test]
fn reading_again_keeps_the_better_level_and_takes_the_new_numbers() {
    check(&["compared 00-06 run 1 5", "listed 00-06 run 2 6"], &["compared 00-06 run 2 6 calls"]);
}

#[test]
fn a_wider_reading_leaves_no_count_of_an_older_one_behind() {
    check(
        &["compared 02-04 run 1 5", "listed 00-06 run 2 9"],
        &["listed 00-02 run 2", "compared 02-04 run 2", "listed 04-06 run 2"],
    );
}

#[test]
fn an_hour_that_was_empty_is_no_longer_empty_once_a_call_came_late() {
    check(&["settled 00-06 run 1 empty", "listed 00-06 run 2 1"], &["settled 00-06 run 2 1 calls"]);
    check(
        &["settled 02-04 run 1 empty", "listed 00-06 run 2 1"],
        &["listed 00-02 run 2", "settled 02-04 run 2", "listed 04-06 run 2"],
    );
}

#[test]
fn a_part_of_an_empty_window_is_empty() {
    check(
        &["listed 00-06 run 1 empty", "settled 00-02 run 2 empty"],
        &["settled 00-02 run 2 empty", "listed 02-06 run 1 empty"],
    );
}

#[test]
fn settled_neighbours_become_one_row_with_the_sum_of_their_calls() {
    check(&["settled 00-02 run 1 5", "settled 02-04 run 2 6"], &["settled 00-04 run 2 11 calls"]);
    check(&["settled 02-04 run 2 6", "settled 00-02 run 1 5"], &["settled 00-04 run 2 11 calls"]);
    check(
        &["settled 00-02 run 1 5", "settled 04-06 run 1 5", "settled 02-04 run 2 5"],
        &["settled 00-06 run 2 15 calls"],
    );
}

#[test]
fn listed_neighbours_of_different_age_stay_apart() {
    check(
        &["listed 00-02 run 1", "listed 02-04 run 2"],
        &["listed 00-02 run 1", "listed 02-04 run 2"],
    );
    check(&["listed 00-02 run 1 1", "listed 02-04 run 1 2"], &["listed 00-04 run 1 3 calls"]);
}

#[test]
fn what_was_read_again_in_vain_is_remembered_until_it_is_proved_again() {
    let failed =
        |text: &str| Covered { mark: Some(Mark::PossiblyTruncated("why".to_owned())), ..row(text) };
    let mut coverage = Coverage::from_rows([row("listed 00-06 run 1")]);
    coverage.mark(failed("unproven 02-04 run 2"));
    let tried = |coverage: &Coverage| {
        let rows = coverage.rows().iter().map(|row| (text_of(&[row.window]), row.tried()));
        rows.collect::<Vec<_>>()
    };
    let at = |run: u32| Some(hour(&(1000 + run).to_string()));
    let [before, within, after] = ["00-02", "02-04", "04-06"].map(str::to_owned);
    assert_eq!(tried(&coverage), [(before, None), (within, at(2)), (after, None)]);
    assert!(coverage.rows().iter().all(|row| row.level == Level::Listed), "a proof stays");
    assert_eq!(Coverage::from_rows(coverage.rows().to_vec()), coverage);
    coverage.mark(row("listed 00-06 run 3"));
    assert_eq!(tried(&coverage), [("00-06".to_owned(), None)]);
    coverage.mark(failed("unproven 06-08 run 4"));
    assert_eq!(tried(&coverage)[1], ("06-08".to_owned(), at(4)));
}

/// What the ledger must remember of one minute.
type Known = Option<(Level, Option<Mark>, i64)>;

/// The calls of the test world: one in every minute that is a multiple of seven.
fn calls_in(window: Window) -> u64 {
    (0..70).filter(|m| m % 7 == 0 && window.contains(minute(*m))).count() as u64
}

fn look(run: usize, (level, from, length, unreachable): (usize, u32, u32, bool)) -> Covered {
    let (level, run) = (LEVELS[level].1, i64::try_from(run).unwrap());
    let window = minutes(from, from + length);
    let listed = (level > Level::Unproven).then(|| calls_in(window));
    let mark = match listed {
        Some(0) => Some(Mark::Empty),
        None if unreachable => Some(Mark::Unreachable("it hung up".to_owned())),
        _ => None,
    };
    let checked_at = hour(&(1000 + run).to_string());
    Covered {
        mark,
        listed,
        provider_total: listed,
        ..Covered::new(window, level, RunId(run), checked_at)
    }
}

fn learn(known: &mut [Known], look: &Covered) {
    for (_, known) in (0..).zip(known).filter(|(at, _)| look.window.contains(minute(*at))) {
        let better = known.as_ref().map(|known| known.0).filter(|level| *level > look.level);
        if better.is_none() || look.level > Level::Unproven {
            *known = Some((better.unwrap_or(look.level), look.mark.clone(), look.run.0));
        }
    }
}

proptest! {
    #[test]
    fn the_ledger_agrees_with_a_list_of_minutes(
        looks in prop::collection::vec((0..4_usize, 0..50_u32, 1..20_u32, any::<bool>()), 0..25),
        wanted in (0..40_u32, 1..30_u32),
    ) {
        let mut known: Vec<Known> = vec![None; 70];
        let mut coverage = Coverage::default();
        for (run, drawn) in looks.into_iter().enumerate() {
            let look = look(run, drawn);
            learn(&mut known, &look);
            coverage.mark(look);
        }
        let rows = coverage.rows();
        prop_assert!(rows.windows(2).all(|two| two[0].window.to() <= two[1].window.from()));
        prop_assert!(rows.windows(2).all(|two| !two[0].continues(&two[1])));
        for row in rows {
            prop_assert!(row.listed.is_none_or(|calls| calls == calls_in(row.window)));
            prop_assert!(row.mark != Some(Mark::Empty) || row.listed == Some(0));
        }
        for (at, known) in (0..).zip(&known) {
            let row = rows.iter().find(|row| row.window.contains(minute(at)));
            let level = row.map(|row| row.level);
            prop_assert_eq!(level, known.as_ref().map(|known| known.0));
            let (Some(row), Some((_, mark, run))) = (row, known) else { continue };
            prop_assert_eq!(row.mark == Some(Mark::Empty), *mark == Some(Mark::Empty));
            if row.level < Level::Settled {
                prop_assert_eq!(row.checked_at, hour(&(1000 + run).to_string()));
            }
        }

        let wanted = minutes(wanted.0, wanted.0 + wanted.1);
        let gaps = coverage.gaps(wanted);
        prop_assert!(gaps.windows(2).all(|two| two[0].to() < two[1].from()));
        for (at, known) in (0..).zip(&known) {
            let proved = known.as_ref().is_some_and(|known| known.0 > Level::Unproven);
            let is_gap = gaps.iter().any(|gap| gap.contains(minute(at)));
            prop_assert_eq!(is_gap, wanted.contains(minute(at)) && !proved);
        }
    }

    #[test]
    fn writing_the_rows_of_a_ledger_gives_the_ledger(
        looks in prop::collection::vec((0..4_usize, 0..50_u32, 1..20_u32, any::<bool>()), 0..25),
    ) {
        let looks = looks.into_iter().enumerate().map(|(run, drawn)| look(run, drawn));
        let coverage = Coverage::from_rows(looks);
        prop_assert_eq!(Coverage::from_rows(coverage.rows().to_vec()), coverage);
    }
}
