//! The sentence at the top: never better than what is known.

use std::time::Duration;

use crate::facts::{SourceFacts, Status};
use crate::figures::{Count, age, minute, span};

/// The sentence, and the one below it.
pub struct Words {
    /// `whole` when nothing is open, else `open`: how the page is coloured.
    pub verdict: &'static str,
    /// The number the sentence begins with.
    pub count: Count,
    /// The sentence after its number.
    pub sentence: String,
    /// How far that is proved.
    pub proof: String,
}

impl Words {
    /// What may be said of all sources together.
    pub fn of(status: &Status) -> Self {
        let accounted = Count(status.counts.accounted());
        let unproved = status.unproved_windows;
        let unread =
            status.sources.iter().filter(|source| source.coverage.read_until.is_none()).count();
        let found = status.sources.iter().filter_map(SourceFacts::found);
        let found = found.reduce(|a, b| (a.0 + b.0, a.1 + b.1));
        let is_whole = unproved == 0 && unread == 0;
        let noun = if accounted.0 == 1 { "call" } else { "calls" };
        let missing = match found {
            Some((0, unexplained)) => format!(", {} unexplained", Count(unexplained)),
            Some((missing, unexplained)) => {
                format!(", {} missing, {} unexplained", Count(missing), Count(unexplained))
            }
            None => String::new(),
        };
        let sentence = if is_whole {
            format!("{noun} listed by the providers, {accounted} accounted for{missing}")
        } else {
            format!("{noun} accounted for so far; the history is not whole yet")
        };
        Self {
            verdict: if is_whole && found.is_none_or(|it| it == (0, 0)) { "whole" } else { "open" },
            count: accounted,
            sentence,
            proof: proof(status, unproved, unread as u64),
        }
    }
}

fn proof(status: &Status, unproved: u64, unread: u64) -> String {
    let since = status.sources.iter().map(|source| source.since).min();
    // What all sources have in common is as far as the slowest of them.
    let until = status.sources.iter().filter_map(|source| source.coverage.read_until).min();
    let (Some(since), Some(until)) = (since, until) else {
        return "No source has been read yet.".to_owned();
    };
    let ago = age(status.as_of.since(until));
    let read = format!("{} to {} ({ago} ago)", minute(since), minute(until));
    let unread = match unread {
        0 => String::new(),
        n => format!(" {} never been read.", Count(n).of_things("source has", "sources have")),
    };
    if unproved == 0 {
        return format!("Proved without a gap from {read}.{unread}");
    }
    let windows = Count(unproved).of_things("window", "windows");
    let (verb, them) = if unproved == 1 { ("is", "it") } else { ("are", "them") };
    let length = span(Duration::from_millis(status.unproved_ms));
    format!(
        "{windows} ({length}) {verb} not proved; the next run reads {them} again. Read from {read}.{unread}"
    )
}
