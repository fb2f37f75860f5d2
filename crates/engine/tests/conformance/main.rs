//! The same questions, asked of every provider against its simulator, on both databases.
//!
//! A new provider joins with one line in `testkit::of_every_provider!`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod changes;
mod endings;
mod records;
mod refusals;
mod set_up;
mod truncation;
mod whole;
