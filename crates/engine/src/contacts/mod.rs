//! Contacts: with whom a call was, and the calls that wait for somebody to come.
//!
//! A call that is placed with an account is given its contact in the transaction that writes it
//! (`settle`); one that waits leaves behind what it says of the person (`callers`), so that it
//! is found by number or id, and by nothing else, when the contact comes.

mod arrive;
mod book;
mod decide;
mod erase;
mod history;
mod import;
mod ingest;
mod merge;
mod people;
mod refine;
mod said;
mod settle;

pub use arrive::{Swept, resume_all, sweep};
pub use book::{Entered, Entry, add, change};
pub use erase::{Erased, erase};
pub use history::{History, HistoryError, Message, families, family, history};
pub use import::{ContactImport, ImportReport, import};
pub use merge::{ContactError, Merged, merge, unmerge};
pub use said::{NotSaid, Said};

pub(crate) use arrive::{Why, after_run, replace, resume};
pub(crate) use decide::Settled;
pub(crate) use ingest::{Batch, Newcomer, foresee};
pub(crate) use refine::{foresee_moves, refine};
