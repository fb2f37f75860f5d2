//! `[statements]`: the key that signs statements of completeness.

use std::path::{Path, PathBuf};

use engine::statement::SigningKey;
use serde::Deserialize;

use super::key_file::KeyFile;

/// `[statements]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Statements {
    /// A file with 64 hex digits.
    pub key_file: PathBuf,
}

impl Default for Statements {
    fn default() -> Self {
        Self { key_file: PathBuf::from("statements.key") }
    }
}

impl Statements {
    /// The key; a new one, readable by its owner alone, when there is none yet.
    pub fn key(&self, folder: &Path) -> anyhow::Result<SigningKey> {
        let file = KeyFile {
            path: &folder.join(&self.key_file),
            what: "key for statements",
            setting: "[statements] key_file",
            when_lost: " and tell those who check statements its new public key",
        };
        Ok(SigningKey::new(&file.read_or_make()?))
    }
}
