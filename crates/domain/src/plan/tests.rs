#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use proptest::prelude::*;

use super::{
    Capabilities, Planned, Territory, Tried, Unseen, Why, plan, portion, territories, unseen,
    within,
};
use crate::samples::{DAY, HOUR, MINUTE, hour, minute, minutes, spans, text_of};
use crate::{Coverage, Covered, Level, Mark, RunId, Tiers, Timestamp, Window};

fn capabilities(window_max: Duration, lag: Duration, tiers: Tiers) -> Capabilities {
    Capabilities {
        window_max,
        window_min: MINUTE,
        window_calls_max: 1000,
        margin: MINUTE,
        lag,
        tiers,
        patience: Duration::ZERO,
    }
}

fn row(window: Window, level: Level, checked_at: Timestamp) -> Covered {
    Covered::new(window, level, RunId(1), checked_at)
}

/// `listed 00-06 at 08, …`, planned at hour 30 with a lag of two hours, tiers at 8 and 16 hours
/// and windows of at most six hours.
fn check(ledger: &str, asked: Option<&str>, expected: &[&str]) {
    let rows = ledger.split(", ").filter(|row| !row.is_empty()).map(|text| {
        let words: Vec<&str> = text.split(' ').collect();
        let level = if words[0] == "listed" { Level::Listed } else { Level::Settled };
        row(spans(words[1])[0], level, hour(words[3]))
    });
    let can = capabilities(6 * HOUR, 2 * HOUR, Tiers::new(vec![8 * HOUR, 16 * HOUR]));
    let asked = asked.map(|span| spans(span)[0]);
    let planned = plan(&Coverage::from_rows(rows), &can, hour("00"), asked, hour("30"));
    let text = |next: &Planned| {
        let window = text_of(&[next.window]);
        match next.why {
            Why::Gap => format!("gap {window}"),
            Why::Settle(tier) => format!("settle {window} after {}", tier.as_secs() / 3600),
            Why::Asked => format!("asked {window}"),
        }
    };
    assert_eq!(planned.iter().map(text).collect::<Vec<_>>(), expected, "{ledger}");
}

#[test]
fn nothing_known_is_read_newest_first_up_to_the_lag() {
    check("", None, &["gap 22-28", "gap 16-22", "gap 10-16", "gap 04-10", "gap 00-04"]);
}

#[test]
fn after_an_outage_the_uncovered_interval_is_the_next_work() {
    check("settled 00-06 at 30, settled 12-28 at 30", None, &["gap 06-12"]);
}

#[test]
fn a_window_due_for_two_tiers_is_read_once_and_named_after_the_oldest() {
    check("listed 00-06 at 07, settled 06-28 at 30", None, &["settle 00-06 after 16"]);
    check(
        "listed 10-16 at 17, settled 00-10 at 30, settled 16-28 at 30",
        None,
        &["settle 14-16 after 8", "settle 10-14 after 16"],
    );
}

#[test]
fn what_a_person_asks_for_is_read_even_if_it_is_settled() {
    check("settled 00-28 at 30", Some("04-12"), &["asked 06-12", "asked 04-06"]);
}

#[test]
fn within_a_span_only_what_the_ledger_lacks_there_is_read() {
    let settled = row(spans("12-20")[0], Level::Settled, hour("30"));
    let can = capabilities(6 * HOUR, 2 * HOUR, Tiers::usual());
    let planned = plan(&Coverage::from_rows([settled]), &can, hour("00"), None, hour("30"));
    let windows: Vec<Window> =
        within(planned, spans("09-23")[0]).into_iter().map(|next| next.window).collect();
    assert_eq!(text_of(&windows), "22-23 20-22 09-12");
}

#[test]
fn what_is_too_young_to_be_proved_is_not_read_whoever_asks() {
    check("", Some("24-48"), &["asked 24-28"]);
    check("", Some("40-48"), &[]);
}

/// A window nobody tried before.
fn fresh(window: Window, why: Why) -> Planned {
    Planned { window, why, tried: None }
}

/// Windows of an hour, planned at hour 30; of rows `unproven 02-03 at 08`, `refused 02-03 at 08` could
/// not be asked, and `again 02-03 at 08` is proved and was read again in vain.
fn turns(ledger: &str, windows_max: usize, doubtful_max: usize) -> (String, u64) {
    let rows = ledger.split(", ").map(|text| {
        let words: Vec<&str> = text.split(' ').collect();
        let (window, at) = (spans(words[1])[0], hour(words[3]));
        match words[0] {
            "again" => Covered { tried_at: Some(at), ..row(window, Level::Listed, hour("00")) },
            "refused" => Covered {
                mark: Some(Mark::Unreachable("it is away".to_owned())),
                ..row(window, Level::Unproven, at)
            },
            "settled" => row(window, Level::Settled, at),
            _ => row(window, Level::Unproven, at),
        }
    });
    let can = capabilities(HOUR, 2 * HOUR, Tiers::new(vec![8 * HOUR]));
    let planned = plan(&Coverage::from_rows(rows), &can, hour("00"), None, hour("30"));
    let (taken, left) = portion(planned, Some(windows_max), doubtful_max);
    (text_of(&taken.iter().map(|next| next.window).collect::<Vec<_>>()), left)
}

