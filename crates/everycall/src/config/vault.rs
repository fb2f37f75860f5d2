//! `[vault]`: the key that seals renewed tokens in the database.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use engine::vault::VaultKey;
use serde::Deserialize;

use crate::mistake::Mistake;
use crate::output::hex;

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
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(VaultKey::new(digits(text.trim()).ok_or_else(|| not_a_key(&path))?)),
            Err(error) if error.kind() == ErrorKind::NotFound => make(&path),
            Err(error) => Err(unusable(&path, &error).into()),
        }
    }
}

fn make(path: &Path) -> anyhow::Result<VaultKey> {
    let bytes = VaultKey::random()?;
    let text = hex(&bytes);
    let mut open = OpenOptions::new();
    let written = open
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| writeln!(file, "{text}").and_then(|()| file.sync_all()));
    written.map_err(|error| unusable(path, &error))?;
    Ok(VaultKey::new(bytes))
}

fn digits(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok();
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    bytes?.try_into().ok()
}

fn not_a_key(path: &Path) -> Mistake {
    Mistake::new(
        format!("{} is no vault key: it should hold 64 hex digits", path.display()),
        "Put back the file it was, or name another one as [vault] key_file and install the app again",
    )
}

fn unusable(path: &Path, error: &std::io::Error) -> Mistake {
    Mistake::new(
        format!("the vault key {} cannot be used: {error}", path.display()),
        "Let this user read the file and write its folder, or name another one as [vault] key_file",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let vault = Vault::default();
        vault.key(folder.path())?;
        let path = folder.path().join("everycall.key");
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
