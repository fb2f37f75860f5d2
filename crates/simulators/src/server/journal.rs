//! What was asked of a simulator, for tests that judge a client by its requests.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::message::Asked;

/// How many requests are kept.
const KEPT: usize = 20_000;

/// One request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSeen {
    /// When, by the simulator's clock.
    pub at: i64,
    /// `GET`, `POST` …
    pub method: String,
    /// Without the query.
    pub path: String,
    /// The raw query.
    pub query: String,
    /// The status answered; of a lost or hanging answer, the status it would have had.
    pub status: u16,
}

#[derive(Debug, Default)]
pub(super) struct Journal {
    pages: Mutex<Pages>,
}

#[derive(Debug, Default)]
struct Pages {
    count: u64,
    seen: VecDeque<RequestSeen>,
}

/// Which request of the journal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted(u64);

impl Journal {
    pub(super) fn note(&self, asked: &Asked, at: i64) -> Noted {
        let mut pages = self.lock();
        if pages.seen.len() == KEPT {
            pages.seen.pop_front();
        }
        pages.seen.push_back(RequestSeen {
            at,
            method: asked.method.clone(),
            path: asked.path.clone(),
            query: asked.query.clone(),
            status: 0,
        });
        pages.count += 1;
        Noted(pages.count - 1)
    }

    pub(super) fn answered(&self, noted: Noted, status: u16) {
        let mut pages = self.lock();
        let oldest = pages.count - pages.seen.len() as u64;
        let at = noted.0.checked_sub(oldest).and_then(|at| usize::try_from(at).ok());
        if let Some(seen) = at.and_then(|at| pages.seen.get_mut(at)) {
            seen.status = status;
        }
    }

    pub(super) fn requests(&self) -> Vec<RequestSeen> {
        self.lock().seen.iter().cloned().collect()
    }

    pub(super) fn count(&self) -> u64 {
        self.lock().count
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
