//! A small HTTP/1.1 client for tests, which reports a broken answer instead of hiding it.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer read to its declared end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// Sends one request on a new connection; an answer cut short is an error.
pub(crate) async fn send(
    base_url: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> io::Result<Reply> {
    let host = base_url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await?;
    let fields: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {host}\r\n{}content-length: {}\r\n\r\n{body}",
        fields.concat(),
        body.len(),
    );
    stream.write_all(request.as_bytes()).await?;
    receive(&mut stream).await
}

/// Reads one answer.
async fn receive(stream: &mut TcpStream) -> io::Result<Reply> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        read_more(stream, &mut bytes).await?;
    };
    let mut body = bytes.split_off(head_end);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let mut reply =
        Reply { status: status.ok_or(io::ErrorKind::InvalidData)?, head, body: Vec::new() };
    let length = reply.header("content-length").unwrap_or("0").parse();
    let length: usize = length.map_err(io::Error::other)?;
    while body.len() < length {
        read_more(stream, &mut body).await?;
    }
    reply.body = body;
    Ok(reply)
}

async fn read_more(stream: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<()> {
    into.reserve(1 << 16);
    match stream.read_buf(into).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}
