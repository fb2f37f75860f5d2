//! Schedules of comparisons, and what was sent of each.

mod keep;
mod sendings;

pub use keep::{NewSchedule, ScheduleRow};
pub use sendings::{DueSending, SendingRow, Sent};
