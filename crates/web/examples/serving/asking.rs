//! A viewer: asks as a browser does that is signed in.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Done;

/// Somebody with a session.
#[derive(Clone)]
pub struct Viewer {
    address: SocketAddr,
    cookie: String,
}

impl Viewer {
    /// Signs in.
    pub async fn signed_in(address: SocketAddr, name: &str, password: &str) -> Done<Self> {
        let form = [("name", name), ("password", password)];
        let form = serde_urlencoded::to_string(form)?;
        let request = format!(
            "POST /sign-in HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{form}",
            form.len()
        );
        let answer =
            String::from_utf8_lossy(&all(begin(address, &request).await?).await?).into_owned();
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|line| line.split(';').next());
        let cookie = cookie.ok_or_else(|| format!("signing in was answered with {answer}"))?;
        Ok(Self { address, cookie: cookie.to_owned() })
    }

    /// Asks for a page and returns how many bytes came.
    pub async fn ask(&self, path: &str) -> Done<usize> {
        let answer = all(self.open(path).await?).await?;
        if !answer.starts_with(b"HTTP/1.1 200") {
            let head = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
            return Err(format!("{path} was answered with {head}").into());
        }
        Ok(answer.len())
    }

    /// Asks for a page whose answer is still to be read.
    pub async fn open(&self, path: &str) -> Done<TcpStream> {
        let Self { address, cookie } = self;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\n\
             Accept-Encoding: gzip\r\nConnection: close\r\n\r\n"
        );
        begin(*address, &request).await
    }
}

async fn begin(address: SocketAddr, request: &str) -> Done<TcpStream> {
    let mut socket = TcpStream::connect(address).await?;
    socket.write_all(request.as_bytes()).await?;
    Ok(socket)
}

async fn all(mut socket: TcpStream) -> Done<Vec<u8>> {
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    Ok(answer)
}
