//! Tests that keep documents true: the crate table of `ARCHITECTURE.md`, the promises of
//! `docs/guarantees.md`, the scenarios of `docs/scenarios.md`, and what `docs/operating.md` asks of a
//! database.

mod crates;
mod database;
mod named_tests;
mod table;
mod tests;
