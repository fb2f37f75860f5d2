//! The rows of `docs/scenarios.md`: each plants one way to lose a call, on both databases, and
//! looks at what came of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod counting;
mod crashes;
mod disk;
mod keeping;
mod keys;
mod leases;
mod placing;
mod refused_rows;
mod smoke;
