//! One HTTP server on a loopback port, shared by all simulated providers.
//!
//! It receives, journals and answers; a [`Provider`] only says what the answer is. Faults that
//! replace an answer or break the wire happen here, those that shape a page are the provider's.

mod breakage;
mod journal;
mod line;
mod message;
mod spoiled;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Clock;
use crate::faults::{BadRecord, FaultBook, What};
use crate::world::Change;

pub use journal::RequestSeen;
pub use message::{Answer, Asked, form_decoded};

use breakage::Breakage;
use journal::Journal;
use line::{Line, Lines};

/// The largest request body that is read.
const BODY_BYTES_MAX: usize = 1 << 20;
/// How long `stop` waits for answers under way.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// What a simulated provider does; the server does the rest.
pub trait Provider: Send + Sync + 'static {
    /// Answers a request, with the page-shaping faults that strike it.
    fn answer(&self, asked: &Asked, twists: &[What]) -> Answer;

    /// The headers of a 429 answer.
    fn limit_headers(&self) -> Vec<(&'static str, String)>;

    /// Changes the world.
    fn change(&self, change: &Change);

    /// Where a record has the id of its call; empty where nothing answers with records.
    fn id_key(&self) -> &'static str;

    /// Spoils the record of one call.
    fn spoil(&self, record: &mut Value, how: BadRecord);
}

/// How the wire behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wire {
    /// The port to bind; 0 for any.
    pub port: u16,
    /// Milliseconds before every answer.
    pub latency_ms: u64,
    /// Compress for clients that accept it.
    pub gzip: bool,
    /// How far the `date` header runs ahead of the clock, in milliseconds.
    pub clock_skew_ms: i64,
}

/// A running server; dropping it stops it.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    closing: watch::Sender<bool>,
    tasks: JoinSet<io::Result<()>>,
}

struct Shared {
    provider: Arc<dyn Provider>,
    clock: Clock,
    wire: Wire,
    faults: FaultBook,
    journal: Journal,
    closing: watch::Receiver<bool>,
}

impl Server {
    /// Binds a loopback port and answers from now on.
    pub async fn start(provider: Arc<dyn Provider>, wire: Wire, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", wire.port)).await?;
        let address = listener.local_addr()?;
        let (closing, seen_closing) = watch::channel(false);
        let shared = Arc::new(Shared {
            provider,
            clock,
            wire,
            faults: FaultBook::default(),
            journal: Journal::default(),
            closing: seen_closing,
        });
        let service = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<Line>();
        let signal = closed(closing.subscribe());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            axum::serve(Lines(listener), service).with_graceful_shutdown(signal).await
        });
        Ok(Self { shared, address, closing, tasks })
    }

    /// Where it listens, without a trailing slash.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The faults in force.
    pub fn faults(&self) -> &FaultBook {
        &self.shared.faults
    }

    /// The last requests, oldest first; bounded.
    pub fn requests(&self) -> Vec<RequestSeen> {
        self.shared.journal.requests()
    }

    /// How many requests were ever answered.
    pub fn requests_count(&self) -> u64 {
        self.shared.journal.count()
    }

    /// Answers what is under way, within a limit, and stops. Hanging requests are cut.
    pub async fn stop(mut self) {
        self.closing.send_replace(true);
        let done = tokio::time::timeout(STOP_WAIT, self.tasks.join_next()).await;
        if done.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

async fn closed(mut closing: watch::Receiver<bool>) {
    // An error means that the server was dropped, which closes it just as well.
    if closing.wait_for(|&is_closing| is_closing).await.is_err() {}
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default();
    let asked = Asked::new(head, body);
    // Before it is met, so that a fault which is removed meanwhile holds nobody up.
    let cleared = shared.faults.until_cleared();
    let whats = shared.faults.meet(&asked.target(), asked.page());
    let noted = shared.journal.note(&asked, (shared.clock)());
    let breakage = Breakage::of(&whats);

    let answer = if let Some(answer) = breakage.instead(shared.provider.as_ref()) {
        answer
    } else {
        let answer = shared.provider.answer(&breakage.heard(&asked), &whats);
        spoiled::spoiled(answer, shared.provider.as_ref(), &shared.faults.spoiled())
    };
    for what in &whats {
        if let What::ThenMutate(change) = what {
            shared.provider.change(change);
        }
    }
    shared.journal.answered(noted, answer.status);
    if breakage.hangs {
        tokio::select! {
            () = closed(shared.closing.clone()) => {}
            () = cleared => {}
        }
    }
    let wait_ms = shared.wire.latency_ms + breakage.slow_ms;
    if wait_ms > 0 {
        tokio::time::sleep(Duration::from_millis(wait_ms)).await;
    }
    let date = (shared.clock)() + shared.wire.clock_skew_ms;
    let gzip = shared.wire.gzip && asked.accepts_gzip();
    let (parts, body) = breakage.damage(answer).finish(date, gzip);
    breakage.cut(&line, body.len());
    Response::from_parts(parts, Body::from(body))
}
