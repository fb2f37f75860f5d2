//! Where in the long lists of one status a time is found again.
//!
//! Such a list has no filter on time and begins with the newest call. A window far back would have
//! to read everything newer first, and each further window again. So every walk leaves marks: a
//! time, and the address of the page that goes on from there. The next walk, further back, begins
//! at the mark just above its window. Marks are addresses only: no record is remembered.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Timestamp;

/// Marks kept per list; further ones are not needed to be exact, only to be quick.
const MARKS_MAX: usize = 2000;

/// The marks of one list: everything after the address is no newer than the time.
type OfList = BTreeMap<Timestamp, String>;

/// The marks of one connection, by list.
#[derive(Debug, Default)]
pub(super) struct Marks(Mutex<HashMap<String, OfList>>);

impl Marks {
    /// Everything on the list that is older than `at` comes after `next`.
    pub(super) fn leave(&self, list: &str, at: Timestamp, next: &str) {
        let mut all = self.lock();
        let marks = all.entry(list.to_owned()).or_default();
        if marks.len() < MARKS_MAX || marks.contains_key(&at) {
            marks.insert(at, next.to_owned());
        }
    }

    /// The last mark above `at`.
    pub(super) fn above(&self, list: &str, at: Timestamp) -> Option<String> {
        let all = self.lock();
        all.get(list)?.range(at..).next().map(|(_, next)| next.clone())
    }

    /// The marks of a list led astray.
    pub(super) fn forget(&self, list: &str) {
        self.lock().remove(list);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, OfList>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_millis(hour * 3_600_000)
    }

    #[test]
    fn the_nearest_mark_above_a_time_is_found() {
        let marks = Marks::default();
        marks.leave("canceled", at(30), "a");
        marks.leave("canceled", at(20), "b");
        marks.leave("canceled", at(10), "c");
        marks.leave("failed", at(16), "other");
        assert_eq!(marks.above("canceled", at(15)).as_deref(), Some("b"));
        assert_eq!(marks.above("canceled", at(20)).as_deref(), Some("b"));
        assert_eq!(marks.above("canceled", at(31)), None);
        marks.forget("canceled");
        assert_eq!(marks.above("canceled", at(15)), None);
        assert_eq!(marks.above("failed", at(15)).as_deref(), Some("other"));
    }
}
