//! The ledger day by day, as the heat map shows it.

use std::time::Duration;

use domain::{Covered, Level, Mark, Timestamp, Window};
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::Instant;

const DAY: Duration = Duration::from_hours(24);

/// How well one day is proved: as well as its worst part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It lies before the source's history.
    Outside,
    /// Some part of it was never looked at.
    None,
    /// Some part of it was looked at without proof.
    Unproven,
    /// Listed completely once.
    Listed,
    /// Listed again when it was old enough not to change.
    Settled,
    /// Compared with the provider.
    Compared,
}

/// One day, in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    /// Its first instant.
    #[schemars(with = "Instant")]
    pub from: Timestamp,
    /// How well it is proved.
    pub level: Standing,
    /// Up to when, where the rest is not yet due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Instant>")]
    pub until: Option<Timestamp>,
    /// What else the ledger says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

impl Standing {
    /// Every standing, worst first.
    pub const ALL: [Self; 6] =
        [Self::Outside, Self::None, Self::Unproven, Self::Listed, Self::Settled, Self::Compared];

    /// Its name on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Outside => "before its start",
            Self::None => "not read",
            Self::Unproven => "unproven",
            Self::Listed => "listed",
            Self::Settled => "settled",
            Self::Compared => "compared",
        }
    }

    /// Its name in the style sheet.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Outside => "day-outside",
            Self::None => "day-none",
            Self::Unproven => "day-unproven",
            Self::Listed => "day-listed",
            Self::Settled => "day-settled",
            Self::Compared => "day-compared",
        }
    }

    fn of(level: Level) -> Self {
        match level {
            Level::Unproven => Self::Unproven,
            Level::Listed => Self::Listed,
            Level::Settled => Self::Settled,
            Level::Compared => Self::Compared,
        }
    }
}

/// The last `count` days, oldest first, of sorted rows that do not overlap.
pub fn days(
    rows: &[Covered],
    since: Timestamp,
    read_until: Option<Timestamp>,
    now: Timestamp,
    count: u32,
) -> Vec<Day> {
    // The newest hours cannot be read yet; a ledger that ends within the last day is up to date.
    let recent = read_until.filter(|until| now.since(*until) < DAY);
    let due = recent.unwrap_or(now);
    let today = now.floor_to(DAY);
    let starts = (0..count).rev().map(|ago| today - DAY * ago);
    starts
        .filter_map(|from| Some(day(rows, Window::new(from, from + DAY).ok()?, since, due)))
        .collect()
}

fn day(rows: &[Covered], whole: Window, since: Timestamp, due: Timestamp) -> Day {
    let from = whole.from();
    let bare = |level| Day { from, level, until: None, remark: None };
    if whole.to() <= since {
        return bare(Standing::Outside);
    }
    let Ok(wanted) = Window::new(from.max(since), whole.to().min(due)) else {
        return bare(Standing::None);
    };
    let first = rows.partition_point(|row| row.window.to() <= wanted.from());
    let inside = rows[first..].iter().take_while(|row| row.window.from() < wanted.to());
    let (mut looked_at, mut worst, mut remark) = (Duration::ZERO, Standing::Compared, None);
    for row in inside {
        looked_at += row.window.intersect(wanted).map_or(Duration::ZERO, Window::length);
        worst = worst.min(Standing::of(row.level));
        remark = remark.or_else(|| remark_of(row));
    }
    let level = if looked_at < wanted.length() { Standing::None } else { worst };
    let until = (due < whole.to()).then_some(due);
    Day { from, level, until, remark }
}

fn remark_of(row: &Covered) -> Option<String> {
    match row.mark.as_ref()? {
        Mark::Empty => None,
        Mark::PossiblyTruncated(sentence) | Mark::Unreachable(sentence) => Some(sentence.clone()),
    }
}

#[cfg(test)]
mod tests {
    use domain::RunId;

    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_human(text).expect("the test names an instant")
    }

    fn row(from: &str, to: &str, level: Level) -> Covered {
        Covered::new(
            Window::new(at(from), at(to)).expect("the test names a window"),
            level,
            RunId(1),
            at(to),
        )
    }

    fn check(rows: &[Covered], wanted: [Standing; 4]) {
        let until = rows.last().map(|row| row.window.to());
        let days = days(rows, at("2026-03-02"), until, at("2026-03-04T13:00:00Z"), 4);
        assert_eq!(days.iter().map(|day| day.level).collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn a_day_is_as_good_as_its_worst_part() {
        use Standing::{Listed, Outside, Settled, Unproven};
        check(
            &[
                row("2026-03-02", "2026-03-03T06:00:00Z", Level::Settled),
                row("2026-03-03T06:00:00Z", "2026-03-03T07:00:00Z", Level::Unproven),
                row("2026-03-03T07:00:00Z", "2026-03-04T12:50:00Z", Level::Listed),
            ],
            [Outside, Settled, Unproven, Listed],
        );
    }

    #[test]
    fn a_hole_makes_a_day_not_read() {
        use Standing::{Listed, None, Outside};
        check(
            &[
                row("2026-03-02", "2026-03-03T06:00:00Z", Level::Settled),
                row("2026-03-03T07:00:00Z", "2026-03-04T12:50:00Z", Level::Listed),
            ],
            [Outside, Standing::Settled, None, Listed],
        );
    }

    #[test]
    fn a_ledger_that_stopped_days_ago_leaves_the_days_since_unread() {
        use Standing::{None, Outside};
        check(
            &[row("2026-03-02", "2026-03-02T06:00:00Z", Level::Listed)],
            [Outside, None, None, None],
        );
    }
}
