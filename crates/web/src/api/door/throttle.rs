//! Who asks how often, and who tries tokens.

use std::net::IpAddr;

use domain::Timestamp;

use crate::door::Kept;
use crate::failure::Failure;
use crate::limits::Limits;

/// What is remembered of who asks.
pub struct Throttle {
    limits: Limits,
    tokens: Kept<[u8; 32]>,
    peers: Kept<Option<IpAddr>>,
}

impl Throttle {
    /// With these limits, and nobody known.
    pub fn new(limits: Limits) -> Self {
        Self { limits, tokens: Kept::new(), peers: Kept::new() }
    }

    /// Counts a request with a token that somebody gave out, or of somebody who is signed in.
    pub fn ask(&self, hash: [u8; 32], now: Timestamp) -> Result<(), Failure> {
        let taken = self.tokens.take(hash, self.limits.requests, now);
        taken.map_err(|wait| Failure::TooOften { what: "requests of one asker", wait })
    }

    /// Whether a token with this hash was good lately, so that whoever holds it goes on while somebody
    /// else tries tokens from the same address.
    pub fn was_good(&self, hash: &[u8; 32]) -> bool {
        self.tokens.has(hash)
    }

    /// Forgets a token that is not there any more.
    pub fn was_bad(&self, hash: &[u8; 32]) {
        self.tokens.forget(hash);
    }

    /// Whether this address may try another token.
    pub fn may_try(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Failure> {
        let tried = self.peers.may(&peer, self.limits.wrong_tokens, now);
        tried.map_err(|wait| Failure::TooOften { what: "tokens nobody gave out", wait })
    }

    /// Counts a token that nobody gave out.
    pub fn failed(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Failure> {
        let taken = self.peers.take(peer, self.limits.wrong_tokens, now);
        taken.map_err(|wait| Failure::TooOften { what: "tokens nobody gave out", wait })
    }
}
