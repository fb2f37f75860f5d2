//! One test body, run on a fresh SQLite file and on a fresh PostgreSQL database.

use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use store::Store;
use tokio::task::{LocalSet, spawn_local};

/// Which engine a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A fresh database with our schema, gone when the test is.
pub struct TestDb {
    /// Which engine.
    pub kind: Kind,
    /// Its address.
    pub url: String,
    /// Opened.
    pub store: Store,
    /// The folder of an SQLite file; kept alive as long as the test.
    folder: tempfile::TempDir,
}

/// Declares tests that run once per engine: `name::on_sqlite` and `name::on_postgres`.
///
/// A body takes the database by value and asserts; a panic is a failure.
#[macro_export]
macro_rules! on_both_databases {
    ($($(#[doc = $doc:expr])* async fn $name:ident($db:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            #[expect(unused_imports, reason = "not every story needs all that its file imports")]
            use super::*;

            async fn story($db: std::sync::Arc<$crate::TestDb>) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                $crate::TestDb::run($crate::Kind::Sqlite, story).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                $crate::TestDb::run($crate::Kind::Postgres, story).await;
            }
        }
    )*};
}

/// The columns of `calls` that lists and pages show.
const SHOWN: &str = "occurred_at occurred_text ended_at duration_ms direction status from_raw
    from_e164 to_raw to_e164 provider_agent_id provider_contact_id parts tags agent_id account_id
    placement reason version changed_at campaign decided_by status_heard contact_id contact_by
    erased_at";

static NEXT: AtomicU32 = AtomicU32::new(0);

impl TestDb {
    /// Runs a story on a fresh database and removes the database afterwards, also when the
    /// story panics.
    ///
    /// The story is not asked to be `Send`: proving that anew for each of hundreds of stories is
    /// most of what compiling them would take.
    pub async fn run<F, S>(kind: Kind, story: S)
    where
        S: FnOnce(std::sync::Arc<Self>) -> F,
        F: Future<Output = ()> + 'static,
    {
        let db = std::sync::Arc::new(Self::fresh(kind).await);
        let (url, opened) = (db.url.clone(), db.store.clone());
        // A task of its own, so that a panic is caught and the database still removed.
        let playing = async { spawn_local(story(db)).await };
        let ended = LocalSet::new().run_until(playing).await;
        opened.close().await;
        if kind == Kind::Postgres {
            drop_postgres(&url).await;
        }
        if let Err(panic) = ended {
            std::panic::resume_unwind(panic.into_panic());
        }
    }

