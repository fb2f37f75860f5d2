//! How long pages take with many calls and many viewers: `serving DATABASE_URL CALLS VIEWERS`, run by
//! `cargo xtask bench web`.
//!
//! It fills an empty database, serves it, and asks for each page as browsers do, through sockets: so
//! many viewers at once, each with the next page as soon as it has the last, and then each with a page
//! a second. One line of JSON a page.

#![expect(clippy::print_stdout, reason = "its answer is read from its standard output")]

use std::borrow::Cow;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{
    AccountId, AgentId, AgentRef, Assignment, Because, Call, CallStatus, Capabilities, Clock,
    ContentHash, Country, Covered, Direction, Level, Phone, Placement, ProviderCallId,
    ProviderKind, ProviderTime, RunKind, RunStatus, SourceId, Tiers, Timestamp, WaitingReason,
    Window,
};
use store::{NewCall, NewObservation, RunEnd, SeenAgent, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

type Done<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

const SOURCES: i64 = 5;
const AGENTS: i64 = 40;
const ACCOUNTS: i64 = 20;
const DAYS: i64 = 365;
const PAGE: i64 = 2_000;

/// How often each viewer asks for each page.
const TIMES: usize = 4;

/// A clock that stands still.
struct Still(Timestamp);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        self.0
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
        fill(&store, calls.parse()?, now).await?;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let mut serving = JoinSet::new();
    serving.spawn(web::serve(listener, state(store.clone(), now)?, None, stop.clone()));
    for (what, path) in paths() {
        measure(address, what, &path, viewers.parse()?).await?;
    }
    stop.cancel();
    serving.join_all().await.into_iter().collect::<Result<Vec<()>, _>>()?;
    store.close().await;
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
        clock: Arc::new(Still(now)),
        notice: None,
        read: Arc::new(|_source, _record| None),
        known: Arc::new(move |_source| web::Known {
            capabilities: able(),
            grace: Duration::ZERO,
            rhythm: None,
            budget: None,
        }),
        limits: web::Limits::default(),
        entrance: Arc::new(web::Entrance::without_sign_in()?),
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

/// Every viewer asks for a page some times; told are the median, the 95th of a hundred, the slowest,
/// and the page's length.
async fn measure(address: SocketAddr, what: &str, path: &str, viewers: u32) -> Done {
    let alone = Instant::now();
    let bytes = ask(address, path).await?;
    let alone = alone.elapsed();
    let began = Instant::now();
    let took = all_ask(address, path, viewers, Duration::ZERO).await?;
    let seconds = began.elapsed().as_secs_f64();
    let paced = all_ask(address, path, viewers, PACE).await?;
    let ms = |it: Duration| it.as_secs_f64() * 1000.0;
    let at = |took: &[Duration], hundredth: usize| ms(took[(took.len() - 1) * hundredth / 100]);
    println!(
        "{}",
        serde_json::json!({
            "what": what, "bytes": bytes, "alone_ms": ms(alone), "median_ms": at(&took, 50),
            "p95_ms": at(&took, 95), "slowest_ms": at(&took, 100),
            "per_second": took.len() as f64 / seconds, "paced_p95_ms": at(&paced, 95),
        })
    );
    Ok(())
}

/// Every viewer asks, at most once in each `pace`; the first of them spread over it. The shortest time
/// that an answer took comes first.
async fn all_ask(
    address: SocketAddr,
    path: &str,
    viewers: u32,
    pace: Duration,
) -> Done<Vec<Duration>> {
    let mut tasks = JoinSet::new();
    for viewer in 0..viewers {
        let path = path.to_owned();
        tasks.spawn(async move {
            tokio::time::sleep(pace * viewer / viewers).await;
            let mut took = Vec::new();
            for _ in 0..TIMES {
                let began = Instant::now();
                ask(address, &path).await?;
                took.push(began.elapsed());
                tokio::time::sleep(pace.saturating_sub(began.elapsed())).await;
            }
            Ok::<_, Box<dyn Error + Send + Sync>>(took)
        });
    }
    let mut took = Vec::new();
    for of_viewer in tasks.join_all().await {
        took.extend(of_viewer?);
    }
    took.sort_unstable();
    Ok(took)
}

async fn ask(address: SocketAddr, path: &str) -> Done<usize> {
    let mut socket = TcpStream::connect(address).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        let head = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
        return Err(format!("{path} was answered with {head}").into());
    }
    Ok(answer.len())
}

