//! A chain over the runs of a source: each link holds a run and all before it, so that none can be
//! changed, added in between or taken away without changing every later link.

use sha2::{Digest as _, Sha256};

use crate::{RunAccounts, RunId, Timestamp, hex};

/// What of a finished run never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainedRun {
    /// Its id.
    pub id: RunId,
    /// Who or what started it.
    pub kind: String,
    /// How it ended.
    pub status: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// Where every record of it went.
    pub accounts: RunAccounts,
    /// What it was asked to do.
    pub parameters: String,
}

/// The chain up to some run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain([u8; 32]);

impl Chain {
    /// The chain of no run.
    pub const START: Self = Self([0; 32]);

    /// The chain with one more run.
    #[must_use]
    pub fn with(self, run: &ChainedRun) -> Self {
        let RunAccounts { listed, new, updated, unchanged, repeated, set_aside, failed } =
            run.accounts;
        // A JSON array keeps texts apart whatever they contain.
        let line = serde_json::json!([
            run.id.0,
            run.kind,
            run.status,
            run.started_at.as_millis(),
            run.finished_at.as_millis(),
            [listed, new, updated, unchanged, repeated, set_aside, failed],
            run.parameters,
        ]);
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(line.to_string());
        Self(hash.finalize().into())
    }

    /// In hex.
    pub fn hex(self) -> String {
        hex(&self.0)
    }
}
