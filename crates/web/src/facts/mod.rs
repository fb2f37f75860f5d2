//! What is known, as one value: the page draws it and the API sends it.

mod audit;
mod calls;
mod days;
mod glance;
mod health;
mod job;
mod looks;
mod own;
mod proof;
mod response;
mod run;
mod waiting;

use std::time::Duration;

use domain::{StatedComparison, Timestamp};
use engine::trouble::Trouble;
use schemars::JsonSchema;
use serde::Serialize;
use store::{HealthRow, Scope, SourceRow};

pub use audit::{AuditEntry, AuditFacts};
pub use calls::{CallFacts, CallsAsked, CallsFacts, PLACEMENTS, Story, calls_asked, statuses};
pub use days::{Day, Standing};
pub use glance::Glance;
pub use health::{Budget, Health};
pub use job::JobFacts;
pub use looks::{Looks, Written};
pub use own::{Own, Owns};
pub use proof::Proof;
pub use response::{ResponseFacts, TrafficFacts};
pub use run::{LogEntry, RunFacts, SkipFacts};
pub use waiting::{WaitingFor, repairing};

use crate::State;
use crate::api::Instant;
use crate::failure::Failure;

/// Days shown of every source's ledger.
const DAYS: u32 = 90;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Where every call stands, over all sources.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// As of when.
    #[schemars(with = "Instant")]
    pub as_of: Timestamp,
    /// What should be known about all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// The sums over all sources.
    #[serde(flatten)]
    pub counts: Counts,
    /// Windows that were looked at or passed over and are not proved.
    pub unproved_windows: u64,
    /// How long they are together.
    pub unproved_ms: u64,
    /// Every source by name.
    pub sources: Vec<SourceFacts>,
}

/// How many calls there are, and where they stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Stored calls.
    pub stored: u64,
    /// Of these, placed with an account.
    pub placed: u64,
    /// Of these, waiting for something.
    pub waiting: u64,
    /// Of these, deliberately left out.
    pub excluded: u64,
    /// Records nobody could read, kept whole beside the calls.
    pub set_aside: u64,
}

/// One source.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceFacts {
    /// Its name.
    pub name: String,
    /// What kind of system it reads.
    pub provider: &'static str,
    /// That kind, for people.
    #[serde(skip)]
    pub provider_title: &'static str,
    /// Where its history starts.
    #[schemars(with = "Instant")]
    pub since: Timestamp,
    /// Its calls.
    #[serde(flatten)]
    pub counts: Counts,
    /// What its ledger proves.
    pub coverage: Proof,
    /// What its waiting calls wait for, most first.
    pub waiting_for: Vec<WaitingFor>,
    /// Calls that have not ended, as far as the provider has said.
    pub open: OpenCalls,
    /// New calls of runs that began within the last day.
    pub new_today: u64,
    /// What its latest comparison with the provider found that was of all its calls and looked at
    /// everything in its span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
    /// A later one that could not look at everything: its numbers are of what it saw, which may be
    /// nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared_in_part: Option<Compared>,
    /// How it goes: last success, next run, lateness, and what may be asked of its provider.
    pub health: Health,
    /// What only a person can mend; until then it is asked rarely.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_person: Option<NeedsPerson>,
}

/// Calls that have not ended, by how long ago they began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenCalls {
    /// Within the last hour.
    pub within_hour: u64,
    /// Before that, within the last day.
    pub within_day: u64,
    /// Longer ago: calls that are hardly still under way.
    pub older: u64,
}

/// What a comparison of a source with its provider found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The run it is recorded as.
    pub run: i64,
    /// When it ended.
    #[schemars(with = "Instant")]
    pub at: Timestamp,
    /// The first instant it looked at.
    #[schemars(with = "Instant")]
    pub from: Timestamp,
    /// The first instant after its span.
    #[schemars(with = "Instant")]
    pub to: Timestamp,
    /// Calls the provider has and we have not.
    pub missing: u64,
    /// Calls, missing or only here, without a known cause.
    pub unexplained: u64,
}

