//! Asking the database: the only IO of this provider beside its API.
//!
//! Few connections, each told to change nothing, to give up on long statements and to send every
//! text as its bytes are. A connection that fails is dropped.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::{Next, ProviderKind, Timestamp};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, SslOpts, Value};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use super::Settings;
use super::api::Api;
use super::errors::{Trouble, unseen};
use super::rows::Row;
use super::sql;
use super::tables::{Copy, Schema, Table};
use super::zone::Zone;
use crate::http::budget::Budgets;
use crate::{ConnectError, Credential, SourceError, Tuning, Wait};

/// Statements shorter than this hold nobody up.
const UNNOTICED: Duration = Duration::from_millis(5);

/// A client of one cluster.
pub struct Client {
    opts: Opts,
    settings: Settings,
    tuning: Tuning,
    zone: Zone,
    wait: Arc<dyn Wait>,
    room: Semaphore,
    idle: Mutex<Vec<Conn>>,
    schema: Mutex<Option<Arc<Schema>>>,
    slowest: Mutex<Duration>,
    behind: Mutex<Duration>,
    api: Option<Api>,
}

/// Rows, and what bringing them took.
#[derive(Debug)]
pub(super) struct Timed {
    pub rows: Vec<Row>,
    pub took: Duration,
}

impl Client {
    /// A client with these settings. Nothing is sent yet.
    pub fn new(
        settings: Settings,
        credential: Credential,
        tuning: Tuning,
        wait: Arc<dyn Wait>,
        budgets: &Budgets,
    ) -> Result<Self, ConnectError> {
        let Credential::Password { password, api_password } = credential else {
            let takes = "a database password (password_env or password_file)";
            return Err(credential.refused_by(ProviderKind::Vicidial, takes));
        };
        let zone = settings.checked(&password)?;
        let api = Api::new(&settings, api_password, tuning, Arc::clone(&wait), budgets)?;
        Ok(Self {
            opts: opts(&settings, &password),
            room: Semaphore::new(settings.connections as usize),
            settings,
            tuning,
            zone,
            wait,
            idle: Mutex::default(),
            schema: Mutex::default(),
            slowest: Mutex::default(),
            behind: Mutex::default(),
            api,
        })
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The zone of the cluster.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Our clock.
    pub fn now(&self) -> Timestamp {
        self.wait.now()
    }

    /// What the slowest statement took so far.
    pub fn slowest_statement(&self) -> Duration {
        *self.slowest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the server was behind when it was last asked.
    pub fn behind(&self) -> Duration {
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers how far the server is behind.
    pub(super) fn learn_behind(&self, behind: Duration) {
        *self.behind.lock().unwrap_or_else(PoisonError::into_inner) = behind;
    }

    /// The Non-Agent API, where it is configured.
    pub(super) fn api(&self) -> Option<&Api> {
        self.api.as_ref()
    }

    /// What could not be seen is looked for again by whoever asks next.
    pub(super) fn look_again(&self) {
        let mut known = self.schema.lock().unwrap_or_else(PoisonError::into_inner);
        *known = known.take().filter(|schema| schema.is_whole());
    }

    /// What can be read, looked up once as long as nothing is lacking.
    pub(super) async fn schema(&self) -> Result<Arc<Schema>, SourceError> {
        let known = self.schema.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(schema) = known {
            return Ok(schema);
        }
        let statement = format!(
            "SELECT table_name, column_name FROM information_schema.columns \
             WHERE table_schema = {} AND table_name IN ({}) ORDER BY table_name, ordinal_position",
            sql::literal(&self.settings.database),
            sql::list(&Schema::wanted()),
        );
        let schema = Arc::new(Schema::read(&self.ask("columns", &statement).await?.rows));
        for table in [Table::Log, Table::Closer] {
            if !schema.has(table, Copy::Live) {
                return Err(unseen(table.name(), &self.settings));
            }
        }
        let mut known = self.schema.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(known.insert(schema)))
    }

    /// Sends a statement until it is answered or repeating it is pointless.
    pub(super) async fn ask(&self, name: &str, statement: &str) -> Result<Timed, SourceError> {
        match self.try_ask(name, statement).await {
            Ok(timed) => Ok(timed),
            Err(Failed::TooSlow(what)) => {
                let request = name.to_owned();
                Err(SourceError::Unavailable { request, what, attempts: 1, wait: None })
            }
            Err(Failed::Source(error)) => Err(error),
        }
    }

    /// The same, for whoever can ask for less when a statement is too slow.
    pub(super) async fn try_ask(&self, name: &str, statement: &str) -> Result<Timed, Failed> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let trouble = match self.attempt(statement).await {
                Ok(timed) => return Ok(timed),
                Err(Trouble::TooSlow(what)) => return Err(Failed::TooSlow(what)),
                Err(trouble) => trouble,
            };
            if matches!(trouble, Trouble::OtherSchema(_)) {
                *self.schema.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            let kind = match trouble {
                Trouble::Broken(_) => domain::Trouble::Unavailable { wait: None },
                _ => domain::Trouble::Final,
            };
            let Next::Wait(pause) = self.tuning.retry.after(attempts, kind, 500) else {
                return Err(Failed::Source(trouble.explain(name, attempts, &self.settings)));
            };
            tracing::debug!(request = name, attempts, "{name}: {trouble:?}; trying again");
            self.wait.wait(pause).await;
        }
    }

    async fn attempt(&self, statement: &str) -> Result<Timed, Trouble> {
        // Closing the room is nobody's business, so there is always a way in.
        let _place = self.room.acquire().await;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => self.connect().await?,
        };
        let began = Instant::now();
        let asked = conn.query::<mysql_async::Row, _>(statement);
        // The server breaks off sooner; this is for a network that swallows every word.
        let answered = tokio::time::timeout(self.tuning.request_timeout, asked).await;
        let took = began.elapsed();
        let rows = match answered {
            Err(_elapsed) => {
                return Err(Trouble::Broken("the database did not answer in time".to_owned()));
            }
            Ok(Err(error)) => {
                if !error.is_fatal() {
                    self.keep(conn);
                }
                return Err(Trouble::of(&error));
            }
            Ok(Ok(rows)) => rows,
        };
        self.keep(conn);
        self.rest(took).await;
        Ok(Timed { rows: read(rows), took })
    }

