//! How people come in, and how a change they send is told from one that another page sends.

mod entrance;
mod origin;
mod posted;

pub use entrance::Entrance;
pub use posted::{Posted, read};
