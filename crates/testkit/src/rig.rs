//! Our program and any one simulated provider, told apart by its name alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Country, ProviderKind, Timestamp, Window};
use engine::sync::{RunReport, SyncOptions, sync};
use engine::{Context, Settings, Source};
use providers::http::budget::{Budgets, Rate};
use providers::{ConnectionSettings, Credential, ProviderSettings, Tuning, connect};
use secrecy::SecretString;
use simulators::{Options, Simulated, Truth, World, WorldSettings};
use store::{CallFilter, CallRow, Scope};

use crate::{HandClock, TestDb, instant};

/// One source of some provider, set up from what its simulator says of itself.
pub struct Rig {
    /// The database; dropped last.
    pub db: Arc<TestDb>,
    /// The time both sides see.
    pub clock: HandClock,
    /// The provider.
    pub provider: Box<dyn Simulated>,
    /// Our side.
    pub ctx: Context,
    /// Our connection to the provider.
    pub source: Source,
}

/// How a rig is set up. The default is a small quiet world without limits.
#[derive(Debug, Clone)]
pub struct RigSettings {
    /// What the source is called; two rigs on one database need two names.
    pub name: &'static str,
    /// How many calls there are.
    pub calls: usize,
    /// Over how many days before now.
    pub days: u32,
    /// How patient our side is.
    pub tuning: Tuning,
    /// What the clock shows in the beginning.
    pub now: Timestamp,
    /// More of the provider's own keys, or other values for those that lead to the simulator.
    pub keys: Vec<(&'static str, String)>,
    /// One belief about the provider turned round, by its name in [`simulators::switches()`].
    pub switch: Option<&'static str>,
}

impl Default for RigSettings {
    fn default() -> Self {
        let tuning = Tuning {
            request_timeout: Duration::from_secs(5),
            rate: Some(Rate::Unlimited),
            ..Tuning::default()
        };
        let now = instant("2026-03-31T12:00:00Z");
        let (keys, switch) = (Vec::new(), None);
        Self { name: "the source", calls: 120, days: 20, tuning, now, keys, switch }
    }
}

impl Rig {
    /// Sets it up; nothing is read yet.
    pub async fn set(db: Arc<TestDb>, provider: &str, settings: &RigSettings) -> Self {
        let clock = HandClock::at(settings.now);
        let world = World::generate(&WorldSettings {
            calls: settings.calls,
            days: settings.days,
            end: (settings.now - Duration::from_hours(1)).as_millis(),
            record_bytes: 800,
            ..WorldSettings::default()
        });
        let switch = settings.switch;
        let options = Options { is_unlimited: true, switch, ..Options::default() };
        let running = simulators::start(provider, world, options, clock.for_simulator()).await;
        Self::around(db, running.expect("a simulator starts"), clock, settings).await
    }

    /// The same around a simulator that was started with switches of its own.
    pub async fn around(
        db: Arc<TestDb>,
        provider: Box<dyn Simulated>,
        clock: HandClock,
        settings: &RigSettings,
    ) -> Self {
        let ctx = Context {
            store: db.store.clone(),
            wait: Arc::new(clock.clone()),
            holder: "the test".to_owned(),
            settings: Settings::default(),
        };
        let since = settings.now - Duration::from_secs(u64::from(settings.days + 2) * 86_400);
        let source = source(&ctx, provider.as_ref(), settings, since).await;
        Self { db, clock, provider, ctx, source }
    }

    /// Connects anew, as another process does: nothing of what this one had learnt is left.
    pub async fn reconnect(&mut self, settings: &RigSettings) {
        let since = self.source.row.since;
        // Not through whatever stands between the program and its database.
        let ctx = Context { store: self.db.store.clone(), ..self.ctx.clone() };
        self.source = source(&ctx, self.provider.as_ref(), settings, since).await;
    }

    /// Reads whatever the ledger lacks.
    pub async fn sync(&self) -> RunReport {
        self.sync_with(SyncOptions::manual()).await
    }

    /// Reads everything again, whatever the ledger says.
    pub async fn sync_all(&self) -> RunReport {
        let asked = Window::new(self.source.row.since, self.clock.now());
        let asked = Some(asked.expect("time has passed"));
        self.sync_with(SyncOptions { asked, ..SyncOptions::manual() }).await
    }

