//! Two typed pools behind one door, and the macro that compiles one body against both.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use domain::SourceId;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Postgres, Sqlite, Transaction};

use crate::StoreError;
use crate::audit::{Author, Behalf};
use crate::opening;

/// Which engine holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file.
    Sqlite,
    /// A server.
    Postgres,
}

/// The same thing for one engine or the other.
pub(crate) enum Either<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Compiles one body against both engines: `either!(store.read(), |db| sqlx::query(…).execute(db).await)`.
macro_rules! either {
    ($on:expr, |$db:ident| $body:expr) => {
        match $on {
            $crate::db::Either::Sqlite($db) => $body,
            $crate::db::Either::Postgres($db) => $body,
        }
    };
}
pub(crate) use either;

/// Our own database.
#[derive(Clone)]
pub struct Store {
    pools: Pools,
    pub(crate) author: Option<Arc<Author>>,
}

#[derive(Clone)]
enum Pools {
    // SQLite has one writer; a pool of one makes the others wait in line instead of fail.
    Sqlite { read: SqlitePool, write: SqlitePool },
    // A pool hands out its connections in turn. Apart from the readers', those that write are few,
    // so that the server has parsed and planned what they say.
    Postgres { read: PgPool, write: PgPool },
}

/// A write transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    on: Either<Transaction<'static, Sqlite>, Transaction<'static, Postgres>>,
    pub(crate) behalf: Behalf,
    /// The revisions this transaction is of, once it has changed calls.
    pub(crate) revisions: Vec<(SourceId, i64)>,
}

const BUSY: Duration = Duration::from_secs(10);
const ACQUIRE: Duration = Duration::from_secs(15);

impl Store {
    /// Opens the database at `sqlite://PATH` or `postgres://…`, makes it if it is an absent
    /// SQLite file, and brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let pools = if url.starts_with("sqlite:") {
            open_sqlite(url).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            open_postgres(url).await?
        } else {
            return Err(StoreError::NotAnAddress { url: without_password(url) });
        };
        Ok(Self { pools, author: None })
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match &self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres { .. } => Engine::Postgres,
        }
    }

    pub(crate) fn read(&self) -> Either<&SqlitePool, &PgPool> {
        match &self.pools {
            Pools::Sqlite { read, .. } => Either::Sqlite(read),
            Pools::Postgres { read, .. } => Either::Postgres(read),
        }
    }

    /// Begins a write transaction.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let on = match &self.pools {
            Pools::Sqlite { write, .. } => {
                Either::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?)
            }
            Pools::Postgres { write, .. } => Either::Postgres(write.begin().await?),
        };
        Ok(Tx { on, behalf: Behalf::of(self.author.as_ref()), revisions: Vec::new() })
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

impl Tx {
    pub(crate) fn conn(&mut self) -> Either<&mut SqliteConnection, &mut PgConnection> {
        match &mut self.on {
            Either::Sqlite(tx) => Either::Sqlite(tx),
            Either::Postgres(tx) => Either::Postgres(tx),
        }
    }

    /// Makes everything written durable and visible at once.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.audit_enter().await?;
        either!(self.on, |tx| tx.commit().await)?;
        self.behalf.entered();
        Ok(())
    }
}

async fn open_sqlite(url: &str) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // With WAL, anything less lets a power cut take the last transactions. Calls and what the
        // ledger says of them would simply be read again; a token that was exchanged for its
        // successor, a person who was erased and a user who was shut out would not.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("cache_size", "-16000")
        .pragma("temp_store", "memory")
        .pragma("wal_autocheckpoint", "4000");
    let pool = |max: u32| -> PoolOptions<Sqlite> {
        SqlitePoolOptions::new().max_connections(max).acquire_timeout(ACQUIRE)
    };
    let opening = opening::alone(options.get_filename()).await;
    let write = pool(1).connect_with(options.clone()).await?;
    sqlx::migrate!("migrations/sqlite").run(&write).await?;
    drop(opening);
    let read = pool(4).connect_with(options).await?;
    Ok(Pools::Sqlite { read, write })
}

async fn open_postgres(url: &str) -> Result<Pools, StoreError> {
    // Statements are prepared while tables are still empty, when reading them whole looks cheap,
    // and PostgreSQL keeps that plan while they grow. Every statement here has an index to go by,
    // so it is told to go by it; see docs/decisions/0006. The price it then puts on a small table
    // without an index would make it compile the statement first.
    let options = PgConnectOptions::from_str(url)?
        .application_name("everycall")
        .options([("enable_seqscan", "off"), ("jit", "off")]);
    let pool = || PgPoolOptions::new().max_connections(4).acquire_timeout(ACQUIRE);
    let write = pool().connect_with(options.clone()).await?;
    sqlx::migrate!("migrations/postgres").run(&write).await?;
    let read = pool().connect_with(options).await?;
    Ok(Pools::Postgres { read, write })
}

/// An address of a database that can be shown: who comes in where, and by no password.
pub fn without_password(url: &str) -> String {
    // What follows a question mark may have one, too; and a password may have a question mark.
    let shown = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    let Some((before, host)) = url.rsplit_once('@') else { return shown(url) };
    let host = shown(host);
    match before.split_once("://").filter(|(scheme, _)| !scheme.contains(':')) {
        Some((scheme, user)) => {
            format!("{scheme}://{}@{host}", user.split([':', '/', '?']).next().unwrap_or_default())
        }
        None => format!("…@{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Either, Store, without_password};

    #[tokio::test]
    async fn what_sqlite_has_committed_survives_a_power_cut() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = format!("sqlite://{}", folder.path().join("calls.db").display());
        let store = Store::open(&url).await.expect("it opens");
        let mut tx = store.begin().await.expect("it begins");
        let Either::Sqlite(db) = tx.conn() else { unreachable!("the address is a file's") };
        let said: Result<(i64,), _> =
            sqlx::query_as("PRAGMA synchronous").fetch_one(&mut *db).await;
        // 2 is FULL: each commit is on the disk before it is answered.
        assert_eq!(said.expect("it says").0, 2);
        let said: Result<(String,), _> = sqlx::query_as("PRAGMA journal_mode").fetch_one(db).await;
        assert_eq!(said.expect("it says").0, "wal");
    }

    #[test]
    fn no_password_is_shown_however_an_address_is_written() {
        for (url, shown) in [
            ("postgres://me:no@t@host/calls?password=nor", "postgres://me@host/calls"),
            ("postgres://me:no?t@host/calls", "postgres://me@host/calls"),
            ("postgres://host/calls?password=nor", "postgres://host/calls"),
            ("postgres://host/calls?user=me&password=n@r", "postgres://host@r"),
            ("me:not@host/calls", "…@host/calls"),
            ("postgres://host/calls", "postgres://host/calls"),
        ] {
            assert_eq!(without_password(url), shown, "{url}");
        }
    }
}
