//! The faults in force, and how many requests each has seen.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::{BadRecord, Fault, What};

/// The faults of a running simulator; scripts may be added at any time.
#[derive(Debug, Default)]
pub struct FaultBook {
    entries: Mutex<Vec<Entry>>,
    /// How often every fault was removed.
    cleared: watch::Sender<u64>,
    spoiled: Mutex<HashMap<String, BadRecord>>,
}

#[derive(Debug)]
struct Entry {
    fault: Fault,
    seen: usize,
    struck: usize,
}

impl FaultBook {
    /// Adds a fault; it counts requests from now on.
    pub fn add(&self, fault: Fault) {
        self.lock().push(Entry { fault, seen: 0, struck: 0 });
    }

    /// Adds several faults.
    pub fn add_all(&self, faults: impl IntoIterator<Item = Fault>) {
        for fault in faults {
            self.add(fault);
        }
    }

    /// Removes every fault.
    pub fn clear(&self) {
        self.lock().clear();
        self.cleared.send_modify(|times| *times += 1);
    }

    /// Ends when every fault is removed, from now on.
    pub(crate) fn until_cleared(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut cleared = self.cleared.subscribe();
        async move {
            // An error means that the simulator is gone, and its faults with it.
            if cleared.changed().await.is_err() {}
        }
    }

    /// From now on every answer shows the record of this call spoiled; `None` heals it.
    pub fn spoil(&self, id: &str, how: Option<BadRecord>) {
        let mut spoiled = self.spoiled.lock().unwrap_or_else(PoisonError::into_inner);
        match how {
            Some(how) => drop(spoiled.insert(id.to_owned(), how)),
            None => drop(spoiled.remove(id)),
        }
    }

    /// Whose records are spoiled, and how.
    pub(crate) fn spoiled(&self) -> HashMap<String, BadRecord> {
        self.spoiled.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often faults have struck so far, all together; cleared ones no longer count.
    pub fn struck(&self) -> usize {
        self.lock().iter().map(|entry| entry.struck).sum()
    }

    /// Counts a request and answers what goes wrong with it.
    pub(crate) fn meet(&self, target: &str, page: u32) -> Vec<What> {
        let mut what = Vec::new();
        for entry in self.lock().iter_mut() {
            let on = &entry.fault.on;
            let matches = target.contains(&on.path_contains) && on.page.is_none_or(|it| it == page);
            if !matches {
                continue;
            }
            entry.seen += 1;
            if on.strikes(entry.seen) {
                entry.struck += 1;
                what.push(entry.fault.what.clone());
            }
        }
        what
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
