//! Keys beside the configuration: a file of 64 hex digits, made on first use.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::mistake::Mistake;

/// Where a key is, and what to say of it.
pub struct KeyFile<'k> {
    pub path: &'k Path,
    /// Such as `vault key`.
    pub what: &'static str,
    /// Where another file is named.
    pub setting: &'static str,
    /// What a new key costs, after "name another one".
    pub when_lost: &'static str,
}

impl KeyFile<'_> {
    /// The key; a new one, readable by its owner alone, when there is none yet.
    pub fn read_or_make(&self) -> anyhow::Result<[u8; 32]> {
        match self.read()? {
            Some(key) => Ok(key),
            None => self.make(),
        }
    }

    /// The key, if there is one.
    pub fn read(&self) -> anyhow::Result<Option<[u8; 32]>> {
        match std::fs::read_to_string(self.path) {
            Ok(text) => Ok(Some(key(text.trim()).ok_or_else(|| self.is_no_key())?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unusable(&error).into()),
        }
    }

    fn make(&self) -> anyhow::Result<[u8; 32]> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let text = domain::hex(&bytes);
        let mut open = OpenOptions::new();
        let written = open
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.path)
            .and_then(|mut file| writeln!(file, "{text}").and_then(|()| file.sync_all()));
        written.map_err(|error| self.unusable(&error))?;
        Ok(bytes)
    }

    fn is_no_key(&self) -> Mistake {
        let Self { path, what, setting, when_lost } = self;
        Mistake::new(
            format!("{} is no {what}: it should hold 64 hex digits", path.display()),
            format!("Put back the file it was, or name another one as {setting}{when_lost}"),
        )
    }

    fn unusable(&self, error: &std::io::Error) -> Mistake {
        let Self { path, what, setting, .. } = self;
        Mistake::new(
            format!("the {what} {} cannot be used: {error}", path.display()),
            format!(
                "Let this user read the file and write its folder, or name another one as {setting}"
            ),
        )
    }
}

fn key(text: &str) -> Option<[u8; 32]> {
    domain::unhex(text)?.try_into().ok()
}
