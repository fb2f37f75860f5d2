//! Where the shares of a credential are written, so that all workers see them.

use std::fmt;

use async_trait::async_trait;
use domain::Timestamp;
use sha2::{Digest, Sha256};

/// What stands for a credential: a hash of it. Whoever keeps it longer than this process lives
/// should key it once more, as a short secret could be guessed from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of the parts by which a provider counts.
    pub fn of(credential: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in credential {
            // With their lengths, so that no two lists read alike.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Self(hash.finalize().into())
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// What is written of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Grows by one with each writing, and never otherwise.
    pub writing: i64,
    /// The shares.
    pub shares: String,
}

/// The shares could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BookError {
    /// Why, in a sentence without its full stop.
    pub why: String,
    /// Whether it is worth asking again.
    pub passes: bool,
}

/// Keeps the shares of each credential where all workers see them. Each call ends within seconds.
#[async_trait]
pub trait BudgetBook: Send + Sync {
    /// What was written last; `None` when nothing was.
    async fn read(&self, of: Fingerprint) -> Result<Option<Written>, BookError>;

    /// Writes these shares in place of those of writing number `seen` (0: there were none), unless
    /// somebody else wrote since. Returns whether they are written now.
    async fn write(
        &self,
        of: Fingerprint,
        seen: i64,
        shares: &str,
        now: Timestamp,
    ) -> Result<bool, BookError>;
}
