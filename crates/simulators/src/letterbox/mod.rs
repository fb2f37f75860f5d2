//! Where letters arrive: a program that takes posted JSON, and a server that takes mail.

mod posted;
mod smtp;
#[cfg(test)]
mod tests;

pub use posted::{Posted, PostedTo};
pub use smtp::{Mailbox, Mailed};
