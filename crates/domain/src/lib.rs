//! Words and rules: pure, no IO, no clock, no async.