    fn keep(&self, conn: Conn) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }

    /// Gives others time at the tables, in proportion to what we took.
    async fn rest(&self, took: Duration) {
        {
            let mut slowest = self.slowest.lock().unwrap_or_else(PoisonError::into_inner);
            *slowest = took.max(*slowest);
        }
        if took > UNNOTICED && self.settings.rest_percent > 0 {
            self.wait.wait(took * self.settings.rest_percent / 100).await;
        }
    }

    async fn connect(&self) -> Result<Conn, Trouble> {
        let connecting = Conn::new(self.opts.clone());
        let connected = tokio::time::timeout(self.tuning.connect_timeout, connecting).await;
        let unreachable =
            || Trouble::Broken("the database could not be reached in time".to_owned());
        let mut conn = connected.map_err(|_elapsed| unreachable())?.map_err(|e| Trouble::of(&e))?;
        for statement in [
            "SET SESSION sql_mode = '', time_zone = '+00:00', character_set_results = NULL",
            "SET SESSION TRANSACTION READ ONLY",
        ] {
            conn.query_drop(statement).await.map_err(|error| Trouble::of(&error))?;
        }
        let seconds = self.settings.statement_seconds_max;
        let limit = conn.query_drop(format!("SET SESSION max_statement_time = {seconds}")).await;
        if limit.is_err() {
            // MySQL's own name for it; a server that knows neither is limited by our timeout.
            let statement = format!("SET SESSION max_execution_time = {}", seconds * 1000);
            if conn.query_drop(statement).await.is_err() {
                tracing::debug!("The server knows no limit for statements");
            }
        }
        Ok(conn)
    }
}

/// Why a statement brought no rows, for whoever can ask for less.
#[derive(Debug)]
pub(super) enum Failed {
    /// It took too long.
    TooSlow(String),
    /// Anything else, in words.
    Source(SourceError),
}

impl From<SourceError> for Failed {
    fn from(error: SourceError) -> Self {
        Self::Source(error)
    }
}

fn opts(settings: &Settings, password: &SecretString) -> Opts {
    let tls = settings.is_encrypted().then(|| {
        let roots = settings.tls_ca_file.iter().map(|file| file.clone().into()).collect();
        SslOpts::default().with_root_certs(roots)
    });
    OptsBuilder::default()
        .ip_or_hostname(settings.host.clone())
        .tcp_port(settings.port)
        .user(Some(settings.user.clone()))
        .pass(Some(password.expose_secret().to_owned()))
        .db_name(Some(settings.database.clone()))
        .prefer_socket(false)
        .ssl_opts(tls)
        .into()
}

fn read(rows: Vec<mysql_async::Row>) -> Vec<Row> {
    let Some(first) = rows.first() else { return Vec::new() };
    let names = first.columns_ref().iter().map(|column| column.name_str().into_owned());
    let names: Arc<[String]> = names.collect();
    let values = |row: mysql_async::Row| {
        let values = row.unwrap_raw().into_iter();
        values.map(|value| value.and_then(bytes)).collect()
    };
    rows.into_iter().map(|row| Row::new(Arc::clone(&names), values(row))).collect()
}

/// Statements are sent as text, so everything comes as text.
fn bytes(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::Bytes(bytes) => Some(bytes),
        Value::NULL => None,
        other => Some(other.as_sql(true).into_bytes()),
    }
}