#[test]
fn what_was_read_in_vain_has_its_turn_after_everything_else() {
    let ledger = "unproven 26-27 at 29, refused 24-25 at 28, again 20-21 at 27, settled 02-20 at 30, \
                  settled 21-24 at 30, settled 25-26 at 30";
    let all = "27-28 01-02 00-01 24-25 20-21 26-27";
    assert_eq!(turns(ledger, 99, 99), (all.to_owned(), 0));
    // Such as the provider answers in vain are no reason to begin again at once.
    assert_eq!(turns(ledger, 99, 1), ("27-28 01-02 00-01 24-25 20-21".to_owned(), 0));
    assert_eq!(turns(ledger, 3, 1), ("27-28 01-02 00-01".to_owned(), 2));
    // What was not tried for longest comes first, and neighbours are tried as one.
    let doubtful = "settled 00-20 at 30, unproven 20-21 at 29, unproven 22-23 at 24, settled 21-22 at 30, \
                    settled 23-28 at 30";
    assert_eq!(turns(doubtful, 99, 99).0, "22-23 20-21");
}

#[test]
fn neighbours_that_were_answered_in_vain_are_tried_as_one() {
    let at = |window, hours| row(spans(window)[0], Level::Unproven, hour(hours));
    let can = capabilities(6 * HOUR, 2 * HOUR, Tiers::usual());
    let ledger =
        [row(spans("00-20")[0], Level::Settled, hour("30")), at("20-21", "25"), at("21-22", "24")];
    let planned = plan(&Coverage::from_rows(ledger), &can, hour("00"), None, hour("30"));
    let tried = Some(Tried { at: hour("24"), was_answered: true });
    let again = Planned { window: spans("20-22")[0], why: Why::Gap, tried };
    assert_eq!(planned, [fresh(spans("22-28")[0], Why::Gap), again]);
}

/// However many windows can never be proved, each run reads what is new, and each has its turn.
#[test]
fn windows_that_never_prove_keep_nothing_else_from_being_read() {
    let can = capabilities(HOUR, 5 * MINUTE, Tiers::new(vec![8 * HOUR]));
    let is_bad = |window: Window| (0..40).any(|n| window.contains(hour("00") + n * 2 * HOUR));
    let (mut coverage, mut read) = (Coverage::default(), 0);
    for run in 0..2000_u32 {
        let now = hour("99") + run * 5 * MINUTE;
        let planned = plan(&coverage, &can, hour("00"), None, now);
        for next in portion(planned, Some(6), 2).0 {
            let level = if is_bad(next.window) { Level::Unproven } else { Level::Listed };
            if level == Level::Unproven && next.tried.is_some() {
                read += 1;
            }
            coverage.mark(row(next.window, level, now));
        }
    }
    let now = hour("99") + 2000 * 5 * MINUTE;
    let young = Window::new(hour("00"), now - 10 * MINUTE).unwrap();
    assert_eq!(coverage.gaps(young).len(), 40, "only what cannot be proved is left");
    assert!(read > 1000 && read <= 2 * 2000, "read in vain {read} times");
    let tried = coverage.rows().iter().filter(|row| row.level == Level::Unproven);
    let oldest = tried.map(|row| row.checked_at).min().unwrap();
    assert!(now.since(oldest) < 3 * HOUR, "each has its turn");
    assert!(!coverage.rows().iter().any(|row| {
        row.level == Level::Listed
            && now.since(row.checked_at) > DAY * 2
            && row.window.length() > DAY
    }));
}

#[test]
fn a_source_that_starts_in_the_future_still_settles_its_past() {
    let can = capabilities(6 * HOUR, HOUR, Tiers::new(vec![8 * HOUR]));
    let coverage = Coverage::from_rows([row(spans("00-06")[0], Level::Listed, hour("07"))]);
    let planned = plan(&coverage, &can, hour("99"), None, hour("30"));
    assert_eq!(planned, [fresh(spans("00-06")[0], Why::Settle(8 * HOUR))]);
}

