//! What tests share: one body for both databases, a hand-moved clock, and a stage where our
//! program meets a simulated provider.
//!
//! Nothing here sleeps, and nothing depends on the order of tests: each has a database, a world
//! and a clock of its own.

pub mod lives;

mod books;
mod captured;
mod clock;
mod database;
mod dice;
mod follower;
mod gate;
mod killed;
mod look;
mod office;
mod providers;
mod rig;
mod stage;

pub use books::wrong_in_books;
pub use captured::Captured;
pub use clock::HandClock;
pub use database::{Kind, TestDb};
pub use dice::Dice;
pub use follower::Follower;
pub use gate::Gate;
pub use killed::KilledAfter;
pub use office::office;
pub use rig::{Rig, RigSettings};
pub use stage::{Stage, StageSettings, instant};
