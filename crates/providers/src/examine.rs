//! What the doctor's questions to every provider share.

use std::time::Duration;

use domain::Timestamp;

use crate::{Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right, Wrong};

/// Clocks that differ by less than this are right.
const SKEW_QUIET: Duration = Duration::from_mins(1);

/// An answer without a hint.
pub(crate) fn probe(
    name: &'static str,
    outcome: ProbeOutcome,
    sentence: impl Into<String>,
) -> Probe {
    Probe { name, outcome, sentence: sentence.into(), hint: None }
}

/// The same, with what to do about it.
pub(crate) fn hinted(probe: Probe, hint: impl Into<String>) -> Probe {
    Probe { hint: Some(hint.into()), ..probe }
}

/// A question that got no answer.
pub(crate) fn unanswered(name: &'static str, error: &SourceError) -> Probe {
    Probe { name, outcome: Wrong, sentence: error.to_string(), hint: error.hint().map(Into::into) }
}

/// Whether our clock and the provider's agree. A difference below `lag` still proves windows.
pub(crate) fn clock(
    provider: &str,
    theirs: Option<Timestamp>,
    ours: Timestamp,
    lag: Duration,
) -> Probe {
    let Some(theirs) = theirs else {
        let sentence = format!("{provider} sent no time to compare our clock with");
        return probe("clock", Notable, sentence);
    };
    let skew = ours.since(theirs).max(theirs.since(ours));
    let of = if provider.ends_with('s') { "'" } else { "'s" };
    let sentence = format!("Our clock and {provider}{of} differ by {} s", skew.as_secs());
    if skew < SKEW_QUIET {
        return probe("clock", Right, sentence);
    }
    let outcome = if skew < lag { Notable } else { Wrong };
    let hint = "Let this machine set its clock from the network (NTP)";
    hinted(probe("clock", outcome, sentence), hint)
}
