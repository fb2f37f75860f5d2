//! How much of the service one may take.

use std::time::Duration;

use domain::access::Pace;

/// How much one may ask for, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Requests of the API, by one token or one session.
    pub requests: Pace,
    /// Pages, by one session.
    pub pages: Pace,
    /// Requests of the API by one address, with tokens nobody gave out.
    pub wrong_tokens: Pace,
    /// Files that are made as a whole before they are sent.
    pub files: Files,
    /// Connections.
    pub connections: Connections,
}

/// How many files may be made at once that take memory and processor time until they are whole.
#[derive(Debug, Clone, Copy)]
pub struct Files {
    /// By all.
    pub at_once: usize,
    /// By one session; one that is being sent counts, for it lies on a disk.
    pub of_one: usize,
}

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// How many there may be at once. Whoever comes after waits until one ends.
    pub at_once: usize,
    /// How many of these from one address; not where that is this machine's own, or a proxy's, through
    /// which everybody comes.
    pub of_one_address: usize,
    /// How long shaking hands may take, and saying all of a request but its body. As long is waited
    /// for another request.
    pub patience: Duration,
    /// How long nothing may be taken of what is sent.
    pub taking: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A page has up to 500 calls, so this is 5,000 of them a second, and as much again at once.
            requests: Pace { burst: 200, per_minute: 600 },
            // Ten a second is more than anybody reads, in however many windows.
            pages: Pace { burst: 300, per_minute: 600 },
            wrong_tokens: Pace { burst: 10, per_minute: 10 },
            files: Files { at_once: 4, of_one: 2 },
            connections: Connections::default(),
        }
    }
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            // Of the thousand files that a process may usually have open, half.
            at_once: 512,
            of_one_address: 128,
            patience: Duration::from_secs(10),
            taking: Duration::from_mins(1),
        }
    }
}
