//! Lives: one source for a week or more, with everything that goes wrong in it, made from a seed.
//!
//! [`Script::of`] says what will happen and does nothing; [`live`] lets our program live through it
//! on a hand-moved clock and then asks whether anything was lost, doubled or miscounted.

mod play;
mod script;
mod verdict;

#[cfg(test)]
mod tests;

pub use play::{Lived, live};
pub use script::{Event, Happens, Script};
