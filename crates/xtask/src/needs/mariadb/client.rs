//! Asks a server whether it can be used: through its own client, or by its first word.

use std::io::Read;
use std::net::{TcpStream, ToSocketAddrs};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use url::Url;

use crate::{environment, run};

const PATIENCE: Duration = Duration::from_secs(3);

/// Fails with a sentence unless a server answers and, where there is a client to ask with, lets us
/// create databases and users.
pub fn probe(url: &str) -> Result<()> {
    let url = Url::parse(url).context("it is not a URL")?;
    greeting(&url)?;
    let client = environment::program_on_path("mariadb");
    let Some(client) = client.or_else(|| environment::program_on_path("mysql")) else {
        return Ok(());
    };
    let mut ask = Command::new(client);
    ask.args(["--no-defaults", "--batch", "--skip-column-names", "--connect-timeout=3"]);
    ask.args(["--protocol=tcp", "--host", host(&url), "--port", &port(&url).to_string()]);
    ask.args(["--user", if url.username().is_empty() { "root" } else { url.username() }]);
    // In the environment, where other users of the machine cannot see it.
    ask.env("MYSQL_PWD", url.password().unwrap_or_default());
    let grants = run::answer(ask.args(["--execute", "SHOW GRANTS"]))?.to_uppercase();
    let may_create = |grant: &str| {
        let all = grant.contains("ALL PRIVILEGES");
        grant.contains(" ON *.*") && (all || grant.contains("CREATE USER"))
    };
    if !grants.lines().any(may_create) {
        bail!(
            "the user may not create databases and users; GRANT ALL ON *.* TO it WITH GRANT OPTION"
        );
    }
    Ok(())
}

/// The server speaks first, and its first packet says which protocol it speaks.
fn greeting(url: &Url) -> Result<()> {
    let (host, port) = (host(url), port(url));
    let address = (host, port).to_socket_addrs().ok().and_then(|mut found| found.next());
    let address = address.with_context(|| format!("{host} is not a known host"))?;
    let mut server = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nothing listens on {address}"))?;
    server.set_read_timeout(Some(PATIENCE))?;
    let mut head = [0; 5];
    let no_answer = || format!("what listens on {address} does not answer as MariaDB does");
    server.read_exact(&mut head).with_context(no_answer)?;
    if head[4] != 10 {
        bail!(no_answer());
    }
    Ok(())
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("127.0.0.1")
}

fn port(url: &Url) -> u16 {
    url.port().unwrap_or(3306)
}
