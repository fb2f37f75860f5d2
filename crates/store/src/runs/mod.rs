//! Runs: what was done, when, and where every record of it went.

mod days;
mod detail;
mod list;
mod write;

pub use days::RunsOfDay;
pub use detail::{LogLine, NewPage, NewSkip, PageRow, SkipRow};
pub use list::RunRow;
pub(crate) use list::past_run;
pub use write::{RunEnd, RunProgress};
