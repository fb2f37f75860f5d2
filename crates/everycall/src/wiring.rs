//! From configuration to the engine's world: database, clock, connections.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use domain::{AccountId, Capabilities, Country, Rhythm, SourceId, Tiers, Timestamp};
use engine::Context;
use engine::budget::sharing;
use engine::set_up::{KeyUse, Office};
use engine::vault::SourceVault;
use providers::http::budget::Budgets;
use providers::outgoing::Outgoing;
use providers::setup::SetUp;
use providers::{Connection, ConnectionSettings, Credential, Standing, connect};
use secrecy::SecretString;
use store::{SetUpRow, SourceRow, Store};
use tokio::sync::watch;

use crate::clock::clock;
use crate::config::{self, Config, Door, unknown_source};
use crate::mistake::Mistake;

/// How many intervals of a source what came due is the schedule's next work.
const GRACE_INTERVALS: u32 = 2;

/// The configuration and the world it describes.
#[derive(Clone)]
pub struct Desk {
    /// As configured.
    pub config: Config,
    /// As the engine sees it.
    pub ctx: Context,
    budgets: Arc<Budgets>,
}

/// What pages know of sources beside their rows.
#[derive(Default)]
pub struct Shown {
    readers: HashMap<String, (Connection, Country)>,
    able: HashMap<String, (Capabilities, Option<Rhythm>)>,
    /// The ways to providers that this process goes, by the source's name.
    pub live: HashMap<String, Connection>,
}

impl Desk {
    /// Opens the database. `now` sets the clock, for tests and benchmarks.
    pub async fn open(config: Config, now: Option<Timestamp>) -> Result<Self> {
        let store = Store::open(&config.database.address(&config.folder)).await?;
        let settings = config.sync.settings();
        let ctx = Context { store, wait: clock(now), holder: holder()?, settings };
        // A clock that was set for a test is nobody else's.
        let clock_name = if now.is_none() { machine_clock() } else { None };
        let budgets = Arc::new(Budgets::shared(sharing(&ctx, clock_name)));
        let mut desk = Self { config, ctx, budgets };
        let rows = desk.ctx.store.set_ups_list().await?;
        let own = desk.set_up_here(&rows).await?;
        desk.config.sources.extend(own);
        Ok(desk)
    }

    /// The sources of the configuration file.
    pub fn configured(&self) -> impl Iterator<Item = &config::Source> {
        self.config.sources.iter().filter(|source| !source.was_set_up())
    }

    /// The sources that were set up in the dashboard. One that stands in the configuration as well is
    /// the configuration's.
    pub async fn set_up_here(&self, rows: &[SetUpRow]) -> Result<Vec<config::Source>> {
        let rows = rows.iter().filter(|row| row.said.is_some());
        let rows: Vec<&SetUpRow> =
            rows.filter(|row| self.configured().all(|source| source.name != row.name)).collect();
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let mut sources = Vec::new();
        for source in self.ctx.store.sources_list().await? {
            let Some(row) = rows.iter().find(|row| row.source_id == source.id.0) else { continue };
            match config::Source::set_up(row, source.provider, source.since) {
                Ok(set_up) => sources.push(set_up),
                // Of a newer program, perhaps; all others go on.
                Err(error) => tracing::warn!(source = %row.name, "{}: {error}", row.name),
            }
        }
        Ok(sources)
    }

    /// Where sources are tried out and set up.
    pub fn office(&self) -> Office {
        let (config, desk) = (self.config.clone(), self.clone());
        let key = move |wanted_for| {
            let told = |error: anyhow::Error| match error.downcast_ref::<Mistake>() {
                Some(Mistake { sentence, hint, .. }) => format!("{sentence}. {hint}"),
                None => format!("{error:#}"),
            };
            let (vault, folder) = (&config.vault, &config.folder);
            match wanted_for {
                KeyUse::Seals => vault.key(folder).map(Some).map_err(told),
                KeyUse::Opens => vault.key_that_is_there(folder).map_err(told),
            }
        };
        let configured = move |row: &SourceRow| {
            let source = desk.configured().find(|source| source.name == row.name)?;
            let connection = desk.connect(source, row.id);
            let made = connection.map(|connection| engine::Source {
                row: row.clone(),
                connection,
                home: source.country,
            });
            Some(made.map_err(|error| error.to_string()))
        };
        Office {
            ctx: self.ctx.clone(),
            budgets: Arc::clone(&self.budgets),
            key: Arc::new(key),
            configured: Arc::new(configured),
        }
    }

    /// What others are told with of scheduled comparisons.
    pub fn outgoing(&self) -> Result<Outgoing> {
        let Config { folder, mail, sending, .. } = &self.config;
        Ok(config::outgoing(folder, mail, sending)?)
    }

    /// How long what came due of a source is the schedule's next work and no gap.
    pub fn grace(&self, source: &SourceRow) -> Duration {
        self.rhythm(source).map_or(Duration::ZERO, |it| it.longest_pause(self.ctx.now()))
            * GRACE_INTERVALS
    }

