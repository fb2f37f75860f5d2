//! The code with which the first operator is added, so that nobody else on the network is first.

use std::time::Duration;

use domain::Timestamp;
use engine::secret::code_hash;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

/// How long it holds.
pub const HOLDS: Duration = Duration::from_hours(1);
/// Wrong ones after which the right one no longer opens.
const WRONG_MAX: u32 = 20;

/// A code that was given out. Only its hash is kept.
pub struct SetUp {
    hash: [u8; 32],
    until: Timestamp,
    wrong: u32,
}

impl SetUp {
    /// One that was shown now.
    pub fn new(code: &SecretString, now: Timestamp) -> Self {
        Self { hash: code_hash(code.expose_secret()), until: now + HOLDS, wrong: 0 }
    }

    /// Whether the right code would still open.
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.until && self.wrong < WRONG_MAX
    }

    /// Whether this opens; one that does not is counted.
    pub fn opens(&mut self, typed: &str, now: Timestamp) -> bool {
        let is_right = bool::from(code_hash(typed).ct_eq(&self.hash));
        let opens = is_right && self.is_open(now);
        if !is_right {
            self.wrong = self.wrong.saturating_add(1);
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_opens_for_an_hour_unless_it_is_guessed_at() {
        let (code, now) = (SecretString::from("abcd-efgh-jkmn-pqrs"), Timestamp::from_millis(0));
        let mut set_up = SetUp::new(&code, now);
        assert!(!set_up.opens("abcd-efgh-jkmn-pqrt", now));
        assert!(set_up.opens("ABCD efgh jkmn pqrs", now));
        assert!(set_up.opens("abcdefghjkmnpqrs", now + HOLDS - Duration::from_millis(1)));
        assert!(!set_up.opens(code.expose_secret(), now + HOLDS));
        for _ in 0..WRONG_MAX {
            assert!(!set_up.opens("", now));
        }
        assert!(!set_up.opens(code.expose_secret(), now));
    }
}
