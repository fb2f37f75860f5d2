use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use anyhow::Result;
use url::Url;

use super::shake_hands;

/// A server that reads one introduction, gives one answer and hangs up.
fn check(answer: &'static [u8], outcome: &str) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = Url::parse(&format!("postgres://me@{}/mine", listener.local_addr()?))?;
    let server = thread::spawn(move || -> Result<Vec<u8>> {
        let (mut client, _) = listener.accept()?;
        let mut heard = vec![0; 31];
        client.read_exact(&mut heard)?;
        client.write_all(answer)?;
        Ok(heard)
    });
    let shown = match shake_hands(&url) {
        Ok(()) => "welcome".to_owned(),
        Err(error) => format!("{error}").replace(&format!(":{}", url.port().unwrap_or(0)), ""),
    };
    assert_eq!(shown, outcome);
    let heard = server.join().expect("the server thread does not panic")?;
    assert_eq!(heard, b"\0\0\0\x1f\0\x03\0\0user\0me\0database\0mine\0\0"[..]);
    Ok(())
}

#[test]
fn a_server_that_lets_us_in_is_found() -> Result<()> {
    check(b"R\0\0\0\x08\0\0\0\0", "welcome")
}

#[test]
fn a_server_that_refuses_is_quoted() -> Result<()> {
    check(b"E\0\0\0\x20SFATAL\0Mno such role\0\0", "the server said: no such role")
}

#[test]
fn another_program_on_that_port_is_no_server() -> Result<()> {
    check(
        b"HTTP/1.1 400 Bad Request\r\n",
        "what listens on 127.0.0.1 does not answer as PostgreSQL does",
    )
}
