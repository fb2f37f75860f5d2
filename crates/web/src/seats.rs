//! Seats that somebody takes for a while: so many at once each, and no more.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// How many seats each has taken.
pub struct Seats<K> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
    of_one: usize,
}

/// A seat that is somebody's until this is dropped.
pub struct Seat<K: Hash + Eq> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
    whose: K,
}

impl<K> Clone for Seats<K> {
    fn clone(&self) -> Self {
        Self { taken: Arc::clone(&self.taken), of_one: self.of_one }
    }
}

impl<K: Hash + Eq + Clone> Seats<K> {
    /// So many for each.
    pub fn new(of_one: usize) -> Self {
        Self { taken: Arc::default(), of_one }
    }

    /// A seat, unless they have as many as there are.
    pub fn take(&self, whose: &K) -> Option<Seat<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(whose).copied().unwrap_or(0);
        if count >= self.of_one {
            return None;
        }
        taken.insert(whose.clone(), count + 1);
        Some(Seat { taken: Arc::clone(&self.taken), whose: whose.clone() })
    }
}

impl<K: Hash + Eq> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(count) = taken.get_mut(&self.whose) else { return };
        *count -= 1;
        if *count == 0 {
            taken.remove(&self.whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_as_many_as_there_are_waits_until_one_is_given_back() {
        let seats = Seats::new(2);
        let (first, second) = (seats.take(&"ann"), seats.take(&"ann"));
        assert!(first.is_some() && second.is_some() && seats.take(&"ann").is_none());
        let other = seats.take(&"bob");
        assert!(other.is_some());
        drop(first);
        let again = seats.take(&"ann");
        assert!(again.is_some() && seats.take(&"ann").is_none());
        drop((second, again, other));
        assert!(seats.taken.lock().expect("nobody panicked").is_empty());
    }
}
