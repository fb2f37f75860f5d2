//! How people come in, and how a change they send is told from one that another page sends.

mod asker;
mod come;
mod cookie;
mod entrance;
mod hasher;
mod kept;
mod next;
mod origin;
mod page;
mod posted;
mod set_up;

pub use asker::{Asker, Peer, network};
pub use come::{come, is_script_of_ours, is_still_in};
pub use cookie::{SESSION, TRIP};
pub use entrance::{Entrance, Place, SingleSignOn};
pub use kept::Kept;
pub use next::{encoded, local};
pub use page::{PageDoor, see};
pub use posted::{Posted, is_same};
