//! Our program and a simulated provider, on one clock.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Clock, Country, ProviderKind, Timestamp, Window};
use engine::sync::{RunReport, SyncOptions, sync};
use engine::{Context, Settings, Source};
use providers::http::budget::{Budgets, Rate};
use providers::{
    ConnectionSettings, Credential, ProviderSettings, Tuning, connect, highlevel_voice_ai,
};
use secrecy::SecretString;
use simulators::highlevel_voice_ai::{Settings as SimulatorSettings, Simulator};
use simulators::{World, WorldSettings};
use store::{CallFilter, CallRow, Scope};

use crate::{HandClock, TestDb};

/// An instant written as people write it; tests know theirs are right.
pub fn instant(text: &str) -> Timestamp {
    Timestamp::parse_human(text).expect("the test writes a real instant")
}

/// How a stage is set. The default is a small quiet world without limits.
#[derive(Clone)]
pub struct StageSettings {
    /// The truth.
    pub world: WorldSettings,
    /// How the provider behaves.
    pub simulator: SimulatorSettings,
    /// What our side is told about the provider.
    pub source: fn(&mut highlevel_voice_ai::Settings),
    /// How patient our side is.
    pub tuning: Tuning,
    /// Our side's bounds.
    pub engine: Settings,
    /// What the clock shows in the beginning.
    pub now: Timestamp,
}

impl Default for StageSettings {
    fn default() -> Self {
        let now = instant("2026-03-31T12:00:00Z");
        let world = WorldSettings {
            calls: 300,
            days: 30,
            end: (now - Duration::from_hours(1)).as_millis(),
            ..WorldSettings::default()
        };
        let tuning = Tuning {
            request_timeout: Duration::from_secs(5),
            rate: Some(Rate::Unlimited),
            ..Tuning::default()
        };
        Self {
            world,
            simulator: SimulatorSettings::without_limits(),
            source: |_| {},
            tuning,
            engine: Settings::default(),
            now,
        }
    }
}

/// One source of our program, and the provider it reads.
pub struct Stage {
    /// The database; dropped last.
    pub db: Arc<TestDb>,
    /// The time both sides see.
    pub clock: HandClock,
    /// The provider.
    pub simulator: Simulator,
    /// Our side.
    pub ctx: Context,
    /// Our connection to the provider.
    pub source: Source,
    settings: StageSettings,
}

impl Stage {
    /// A small quiet world.
    pub async fn quiet(db: Arc<TestDb>) -> Self {
        Self::set(db, StageSettings::default()).await
    }

    /// Sets the stage; nothing is read yet.
    pub async fn set(db: Arc<TestDb>, settings: StageSettings) -> Self {
        let clock = HandClock::at(settings.now);
        let world = World::generate(&settings.world);
        let running = Simulator::start(world, settings.simulator.clone(), clock.for_simulator());
        let simulator = running.await.expect("a loopback port is free");
        let ctx = Context {
            store: db.store.clone(),
            wait: Arc::new(clock.clone()),
            holder: "the test".to_owned(),
            settings: settings.engine.clone(),
        };
        let since = settings.now - Duration::from_secs(u64::from(settings.world.days + 2) * 86_400);
        let token = private(simulator.token());
        let source = source(&ctx, &simulator, &settings, since, token).await;
        Self { db, clock, simulator, ctx, source, settings }
    }

    /// The same source, read with another token.
    pub async fn with_token(&self, token: &str) -> Source {
        self.with_credential(private(token)).await
    }

    /// The same source, its door opened by something else.
    pub async fn with_credential(&self, credential: Credential) -> Source {
        let since = self.source.row.since;
        source(&self.ctx, &self.simulator, &self.settings, since, credential).await
    }

    /// How long our side waits for an answer.
    pub fn patience(&self) -> Duration {
        self.settings.tuning.request_timeout
    }

    /// From now on our side waits this long for an answer.
    pub async fn wait_for_answers(&mut self, patience: Duration) {
        self.settings.tuning.request_timeout = patience;
        self.source = self.with_token(self.simulator.token()).await;
    }

    /// The operator changes what our side is told about the provider.
    pub async fn set_up_anew(&mut self, told: fn(&mut highlevel_voice_ai::Settings)) {
        self.settings.source = told;
        self.source = self.with_token(self.simulator.token()).await;
    }

    /// Another process on the same database: nothing of this one's memory is left.
    pub async fn another_process(&mut self) {
        let store = self.db.open_again().await;
        let holder = "another process".to_owned();
        self.ctx = Context { store, holder, ..self.ctx.clone() };
        self.source = self.with_token(self.simulator.token()).await;
    }