/// So many calls of five sources, forty agents each, twenty accounts and a year.
async fn fill(store: &Store, calls: i64, now: Timestamp) -> Done {
    let mut accounts = Vec::new();
    let mut tx = store.begin().await?;
    for nth in 0..ACCOUNTS {
        accounts.push(tx.account_ensure(&format!("account-{nth}"), now).await?.id);
    }
    tx.commit().await?;
    for nth in 0..SOURCES {
        let source = set_up(store, nth, &accounts, now).await?;
        let each = calls / SOURCES;
        let mut first = 0;
        while first < each {
            let last = (first + PAGE).min(each);
            write(store, source, (first..last, each), &accounts, now).await?;
            first = last;
        }
    }
    Ok(())
}

async fn set_up(store: &Store, nth: i64, accounts: &[AccountId], now: Timestamp) -> Done<SourceId> {
    let since = now - Duration::from_hours(24) * u32::try_from(DAYS)?;
    let mut tx = store.begin().await?;
    let name = format!("source-{nth}");
    let row = tx.source_ensure(&name, ProviderKind::HighlevelVoiceAi, &name, since, now).await?;
    let seen = |agent: i64| SeenAgent {
        provider_agent_id: format!("agent-{agent}"),
        name: format!("Agent {agent}"),
        inbound_number: None,
    };
    tx.agents_see(row.id, &(0..AGENTS).map(seen).collect::<Vec<_>>(), now).await?;
    for agent in 0..AGENTS - 2 {
        let account = accounts[usize::try_from(agent % ACCOUNTS)?];
        let agent = AgentId(nth * AGENTS + agent + 1);
        let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
        let assignment = Assignment { agent, account, valid_from, valid_to };
        tx.assignment_add(&assignment, "bench", now).await?;
    }
    let run = tx.run_start(row.id, RunKind::Manual, "{}", now).await?;
    let covered = Covered {
        window: Window::new(since, now)?,
        level: Level::Settled,
        mark: None,
        listed: None,
        provider_total: None,
        run,
        checked_at: now,
    };
    tx.coverage_mark(row.id, covered).await?;
    tx.run_finish(run, RunEnd::new(RunStatus::Success, "{}", None), now).await?;
    for _ in 0..200 {
        let run = tx.run_start(row.id, RunKind::Auto, "{}", now).await?;
        tx.run_finish(run, RunEnd::new(RunStatus::Success, "{}", None), now).await?;
    }
    tx.commit().await?;
    Ok(row.id)
}

async fn write(
    store: &Store,
    source: SourceId,
    (calls, of): (std::ops::Range<i64>, i64),
    accounts: &[AccountId],
    now: Timestamp,
) -> Done {
    let ids: Vec<String> = calls.clone().map(|n| format!("call-{n}")).collect();
    let raw = vec![7_u8; 250];
    let new: Vec<NewCall> = calls
        .zip(&ids)
        .map(|(n, id)| call(n, of, id, accounts, now))
        .collect::<Done<Vec<NewCall>>>()?;
    let records: Vec<NewObservation> = ids
        .iter()
        .map(|id| NewObservation {
            provider_call_id: Cow::Borrowed(id),
            version: 1,
            content_hash: ContentHash::of(id.as_bytes()),
            dictionary_id: 0,
            raw: Cow::Borrowed(&raw),
        })
        .collect();
    let mut tx = store.begin().await?;
    tx.calls_write(source, 1, "poll", now, &new).await?;
    tx.observations_add(source, 1, "poll", now, &records).await?;
    Ok(tx.commit().await?)
}

fn call(
    n: i64,
    of: i64,
    id: &str,
    accounts: &[AccountId],
    now: Timestamp,
) -> Done<NewCall<'static>> {
    let at = now.as_millis() - (of - n) * (DAYS * 86_400_000 / of);
    let agent = n % AGENTS;
    let number = |n: i64| Some(Phone::new(&format!("+1201555{:04}", n % 10_000), Country::US));
    let occurred_at = ProviderTime { at: Timestamp::from_millis(at), text: at.to_string() };
    let call = Call {
        duration: Some(Duration::from_secs(u64::try_from(n % 300)?)),
        direction: Some(if n % 3 == 0 { Direction::Outbound } else { Direction::Inbound }),
        status: if n % 10 == 0 { CallStatus::NoAnswer } else { CallStatus::Completed },
        agent: Some(AgentRef { provider_agent_id: format!("agent-{agent}"), is_deleted: false }),
        from: number(n),
        to: number(n * 7),
        ..Call::bare(ProviderCallId(id.to_owned()), occurred_at)
    };
    let placement = if agent < AGENTS - 2 {
        Placement::Placed {
            account: accounts[usize::try_from(agent % ACCOUNTS)?],
            agent: Some(AgentId(agent + 1)),
            because: Because::AgentAssignment,
            decided_by: None,
        }
    } else {
        Placement::Waiting { agent: None, reason: WaitingReason::AgentNotAssignedToUser }
    };
    Ok(NewCall::first(Cow::Owned(call), placement, ContentHash::of(id.as_bytes())))
}
