//! Legs: the other names of calls, and by them the other witnesses of a call.

mod aliases;
mod naming;
mod of_call;
mod unread;

pub use aliases::NewAliases;
pub(crate) use aliases::day;
pub use naming::SpanCall;
pub use of_call::LegRow;
