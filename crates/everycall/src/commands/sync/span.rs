//! The span a person asks for, refused before anything is sent when it cannot be meant.

use std::time::Duration;

use clap::Args;
use domain::{Timestamp, Window};

use crate::mistake::Mistake;

/// A span that a command looks at, if a person names one.
#[derive(Debug, Args)]
pub struct SpanAsked {
    /// From this day or instant (UTC)
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// … up to, and without, this day or instant
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
}

impl SpanAsked {
    /// The window, where there is one.
    pub fn window(&self, now: Timestamp) -> Result<Option<Window>, Mistake> {
        asked(self.from, self.to, now)
    }
}

/// The window between two options, of which there must be both or none.
///
/// A span that reaches into the future is refused rather than cut: a ledger that says "up to the
/// 30th" must not come from a run on the 20th.
pub fn asked(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Window>, Mistake> {
    let (from, to) = match (from, to) {
        (None, None) => return Ok(None),
        (Some(from), Some(to)) => (from, to),
        (Some(from), None) => {
            return Err(Mistake::new(
                "--from is given without --to",
                format!("Add --to, for example --from {from} --to {now} for everything up to now"),
            ));
        }
        (None, Some(to)) => {
            return Err(Mistake::new(
                "--to is given without --from",
                format!(
                    "Add --from, for example --from 2026-01-01 --to {to}; without both, sync reads whatever is missing"
                ),
            ));
        }
    };
    if from >= now {
        return Err(Mistake::new(
            format!("--from {from} is in the future; it is {now}"),
            "Choose a span that has passed, or leave out both options to read whatever is missing",
        ));
    }
    if to > now {
        return Err(Mistake::new(
            format!("--to {to} is in the future; it is {now}"),
            format!("Use --to {now} to read up to now"),
        ));
    }
    match Window::new(from, to) {
        Ok(window) => Ok(Some(window)),
        Err(_) => Err(Mistake::new(
            format!("--from {from} does not lie before --to {to}"),
            "Swap the two, or choose a later end; the end itself is not part of the span",
        )),
    }
}

/// The last so many minutes.
pub fn latest(minutes: u32, now: Timestamp) -> Result<Option<Window>, Mistake> {
    asked(Some(now - Duration::from_mins(u64::from(minutes))), Some(now), now)
}

/// A length of time in days and hours: `12 days 3 h`.
pub fn spelled(length: Duration) -> String {
    let hours = length.as_secs() / 3600;
    match (hours / 24, hours % 24) {
        (0, 0) => format!("{} min", length.as_secs() / 60),
        (0, hours) => format!("{hours} h"),
        (1, 0) => "1 day".to_owned(),
        (days, 0) => format!("{days} days"),
        (1, hours) => format!("1 day {hours} h"),
        (days, hours) => format!("{days} days {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: &str, to: &str, outcome: &str) {
        let day = |text: &str| (text != "-").then(|| Timestamp::parse_human(text)).transpose();
        let now = Timestamp::parse_human("2026-03-20T12:00:00Z").ok();
        let (Ok(from), Ok(to), Some(now)) = (day(from), day(to), now) else {
            unreachable!("the test names days");
        };
        let said = match asked(from, to, now) {
            Ok(None) => "whatever is missing".to_owned(),
            Ok(Some(window)) => window.to_string(),
            Err(mistake) => mistake.to_string(),
        };
        assert_eq!(said, outcome);
    }

    #[test]
    fn a_span_has_both_ends_or_none() {
        check("-", "-", "whatever is missing");
        check("2026-03-01", "2026-03-02", "2026-03-01T00:00:00Z to 2026-03-02T00:00:00Z");
        check("2026-03-01", "-", "--from is given without --to");
        check("-", "2026-03-01", "--to is given without --from");
    }

    #[test]
    fn a_span_lies_in_the_past_and_runs_forwards() {
        check(
            "2026-03-02",
            "2026-03-01",
            "--from 2026-03-02T00:00:00Z does not lie before --to 2026-03-01T00:00:00Z",
        );
        check(
            "2026-03-02",
            "2026-03-02",
            "--from 2026-03-02T00:00:00Z does not lie before --to 2026-03-02T00:00:00Z",
        );
        check(
            "2026-03-01",
            "2026-04-01",
            "--to 2026-04-01T00:00:00Z is in the future; it is 2026-03-20T12:00:00Z",
        );
        check(
            "2026-04-01",
            "2026-05-01",
            "--from 2026-04-01T00:00:00Z is in the future; it is 2026-03-20T12:00:00Z",
        );
    }
}
