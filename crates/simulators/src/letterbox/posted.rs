//! A program that takes posted JSON and keeps it, or answers whatever it is told to.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The longest body that is read.
const BODY_BYTES_MAX: usize = 1 << 20;

/// What was posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The path it was posted to.
    pub path: String,
    /// Its headers, in small letters.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: String,
}

#[derive(Default)]
struct Kept {
    posted: Vec<Posted>,
    /// What the next requests are answered, the next one last; then 204.
    answers: Vec<u16>,
}

/// The program; dropping it ends it.
pub struct PostedTo {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    _serving: JoinSet<io::Result<()>>,
}

impl PostedTo {
    /// Listens on a loopback port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let kept: Arc<Mutex<Kept>> = Arc::default();
        let service = Router::new().fallback(receive).with_state(Arc::clone(&kept));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, service).await });
        Ok(Self { address, kept, _serving: serving })
    }

    /// An address of its.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next requests so, and those after them well.
    pub fn answers(&self, statuses: &[u16]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.answers = statuses.iter().rev().copied().collect();
    }

    /// Everything that was posted, also what was not answered well.
    pub fn posted(&self) -> Vec<Posted> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).posted.clone()
    }
}

async fn receive(State(kept): State<Arc<Mutex<Kept>>>, request: Request) -> StatusCode {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
    let posted = Posted {
        path: head.uri.path().to_owned(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.posted.push(posted);
    let status = kept.answers.pop().unwrap_or(204);
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
