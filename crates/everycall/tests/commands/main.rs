//! The real program against its own simulator, as a person would run it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod accounts;
mod compare;
mod contacts;
mod demo;
mod gaps;
mod killed;
mod legs;
mod looks;
mod mistakes;
mod schedule;
mod serve;
mod set_up;
mod site;
mod statement;
mod sync;
mod token;
mod unread;
mod user;
