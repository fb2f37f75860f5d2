//! Jobs: asked for, begun by one worker at a time, ended once.

mod ask;
mod list;
mod open;
mod work;

pub use ask::{AskedJob, NewJob};
pub use list::JobRow;
pub use open::OpenJob;
pub use work::JobEnd;
