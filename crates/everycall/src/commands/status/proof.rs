//! What the ledger proves of a source.

use domain::{Coverage, Level, Timestamp, Window};

/// Until when everything is proved, and what is missing before the newest proof.
#[derive(Debug, PartialEq, Eq)]
pub struct Proof {
    /// Everything from the source's start to here is proved; `None` when not even its start is.
    pub until: Option<Timestamp>,
    /// What was meant to be proved and is not, oldest first. What is too young to be proved is no
    /// gap yet.
    pub gaps: Vec<Window>,
}

impl Proof {
    /// What `coverage` proves of everything since `since`.
    pub fn of(coverage: &Coverage, since: Timestamp, now: Timestamp) -> Self {
        let proved = coverage.rows().iter().filter(|row| row.level > Level::Unproven);
        let newest = proved.map(|row| row.window.to()).max().unwrap_or(since).max(since);
        let looked_at = coverage.rows().last().map_or(newest, |row| row.window.to()).max(newest);
        let missing = |to: Timestamp| {
            Window::new(since, to.min(now)).map(|wanted| coverage.gaps(wanted)).unwrap_or_default()
        };
        let gaps = missing(looked_at);
        let first_missing = gaps.first().map_or(newest, |gap| gap.from());
        let until = Some(first_missing).filter(|until| *until > since);
        Self { until, gaps }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Covered, RunId};

    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * 86_400_000)
    }

    fn row(from: i64, to: i64, level: Level) -> Option<Covered> {
        let window = Window::new(day(from), day(to)).ok()?;
        Some(Covered::new(window, level, RunId(1), day(99)))
    }

    /// Days 1 onwards are wanted.
    fn check(rows: &[(i64, i64, Level)], until: Option<i64>, gaps: &[(i64, i64)]) {
        let rows = rows.iter().filter_map(|(from, to, level)| row(*from, *to, *level));
        let proof = Proof::of(&Coverage::from_rows(rows), day(1), day(99));
        let gaps = gaps.iter().filter_map(|(from, to)| Window::new(day(*from), day(*to)).ok());
        assert_eq!(proof, Proof { until: until.map(day), gaps: gaps.collect() });
    }

    #[test]
    fn a_hole_ends_what_is_proved_and_is_a_gap() {
        check(&[], None, &[]);
        check(&[(1, 9, Level::Listed)], Some(9), &[]);
        check(&[(1, 3, Level::Settled), (5, 9, Level::Listed)], Some(3), &[(3, 5)]);
        check(&[(1, 3, Level::Listed), (3, 9, Level::Unproven)], Some(3), &[(3, 9)]);
        check(&[(5, 9, Level::Listed)], None, &[(1, 5)]);
    }
}
