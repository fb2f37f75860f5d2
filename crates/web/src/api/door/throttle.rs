//! Who asks how often, and who tries tokens.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use domain::Timestamp;
use domain::access::Pace;

use crate::failure::Failure;

/// How often something may be asked.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// By one token.
    pub requests: Pace,
    /// By one address, with tokens nobody gave out.
    pub wrong_tokens: Pace,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A page has up to 500 calls, so this is 5,000 of them a second, and as much again at once.
            requests: Pace { burst: 200, per_minute: 600 },
            wrong_tokens: Pace { burst: 10, per_minute: 10 },
        }
    }
}

/// What is remembered of who asks: in memory, by this process, and bounded.
pub struct Throttle {
    limits: Limits,
    tokens: Mutex<Kept<[u8; 32]>>,
    peers: Mutex<Kept<Option<IpAddr>>>,
}

/// Entries kept of each kind. When there are more, whoever has rested longest is forgotten.
const KEPT_MAX: usize = 4096;

struct Kept<K>(HashMap<K, Timestamp>);

impl Throttle {
    /// With these limits, and nobody known.
    pub fn new(limits: Limits) -> Self {
        let (tokens, peers) = (Mutex::new(Kept(HashMap::new())), Mutex::new(Kept(HashMap::new())));
        Self { limits, tokens, peers }
    }

    /// Counts a request with a token that somebody gave out.
    pub fn ask(&self, hash: [u8; 32], now: Timestamp) -> Result<(), Failure> {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = tokens.take(hash, self.limits.requests, now);
        taken.map_err(|wait| Failure::TooOften { what: "requests with this token", wait })
    }

    /// Whether a token with this hash was good lately, so that whoever holds it goes on while somebody
    /// else tries tokens from the same address.
    pub fn was_good(&self, hash: &[u8; 32]) -> bool {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).0.contains_key(hash)
    }

    /// Forgets a token that is not there any more.
    pub fn was_bad(&self, hash: &[u8; 32]) {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner).0.remove(hash);
    }

    /// Whether this address may try another token.
    pub fn may_try(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Failure> {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = self.limits.wrong_tokens.take(peers.0.get(&peer).copied(), now);
        tried.map(drop).map_err(|wait| Failure::TooOften { what: "tokens nobody gave out", wait })
    }

    /// Counts a token that nobody gave out.
    pub fn failed(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Failure> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = peers.take(peer, self.limits.wrong_tokens, now);
        taken.map_err(|wait| Failure::TooOften { what: "tokens nobody gave out", wait })
    }
}

impl<K: Hash + Eq + Clone> Kept<K> {
    fn take(&mut self, key: K, pace: Pace, now: Timestamp) -> Result<(), std::time::Duration> {
        let paid_until = pace.take(self.0.get(&key).copied(), now)?;
        if self.0.len() >= KEPT_MAX && !self.0.contains_key(&key) {
            let longest =
                self.0.iter().min_by_key(|(_, until)| **until).map(|(key, _)| key.clone());
            if let Some(longest) = longest {
                self.0.remove(&longest);
            }
        }
        self.0.insert(key, paid_until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let pace = Pace { burst: 1, per_minute: 60 };
        let mut kept = Kept(HashMap::new());
        for number in 0..2 * KEPT_MAX {
            let at = Timestamp::from_millis(i64::try_from(number).expect("it is small"));
            assert_eq!(kept.take(number, pace, at), Ok(()));
        }
        assert_eq!(kept.0.len(), KEPT_MAX);
        assert!(!kept.0.contains_key(&0) && kept.0.contains_key(&KEPT_MAX));
    }
}
