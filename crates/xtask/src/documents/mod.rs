//! Tests that keep documents true: the crate table of `ARCHITECTURE.md`, the promises of
//! `docs/guarantees.md` and the scenarios of `docs/scenarios.md`.

mod crates;
mod named_tests;
mod table;
mod tests;
