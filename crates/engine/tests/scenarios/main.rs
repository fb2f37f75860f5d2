//! The rows of `docs/scenarios.md`: each plants one way to lose a call, on both databases, and
//! looks at what came of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bodies;
mod chance;
mod coverage;
mod dry_run;
mod oauth;
mod paging;
mod patience;
mod play;
mod records;
mod refusals;
mod settling;
mod smoke;
mod totals;
