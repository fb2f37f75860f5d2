//! How long comparing takes beyond reading both sides: `comparing DATABASE_URL CALLS` fills an empty
//! database with calls of ninety days, writes a file with one call in a thousand missing on each
//! side and one in a thousand told differently, and compares the two. What the database alone takes to
//! be read is measured before and after, and the faster of both is told.
//!
//! It prints one line of JSON. `cargo xtask bench compare` runs it.

#![expect(clippy::print_stdout, reason = "its answer is read from its standard output")]
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on may stop")]

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{BufReader, BufWriter, Seek as _, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{
    AgentRef, Call, CallStatus, ContentHash, Country, Digest, Phone, Placement, ProviderCallId,
    ProviderKind, ProviderTime, Timestamp, Told, WaitingReason, Window,
};
use engine::compare::{Columns, CompareOptions, FileSide, compare_with_file};
use engine::{Context, Settings};
use providers::SystemClock;
use store::{NewCall, Scope, Store};
use tokio_util::sync::CancellationToken;

const DAY: Duration = Duration::from_hours(24);
const DAYS: u32 = 90;

fn begin() -> Timestamp {
    Timestamp::from_millis(1_600_000_000_000).floor_to(DAY)
}

/// The call at this place of so many.
fn told(nth: u64, of: u64) -> Told {
    let into = u64::try_from((DAY * DAYS).as_millis()).unwrap() / of * nth;
    let phone =
        |number: u64| Some(Phone::new(&format!("+1201555{:04}", number % 10_000), Country::US));
    Told {
        id: ProviderCallId(format!("{:024x}", nth.wrapping_mul(0x9E37_79B9_7F4A_7C15))),
        at: begin() + Duration::from_millis(into),
        status: CallStatus::Completed,
        duration: Some(Duration::from_secs(nth % 600)),
        direction: None,
        from: phone(nth),
        to: phone(nth / 7),
        agent: Some(format!("agent-{}", nth % 50)),
    }
}

fn stored(told: Told) -> NewCall<'static> {
    let content_hash = ContentHash::of(told.id.0.as_bytes());
    let call = Call {
        duration: told.duration,
        status: told.status,
        from: told.from,
        to: told.to,
        agent: told.agent.map(|id| AgentRef { provider_agent_id: id, is_deleted: false }),
        ..Call::bare(told.id, ProviderTime { at: told.at, text: told.at.to_string() })
    };
    let reason = WaitingReason::AgentNotInSystem;
    NewCall::first(Cow::Owned(call), Placement::Waiting { agent: None, reason }, content_hash)
}

/// Whether our side lacks the call, the file does, or the two tell it differently.
fn kind(nth: u64) -> (bool, bool, bool) {
    (nth % 1000 == 3, nth % 1000 == 503, nth % 1000 == 703)
}

async fn fill(ctx: &Context, calls: u64) -> store::SourceRow {
    let (provider, now) = (ProviderKind::HighlevelVoiceAi, ctx.now());
    let mut tx = ctx.store.begin().await.unwrap();
    let row = tx.source_ensure("bench", provider, "scope", begin(), now).await.unwrap();
    tx.commit().await.unwrap();
    let ours: Vec<u64> = (0..calls).filter(|nth| !kind(*nth).0).collect();
    for piece in ours.chunks(5000) {
        let rows: Vec<NewCall> = piece.iter().map(|nth| stored(told(*nth, calls))).collect();
        let mut tx = ctx.store.begin().await.unwrap();
        tx.calls_write(row.id, 1, "poll", now, &rows).await.unwrap();
        tx.commit().await.unwrap();
    }
    row
}

fn write_file(calls: u64) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    let mut out = BufWriter::with_capacity(1 << 16, &mut file);
    writeln!(out, "Call ID,Start Time,Duration,Status,From,To,Agent ID").unwrap();
    let mut line = String::new();
    for nth in (0..calls).filter(|nth| !kind(*nth).1) {
        let call = told(nth, calls);
        let more = u64::from(kind(nth).2) * 60;
        let seconds = call.duration.unwrap().as_secs() + more;
        let number = |phone: Option<Phone>| phone.unwrap().raw;
        line.clear();
        let (id, at, agent) = (call.id, call.at, call.agent.unwrap());
        let (from, to) = (number(call.from), number(call.to));
        writeln!(line, "{id},{at},{seconds},completed,{from},{to},{agent}").unwrap();
        out.write_all(line.as_bytes()).unwrap();
    }
    out.flush().unwrap();
    drop(out);
    file
}

fn read(file: &mut std::fs::File) -> FileSide {
    file.rewind().unwrap();
    let input = BufReader::with_capacity(1 << 16, file);
    let (said, stop) = (Columns::default(), CancellationToken::new());
    FileSide::read("calls.csv", input, &said, Country::US, &stop).unwrap()
}

/// Reads every call of ours, a day at a time, as comparing does.
async fn read_ours(ctx: &Context, source: &store::SourceRow) -> u64 {
    let mut calls = 0;
    for day in 0..DAYS {
        let from = begin() + DAY * day;
        let window = Window::new(from, from + DAY).unwrap();
        calls += ctx.store.calls_held(Scope::Operator, source.id, window).await.unwrap().len();
    }
    calls as u64
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap()
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (url, calls) = (&arguments[1], arguments[2].parse::<u64>().unwrap());
    let store = Store::open(url).await.unwrap();
    let holder = "the bench".to_owned();
    let ctx = Context { store, wait: Arc::new(SystemClock), holder, settings: Settings::default() };
    let source = fill(&ctx, calls).await;
    let mut file = write_file(calls);

    let began = Instant::now();
    assert!(read(&mut file).rows > 0);
    let read_file_ms = millis(began);
    let began = Instant::now();
    let held = read_ours(&ctx, &source).await;
    let read_before_ms = millis(began);

    let began = Instant::now();
    let side = read(&mut file);
    let options = CompareOptions::default();
    let lag = Duration::from_mins(10);
    let report = compare_with_file(&ctx, &source, lag, side, None, &options).await.unwrap();
    let compare_ms = millis(began);
    assert!(report.balances());
    // What was read often is read faster; only the faster reading is taken off.
    let began = Instant::now();
    assert_eq!(read_ours(&ctx, &source).await, held);
    let read_database_ms = read_before_ms.min(millis(began));

    let hour: Vec<Told> = (0..calls / u64::from(DAYS * 24)).map(|nth| told(nth, calls)).collect();
    let began = Instant::now();
    assert_eq!(Digest::of(&hour), Digest::of(hour.iter().rev()));
    let digest_us = began.elapsed().as_micros();
    let summary = &report.summary;
    println!(
        "{}",
        serde_json::json!({
            "calls": calls, "held": held, "readFileMs": read_file_ms,
            "readDatabaseMs": read_database_ms, "compareMs": compare_ms,
            "matching": summary.matching, "differing": summary.differing,
            "missing": summary.missing_in_database, "extra": summary.extra_in_database,
            "digestHourCalls": hour.len(), "digestHourUs": digest_us,
        })
    );
    ctx.store.close().await;
}
