//! A fresh database for each run that needs one, gone when the run is over.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use tempfile::TempDir;
use url::Url;

use crate::needs::Ready;
use crate::needs::postgres::psql::Psql;

/// The database's make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

impl Engine {
    /// How it is written in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Makes databases in one engine.
pub enum Databases {
    /// Each in a folder of its own.
    Sqlite,
    /// All on one server.
    Postgres {
        /// Kept so that a server of our own runs as long as we measure.
        server: Ready,
        /// How databases are created.
        psql: Psql,
    },
}

/// An empty database; dropping it removes it.
pub struct Database {
    url: String,
    _folder: Option<TempDir>,
    on_server: Option<OnServer>,
}

struct OnServer {
    server: String,
    name: String,
}

impl Databases {
    /// Which engine they are in.
    pub fn engine(&self) -> Engine {
        match self {
            Self::Sqlite => Engine::Sqlite,
            Self::Postgres { .. } => Engine::Postgres,
        }
    }

    /// An empty one.
    pub fn fresh(&self) -> Result<Database> {
        match self {
            Self::Sqlite => {
                let folder = TempDir::with_prefix("everycall-bench-")?;
                let url = format!("sqlite://{}", folder.path().join("bench.db").display());
                Ok(Database { url, _folder: Some(folder), on_server: None })
            }
            Self::Postgres { server, psql } => on_server(server.value(), psql),
        }
    }
}

fn on_server(server: &str, psql: &Psql) -> Result<Database> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let name = format!("everycall_bench_{}_{number}", std::process::id());
    let url = with_database(server, &name)?;
    psql.ask(server, &format!("create database {name}"))?;
    let server = server.to_owned();
    Ok(Database { url, _folder: None, on_server: Some(OnServer { server, name }) })
}

impl Database {
    /// How programs reach it.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (Some(OnServer { server, name }), Some(psql)) = (&self.on_server, Psql::find()) else {
            return;
        };
        let dropped = psql.ask(server, &format!("drop database {name} with (force)"));
        if let Err(error) = dropped {
            eprintln!("the database {name} is still there: {error:#}");
        }
    }
}

/// The same server, another database.
pub fn with_database(server: &str, name: &str) -> Result<String> {
    let mut url = Url::parse(server).context("the server's address is not a URL")?;
    url.set_path(name);
    Ok(url.into())
}