    /// How often it is read by itself, whether it is configured or not.
    pub fn rhythm(&self, source: &SourceRow) -> Result<Rhythm> {
        let configured = self.config.sources.iter().find(|it| it.name == source.name);
        match configured.and_then(|it| it.rhythm.clone()) {
            Some(rhythm) => Ok(rhythm),
            None => Ok(self.config.schedule.rhythm()?),
        }
    }

    /// The same, unless the source rests.
    pub async fn rhythm_unless_paused(&self, source: &SourceRow) -> Result<Option<Rhythm>> {
        let set_up = self.ctx.store.set_up_get(source.id).await?;
        let rests = set_up.is_some_and(|row| row.paused_at.is_some());
        if rests { Ok(None) } else { self.rhythm(source).map(Some) }
    }

    /// How often a source that was set up in the dashboard is read by itself.
    pub fn rhythm_of(&self, row: &SetUpRow) -> Result<Rhythm> {
        match engine::set_up::manner(row).1 {
            Some(every) => Ok(Rhythm::Every(every)),
            None => Ok(self.config.schedule.rhythm()?),
        }
    }

    /// A configured source, known to the database and ready to be asked. Nothing is sent yet.
    pub async fn source(&self, configured: &config::Source) -> Result<engine::Source> {
        let row = self.ensure(configured).await?;
        let connection = self.connect(configured, row.id)?;
        Ok(engine::Source { row, connection, home: configured.country })
    }

    async fn ensure(&self, configured: &config::Source) -> Result<SourceRow> {
        let config::Source { name, since, .. } = configured;
        let (kind, scope) = (configured.provider.kind(), configured.provider.scope());
        if let Some(known) = self.ctx.store.source_by_name(name).await?
            && (known.scope != scope || known.provider != kind)
        {
            return Err(another_source(&known, scope).into());
        }
        if configured.was_set_up() {
            return self.known(name).await;
        }
        let auto = match &configured.auto_assign {
            Some(account) => Some(self.auto_account(name, account).await?),
            None => None,
        };
        let mut tx = self.ctx.store.begin().await?;
        let row = tx.source_ensure(name, kind, scope, *since, self.ctx.now()).await?;
        tx.contact_policy_set(row.id, configured.contacts).await?;
        tx.auto_account_set(row.id, auto).await?;
        tx.commit().await?;
        Ok(row)
    }

    async fn auto_account(&self, source: &str, account: &str) -> Result<AccountId> {
        let known = self.ctx.store.account_by_name(account.trim()).await?;
        let sentence =
            || format!("source `{source}` gives new agents to “{account}”, which is no account");
        let hint = "Add it with `everycall accounts add NAME`, or correct `auto_assign`";
        Ok(known.ok_or_else(|| Mistake::new(sentence(), hint))?.id)
    }

    /// What reads records of a configured source. It opens no door and is never asked anything, so
    /// it needs no secret.
    pub fn reader(&self, configured: &config::Source) -> Option<Connection> {
        let unused = || SecretString::from("unused");
        let credential = match configured.door {
            Door::Password { .. } => {
                Credential::Password { password: unused(), api_password: None }
            }
            Door::Token(_) | Door::OAuth { .. } => Credential::PrivateToken(unused()),
            Door::Sealed(_) => SetUp::of(configured.provider.kind()).credential(unused()),
        };
        let settings = ConnectionSettings {
            provider: configured.provider.clone(),
            credential,
            tuning: configured.tuning,
        };
        connect(settings, self.ctx.wait.clone(), &self.budgets).ok()
    }

    /// What pages know of these sources.
    pub fn shown(&self, sources: &[&config::Source]) -> Shown {
        let usual = self.config.schedule.rhythm().ok();
        let mut shown = Shown::default();
        for source in sources {
            let name = &source.name;
            let rhythm = source.rhythm.clone().or_else(|| usual.clone());
            let reader = self.reader(source);
            let able = reader.as_ref().map_or_else(unknown, |reader| reader.capabilities());
            shown.able.insert(name.clone(), (able, rhythm));
            if let Some(reader) = reader {
                shown.readers.insert(name.clone(), (reader, source.country));
            }
        }
        shown
    }

    /// What reads a record of a source, by the source's name; nothing where it is not configured.
    pub fn records(&self) -> web::Reader {
        let all: Vec<&config::Source> = self.config.sources.iter().collect();
        let (_never_changed, shown) = watch::channel(Arc::new(self.shown(&all)));
        records(shown)
    }

