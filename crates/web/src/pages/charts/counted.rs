//! What charts show, counted once for all who look within a minute.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{LOOKED_BACK, Timestamp, Window};
use store::{Scope, SourceRow};

use crate::State;
use crate::facts::Looks;
use crate::failure::Failure;

const DAY: Duration = Duration::from_hours(24);
/// Days that are shown.
pub const DAYS: u32 = 30;
/// Runs that are looked back at, of each source; thirty days of one every five minutes are fewer.
const RUNS: i64 = 10_000;
/// Calls whose length is counted, of each source.
const DURATIONS: i64 = 10_000;
/// How old what is shown may be; the page says as of when it is.
const MOMENT: Duration = Duration::from_mins(1);

/// What was counted.
pub struct Counted {
    /// As of when.
    pub as_of: Timestamp,
    /// Calls by day and status.
    pub by_day: BTreeMap<i64, BTreeMap<String, u64>>,
    /// Calls by hour of the day and status.
    pub by_hour: [BTreeMap<String, u64>; 24],
    /// Good runs and all runs of each day.
    pub runs: BTreeMap<i64, (u64, u64)>,
    /// Calls that were not placed, by day and reason.
    pub skips: BTreeMap<i64, BTreeMap<String, u64>>,
    /// How long calls were, in whole seconds.
    pub durations: BTreeMap<u64, u64>,
    /// How late calls were listed.
    pub lateness: BTreeMap<Duration, u64>,
    /// Agents that are assigned, and all of them.
    pub assigned: (u64, u64),
}

/// The latest counting of each choice of sources; there are as many choices as sources, and one more.
pub type Countings = Looks<Option<String>, Counted>;

impl Countings {
    /// The latest counting of these sources, or a new one.
    pub async fn counted(
        &self,
        state: &State,
        choice: Option<&str>,
        sources: &[SourceRow],
    ) -> Result<Arc<Counted>, Failure> {
        let now = state.clock.now();
        let read = Counted::of(state, sources, now);
        Ok(self.look(choice.map(str::to_owned), (now, MOMENT), read).await?.1)
    }
}

/// The first instant that is shown.
pub fn first(now: Timestamp) -> Timestamp {
    now.floor_to(DAY) - DAY * (DAYS - 1)
}

impl Counted {
    fn nothing(as_of: Timestamp) -> Self {
        Self {
            as_of,
            by_day: BTreeMap::new(),
            by_hour: Default::default(),
            runs: BTreeMap::new(),
            skips: BTreeMap::new(),
            durations: BTreeMap::new(),
            lateness: BTreeMap::new(),
            assigned: (0, 0),
        }
    }

    async fn of(state: &State, sources: &[SourceRow], now: Timestamp) -> Result<Self, Failure> {
        let span = Window::new(first(now), now.floor_to(DAY) + DAY)
            .map_err(|error| Failure::Defect { detail: error.to_string() })?;
        let mut counted = Self::nothing(now);
        let health = state.store.sources_health((1, now - LOOKED_BACK), now).await?;
        for source in sources {
            for (found, calls) in health.get(&source.id).iter().flat_map(|it| &it.lateness.found) {
                *counted.lateness.entry(found.age).or_default() += calls;
            }
            counted.source(state, source, span).await?;
        }
        Ok(counted)
    }

    async fn source(
        &mut self,
        state: &State,
        source: &SourceRow,
        span: Window,
    ) -> Result<(), Failure> {
        let (store, scope) = (&state.store, Scope::Operator);
        for (hour, status, calls) in
            store.volumes_by_hour_and_status(scope, source.id, span).await?
        {
            let day = self.by_day.entry(hour.floor_to(DAY).as_millis()).or_default();
            *day.entry(status.clone()).or_default() += calls;
            *self.by_hour[hour_of(hour)].entry(status).or_default() += calls;
        }
        for (seconds, calls) in store.durations_latest(scope, source.id, DURATIONS).await? {
            *self.durations.entry(seconds).or_default() += calls;
        }
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        for day in store.runs_by_day(source.id, span.from(), RUNS).await? {
            let (good, runs) = self.runs.entry(day.day).or_default();
            *good += number(day.good);
            *runs += number(day.runs);
        }
        for (day, reasons, runs) in store.skips_by_day(source.id, span.from(), RUNS).await? {
            let reasons: BTreeMap<String, u64> = serde_json::from_str(&reasons).unwrap_or_default();
            for (reason, calls) in reasons {
                let sum = self.skips.entry(day).or_default().entry(reason).or_default();
                *sum += calls * number(runs);
            }
        }
        let agents = store.agents_list(source.id, self.as_of).await?;
        self.assigned.1 += agents.len() as u64;
        self.assigned.0 += agents.iter().filter(|it| it.account.is_some()).count() as u64;
        Ok(())
    }
}

fn hour_of(at: Timestamp) -> usize {
    usize::try_from(at.as_millis().div_euclid(3_600_000).rem_euclid(24)).unwrap_or(0)
}
