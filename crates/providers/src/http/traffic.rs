//! What went over the wire: counted where it is sent, told by each run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

/// What a connection has asked so far, and how it was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Traffic {
    /// Answers by their status.
    pub answers: BTreeMap<u16, u64>,
    /// Requests that no whole answer came to.
    pub unanswered: u64,
    /// How many of all these were sent because the one before brought nothing.
    pub sent_again: u64,
    /// Bytes of the bodies that came, unpacked.
    pub bytes: u64,
    /// How long requests waited for their turn in the credential's budget. Of those that wait beside
    /// each other each counts, so that this may be longer than the run.
    pub waited_ms: u64,
    /// How far our clock was ahead of the provider's when it last answered, which is nothing where ours
    /// is behind; none where it never told its time.
    #[serde(skip)]
    pub clock_ahead: Option<Duration>,
}

impl Traffic {
    /// What came after `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let newer = |(status, count): (&u16, &u64)| {
            let known = before.answers.get(status).copied().unwrap_or(0);
            Some((*status, count.saturating_sub(known))).filter(|(_, count)| *count > 0)
        };
        Self {
            answers: self.answers.iter().filter_map(newer).collect(),
            unanswered: self.unanswered.saturating_sub(before.unanswered),
            sent_again: self.sent_again.saturating_sub(before.sent_again),
            bytes: self.bytes.saturating_sub(before.bytes),
            waited_ms: self.waited_ms.saturating_sub(before.waited_ms),
            clock_ahead: self.clock_ahead,
        }
    }
}

/// Counts it.
#[derive(Debug, Default)]
pub struct Counter(Mutex<Traffic>);

impl Counter {
    /// What was counted so far.
    pub fn traffic(&self) -> Traffic {
        self.change(|traffic| traffic.clone())
    }

    /// A turn came after so long.
    pub fn waited(&self, waited: Duration) {
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        self.change(|traffic| traffic.waited_ms = traffic.waited_ms.saturating_add(waited_ms));
    }

    /// A request was answered with this status and so many bytes, or not at all.
    pub fn answered(&self, answer: Option<(u16, usize)>) {
        self.change(|traffic| match answer {
            Some((status, bytes)) => {
                *traffic.answers.entry(status).or_default() += 1;
                traffic.bytes = traffic.bytes.saturating_add(bytes as u64);
            }
            None => traffic.unanswered += 1,
        });
    }

    /// An answer told the provider's time, of which ours is so far ahead.
    pub fn compared_clocks(&self, ahead: Duration) {
        self.change(|traffic| traffic.clock_ahead = Some(ahead));
    }

    /// A request is about to be sent again.
    pub fn sends_again(&self) {
        self.change(|traffic| traffic.sent_again += 1);
    }

    // Whoever panicked while counting has miscounted by one.
    fn change<T>(&self, change: impl FnOnce(&mut Traffic) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_what_came_since_it_began() {
        let counter = Counter::default();
        counter.answered(Some((200, 10)));
        let before = counter.traffic();
        counter.answered(Some((200, 5)));
        counter.answered(Some((429, 1)));
        counter.sends_again();
        counter.answered(None);
        counter.waited(Duration::from_millis(250));
        let since = counter.traffic().since(&before);
        assert_eq!(since.answers, BTreeMap::from([(200, 1), (429, 1)]));
        assert_eq!((since.unanswered, since.sent_again), (1, 1));
        assert_eq!((since.bytes, since.waited_ms), (6, 250));
        assert_eq!(before.since(&before), Traffic::default());
    }
}
