#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use super::{Lack, Lacking, LatestRun, WhyLacking, lacking, why_lacking};
use crate::samples::{HOUR, MINUTE, hour, spans, text_of};
use crate::{Capabilities, Coverage, Covered, Level, Mark, RunId, RunStatus, Tiers};

/// `listed 00-06 at 08 run 1`; also `truncated` and `unreachable`.
fn row(text: &str) -> Covered {
    let words: Vec<&str> = text.split(' ').collect();
    let (level, mark) = match words[0] {
        "listed" => (Level::Listed, None),
        "settled" => (Level::Settled, None),
        "truncated" => (Level::Unproven, Some(Mark::PossiblyTruncated("9 of 10".to_owned()))),
        "unreachable" => (Level::Unproven, Some(Mark::Unreachable("503".to_owned()))),
        "unproven" => (Level::Unproven, None),
        other => unreachable!("{other}"),
    };
    let (window, checked_at) = (spans(words[1])[0], hour(words[3]));
    let run = RunId(words[5].parse().unwrap());
    Covered { mark, ..Covered::new(window, level, run, checked_at) }
}

/// The source begins at hour 0, it is hour 30, two hours are too young; a tier at eight hours.
fn check(rows: &str, expected: &[&str]) {
    let coverage = Coverage::from_rows(rows.split(", ").filter(|it| !it.is_empty()).map(row));
    let can = Capabilities {
        window_max: HOUR,
        window_min: MINUTE,
        window_calls_max: 1,
        margin: MINUTE,
        lag: 2 * HOUR,
        tiers: Tiers::new(vec![8 * HOUR]),
        patience: Duration::ZERO,
    };
    let found = lacking(&coverage, &can, hour("00"), hour("30"));
    let said: Vec<String> = found
        .iter()
        .map(|it| {
            let what = match &it.lack {
                Lack::Unread => "unread".to_owned(),
                Lack::Unreachable(why) => format!("unreachable: {why}"),
                Lack::PossiblyTruncated(why) => format!("truncated: {why}"),
                Lack::Due(tier) => format!("due after {}", tier.as_secs() / 3600),
            };
            let run = it.run.map(|run| format!(" by {run}")).unwrap_or_default();
            format!("{} {what}{run}", text_of(&[it.window]))
        })
        .collect();
    assert_eq!(said, expected, "{rows}");
}

#[test]
fn what_lacks_is_told_newest_first_and_neighbours_that_lack_the_same_are_one() {
    check("", &["00-28 unread"]);
    check("settled 00-28 at 30 run 1", &[]);
    check(
        "unreachable 00-04 at 05 run 1, unreachable 04-08 at 09 run 2, truncated 08-12 at 13 run 3, settled 12-20 at 30 run 4",
        &["20-28 unread", "08-12 truncated: 9 of 10 by 3", "00-08 unreachable: 503 by 2"],
    );
    check(
        "unproven 00-28 at 30 run 1",
        &["00-28 truncated: what was listed could not be proved whole by 1"],
    );
}

#[test]
fn what_is_old_enough_to_be_read_again_is_told_beside_what_was_never_proved() {
    check(
        "listed 00-06 at 07 run 1, settled 06-24 at 30 run 1",
        &["24-28 unread", "00-06 due after 8"],
    );
}

fn run(status: RunStatus, needs_person: bool) -> LatestRun {
    LatestRun { run: RunId(7), started_at: hour("24"), status, needs_person }
}

fn check_why(lack: Lack, window: &str, latest: Option<LatestRun>, expected: WhyLacking) {
    let (run, checked_at) = (None, None);
    let span = Lacking { window: spans(window)[0], lack, run, checked_at };
    assert_eq!(why_lacking(&span, 2 * HOUR, latest, latest), expected, "{span:?} {latest:?}");
}

#[test]
fn each_lack_has_its_cause() {
    use RunStatus::{Failed, InProgress, Partial, Success};
    let away = || Lack::Unreachable("503".to_owned());
    check_why(away(), "00-06", Some(run(Failed, false)), WhyLacking::Outage);
    check_why(away(), "00-06", Some(run(Failed, true)), WhyLacking::Refused);
    check_why(away(), "00-06", None, WhyLacking::Outage);
    let truncated = Lack::PossiblyTruncated("9 of 10".to_owned());
    check_why(truncated, "00-06", None, WhyLacking::PossiblyTruncated);
    check_why(Lack::Due(HOUR), "00-06", None, WhyLacking::Due);
    check_why(Lack::Unread, "00-06", None, WhyLacking::NeverRead);
    check_why(Lack::Unread, "00-06", Some(run(InProgress, false)), WhyLacking::UnderWay);
    check_why(Lack::Unread, "00-06", Some(run(Failed, true)), WhyLacking::Refused);
    check_why(Lack::Unread, "00-06", Some(run(Failed, false)), WhyLacking::Outage);
    check_why(Lack::Unread, "00-06", Some(run(Partial, false)), WhyLacking::NotReached);
    check_why(Lack::Unread, "00-06", Some(run(Success, false)), WhyLacking::NotReached);
    // Two hours were too young for the run that began at hour 24.
    check_why(Lack::Unread, "22-30", Some(run(Success, false)), WhyLacking::NotReadSince);
    check_why(Lack::Unread, "21-30", Some(run(Success, false)), WhyLacking::NotReached);
}
