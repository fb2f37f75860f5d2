//! Who asks how often: in memory, by this process, and bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use domain::access::Pace;

/// Entries kept. When there are more, whoever has rested longest is forgotten.
const KEPT_MAX: usize = 4096;

/// Until when what each asked so far is paid for.
pub struct Kept<K>(Mutex<HashMap<K, Timestamp>>);

impl<K: Hash + Eq + Clone> Kept<K> {
    /// Nobody is known.
    pub fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Lets one through and counts it, or says how long to wait.
    pub fn take(&self, key: K, pace: Pace, now: Timestamp) -> Result<(), Duration> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let paid_until = pace.take(kept.get(&key).copied(), now)?;
        if kept.len() >= KEPT_MAX && !kept.contains_key(&key) {
            let longest = kept.iter().min_by_key(|(_, until)| **until).map(|(key, _)| key.clone());
            if let Some(longest) = longest {
                kept.remove(&longest);
            }
        }
        kept.insert(key, paid_until);
        Ok(())
    }

    /// Whether one would be let through.
    pub fn may(&self, key: &K, pace: Pace, now: Timestamp) -> Result<(), Duration> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pace.take(kept.get(key).copied(), now).map(drop)
    }

    /// Whether somebody is remembered.
    pub fn has(&self, key: &K) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    /// Forgets somebody.
    pub fn forget(&self, key: &K) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let pace = Pace { burst: 1, per_minute: 60 };
        let kept = Kept::new();
        for number in 0..2 * KEPT_MAX {
            let at = Timestamp::from_millis(i64::try_from(number).expect("it is small"));
            assert_eq!(kept.take(number, pace, at), Ok(()));
        }
        assert_eq!(kept.0.lock().expect("nobody panicked").len(), KEPT_MAX);
        assert!(!kept.has(&0) && kept.has(&KEPT_MAX));
    }
}