    /// Reads as told.
    pub async fn sync_with(&self, options: SyncOptions) -> RunReport {
        let report = sync(&self.ctx, &self.source, options).await.expect("our database works");
        report.accounts().balance().expect("the accounts of every run balance");
        report
    }

    /// Every stored call, by its id.
    pub async fn calls(&self) -> BTreeMap<String, CallRow> {
        let filter = CallFilter { source: Some(self.source.row.id), ..CallFilter::default() };
        let rows = self.db.store.calls_list(Scope::Operator, &filter, 1_000_000).await;
        let rows = rows.expect("calls can be listed").into_iter();
        rows.map(|row| (row.provider_call_id.clone(), row)).collect()
    }

    /// The records the provider shows now, by their ids.
    pub fn truth(&self) -> BTreeMap<String, Truth> {
        self.provider.truth().into_iter().map(|truth| (truth.id.clone(), truth)).collect()
    }

    /// Fails unless the database holds exactly the calls the provider shows, as it shows them.
    pub async fn assert_equals_truth(&self) {
        let (ours, theirs) = (self.calls().await, self.truth());
        let missing: Vec<_> = theirs.keys().filter(|id| !ours.contains_key(*id)).collect();
        let extra: Vec<_> = ours.keys().filter(|id| !theirs.contains_key(*id)).collect();
        assert!(missing.is_empty(), "missing here: {missing:?}");
        assert!(extra.is_empty(), "not at the provider: {extra:?}");
        for (id, truth) in &theirs {
            let row = &ours[id];
            assert_eq!(row.occurred_at, truth.occurred_at, "the time of {id}");
            let duration = truth.duration.map(|seconds| i64::from(seconds) * 1000);
            assert_eq!(row.duration_ms, duration, "the duration of {id}");
            assert_eq!(row.provider_agent_id, truth.agent_id, "the agent of {id}");
        }
    }

    /// What the ledger lacks between the start and the lag.
    pub async fn gaps(&self) -> Vec<Window> {
        self.gaps_as_of(self.clock.now()).await
    }

    /// The same, had it been asked at `now`: whoever waits moves the clock.
    pub async fn gaps_as_of(&self, now: Timestamp) -> Vec<Window> {
        let ledger = self.db.store.coverage_load(self.source.row.id).await;
        let until = now - self.source.connection.capabilities().lag;
        let wanted = Window::new(self.source.row.since, until).expect("time has passed");
        ledger.expect("the ledger can be read").gaps(wanted)
    }
}

async fn source(
    ctx: &Context,
    provider: &dyn Simulated,
    settings: &RigSettings,
    since: Timestamp,
) -> Source {
    let name = settings.name;
    let kind: ProviderKind = provider.provider().parse().expect("the simulator names a provider");
    let keys = provider.configuration().into_iter().chain(settings.keys.clone());
    let keys: BTreeMap<_, _> = keys.collect();
    let lines: Vec<String> = keys.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let own: toml::Table = lines.join("\n").parse().expect("the simulator speaks TOML");
    let own = ProviderSettings::read(kind, own).expect("the simulator names known keys");
    let scope = own.scope().to_owned();
    let settings = ConnectionSettings {
        provider: own,
        credential: credential(&provider.secrets()),
        tuning: settings.tuning,
    };
    let connection = connect(settings, Arc::clone(&ctx.wait), &Budgets::new());
    let mut tx = ctx.store.begin().await.expect("a transaction begins");
    let row = tx.source_ensure(name, kind, &scope, since, ctx.now()).await;
    tx.commit().await.expect("it commits");
    Source {
        row: row.expect("the source is kept"),
        connection: connection.expect("a loopback address is allowed"),
        home: Country::US,
    }
}

fn credential(secrets: &[(&'static str, String)]) -> Credential {
    let secret = |key: &str| {
        let found = secrets.iter().find(|(name, _)| *name == key);
        found.map(|(_, secret)| SecretString::from(secret.clone()))
    };
    match secret("token") {
        Some(token) => Credential::PrivateToken(token),
        None => Credential::Password {
            password: secret("password").expect("a simulator has a token or a password"),
            api_password: secret("api_password"),
        },
    }
}
