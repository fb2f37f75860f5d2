//! How long pages take with many calls and many viewers: `serving DATABASE_URL CALLS VIEWERS`, run by
//! `cargo xtask bench web`.
//!
//! It fills an empty database, serves it, signs in, and asks for each page as browsers do, through
//! sockets: so many viewers at once, each with the next page as soon as it has the last, and then each
//! with a page a second. Then as many watch a job as it goes on. One line of JSON a page, and one for
//! the watching. Where nobody looks, it fills the database and ends.

#![expect(clippy::print_stdout, reason = "its answer is read from its standard output")]

mod asking;
mod filling;
mod watching;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::access::Pace;
use domain::users::{UserName, UserRole};
use domain::{Capabilities, Clock, Tiers, Timestamp};
use engine::users::{UserAsked, add, chosen};
use secrecy::SecretString;
use store::Store;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::asking::Viewer;

type Done<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// More than anybody asks.
const UNBOUND: Pace = Pace { burst: 1_000_000, per_minute: 1_000_000 };

/// Who looks.
const NAME: &str = "bench";
const PASSWORD: &str = "four words do well";

/// How often each viewer asks for each page.
const TIMES: usize = 4;

/// A clock that goes on from when the calls were made.
struct Going {
    from: Timestamp,
    since: Instant,
}

impl Clock for Going {
    fn now(&self) -> Timestamp {
        self.from + self.since.elapsed()
    }
}

#[tokio::main]
async fn main() -> Done {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, calls, viewers] = &words[..] else {
        return Err("usage: serving DATABASE_URL CALLS VIEWERS".into());
    };
    let now = Timestamp::parse_human("2026-11-21T13:05:00Z")?;
    let store = Store::open(url).await?;
    if store.sources_list().await?.is_empty() {
        filling::fill(&store, calls.parse()?, now).await?;
        operator(&store, now).await?;
    }
    let viewers = viewers.parse()?;
    if viewers == 0 {
        store.close().await;
        return Ok(());
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let mut serving = JoinSet::new();
    serving.spawn(web::serve(listener, state(store.clone(), now)?, None, stop.clone()));
    let viewer = Viewer::signed_in(address, NAME, PASSWORD).await?;
    for (what, path) in paths() {
        measure(&viewer, what, &path, viewers).await?;
    }
    watching::measure(&store, &viewer, viewers, now).await?;
    stop.cancel();
    serving.join_all().await.into_iter().collect::<Result<Vec<()>, _>>()?;
    store.close().await;
    Ok(())
}

async fn operator(store: &Store, now: Timestamp) -> Done {
    let (name, password) = (UserName::new(NAME)?, SecretString::from(PASSWORD));
    let asked = UserAsked {
        name: &name,
        role: UserRole::Operator,
        accounts: &[],
        password_hash: &chosen(&password, &name)?,
        is_temporary: false,
        is_first: true,
    };
    add(store, &asked, "bench", now).await?;
    Ok(())
}

fn state(store: Store, now: Timestamp) -> Done<web::State> {
    let able = || Capabilities {
        window_max: Duration::from_hours(24),
        window_min: Duration::from_mins(1),
        window_calls_max: u64::MAX,
        margin: Duration::ZERO,
        lag: Duration::ZERO,
        tiers: Tiers::new(Vec::new()),
        patience: Duration::ZERO,
    };
    let office = testkit::office(&store, now);
    Ok(web::State {
        store,
        clock: Arc::new(Going { from: now, since: Instant::now() }),
        notice: None,
        read: Arc::new(|_source, _record| None),
        known: Arc::new(move |_source| web::Known {
            capabilities: able(),
            grace: Duration::ZERO,
            rhythm: None,
            budget: None,
        }),
        // All viewers share one session, and ask again as soon as they have their answer.
        limits: web::Limits { pages: UNBOUND, ..web::Limits::default() },
        entrance: Arc::new(web::Entrance::with_sign_in(web::Place::default())?),
        office,
    })
}

fn paths() -> Vec<(&'static str, String)> {
    let plain = [
        ("front page", "/"),
        ("calls, all sources", "/calls"),
        ("calls of a source", "/calls?source=source-1"),
        ("calls of an account", "/calls?account=account-3"),
        ("calls of an agent, sifted", "/calls?agent=agent-7"),
        ("calls of a status nobody has, sifted", "/calls?status=voicemail"),
        ("calls of a number", "/calls?number=%2B12015550123"),
        ("calls of a month", "/calls?from=2026-03-01&to=2026-03-31"),
        ("waiting", "/waiting"),
        ("coverage", "/coverage"),
        ("gaps", "/gaps"),
        ("runs", "/runs"),
        ("agents", "/agents"),
        ("accounts", "/accounts"),
        ("contacts", "/contacts"),
        ("sources", "/sources"),
        ("charts", "/charts"),
    ];
    plain.into_iter().map(|(what, path)| (what, path.to_owned())).collect()
}

/// How often each viewer asks where each takes its time.
const PACE: Duration = Duration::from_secs(1);

/// What asking a page often came to.
#[derive(Default)]
struct Asked {
    /// How long each answer took, the shortest first.
    took: Vec<Duration>,
    /// How many were answered with an error.
    failed: usize,
}

impl Asked {
    /// Milliseconds within which so many of a hundred were answered.
    fn within(&self, hundredth: usize) -> Option<f64> {
        let last = self.took.len().checked_sub(1)?;
        Some(self.took[last * hundredth / 100].as_secs_f64() * 1000.0)
    }
}

/// Every viewer asks for a page some times; told are the median, the 95th of a hundred, the slowest,
/// and the page's length.
async fn measure(viewer: &Viewer, what: &str, path: &str, viewers: u32) -> Done {
    let alone = Instant::now();
    let bytes = viewer.ask(path).await?;
    let alone = alone.elapsed();
    let began = Instant::now();
    let asked = all_ask(viewer, path, viewers, Duration::ZERO).await;
    let seconds = began.elapsed().as_secs_f64();
    let paced = all_ask(viewer, path, viewers, PACE).await;
    println!(
        "{}",
        serde_json::json!({
            "what": what, "bytes": bytes, "alone_ms": alone.as_secs_f64() * 1000.0,
            "median_ms": asked.within(50), "p95_ms": asked.within(95),
            "slowest_ms": asked.within(100), "per_second": asked.took.len() as f64 / seconds,
            "paced_p95_ms": paced.within(95), "failed": asked.failed + paced.failed,
        })
    );
    Ok(())
}

/// Every viewer asks, at most once in each `pace`; the first of them spread over it.
async fn all_ask(viewer: &Viewer, path: &str, viewers: u32, pace: Duration) -> Asked {
    let mut tasks = JoinSet::new();
    for nth in 0..viewers {
        let (viewer, path) = (viewer.clone(), path.to_owned());
        tasks.spawn(async move {
            tokio::time::sleep(pace * nth / viewers).await;
            let mut asked = Asked::default();
            for _ in 0..TIMES {
                let began = Instant::now();
                match viewer.ask(&path).await {
                    Ok(_bytes) => asked.took.push(began.elapsed()),
                    Err(_refused) => asked.failed += 1,
                }
                tokio::time::sleep(pace.saturating_sub(began.elapsed())).await;
            }
            asked
        });
    }
    let mut all = Asked::default();
    for asked in tasks.join_all().await {
        all.took.extend(asked.took);
        all.failed += asked.failed;
    }
    all.took.sort_unstable();
    all
}
