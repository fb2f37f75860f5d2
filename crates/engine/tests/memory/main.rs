//! Comparing with a file takes memory for a piece of it, however long it is. A program of its own,
//! because the most memory that was ever held is one number of a whole process.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::{Country, ProviderKind, Timestamp};
use engine::compare::{Columns, CompareOptions, FileSide, compare_with_file};
use engine::{Context, Settings};
use store::SourceRow;
use testkit::{HandClock, Kind, TestDb, instant};
use tokio_util::sync::CancellationToken;

const HEADER: &str = "Call ID,Start Time,Duration,Status,From,To,Notes\n";

/// What a row is filled up with, as transcripts fill up exports.
const NOTES: usize = 320;

/// A file that is nowhere: its rows are made as they are read, in an order that is none of time.
struct Made {
    rows: u64,
    nth: u64,
    row: Vec<u8>,
    read: usize,
}

impl Made {
    fn of(rows: u64) -> Self {
        Self { rows, nth: 0, row: HEADER.into(), read: 0 }
    }

    /// Bytes of all of it, about.
    fn bytes(rows: u64) -> u64 {
        rows * (NOTES as u64 + 92)
    }

    fn next_row(&self) -> Vec<u8> {
        let Self { nth, rows, .. } = self;
        let mixed = nth.wrapping_mul(7919) % rows;
        let at = begin() + Duration::from_secs(mixed);
        let (from, to) = (mixed % 10_000, mixed % 7);
        let notes = "x".repeat(NOTES);
        format!(
            "call-{mixed:015},{at},{},completed,+1201555{from:04},+1202555010{to},{notes}\n",
            mixed % 600
        )
        .into_bytes()
    }
}

impl Read for Made {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.read == self.row.len() {
            if self.nth == self.rows {
                return Ok(0);
            }
            (self.row, self.read) = (self.next_row(), 0);
            self.nth += 1;
        }
        let count = buffer.len().min(self.row.len() - self.read);
        buffer[..count].copy_from_slice(&self.row[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

fn begin() -> Timestamp {
    instant("2026-01-01T00:00:00Z")
}

/// The most memory this process ever held, in megabytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Compares a file of so many rows with a database that has none of its calls, which is the most
/// there is to say; gives the peak after it.
async fn compared(ctx: &Context, source: &SourceRow, rows: u64) -> u64 {
    let (said, stop) = (Columns::default(), CancellationToken::new());
    let began = Instant::now();
    let file = FileSide::read("calls.csv", Made::of(rows), &said, Country::US, &stop).unwrap();
    let options = CompareOptions::default();
    let lag = Duration::from_mins(10);
    let report = compare_with_file(ctx, source, lag, file, None, &options).await.unwrap();
    assert!(report.balances());
    assert_eq!(report.summary.missing_in_database, rows);
    let (peak, seconds) = (peak(), began.elapsed().as_secs_f32());
    let megabytes = Made::bytes(rows) / 1_000_000;
    eprintln!("{rows} rows, {megabytes} MB, in {seconds:.1} s: {peak} MB at most so far");
    peak
}

/// A file of this many rows, and one of so many more: the most memory of both is about the same.
async fn does_not_grow(db: Arc<TestDb>, rows: u64, more: u64, megabytes_max: u64) {
    let clock = HandClock::at(instant("2026-12-31T00:00:00Z"));
    let ctx = Context {
        store: db.store.clone(),
        wait: Arc::new(clock),
        holder: "the test".to_owned(),
        settings: Settings::default(),
    };
    let mut tx = ctx.store.begin().await.unwrap();
    let kind = ProviderKind::HighlevelVoiceAi;
    let source = tx.source_ensure("main", kind, "scope", begin(), ctx.now()).await.unwrap();
    tx.commit().await.unwrap();
    let before = compared(&ctx, &source, rows).await;
    let after = compared(&ctx, &source, more).await;
    let grown = after - before;
    assert!(grown <= megabytes_max, "{before} MB for {rows} rows, {after} MB for {more}");
}

/// One after the other: the number is of the whole process. Both are longer than what is sorted in
/// memory at once.
#[tokio::test]
async fn a_file_three_times_as_long_takes_no_more_memory() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        TestDb::run(kind, |db| does_not_grow(db, 110_000, 330_000, 40)).await;
    }
}

/// `cargo test --workspace --test memory -- --ignored --nocapture`, whose numbers are in
/// `docs/performance.md`.
#[tokio::test]
#[ignore = "a gigabyte takes minutes"]
async fn a_file_of_a_gigabyte_takes_no_more_memory() {
    TestDb::run(Kind::Sqlite, |db| does_not_grow(db, 110_000, 2_600_000, 150)).await;
}
