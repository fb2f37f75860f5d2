//! A SQLite database is opened by one process at a time.
//!
//! Whoever opens a new one makes its tables and switches it to its write-ahead log, and SQLite
//! guards neither: of two who do so in the same instant one fails. PostgreSQL's migrations hold a
//! lock in the server; here it is on a file beside the database, since SQLite's own locks are lost
//! as soon as anybody in the process closes the database's file.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

/// How long is slept before the lock is tried again.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until nobody else opens this database; whoever drops what it returns lets the next in.
///
/// Nothing where no lock can be had, as in a folder that may not be written to: then it is SQLite
/// that says what is wrong.
pub(crate) async fn alone(database: &Path) -> Option<File> {
    let mut beside = OsString::from(database);
    beside.push("-lock");
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(beside).ok()?;
    loop {
        match lock.try_lock() {
            Ok(()) => return Some(lock),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOOK_EVERY).await,
            Err(TryLockError::Error(_)) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use crate::Store;

    /// Several processes do what several tasks do here: the lock belongs to an opened file.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn a_new_sqlite_database_can_be_opened_by_many_at_once() {
        for _ in 0..10 {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let url = format!("sqlite://{}", folder.path().join("calls.db").display());
            let mut opening = JoinSet::new();
            for _ in 0..8 {
                let url = url.clone();
                opening.spawn(async move { Store::open(&url).await.map(drop) });
            }
            for opened in opening.join_all().await {
                opened.expect("it opens");
            }
        }
    }
}
