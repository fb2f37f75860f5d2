//! A copy of the tree, whose files can be changed and put back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{environment, run};

/// A copy of everything git knows of, as it is now.
pub struct Tree {
    root: PathBuf,
}

/// A file that was changed.
#[must_use = "the file is to be put back"]
pub struct Changed {
    path: PathBuf,
    before: String,
}

impl Tree {
    /// Copies what has changed since the last copy, so that what was built stays built.
    pub fn copy() -> Result<Self> {
        let from = environment::workspace_root();
        let root = from.join("target/mutate/tree");
        let listed = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let files = run::answer(Command::new("git").args(listed).current_dir(from))?;
        let mut gone = files_in(&root);
        for file in files.split('\0').filter(|file| !file.is_empty()) {
            // A file that was removed and not committed yet.
            let Ok(bytes) = fs::read(from.join(file)) else { continue };
            let to = root.join(file);
            gone.remove(&to);
            if fs::read(&to).is_ok_and(|known| known == bytes) {
                continue;
            }
            let folder = to.parent().unwrap_or(&root);
            fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
            fs::write(&to, bytes).with_context(|| format!("{} was not copied", to.display()))?;
        }
        gone.into_iter().try_for_each(fs::remove_file)?;
        Ok(Self { root })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where programs built from it go.
    pub fn build(&self) -> PathBuf {
        self.root.with_file_name("build")
    }

    /// Changes a file.
    pub fn edit(&self, file: &str, edit: impl Fn(&str) -> Result<String>) -> Result<Changed> {
        let path = self.root.join(file);
        let before = fs::read_to_string(&path).with_context(|| format!("{file} is not there"))?;
        fs::write(&path, edit(&before)?)?;
        Ok(Changed { path, before })
    }
}

/// Every file of a folder and the folders in it.
fn files_in(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_in(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

impl Changed {
    /// Makes the file what it was.
    pub fn put_back(self) -> Result<()> {
        fs::write(&self.path, &self.before)
            .with_context(|| format!("{} could not be put back", self.path.display()))
    }
}
