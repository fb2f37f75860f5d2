//! `everycall.toml`: one section per file here, and `config.default.toml` as its manual.

mod database;
pub mod environment;
mod key_file;
mod near;
mod openid_connect;
mod schedule;
mod secret;
mod sending;
mod source;
mod statements;
mod sync;
mod unreadable;
mod vault;
mod web;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

pub use database::Database;
pub use near::nearest;
pub use schedule::Schedule;
pub use secret::Secret;
pub use sending::{Mail, Sending, outgoing};
pub use source::{Door, Source};
pub use statements::Statements;
pub use sync::Sync;
pub use vault::Vault;
pub use web::Web;

use crate::mistake::Mistake;

/// The file `everycall init` writes.
pub const DEFAULT: &str = include_str!("../../config.default.toml");

/// Everything that is configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Where relative paths begin.
    pub folder: PathBuf,
    /// Where everything is kept.
    pub database: Database,
    /// How careful runs are.
    pub sync: Sync,
    /// How often sources are read by themselves.
    pub schedule: Schedule,
    /// The key that seals renewed tokens.
    pub vault: Vault,
    /// The key that signs statements.
    pub statements: Statements,
    /// Under which names the dashboard answers.
    pub web: Web,
    /// The server that takes our mail.
    pub mail: Mail,
    /// What posted JSON is signed with.
    pub sending: Sending,
    /// The connections to providers.
    pub sources: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    database: Database,
    #[serde(default)]
    sync: Sync,
    #[serde(default)]
    schedule: Schedule,
    #[serde(default)]
    vault: Vault,
    #[serde(default)]
    statements: Statements,
    #[serde(default)]
    web: Web,
    #[serde(default)]
    mail: Mail,
    #[serde(default)]
    sending: Sending,
    #[serde(default)]
    sources: Vec<toml::Table>,
}

impl Config {
    /// Reads the file.
    pub fn load(path: &Path) -> Result<Self, Mistake> {
        let text = std::fs::read_to_string(path).map_err(|error| unloadable(path, &error))?;
        Self::read(path, &text)
    }

    /// The text of the file, to be added to; an empty one where there is none yet. One that cannot be
    /// read is not empty.
    pub fn text(path: &Path) -> Result<String, Mistake> {
        if !is_there(path) {
            return Ok(String::new());
        }
        std::fs::read_to_string(path).map_err(|error| unloadable(path, &error))
    }

    /// Reads the file nobody named. Where it is not there, what holds by itself will do if the database
    /// is there: a command in the wrong folder must not begin an empty one and tell that there is
    /// nothing.
    pub fn load_or_go_on(path: &Path) -> Result<Self, Mistake> {
        if is_there(path) {
            return Self::load(path);
        }
        let config = Self::read(path, "")?;
        if config.database.is_new(&config.folder) {
            return Err(nothing_here(path, &config.database.shown(&config.folder)));
        }
        tracing::info!("{}", config.without_file(path));
        Ok(config)
    }

    /// What is to be said of going on without a file.
    pub fn without_file(&self, path: &Path) -> String {
        let database = self.database.shown(&self.folder);
        format!(
            "there is no configuration at {}; going on with the defaults, database {database}",
            path.display()
        )
    }

    /// Reads a text as if it stood in the file.
    pub fn read(path: &Path, text: &str) -> Result<Self, Mistake> {
        let file: File =
            toml::from_str(text).map_err(|error| unreadable::of_file(path, text, &error))?;
        file.sync.check()?;
        file.schedule.check()?;
        file.web.check()?;
        file.mail.check()?;
        let mut sources = Vec::new();
        let mut names = HashSet::new();
        for (at, table) in file.sources.into_iter().enumerate() {
            let source = Source::read(&format!("#{}", at + 1), table, &file.schedule)?;
            if !names.insert(source.name.clone()) {
                return Err(Mistake::new(
                    format!("two sources are called `{}`", source.name),
                    "Give each [[sources]] block a name of its own",
                ));
            }
            sources.push(source);
        }
        let File { database, sync, schedule, vault, statements, web, mail, sending, .. } = file;
        let folder = source::folder_of(path);
        Ok(Self {
            folder,
            database,
            sync,
            schedule,
            vault,
            statements,
            web,
            mail,
            sending,
            sources,
        })
    }

    /// Refuses a source that can be nowhere, before anything is begun. One that is not configured may
    /// have been set up in the dashboard, where there is a database.
    pub fn refuse_unknown(&self, name: Option<&str>) -> Result<(), Mistake> {
        if !self.database.is_new(&self.folder) {
            return Ok(());
        }
        self.chosen(name).map(drop)
    }

    /// The sources a command is about: the one named, or all of them.
    pub fn chosen(&self, name: Option<&str>) -> Result<Vec<&Source>, Mistake> {
        if self.sources.is_empty() {
            return Err(Mistake::new(
                "no source is configured",
                "Set one up on the dashboard (`everycall serve`), or add a [[sources]] block to the configuration; `everycall init` writes one to fill in",
            ));
        }
        let Some(name) = name else { return Ok(self.sources.iter().collect()) };
        let known = self.sources.iter().map(|source| source.name.as_str());
        match self.sources.iter().find(|source| source.name == name) {
            Some(source) => Ok(vec![source]),
            None => Err(unknown_source(name, known)),
        }
    }
}

/// Nobody knows a source of this name.
pub fn unknown_source<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Mistake {
    let hint = match nearest(name, known.clone()) {
        Some(meant) => format!("Did you mean `{meant}`?"),
        None => format!("There is: {}", known.collect::<Vec<_>>().join(", ")),
    };
    Mistake::new(format!("there is no source `{name}`"), hint)
}

/// Whether there is something, even if it cannot be read: a link whose volume is not mounted is no
/// reason to begin anew.
pub fn is_there(path: &Path) -> bool {
    !matches!(path.symlink_metadata(), Err(error) if error.kind() == ErrorKind::NotFound)
}

/// Neither the usual file nor the database that holds by itself.
fn nothing_here(path: &Path, database: &str) -> Mistake {
    Mistake::new(
        format!("there is no configuration at {}, and no database at {database}", path.display()),
        "Go to the folder they are in, or name one with --config PATH; `everycall serve` begins here without one, `everycall init` writes one to fill in, `everycall demo` needs none",
    )
}

fn unloadable(path: &Path, error: &std::io::Error) -> Mistake {
    match error.kind() {
        ErrorKind::NotFound => Mistake::new(
            format!("there is no configuration at {}", path.display()),
            "Correct what --config or EVERYCALL_CONFIG says; `everycall init` writes one there to fill in",
        ),
        ErrorKind::InvalidData => Mistake::new(
            format!("the configuration {} is not written in UTF-8", path.display()),
            "Save it as UTF-8; some letter in it, such as an umlaut in a comment, is in an older encoding",
        ),
        _ => Mistake::new(
            format!("the configuration {} cannot be read: {error}", path.display()),
            "Let this user read the file, or name another one with --config PATH",
        ),
    }
}