    /// Reads whatever the ledger lacks.
    pub async fn sync(&self) -> RunReport {
        self.sync_with(SyncOptions::manual()).await
    }

    /// Reads this window, whatever the ledger says.
    pub async fn sync_window(&self, from: Timestamp, to: Timestamp) -> RunReport {
        let asked = Window::new(from, to).expect("the test asks for a real window");
        self.sync_with(SyncOptions { asked: Some(asked), ..SyncOptions::manual() }).await
    }

    /// Reads everything again, whatever the ledger says.
    pub async fn sync_all(&self) -> RunReport {
        self.sync_window(self.source.row.since, self.clock.now()).await
    }

    /// Reads as told.
    pub async fn sync_with(&self, options: SyncOptions) -> RunReport {
        sync(&self.ctx, &self.source, options).await.expect("our own database works")
    }

    /// Every stored call of the source, by its id.
    pub async fn calls(&self) -> BTreeMap<String, CallRow> {
        let filter = CallFilter { source: Some(self.source.row.id), ..CallFilter::default() };
        let rows = self.db.store.calls_list(Scope::Operator, &filter, 1_000_000).await;
        let rows = rows.expect("calls can be listed").into_iter();
        rows.map(|row| (row.provider_call_id.clone(), row)).collect()
    }

    /// The calls the provider lists now, by their ids.
    pub fn truth(&self) -> BTreeMap<String, simulators::TrueCall> {
        let listed = self.simulator.truth().into_iter().filter(simulators::TrueCall::is_listed);
        listed.map(|call| (call.id.clone(), call)).collect()
    }

    /// Fails unless the database holds exactly the calls the provider lists, as it lists them.
    pub async fn assert_equals_truth(&self) {
        let (ours, theirs) = (self.calls().await, self.truth());
        let missing: Vec<_> = theirs.keys().filter(|id| !ours.contains_key(*id)).collect();
        let extra: Vec<_> = ours.keys().filter(|id| !theirs.contains_key(*id)).collect();
        assert!(missing.is_empty(), "missing here: {missing:?}");
        assert!(extra.is_empty(), "not at the provider: {extra:?}");
        for (id, call) in &theirs {
            let row = &ours[id];
            assert_eq!(row.occurred_at, call.created_at, "the time of {id}");
            let duration = Some(i64::from(call.duration) * 1000);
            assert_eq!(row.duration_ms, duration, "the duration of {id}");
            assert_eq!(row.provider_agent_id, call.agent_id, "the agent of {id}");
        }
    }

    /// Fails unless everything from the start to the lag is proved.
    pub async fn assert_no_gaps(&self) {
        let gaps = self.gaps().await;
        assert!(gaps.is_empty(), "not proved: {gaps:?}");
    }

    /// What the ledger lacks between the start and the lag.
    pub async fn gaps(&self) -> Vec<Window> {
        let ledger = self.db.store.coverage_load(self.source.row.id).await;
        let until = self.clock.now() - self.source.connection.capabilities().lag;
        let wanted = Window::new(self.source.row.since, until).expect("time has passed");
        ledger.expect("the ledger can be read").gaps(wanted)
    }
}

fn private(token: &str) -> Credential {
    Credential::PrivateToken(SecretString::from(token.to_owned()))
}

async fn source(
    ctx: &Context,
    simulator: &Simulator,
    settings: &StageSettings,
    since: Timestamp,
    credential: Credential,
) -> Source {
    let location = simulator.location_id();
    let mut provider = highlevel_voice_ai::Settings::new(location);
    provider.base_url = simulator.base_url();
    // Faults are planted by the number of a request; what is tried out first would take some.
    provider.tries_ranges = false;
    (settings.source)(&mut provider);
    let connection = connect(
        ConnectionSettings {
            provider: ProviderSettings::HighlevelVoiceAi(provider),
            credential,
            tuning: settings.tuning,
        },
        Arc::clone(&ctx.wait),
        &Budgets::new(),
    );
    let kind = ProviderKind::HighlevelVoiceAi;
    let mut tx = ctx.store.begin().await.expect("a transaction begins");
    let row = tx.source_ensure("the source", kind, location, since, ctx.now()).await;
    tx.commit().await.expect("it commits");
    Source {
        row: row.expect("the source is kept"),
        connection: connection.expect("a loopback address is allowed"),
        home: Country::US,
    }
}