/// One cause, however many runs have met it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NeedsPerson {
    /// When the first run met it.
    #[schemars(with = "Instant")]
    pub since: Timestamp,
    /// How many runs have met it one after another.
    pub runs: u64,
    /// What happened and what to change.
    pub what: String,
}

impl Counts {
    /// Everything the provider gave us: stored or set aside.
    pub fn accounted(&self) -> u64 {
        self.stored + self.set_aside
    }

    fn add(&mut self, other: &Self) {
        self.stored += other.stored;
        self.placed += other.placed;
        self.waiting += other.waiting;
        self.excluded += other.excluded;
        self.set_aside += other.set_aside;
    }
}

impl Status {
    /// Reads where everything stands now.
    pub async fn load(state: &State) -> Result<Self, Failure> {
        let mut status = Self {
            as_of: state.clock.now(),
            notice: state.notice.clone(),
            counts: Counts::default(),
            unproved_windows: 0,
            unproved_ms: 0,
            sources: Vec::new(),
        };
        let now = status.as_of;
        let asked = (engine::sync::LOOK_BACK, health::looked_back(now));
        let healths = state.store.sources_health(asked, now).await?;
        for row in state.store.sources_list().await? {
            let health = healths.get(&row.id).cloned().unwrap_or_default();
            let source = SourceFacts::load(state, row, &health, now).await?;
            status.counts.add(&source.counts);
            status.unproved_windows += source.coverage.unproved_windows;
            status.unproved_ms += source.coverage.unproved_ms;
            status.sources.push(source);
        }
        Ok(status)
    }
}

impl SourceFacts {
    /// How many calls its comparisons found missing, and how many without a known cause: the most that
    /// one of them says. Nothing where none looked at everything, and none found any.
    pub fn found(&self) -> Option<(u64, u64)> {
        let in_part = self.compared_in_part.iter().filter(|it| it.missing + it.unexplained > 0);
        let all = self.compared.iter().chain(in_part);
        all.map(|it| (it.missing, it.unexplained)).reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)))
    }

    async fn load(
        state: &State,
        row: SourceRow,
        health: &HealthRow,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let store = &state.store;
        let totals = store.totals(Scope::Operator, row.id).await?;
        let set_aside = store.set_aside_count(row.id).await?;
        let groups = store.waiting_groups(Scope::Operator, row.id).await?;
        let ledger = store.coverage_load(row.id).await?;
        let trouble = engine::trouble::trouble(store, &row).await?;
        let compared = engine::compare::latest(store, row.id).await?;
        let (hour, day) = (now - HOUR, now - DAY);
        let open = store.calls_open(Scope::Operator, row.id, hour, day).await?;
        Ok(Self {
            open: OpenCalls { within_hour: open[0], within_day: open[1], older: open[2] },
            new_today: store.runs_new(row.id, day).await?,
            compared: compared.whole.map(Compared::from),
            compared_in_part: compared.not_whole.map(Compared::from),
            health: Health::of(health, &(state.known)(&row), now),
            needs_person: trouble.map(NeedsPerson::from),
            counts: Counts {
                stored: unsigned(totals.calls),
                placed: unsigned(totals.placed),
                waiting: unsigned(totals.waiting),
                excluded: unsigned(totals.excluded),
                set_aside: unsigned(set_aside),
            },
            coverage: Proof::of(&ledger, row.since, now, DAYS),
            waiting_for: groups.into_iter().map(|group| WaitingFor::of(&row.name, group)).collect(),
            name: row.name,
            provider: row.provider.as_str(),
            provider_title: row.provider.title(),
            since: row.since,
        })
    }
}

impl From<StatedComparison> for Compared {
    fn from(found: StatedComparison) -> Self {
        let StatedComparison { run, at, from, to, missing, unexplained, .. } = found;
        Self { run: run.0, at, from, to, missing, unexplained }
    }
}

impl From<Trouble> for NeedsPerson {
    fn from(trouble: Trouble) -> Self {
        Self { since: trouble.since, runs: trouble.runs as u64, what: trouble.sentence }
    }
}

/// A count as the database gives it.
pub fn unsigned(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
