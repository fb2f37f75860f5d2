//! MariaDB for the tests, in which a ViciDial cluster is simulated: the one named in the environment,
//! one that answers on this machine, or a throwaway server of our own.

mod client;
mod server;

use anyhow::{Context, Result};

use self::server::{Programs, Server};
use super::apt::Apt;
use super::{Need, Ready};
use crate::environment;

/// Where tests look for the server; whoever sets it chooses the server.
pub const URL_VARIABLE: &str = "EVERYCALL_TEST_MARIADB_URL";

/// Debian's package with the server's programs and nothing that starts them by itself.
const SERVER_PACKAGE: &str = "mariadb-server-core";

/// A MariaDB server in which we may create databases and users.
pub struct Mariadb;

impl Need for Mariadb {
    fn name(&self) -> &'static str {
        "MariaDB"
    }

    fn find(&self) -> Result<Option<Ready>> {
        if let Some(url) = environment::variable(URL_VARIABLE) {
            client::probe(&url).with_context(|| {
                format!(
                    "the server {URL_VARIABLE} names cannot be used; start it, or unset the \
                     variable to use another"
                )
            })?;
            let said = format!("using the server {URL_VARIABLE} names");
            return Ok(Some(Ready::found(said, URL_VARIABLE, url)));
        }
        let url = local_url(3306);
        Ok(client::probe(&url).is_ok().then(|| {
            let said = "using the server on 127.0.0.1:3306 as root".to_owned();
            Ready::found(said, URL_VARIABLE, url)
        }))
    }

    fn start(&self) -> Result<Option<Ready>> {
        let Some(programs) = Programs::find() else {
            return Ok(None);
        };
        let server = Server::start(&programs)?;
        let said = format!("started a throwaway server on 127.0.0.1:{}", server.port());
        let url = local_url(server.port());
        Ok(Some(Ready::started(said, URL_VARIABLE, url, server)))
    }

    fn install(&self) -> Result<()> {
        let apt = Apt::allowed(SERVER_PACKAGE).with_context(|| {
            format!(
                "install it, or set {URL_VARIABLE} to a server in which we may create databases \
                 and users"
            )
        })?;
        apt.update()?;
        apt.install(SERVER_PACKAGE)?;
        apt.install("mariadb-client-core")
    }
}

fn local_url(port: u16) -> String {
    format!("mysql://root@127.0.0.1:{port}")
}
