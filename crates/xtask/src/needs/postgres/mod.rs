//! PostgreSQL for the tests and the bench: the one named in the environment, one that answers on this
//! machine, or a throwaway cluster of our own.

mod cluster;
mod handshake;
mod install;
mod programs;
pub mod psql;

use anyhow::{Context, Result};
use url::Url;

use self::cluster::Cluster;
use self::programs::Programs;
use super::{Need, Ready};
use crate::environment;

/// Where tests look for the server; whoever sets it chooses the server.
pub const URL_VARIABLE: &str = "EVERYCALL_TEST_POSTGRES_URL";

/// A PostgreSQL server in which we may create databases.
pub struct Postgres;

impl Need for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn find(&self) -> Result<Option<Ready>> {
        if let Some(url) = environment::variable(URL_VARIABLE) {
            probe(&url).with_context(|| {
                format!(
                    "the server {URL_VARIABLE} names cannot be used; start it, or unset the \
                     variable to use another"
                )
            })?;
            let said = format!("using the server {URL_VARIABLE} names");
            return Ok(Some(Ready::found(said, URL_VARIABLE, url)));
        }
        for role in ["postgres".to_owned(), environment::user_name()?] {
            let url = local_url(&role, 5432);
            if probe(&url).is_ok() {
                let said = format!("using the server on 127.0.0.1:5432 as role {role}");
                return Ok(Some(Ready::found(said, URL_VARIABLE, url)));
            }
        }
        Ok(None)
    }

    fn start(&self) -> Result<Option<Ready>> {
        let Some(programs) = Programs::find() else {
            return Ok(None);
        };
        let cluster = Cluster::start(&programs)?;
        let said = format!(
            "started a throwaway server from {} on 127.0.0.1:{}",
            programs.folder().display(),
            cluster.port()
        );
        let url = local_url("postgres", cluster.port());
        probe(&url).context("the throwaway server started but does not answer")?;
        Ok(Some(Ready::started(said, URL_VARIABLE, url, cluster)))
    }

    fn install(&self) -> Result<()> {
        install::install()
    }
}

fn local_url(role: &str, port: u16) -> String {
    format!("postgres://{role}@127.0.0.1:{port}/postgres")
}

/// Whether a server answers and lets us create databases; the error says what stands in the way.
/// Without psql only the handshake can be tried, which proves less: a password stays unchecked.
fn probe(url: &str) -> Result<()> {
    match psql::Psql::find() {
        Some(psql) => psql.may_create_databases(url),
        None => handshake::shake_hands(&Url::parse(url).context("it is not a URL")?),
    }
}