fn a_ledger() -> impl Strategy<Value = Coverage> {
    let drawn = (0..3_usize, 0..900_u32, 1..200_u32, 0..400_u32);
    prop::collection::vec(drawn, 0..25).prop_map(|rows| {
        Coverage::from_rows(rows.into_iter().map(|(level, from, length, later)| {
            let level = [Level::Unproven, Level::Listed, Level::Settled][level];
            row(minutes(from, from + length), level, minute(from + length + later))
        }))
    })
}

fn is_home(territories: &[Territory], at: Timestamp) -> usize {
    territories.iter().filter(|territory| territory.is_home_of(at)).count()
}

proptest! {
    #[test]
    fn a_plan_is_exactly_the_gaps_and_what_is_due(
        coverage in a_ledger(), now in 100..1500_u32, lag in 0..90_u32, window_max in 1..300_u32,
    ) {
        let tiers = Tiers::new(vec![15 * MINUTE, 2 * HOUR, 8 * HOUR]);
        let can = capabilities(window_max * MINUTE, lag * MINUTE, tiers);
        let planned = plan(&coverage, &can, minute(10), None, minute(now));

        prop_assert!(planned.iter().all(|next| next.window.length() <= can.window_max));
        let newest_first = |two: &[Planned]| two[1].window.to() <= two[0].window.from();
        let tried = planned.partition_point(|next| next.tried.is_none());
        prop_assert!(planned[..tried].windows(2).all(newest_first), "out of order");
        let tried = planned[tried..].iter().map(|next| next.tried.map(|tried| tried.at));
        prop_assert!(tried.clone().all(|at| at.is_some()) && tried.is_sorted(), "out of turn");
        let mut by_time = planned.clone();
        by_time.sort_by_key(|next| std::cmp::Reverse(next.window));
        prop_assert!(by_time.windows(2).all(newest_first), "overlapping");
        let gaps = Window::new(minute(10), minute(now) - can.lag).map(|w| coverage.gaps(w));
        let gaps = gaps.unwrap_or_default();
        let due: Vec<_> = coverage
            .rows()
            .iter()
            .flat_map(|row| can.tiers.due(row, minute(now)))
            .collect();
        // Due windows end at multiples of the steps, which are finer than minutes.
        for step in 0..800 {
            let at = minute(0) + step * 3 * (MINUTE / 2);
            let found = planned.iter().find(|next| next.window.contains(at)).map(|next| next.why);
            let is_gap = gaps.iter().any(|gap| gap.contains(at));
            let tier = due.iter().filter(|due| due.0.contains(at)).map(|due| due.1).max();
            let expected = if is_gap { Some(Why::Gap) } else { tier.map(Why::Settle) };
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn territories_tile_all_of_time(
        windows in prop::collection::btree_map(0..500_u32, 1..20_u32, 1..20), floor in 1..5_u32,
    ) {
        let mut busy = 0;
        let mut planned = Vec::new();
        for (after, length) in windows {
            let from = busy.max(after);
            busy = from + length;
            planned.insert(0, fresh(minutes(from, busy), Why::Gap));
        }
        let whole = territories(&planned);
        prop_assert!(whole.windows(2).all(|two| two[1].to == two[0].from), "newest first, no hole");
        prop_assert_eq!((whole[0].to, whole[whole.len() - 1].from), (Timestamp::MAX, Timestamp::MIN));
        let halved: Vec<Territory> = whole
            .iter()
            .flat_map(|one| match one.halves(floor * MINUTE) {
                Some((older, newer)) => vec![older, newer],
                None => vec![*one],
            })
            .collect();
        for tiles in [&whole, &halved] {
            for at in [Timestamp::MIN, Timestamp::from_millis(0), Timestamp::MAX] {
                prop_assert_eq!(is_home(tiles, at), 1);
            }
            for at in (0..1100).map(|half_minute| minute(0) + half_minute * (MINUTE / 2)) {
                prop_assert_eq!(is_home(tiles, at), 1);
                let inside = tiles.iter().find(|tile| tile.window.contains(at));
                prop_assert!(inside.is_none_or(|tile| tile.is_home_of(at)));
            }
        }
    }
}

#[test]
fn one_window_answers_for_all_of_time() {
    let planned = [fresh(spans("00-06")[0], Why::Asked)];
    let alone = Territory { window: spans("00-06")[0], from: Timestamp::MIN, to: Timestamp::MAX };
    assert_eq!(territories(&planned), [alone]);
    assert_eq!(territories(&[]), []);
}

/// Runs every five minutes for `days`, some of which fail, and notes the age at every reading of
/// each instant, one instant per five minutes.
fn simulate(days: u32, fails: impl Fn(u32) -> bool) -> (Coverage, Vec<Vec<Duration>>) {
    let can = capabilities(6 * HOUR, 5 * MINUTE, Tiers::usual());
    let mut coverage = Coverage::default();
    let mut ages = vec![Vec::new(); days as usize * 288];
    for run in 0..days * 288 {
        let now = minute(run * 5) + MINUTE;
        for next in plan(&coverage, &can, minute(0), None, now) {
            let asked_at = now + Duration::from_secs(3);
            if fails(run) {
                coverage.mark(row(next.window, Level::Unproven, asked_at));
                continue;
            }
            let index = |at: Timestamp| {
                usize::try_from(at.since(minute(0)).as_millis().div_ceil(300_000)).unwrap()
            };
            let read = index(next.window.from())..index(next.window.to());
            for (instant, ages) in (0..).step_by(5).zip(&mut ages).skip(read.start).take(read.len())
            {
                ages.push(asked_at.since(minute(instant)));
            }
            for (window, level) in can.tiers.levels(next.window, asked_at) {
                coverage.mark(row(window, level, asked_at));
            }
        }
    }
    (coverage, ages)
}

fn check_settles(coverage: &Coverage, days: u32) {
    let settled = coverage.rows().iter().find(|row| row.level == Level::Settled).unwrap().window;
    assert_eq!(settled.from(), minute(0));
    assert!(settled.to() >= minute(days * 24 * 60) - 8 * DAY, "settled up to {}", settled.to());
}

#[test]
fn ten_days_of_five_minute_runs_read_every_instant_once_per_tier_and_settle_it() {
    let (coverage, ages) = simulate(18, |_| false);
    check_settles(&coverage, 18);
    for (instant, ages) in ages.iter().enumerate().take(10 * 288) {
        assert_eq!(ages.len(), 5, "instant {instant} was read at {ages:?}");
        for (age, tier) in ages[1..].iter().zip([15 * MINUTE, 2 * HOUR, DAY, 7 * DAY]) {
            assert!(*age >= tier && *age <= tier + tier / 8 + 6 * MINUTE, "{instant} {ages:?}");
        }
    }
    assert!(coverage.rows().len() < 200, "{} rows", coverage.rows().len());
}

#[test]
fn failed_runs_and_an_outage_of_a_day_skip_no_instant_for_good() {
    let (coverage, ages) = simulate(12, |run| run % 3 == 1 || (600..900).contains(&run));
    check_settles(&coverage, 12);
    for (instant, ages) in ages.iter().enumerate().take(4 * 288) {
        assert!((2..=5).contains(&ages.len()), "instant {instant} was read at {ages:?}");
        assert!(*ages.last().unwrap() >= 7 * DAY, "instant {instant} was read at {ages:?}");
    }
}

/// What may have been written unseen, when the run plans to read `planned`.
fn check_unseen(ledger: &str, planned: &str, expected: Option<(&str, &str)>) {
    let rows = ledger.split(", ").filter(|row| !row.is_empty()).map(|text| {
        let words: Vec<&str> = text.split(' ').collect();
        let level = if words[0] == "listed" { Level::Listed } else { Level::Unproven };
        row(spans(words[1])[0], level, hour(words[3]))
    });
    let planned: Vec<Planned> =
        spans(planned).into_iter().map(|window| fresh(window, Why::Gap)).collect();
    let found = unseen(&Coverage::from_rows(rows), &planned);
    let found = found.map(|Unseen { since, edge }| (since, edge));
    let expected = expected.map(|(since, edge)| (hour(since), hour(edge)));
    assert_eq!(found, expected, "{ledger}, {planned:?}");
}

#[test]
fn changes_are_unseen_since_the_end_of_what_is_proved() {
    check_unseen("listed 00-06 at 03", "06-12", Some(("06", "06")));
    check_unseen("listed 00-06 at 03, listed 06-12 at 13", "12-18", Some(("12", "12")));
    // A hole before that end changes nothing: it is read as it is now.
    check_unseen("listed 00-02 at 03, listed 06-12 at 13", "02-06 12-18", Some(("12", "12")));
}

#[test]
fn what_was_read_later_than_that_is_known_as_it_was_then() {
    check_unseen("listed 00-06 at 20", "06-12", Some(("20", "06")));
    check_unseen("listed 00-06 at 20, listed 06-08 at 14", "08-12", Some(("14", "08")));
}

#[test]
fn nothing_is_unseen_where_nothing_is_proved_or_nothing_newer_is_read() {
    check_unseen("", "00-06", None);
    check_unseen("unproven 00-06 at 08", "00-12", None);
    check_unseen("listed 00-06 at 08", "02-06", None);
    check_unseen("listed 00-02 at 08, listed 04-06 at 08", "02-04", None);
}
