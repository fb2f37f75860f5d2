//! What this crate's tests share: a clock moved by hand and a server that says what it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::Wait;

/// A clock on which waiting takes no time.
pub struct HandClock(Mutex<Timestamp>);

impl HandClock {
    pub fn at(instant: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Timestamp::parse(instant).unwrap())))
    }

    pub fn forward(&self, duration: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = *now + duration;
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[async_trait]
impl Wait for HandClock {
    async fn wait(&self, duration: Duration) {
        self.forward(duration);
        tokio::task::yield_now().await;
    }
}

/// One request as the server got it.
#[derive(Debug, Clone)]
pub struct Received {
    /// Method, path and query.
    pub line: String,
    pub head: String,
    pub body: String,
}

impl Received {
    /// The value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        let url = url::Url::parse(&format!("http://x{}", self.line.split(' ').nth(1)?)).ok()?;
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub fn number(&self, name: &str) -> i64 {
        self.query(name).and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// What the server does.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Answers properly.
    Whole { status: u16, headers: Vec<(&'static str, String)>, body: Vec<u8> },
    /// Sends exactly these bytes and closes.
    Bytes(Vec<u8>),
    /// Says nothing for ever.
    Silence,
}

impl Reply {
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Whole { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Whole { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }

    fn bytes(self) -> Option<Vec<u8>> {
        let (status, headers, body) = match self {
            Self::Whole { status, headers, body } => (status, headers, body),
            Self::Bytes(bytes) => return Some(bytes),
            Self::Silence => return None,
        };
        let mut text = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text.extend([name, ": ", &value, "\r\n"]);
        }
        text.push_str("connection: close\r\n\r\n");
        Some([text.into_bytes(), body].concat())
    }
}

/// A server on this machine; it ends with the test.
pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub async fn start(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::new(answer), received.clone()));
        Self { url, received, _tasks: tasks }
    }

    /// Says these things in turn, and the last for ever.
    pub async fn saying(replies: Vec<Reply>) -> Self {
        let turn = Mutex::new(0);
        Self::start(move |_| {
            let mut turn = turn.lock().unwrap();
            let reply = replies[(*turn).min(replies.len() - 1)].clone();
            *turn += 1;
            reply
        })
        .await
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn serve(
    listener: TcpListener,
    answer: Arc<dyn Fn(&Received) -> Reply + Send + Sync>,
    received: Arc<Mutex<Vec<Received>>>,
) {
    let mut connections = JoinSet::new();
    while let Ok((mut socket, _)) = listener.accept().await {
        let (answer, received) = (answer.clone(), received.clone());
        connections.spawn(async move {
            let Some(request) = request(&mut socket).await else { return };
            received.lock().unwrap().push(request.clone());
            match answer(&request).bytes() {
                Some(bytes) => socket.write_all(&bytes).await.unwrap_or_default(),
                None => std::future::pending().await,
            }
        });
    }
}

async fn request(socket: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        if socket.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        if body.len() >= length.and_then(|text| text.parse().ok()).unwrap_or(0) {
            let line = text.lines().next().unwrap_or_default().to_owned();
            return Some(Received { line, head, body: body.to_owned() });
        }
    }
}
