//! Tests that keep documents true: the crate table of `ARCHITECTURE.md`, the promises of
//! `docs/guarantees.md`, the scenarios of `docs/scenarios.md`, what `docs/operating.md` asks of a
//! database, and the keys on the pages of `docs/providers`.

mod crates;
mod database;
mod named_tests;
mod settings;
mod table;
mod tests;
