//! The first words of PostgreSQL's protocol, for machines without psql: enough to know that a
//! PostgreSQL answers and would let the role in.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use url::Url;

const PATIENCE: Duration = Duration::from_secs(3);
const PROTOCOL_3: i32 = 3 << 16;

/// Says who we are and reads the first answer. That a password is asked for is fine: tests have it.
pub fn shake_hands(url: &Url) -> Result<()> {
    let host = url.host_str().unwrap_or("127.0.0.1");
    let address = (host, url.port().unwrap_or(5432))
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .with_context(|| format!("{host} is not a known host"))?;
    let mut server = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nothing listens on {address}"))?;
    server.set_read_timeout(Some(PATIENCE))?;
    server.write_all(&introduction(url))?;
    let no_answer = || format!("what listens on {address} does not answer as PostgreSQL does");
    let mut head = [0; 5];
    server.read_exact(&mut head).with_context(no_answer)?;
    match head[0] {
        b'R' => Ok(()),
        b'E' => bail!("the server said: {}", read_complaint(&mut server)?),
        _ => bail!(no_answer()),
    }
}

fn introduction(url: &Url) -> Vec<u8> {
    let mut body = PROTOCOL_3.to_be_bytes().to_vec();
    let database = url.path().trim_start_matches('/');
    for word in ["user", url.username(), "database", database, ""] {
        body.extend_from_slice(word.as_bytes());
        body.push(0);
    }
    let length = i32::try_from(body.len() + 4).expect("a URL is far shorter than two gigabytes");
    [length.to_be_bytes().as_slice(), &body].concat()
}

/// The message field of an error: fields are a letter and a text, each ended by a zero.
fn read_complaint(server: &mut TcpStream) -> Result<String> {
    let mut fields = Vec::new();
    server.read_to_end(&mut fields)?;
    let message = fields
        .split(|byte| *byte == 0)
        .find_map(|field| field.strip_prefix(b"M"))
        .unwrap_or(b"nothing we understand");
    Ok(String::from_utf8_lossy(message).into_owned())
}

#[cfg(test)]
mod tests;
