//! How people come in: what was configured, and what this process remembers of it.

use std::io;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The way in for people.
pub struct Entrance {
    /// What forms carry where nobody signs in: made anew by each process.
    machine: Arc<str>,
}

impl Entrance {
    /// One through which whoever reaches this machine comes as the operator.
    pub fn without_sign_in() -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self { machine: URL_SAFE_NO_PAD.encode(bytes).into() })
    }

    /// What forms of somebody at this machine carry.
    pub fn machine(&self) -> Arc<str> {
        Arc::clone(&self.machine)
    }
}
