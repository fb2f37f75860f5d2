#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod access;
mod lists;
