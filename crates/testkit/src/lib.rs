//! Builders, a hand-moved clock, and one test body for both databases.
