//! Legs: the names by which calls of several sources are one conversation.
//!
//! Ingest keeps the names with the calls; [`catch_up`] reads those of calls that are older than
//! that; [`check`] takes what one source names as a check of another's completeness.

mod catch_up;
mod check;

use std::borrow::Cow;

use domain::legs::kept;
use domain::{Call, ProviderKind};
use store::NewAliases;

pub use catch_up::{CALLS_PER_RUN, CaughtUp, catch_up};
pub use check::{CheckOptions, LegsReport, MissingLeg, Pair, Unread, check};

/// What is written of a call's names; nothing for a call that has none worth keeping.
/// `at_before` is when a call was, in milliseconds, whose names were written before.
pub(crate) fn new_aliases(
    provider: ProviderKind,
    call: &Call,
    at_before: Option<i64>,
) -> Option<NewAliases<'_>> {
    let mut aliases = kept(provider, call).map(Cow::Borrowed).peekable();
    aliases.peek()?;
    let provider_call_id = Cow::Borrowed(call.provider_call_id.0.as_str());
    let at = call.occurred_at.at.as_millis();
    Some(NewAliases { provider_call_id, at, at_before, aliases: aliases.collect() })
}