    async fn fresh(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}", folder.path().join("test.db").display()),
            Kind::Postgres => create_postgres().await,
        };
        let store = Store::open(&url).await.expect("a fresh database opens");
        let db = Self { kind, url, store, folder };
        db.watch_revisions().await;
        db
    }

    /// One that lives until [`TestDb::gone`], for whoever plays many stories on it.
    pub async fn made(kind: Kind) -> Self {
        Self::fresh(kind).await
    }

    /// Removes it.
    pub async fn gone(&self) {
        self.store.close().await;
        if self.kind == Kind::Postgres {
            drop_postgres(&self.url).await;
        }
    }

    /// Without a row, as when it was made, but for the numbers its next rows get. Only for a
    /// server's database: a file is made anew as fast.
    pub async fn emptied(&self) {
        // Deleting a few thousand rows takes milliseconds, truncating as many tables half a second.
        // Without triggers and foreign keys, in whatever order.
        let sql = "BEGIN; SET LOCAL session_replication_role = replica;
            DO $$ DECLARE name text; BEGIN
                FOR name IN SELECT quote_ident(tablename) FROM pg_tables
                    WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'
                LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
            END $$; COMMIT";
        if self.kind == Kind::Postgres {
            self.execute(sql).await;
        }
    }

    /// The folder the test may use.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Opens the same database once more, as another process would.
    pub async fn open_again(&self) -> Store {
        Store::open(&self.url).await.expect("an existing database opens")
    }

    /// Runs statements as somebody else with rights on the database would: to plant faults, or
    /// to look at rows without going through `store`.
    pub async fn execute(&self, sql: &str) {
        self.attempt(sql).await.expect("the planted statement runs");
    }

    /// The same, where the database may well refuse.
    pub async fn attempt(&self, sql: &str) -> Result<(), String> {
        let result = match self.kind {
            Kind::Sqlite => {
                let mut db = SqliteConnection::connect(&self.url).await.expect("it connects");
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.map(|_| ())
            }
            Kind::Postgres => {
                let mut db = PgConnection::connect(&self.url).await.expect("it connects");
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await.map(|_| ())
            }
        };
        result.map_err(|error| error.to_string())
    }

    /// From now on the database refuses to change what is shown of a call outside of the last
    /// revision of its source, which whoever follows changes would miss.
    async fn watch_revisions(&self) {
        let differs: Vec<String> = SHOWN
            .split_whitespace()
            .map(|column| {
                format!(
                    "NEW.{column} {} OLD.{column}",
                    match self.kind {
                        Kind::Sqlite => "IS NOT",
                        Kind::Postgres => "IS DISTINCT FROM",
                    }
                )
            })
            .collect();
        let differs = differs.join(" OR ");
        let last =
            "COALESCE((SELECT r.revision FROM revisions r WHERE r.source_id = NEW.source_id), 0)";
        let sql = match self.kind {
            Kind::Sqlite => format!(
                "CREATE TRIGGER watch_revisions BEFORE UPDATE ON calls
                 WHEN ({differs}) AND NEW.revision <> {last}
                 BEGIN SELECT RAISE(ABORT, 'a call changed outside of a revision'); END;"
            ),
            Kind::Postgres => format!(
                "CREATE FUNCTION watch_revisions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     IF NEW.revision <> {last} THEN
                         RAISE EXCEPTION 'a call changed outside of a revision';
                     END IF;
                     RETURN NEW;
                 END $$;
                 CREATE TRIGGER watch_revisions BEFORE UPDATE ON calls FOR EACH ROW
                 WHEN ({differs}) EXECUTE FUNCTION watch_revisions();"
            ),
        };
        self.execute(&sql).await;
    }

    /// Lets statements that a test plants change calls however they like.
    pub async fn stop_watching_revisions(&self) {
        self.drop_trigger("watch_revisions", "calls").await;
    }

    /// The single number a query answers with.
    pub async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        let row: (i64,) = match self.kind {
            Kind::Sqlite => {
                let mut db = SqliteConnection::connect(&self.url).await.expect("it connects");
                sqlx::query_as(sql).fetch_one(&mut db).await.expect("the query answers")
            }
            Kind::Postgres => {
                let mut db = PgConnection::connect(&self.url).await.expect("it connects");
                sqlx::query_as(sql).fetch_one(&mut db).await.expect("the query answers")
            }
        };
        row.0
    }

    /// Makes the database refuse rows of `table` whose `provider_call_id` is this one.
    pub async fn refuse_call(&self, table: &str, provider_call_id: &str) {
        self.refuse(table, &format!("NEW.provider_call_id = '{provider_call_id}'")).await;
    }

    /// Makes the database refuse new rows of `table` for which this holds.
    pub async fn refuse(&self, table: &str, condition: &str) {
        let what = match self.kind {
            Kind::Sqlite => "SELECT RAISE(ABORT, 'refused by the test')",
            Kind::Postgres => "RAISE EXCEPTION 'refused by the test' USING ERRCODE = '23514'",
        };
        self.on_insert("refuse", table, condition, what).await;
    }

    /// Takes a refused row again.
    pub async fn stop_refusing(&self, table: &str) {
        self.drop_trigger("refuse", table).await;
    }

    /// Lets the disk fill up when rows of `table` come whose `provider_call_id` is this one.
    pub async fn fill_up_at(&self, table: &str, provider_call_id: &str) {
        let what = match self.kind {
            // A table that has given out its last row id answers what a full disk answers.
            Kind::Sqlite => {
                self.execute(
                    "CREATE TABLE brim (id INTEGER PRIMARY KEY AUTOINCREMENT);
                     INSERT INTO brim VALUES (9223372036854775807);",
                )
                .await;
                "INSERT INTO brim VALUES (NULL)"
            }
            Kind::Postgres => "RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'",
        };
        let condition = format!("NEW.provider_call_id = '{provider_call_id}'");
        self.on_insert("fill_up", table, &condition, what).await;
    }

    /// Frees disk space.
    pub async fn free_up(&self, table: &str) {
        self.drop_trigger("fill_up", table).await;
    }

    async fn on_insert(&self, name: &str, table: &str, condition: &str, what: &str) {
        let sql = match self.kind {
            Kind::Sqlite => format!(
                "CREATE TRIGGER {name} BEFORE INSERT ON {table} WHEN {condition}
                 BEGIN {what}; END;"
            ),
            Kind::Postgres => format!(
                "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN {what}; END $$;
                 CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW
                 WHEN ({condition}) EXECUTE FUNCTION {name}();"
            ),
        };
        self.execute(&sql).await;
    }

    async fn drop_trigger(&self, name: &str, table: &str) {
        let sql = match self.kind {
            Kind::Sqlite => format!("DROP TRIGGER {name};"),
            Kind::Postgres => format!("DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"),
        };
        self.execute(&sql).await;
    }
}

/// The server tests use; a missing one fails the test instead of skipping it.
#[expect(clippy::disallowed_methods, reason = "only the environment knows where the server is")]
fn server_url() -> String {
    std::env::var("EVERYCALL_TEST_POSTGRES_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

#[expect(clippy::panic, reason = "a missing server fails the test and says what to do")]
async fn create_postgres() -> String {
    let server = server_url();
    let mut db = PgConnection::connect(&server).await.unwrap_or_else(|error| {
        panic!(
            "PostgreSQL does not answer at the tests' address ({error}). \
             Run `cargo xtask test`, which finds or starts one, or set EVERYCALL_TEST_POSTGRES_URL"
        )
    });
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("everycall_test_{}_{number}", std::process::id());
    let fresh = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::query(AssertSqlSafe(fresh)).execute(&mut db).await.expect("a leftover can be dropped");
    // The empty template is the fastest to copy, and its locale differs from "C" on purpose.
    let create = format!("CREATE DATABASE {name}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut db).await.expect("a database can be created");
    // Nobody needs what a test wrote after the machine has lost its power.
    let hasty = format!("ALTER DATABASE {name} SET synchronous_commit = off");
    sqlx::query(AssertSqlSafe(hasty)).execute(&mut db).await.expect("a database can be set up");
    let (base, _) = server.rsplit_once('/').expect("an address ends in /DATABASE");
    format!("{base}/{name}")
}

async fn drop_postgres(url: &str) {
    let (_, name) = url.rsplit_once('/').expect("an address ends in /DATABASE");
    let mut db = PgConnection::connect(&server_url()).await.expect("the server still answers");
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::query(AssertSqlSafe(drop)).execute(&mut db).await.expect("a database can be dropped");
}
