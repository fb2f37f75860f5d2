//! Where a command works: which configuration, and how to name it in what is typed next.

use std::path::{Path, PathBuf};

use anyhow::Result;
use domain::Timestamp;
use store::{Author, Store};

use super::waiting::quoted;
use crate::config::{Config, environment};
use crate::wiring::Desk;

/// The configuration a command was pointed at.
#[derive(Debug, Clone)]
pub struct Site {
    config: PathBuf,
}

impl Site {
    /// The site of this configuration file.
    pub fn new(config: PathBuf) -> Self {
        Self { config }
    }

    /// The configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// How a command for this site begins when it is typed.
    pub fn here(&self) -> String {
        let program = quoted(&environment::program());
        if self.config == Path::new("everycall.toml") {
            return program;
        }
        format!("{program} --config {}", quoted(&self.config.display().to_string()))
    }

    /// The database, used on behalf of whoever types the command, for its entry in the audit log.
    pub fn on_behalf(desk: &Desk, what: &str) -> Store {
        let (who, now) = (environment::user(), desk.ctx.now());
        desk.ctx.store.on_behalf(Author::new(&who, "command line", what, "", now))
    }

    /// The database, to look at what is there.
    pub async fn look(&self) -> Result<Desk> {
        self.look_at(None).await
    }

    /// … with the clock set to `now`, for tests and benchmarks.
    pub async fn look_at(&self, now: Option<Timestamp>) -> Result<Desk> {
        Desk::open(Config::load_to_look(&self.config)?, now).await
    }
}
