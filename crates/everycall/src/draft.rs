//! Files that are whole or not there: written beside their place, and moved to it at the end.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tempfile::{Builder, NamedTempFile, TempPath};

use crate::config::is_there;

/// A file on its way. What is at its place stays as it is until the draft is kept; a draft that is
/// given up is gone.
pub struct Draft {
    out: BufWriter<File>,
    /// Where it is until then; nowhere else where its place is no file, such as a pipe.
    beside: Option<TempPath>,
    place: PathBuf,
    /// As it was named.
    named: PathBuf,
    is_new: bool,
}

impl Draft {
    /// For this place, whatever file is there. A link stays one, and what it leads to changes.
    pub fn at(path: &Path) -> Result<Self> {
        Self::begin(path).with_context(|| unwritable(path))
    }

    /// For this place, where nothing may be.
    pub fn of_new(path: &Path) -> Result<Self> {
        if is_there(path) {
            return Err(io::Error::from(ErrorKind::AlreadyExists)).context(unwritable(path));
        }
        let draft = beside(path, None).with_context(|| unwritable(path))?;
        Ok(Self { is_new: true, ..draft })
    }

    /// The file itself, for whoever writes to it from elsewhere.
    pub fn file(&self) -> Result<File> {
        self.out.get_ref().try_clone().with_context(|| unwritable(&self.named))
    }

    /// Moves it to its place, once all of it is on the disk.
    pub fn keep(self) -> Result<()> {
        let named = self.named.clone();
        self.moved().with_context(|| unwritable(&named))
    }

    fn begin(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound && !is_there(path) => {
                beside(path, None)
            }
            Err(error) => Err(error),
            Ok(there) if there.is_file() => {
                let draft = beside(&path.canonicalize()?, Some(&there))?;
                Ok(Self { named: path.to_owned(), ..draft })
            }
            Ok(_no_file) => straight(path),
        }
    }

    fn moved(self) -> io::Result<()> {
        let file = self.out.into_inner()?;
        let Some(beside) = self.beside else { return Ok(()) };
        file.sync_all()?;
        let moved = if self.is_new {
            beside.persist_noclobber(&self.place)
        } else {
            beside.persist(&self.place)
        };
        Ok(moved?)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn unwritable(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

/// A draft in the folder of its place, with what is there for a model.
fn beside(place: &Path, there: Option<&Metadata>) -> io::Result<Draft> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    let draft = Builder::new()
        .prefix(".everycall-")
        .suffix(".part")
        // As any new file; what the user's mask forbids stays forbidden.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    if let Some(there) = there {
        resemble(&draft, there)?;
    }
    let (file, beside) = draft.into_parts();
    Ok(Draft {
        out: BufWriter::with_capacity(1 << 16, file),
        beside: Some(beside),
        place: place.to_owned(),
        named: place.to_owned(),
        is_new: false,
    })
}

/// What takes no other's place, because nothing can: a pipe, a terminal.
fn straight(path: &Path) -> io::Result<Draft> {
    let file = OpenOptions::new().write(true).open(path)?;
    Ok(Draft {
        out: BufWriter::with_capacity(1 << 16, file),
        beside: None,
        place: path.to_owned(),
        named: path.to_owned(),
        is_new: false,
    })
}

/// Whoever could read and write the file still can.
fn resemble(draft: &NamedTempFile, there: &Metadata) -> io::Result<()> {
    // Not everybody may give files away; whoever may not has written it as their own.
    fchown(draft.as_file(), Some(there.uid()), Some(there.gid())).ok();
    draft.as_file().set_permissions(there.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder can be made")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it can be listed");
        let name = |entry: io::Result<fs::DirEntry>| {
            entry.expect("it is there").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn a_draft_that_is_given_up_leaves_what_was_there_and_nothing_else() -> Result<()> {
        let folder = folder();
        let place = folder.path().join("calls.csv");
        fs::write(&place, "the old one")?;
        let mut draft = Draft::at(&place)?;
        draft.write_all(b"half of the new one")?;
        draft.flush()?;
        drop(draft);
        assert_eq!(fs::read_to_string(&place)?, "the old one");
        assert_eq!(names(folder.path()), ["calls.csv"]);
        Ok(())
    }

    #[test]
    fn a_draft_that_is_kept_is_at_its_place_as_its_users_had_it() -> Result<()> {
        let folder = folder();
        let (place, link) = (folder.path().join("real.toml"), folder.path().join("link.toml"));
        fs::write(&place, "the old one")?;
        fs::set_permissions(&place, Permissions::from_mode(0o640))?;
        std::os::unix::fs::symlink("real.toml", &link)?;
        let mut draft = Draft::at(&link)?;
        draft.write_all(b"the new one")?;
        draft.keep()?;
        assert_eq!(fs::read_to_string(&place)?, "the new one");
        assert_eq!(fs::metadata(&place)?.mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link)?.is_symlink());
        assert_eq!(names(folder.path()), ["link.toml", "real.toml"]);
        Ok(())
    }

    #[test]
    fn what_is_no_file_is_written_to_and_stays() -> Result<()> {
        let mut draft = Draft::at(Path::new("/dev/null"))?;
        draft.write_all(b"gone")?;
        draft.keep()?;
        assert!(!fs::metadata("/dev/null")?.is_file());
        Ok(())
    }

    #[test]
    fn a_new_file_takes_no_others_place() -> Result<()> {
        let folder = folder();
        let place = folder.path().join("statement.json");
        let mut draft = Draft::of_new(&place)?;
        draft.write_all(b"mine")?;
        fs::write(&place, "somebody was faster")?;
        assert!(draft.keep().is_err());
        assert!(Draft::of_new(&place).is_err());
        assert_eq!(fs::read_to_string(&place)?, "somebody was faster");
        assert_eq!(names(folder.path()), ["statement.json"]);
        Ok(())
    }
}