    /// What is known of a source beside its rows, configured or not.
    pub fn known_sources(&self, shown: watch::Receiver<Arc<Shown>>) -> web::Knower {
        let wait = Arc::clone(&self.ctx.wait);
        Arc::new(move |row| {
            let known = shown.borrow().able.get(&row.name).cloned();
            let (able, rhythm) = known.unwrap_or_else(|| (unknown(), None));
            let pause = rhythm.as_ref().map_or(Duration::ZERO, |it| it.longest_pause(wait.now()));
            let live = shown.borrow().live.get(&row.name).cloned();
            // What is asked in fact may have learnt more than what only reads records.
            let capabilities = live.as_ref().map_or(able, |connection| connection.capabilities());
            let budget = live.and_then(|connection| connection.budget()).map(budget);
            web::Known { capabilities, grace: pause * GRACE_INTERVALS, rhythm, budget }
        })
    }

    /// What its provider can answer. Of a source that is no longer configured nothing is expected.
    pub fn capabilities(&self, source: &SourceRow) -> Capabilities {
        let configured = self.config.sources.iter().find(|it| it.name == source.name);
        let reader = configured.and_then(|configured| self.reader(configured));
        reader.map_or_else(unknown, |reader| reader.capabilities())
    }

    fn connect(&self, configured: &config::Source, id: SourceId) -> Result<Connection> {
        let settings = ConnectionSettings {
            provider: configured.provider.clone(),
            credential: self.credential(configured, id)?,
            tuning: configured.tuning,
        };
        let connection = connect(settings, self.ctx.wait.clone(), &self.budgets);
        connection.map_err(|error| {
            let sentence = format!("source `{}`: {error}", configured.name);
            Mistake::new(sentence, "Correct its [[sources]] block in the configuration").into()
        })
    }

    fn credential(&self, configured: &config::Source, id: SourceId) -> Result<Credential> {
        let folder = &self.config.folder;
        let read = |secret: &config::Secret| secret.read(folder, &configured.name);
        Ok(match &configured.door {
            Door::Token(token) => Credential::PrivateToken(read(token)?),
            Door::Password { password, api_password } => Credential::Password {
                password: read(password)?,
                api_password: api_password.as_ref().map(read).transpose()?,
            },
            Door::Sealed(sealed) => {
                let secret = self.config.vault.known_key(folder)?.open_secret(id, sealed)?;
                SetUp::of(configured.provider.kind()).credential(secret)
            }
            Door::OAuth { client_id, client_secret, refresh_token } => {
                let key = self.config.vault.key(folder)?;
                let (store, wait) = (self.ctx.store.clone(), self.ctx.wait.clone());
                Credential::OAuth {
                    client_id: client_id.clone(),
                    client_secret: read(client_secret)?,
                    refresh_token: read(refresh_token)?,
                    vault: Arc::new(SourceVault::new(store, id, key, wait)),
                }
            }
        })
    }

    /// A source the database knows, configured or not.
    pub async fn known(&self, name: &str) -> Result<SourceRow> {
        if let Some(row) = self.ctx.store.source_by_name(name).await? {
            return Ok(row);
        }
        let all = self.ctx.store.sources_list().await?;
        Err(unknown_source(name, all.iter().map(|row| row.name.as_str())).into())
    }

    /// The sources the database knows: the one named, or all of them.
    pub async fn known_or_all(&self, name: Option<&str>) -> Result<Vec<SourceRow>> {
        match name {
            Some(name) => Ok(vec![self.known(name).await?]),
            None => Ok(self.ctx.store.sources_list().await?),
        }
    }
}

/// What reads a record of the sources there are now.
pub fn records(shown: watch::Receiver<Arc<Shown>>) -> web::Reader {
    Arc::new(move |source, record| {
        let shown = Arc::clone(&shown.borrow());
        let (connection, home) = shown.readers.get(source)?;
        connection.normalise(record, *home).ok()
    })
}

fn budget(standing: Standing) -> web::Budget {
    let Standing { used, limit, interval, day_used, day_limit } = standing;
    let interval_seconds = interval.as_secs();
    web::Budget { used, limit, interval_seconds, day_used, day_limit }
}

/// What is expected of a provider nobody can ask.
fn unknown() -> Capabilities {
    Capabilities {
        window_max: Duration::from_hours(24),
        window_min: Duration::from_mins(1),
        window_calls_max: u64::MAX,
        margin: Duration::ZERO,
        lag: Duration::ZERO,
        tiers: Tiers::new(Vec::new()),
        patience: Duration::ZERO,
    }
}

/// Random per process start, so that a restarted process is somebody else.
fn holder() -> Result<String> {
    let mut bytes = [0_u8; 8];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{}-{}", domain::hex(&bytes), std::process::id()))
}

/// What all processes read their time from that name the same: one start of one machine. Systems
/// other than Linux have no such name, and then every process has a clock of its own.
fn machine_clock() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

fn another_source(known: &SourceRow, scope: &str) -> Mistake {
    Mistake::new(
        format!(
            "source `{}` was set up for {}, and the configuration says {scope}",
            known.name, known.scope
        ),
        "Its calls would mix with others': correct the configuration, or give the new one a name of its own",
    )
}
