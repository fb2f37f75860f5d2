//! Finds PostgreSQL's programs: on the `PATH`, else where Debian puts them, newest version first.

use std::fs;
use std::path::{Path, PathBuf};

use crate::environment;

/// Debian keeps one folder per major version here, outside the `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A folder with all that is needed to make and run a cluster.
pub struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The first complete set.
    pub fn find() -> Option<Self> {
        let on_path = environment::program_on_path("initdb").and_then(|file| {
            // A link on the PATH leads to the folder where its companions lie.
            Some(file.canonicalize().ok()?.parent()?.to_owned())
        });
        on_path
            .into_iter()
            .chain(debian_folders(Path::new(DEBIAN)))
            .find(|folder| has_all(folder))
            .map(|folder| Self { folder })
    }

    /// Where they lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// A program that clients use: on the `PATH` or beside the newest server.
pub fn client(program: &str) -> Option<PathBuf> {
    environment::program_on_path(program).or_else(|| {
        debian_folders(Path::new(DEBIAN))
            .map(|folder| folder.join(program))
            .find(|file| file.is_file())
    })
}

fn has_all(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file())
}

/// `NN/bin` under `base`, the highest number first.
pub fn debian_folders(base: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(base)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    versions.into_iter().map(|(_, folder)| folder)
}

#[cfg(test)]
mod tests;
