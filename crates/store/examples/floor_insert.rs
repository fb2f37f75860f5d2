//! The floor of a first load: bare rows in bulk, with nothing looked up, decided or kept beside.
//!
//! `floor_insert DATABASE_URL N` writes N rows as wide as ours into a table of its own, drops
//! the table and prints what the writing took as one line of JSON. A benchmark compares our
//! first load with it.

#![expect(clippy::print_stdout, reason = "its answer is read from its standard output")]

use std::error::Error;
use std::str::FromStr;
use std::time::{Duration, Instant};

use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};
use sqlx::{AssertSqlSafe, QueryBuilder};

const PER_TRANSACTION: u64 = 1_000;
const PER_STATEMENT: u64 = 500;
const BLOB_BYTES: usize = 300;

// As many columns of each type as `calls` has, and the raw record.
const INSERT: &str = "
INSERT INTO floor_calls
    (source_id, provider_call_id, occurred_at, occurred_text, ended_at, duration_ms, direction,
     status, from_raw, from_e164, to_raw, to_e164, provider_agent_id, provider_contact_id, parts,
     tags, agent_id, account_id, placement, reason, content_hash, version, first_seen_at,
     first_seen_by, first_run, changed_at, changed_run, raw) ";

fn create(number: &str, bytes: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "CREATE TABLE floor_calls (
    source_id {number}, provider_call_id TEXT, occurred_at {number}, occurred_text TEXT,
    ended_at {number}, duration_ms {number}, direction TEXT, status TEXT, from_raw TEXT,
    from_e164 TEXT, to_raw TEXT, to_e164 TEXT, provider_agent_id TEXT, provider_contact_id TEXT,
    parts {number}, tags TEXT, agent_id {number}, account_id {number}, placement TEXT,
    reason TEXT, content_hash {bytes}, version {number}, first_seen_at {number},
    first_seen_by TEXT, first_run {number}, changed_at {number}, changed_run {number},
    raw {bytes}, PRIMARY KEY (source_id, provider_call_id))"
    ))
}

const DROP: &str = "
DROP TABLE IF EXISTS floor_calls";

macro_rules! fill {
    ($pool:ident, $create:expr, $count:expr) => {{
        sqlx::query(DROP).execute(&$pool).await?;
        sqlx::query($create).execute(&$pool).await?;
        let began = Instant::now();
        let mut done = 0;
        while done < $count {
            let end = $count.min(done + PER_TRANSACTION);
            let mut tx = $pool.begin().await?;
            while done < end {
                let next = end.min(done + PER_STATEMENT);
                let mut insert = QueryBuilder::new(INSERT);
                insert.push_values(done..next, |mut row, n| {
                    let at = 1_760_000_000_000 + i64::try_from(n).unwrap_or(i64::MAX) * 7_000;
                    row.push_bind(1_i64)
                        .push_bind(format!("call-{n:020}"))
                        .push_bind(at)
                        .push_bind("2026-03-01T08:30:00.000Z")
                        .push_bind(Some(at + 61_000))
                        .push_bind(Some(61_000_i64))
                        .push_bind("inbound")
                        .push_bind("completed")
                        .push_bind("(201) 555-0123")
                        .push_bind("+12015550123")
                        .push_bind("(201) 555-0199")
                        .push_bind("+12015550199")
                        .push_bind(format!("agent-{:016}", n % 40))
                        .push_bind(format!("contact-{n:016}"))
                        .push_bind(7_i64)
                        .push_bind("")
                        .push_bind(Some(3_i64))
                        .push_bind(Some(2_i64))
                        .push_bind("placed")
                        .push_bind("agent_assignment")
                        .push_bind(u128::from(n).to_be_bytes().to_vec())
                        .push_bind(1_i64)
                        .push_bind(at)
                        .push_bind("poll")
                        .push_bind(1_i64)
                        .push_bind(at)
                        .push_bind(1_i64)
                        .push_bind(blob(n));
                });
                insert.build().execute(&mut *tx).await?;
                done = next;
            }
            tx.commit().await?;
        }
        let took = began.elapsed();
        sqlx::query(DROP).execute(&$pool).await?;
        $pool.close().await;
        took
    }};
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, count] = arguments.as_slice() else {
        return Err("usage: floor_insert DATABASE_URL N".into());
    };
    let count: u64 = count.parse()?;
    let took = if url.starts_with("sqlite:") {
        into_sqlite(url, count).await?
    } else {
        into_postgres(url, count).await?
    };
    println!("{{\"calls\":{count},\"duration_ms\":{}}}", took.as_millis());
    Ok(())
}

async fn into_sqlite(url: &str, count: u64) -> Result<Duration, Box<dyn Error>> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let pool = SqlitePool::connect_with(options).await?;
    Ok(fill!(pool, create("INTEGER", "BLOB"), count))
}

async fn into_postgres(url: &str, count: u64) -> Result<Duration, Box<dyn Error>> {
    let pool = PgPool::connect(url).await?;
    Ok(fill!(pool, create("BIGINT", "BYTEA"), count))
}

/// Bytes that do not compress, as a compressed record's do not.
fn blob(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(BLOB_BYTES).collect()
}
