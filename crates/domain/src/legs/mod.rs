//! Legs: calls of several sources that are one conversation, each seen by its own witness.
//!
//! A provider tells a call's other names as aliases. Some name one call of another provider and
//! join; others name a thread, a batch or a bridge that many calls share and must never join.

mod conversations;
mod kinds;
mod naming;

pub use conversations::{Witness, conversations};
pub use kinds::{joins, kept, kinds_of, named_by, names_calls_of, share_names, ties_own_calls};
pub use naming::{Names, NotJudged, Outcome, SLACK, judge};

#[cfg(test)]
mod tests;
