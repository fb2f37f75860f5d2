//! `[vault]`: the key that seals renewed tokens in the database.

use std::path::{Path, PathBuf};

use engine::vault::VaultKey;
use serde::Deserialize;

use super::key_file::KeyFile;
use crate::mistake::Mistake;

/// `[vault]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vault {
    /// A file with 64 hex digits.
    pub key_file: PathBuf,
}

impl Default for Vault {
    fn default() -> Self {
        Self { key_file: PathBuf::from("everycall.key") }
    }
}

impl Vault {
    /// The key; a new one, readable by its owner alone, when there is none yet.
    pub fn key(&self, folder: &Path) -> anyhow::Result<VaultKey> {
        let path = folder.join(&self.key_file);
        Ok(VaultKey::new(Self::file(&path).read_or_make()?))
    }

    /// The key that something was sealed with, which is not made anew.
    pub fn known_key(&self, folder: &Path) -> anyhow::Result<VaultKey> {
        let absent = || {
            let path = folder.join(&self.key_file);
            Mistake::missing(
                format!("the vault key {} is not there", path.display()),
                "Copy it from the machine it was made on, or name it as [vault] key_file",
            )
        };
        Ok(self.key_that_is_there(folder)?.ok_or_else(absent)?)
    }

    /// The key, if there is one.
    pub fn key_that_is_there(&self, folder: &Path) -> anyhow::Result<Option<VaultKey>> {
        let path = folder.join(&self.key_file);
        Ok(Self::file(&path).read()?.map(VaultKey::new))
    }

    fn file(path: &Path) -> KeyFile<'_> {
        KeyFile {
            path,
            what: "vault key",
            setting: "[vault] key_file",
            when_lost: " and give the credentials again",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let vault = Vault::default();
        let path = folder.path().join("everycall.key");
        assert!(vault.known_key(folder.path()).is_err(), "whoever opens makes none");
        assert!(!path.exists());
        vault.key(folder.path())?;
        let made = std::fs::read_to_string(&path)?;
        vault.key(folder.path())?;
        assert_eq!(std::fs::read_to_string(&path)?, made);
        assert_eq!(std::fs::metadata(&path)?.permissions().mode() & 0o777, 0o600);
        Ok(())
    }

    #[test]
    fn a_damaged_key_is_refused() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join("everycall.key"), "abc")?;
        let error = Vault::default().key(folder.path()).err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("is no vault key")));
        Ok(())
    }
}
