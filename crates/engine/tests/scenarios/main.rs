//! The rows of `docs/scenarios.md`: each plants one way to lose a call, on both databases, and
//! looks at what came of it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod smoke;
