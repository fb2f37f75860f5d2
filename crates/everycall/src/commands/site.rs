//! Where a command works: which configuration, and how to name it in what is typed next.

use std::path::{Path, PathBuf};

use anyhow::Result;
use domain::Timestamp;
use store::{Author, Store};

use super::waiting::quoted;
use crate::config::{Config, environment, is_there};
use crate::mistake::Mistake;
use crate::output;
use crate::wiring::Desk;

/// The configuration file where nobody names one.
const USUAL: &str = "everycall.toml";

/// The configuration a command was pointed at.
#[derive(Debug, Clone)]
pub struct Site {
    config: PathBuf,
    is_named: bool,
}

impl Site {
    /// The site of this configuration file; of the usual one, where none is named.
    pub fn new(named: Option<PathBuf>) -> Self {
        let is_named = named.is_some();
        Self { config: named.unwrap_or_else(|| PathBuf::from(USUAL)), is_named }
    }

    /// The configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// How a command for this site begins when it is typed.
    pub fn here(&self) -> String {
        let program = quoted(&environment::program());
        if self.config == Path::new(USUAL) {
            return program;
        }
        format!("{program} --config {}", quoted(&self.config.display().to_string()))
    }

    /// The database, used on behalf of whoever types the command, for its entry in the audit log.
    pub fn on_behalf(desk: &Desk, what: &str) -> Store {
        let (who, now) = (environment::user(), desk.ctx.now());
        desk.ctx.store.on_behalf(Author::new(&who, "command line", what, "", now))
    }

    /// What is configured. Without a file, what holds by itself, where the database is there already.
    pub fn configuration(&self) -> Result<Config, Mistake> {
        if self.is_named { Config::load(&self.config) } else { Config::load_or_go_on(&self.config) }
    }

    /// … and where it is not there, too, for a command that begins one and says where.
    pub fn configuration_or_new(&self) -> Result<Config, Mistake> {
        if self.is_named || is_there(&self.config) {
            return Config::load(&self.config);
        }
        let config = Config::read(&self.config, "")?;
        output::aside(&format!("note: {}", config.without_file(&self.config)));
        Ok(config)
    }

    /// The database, to look at what is there.
    pub async fn look(&self) -> Result<Desk> {
        self.look_at(None).await
    }

    /// … with the clock set to `now`, for tests and benchmarks.
    pub async fn look_at(&self, now: Option<Timestamp>) -> Result<Desk> {
        Desk::open(self.configuration()?, now).await
    }
}
