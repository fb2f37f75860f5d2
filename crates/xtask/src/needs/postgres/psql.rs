//! Asks a server one question at a time through psql, which knows every way to sign in.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use super::programs;
use crate::run;

/// PostgreSQL's own client.
pub struct Psql {
    program: PathBuf,
}

impl Psql {
    /// The installed one, if any.
    pub fn find() -> Option<Self> {
        programs::client("psql").map(|program| Self { program })
    }

    /// Runs one statement and returns the first column, one row a line.
    pub fn ask(&self, url: &str, sql: &str) -> Result<String> {
        run::answer(
            Command::new(&self.program)
                .args(["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1"])
                .args(["-c", sql, url])
                .env("PGCONNECT_TIMEOUT", "3"),
        )
    }

    /// Fails with a sentence unless the server answers and our role may create databases.
    pub fn may_create_databases(&self, url: &str) -> Result<()> {
        let sql = "select rolcreatedb or rolsuper from pg_roles where rolname = current_user";
        if self.ask(url, sql)? != "t" {
            bail!("the role may not create databases; run `alter role … createdb` on the server");
        }
        Ok(())
    }
}
