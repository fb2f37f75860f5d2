//! Charts: how many calls there were and how they went, day by day and by the hour, and how well
//! reading them goes.

mod bars;

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Html;
use domain::access::Area;
use domain::{RunKind, Timestamp, Window};

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::failure::Failure;
use crate::figures::{Count, share};
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::Filter;
use crate::zone::Zone;
use bars::Bars;

const PATH: &str = "/charts";
const DAY: Duration = Duration::from_hours(24);
const DAYS: u32 = 30;
/// Runs whose success is counted.
const RUNS: i64 = 500;
/// Of so many runs of a hundred it is expected that they come to a good end.
const GOAL: u64 = 95;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, Area::Operators, show)]
}

#[derive(Template)]
#[template(path = "pages/charts/page.html")]
struct Page {
    frame: Frame,
    path: &'static str,
    hidden: String,
    filters: Vec<Filter>,
    facts: Vec<(&'static str, String, String)>,
    days: Bars,
    hours: Bars,
    statuses: Vec<(&'static str, String, Count)>,
    skips: Vec<(String, Count)>,
}

/// What was counted.
#[derive(Default)]
struct Counted {
    by_day: BTreeMap<i64, BTreeMap<String, u64>>,
    by_hour: [u64; 24],
    runs: (u64, u64),
    skips: BTreeMap<String, u64>,
    assigned: (u64, u64),
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let first = now.floor_to(DAY) - DAY * (DAYS - 1);
    let span = Window::new(first, now.floor_to(DAY) + DAY)
        .map_err(|error| Failure::Defect { detail: error.to_string() })?;
    let mut counted = Counted::default();
    for source in chosen(&state, &asked).await? {
        counted.source(&state, &guest, &source, span).await?;
    }
    let statuses = counted.statuses();
    let order: Vec<&str> = statuses.iter().map(|(_, status, _)| status.as_str()).collect();
    let frame = Frame::new(&state, &guest, "Charts", PATH).read_at(now).zone(&zone);
    html(&Page {
        frame,
        path: PATH,
        hidden: String::new(),
        filters: vec![source_filter(&state, &asked).await?],
        facts: counted.facts(),
        days: Bars::of_days(first, DAYS, &counted.by_day, &order),
        hours: Bars::of_hours(&counted.by_hour),
        statuses: statuses
            .iter()
            .map(|(class, name, n)| (*class, name.replace('_', " "), *n))
            .collect(),
        skips: counted.skips(),
    })
}

impl Counted {
    async fn source(
        &mut self,
        state: &crate::State,
        guest: &Guest,
        source: &store::SourceRow,
        span: Window,
    ) -> Result<(), Failure> {
        let store = &state.store;
        for row in store.volumes_by_day(guest.scope(), source.id, span).await? {
            let day = self.by_day.entry(row.day).or_default();
            *day.entry(row.status).or_default() += u64::try_from(row.calls).unwrap_or(0);
        }
        for (hour, calls) in store.volumes_by_hour(guest.scope(), source.id, span).await? {
            self.by_hour[hour_of(hour)] += calls;
        }
        for row in store.runs_list(Some(source.id), RUNS).await? {
            if row.kind == RunKind::Diagnostic.as_str() || row.finished_at.is_none() {
                continue;
            }
            self.runs.1 += 1;
            self.runs.0 += u64::from(row.status == domain::RunStatus::Success.as_str());
            let skips: BTreeMap<String, u64> =
                serde_json::from_str(&row.skip_reasons).unwrap_or_default();
            for (reason, count) in skips {
                *self.skips.entry(reason).or_default() += count;
            }
        }
        let agents = store.agents_list(source.id, state.clock.now()).await?;
        self.assigned.1 += agents.len() as u64;
        self.assigned.0 += agents.iter().filter(|it| it.account.is_some()).count() as u64;
        Ok(())
    }

    /// Every status with its colour and number, most first.
    fn statuses(&self) -> Vec<(&'static str, String, Count)> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for (status, calls) in self.by_day.values().flatten() {
            *sums.entry(status).or_default() += calls;
        }
        let mut all: Vec<(&str, u64)> = sums.into_iter().collect();
        all.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
        let coloured = all.into_iter().enumerate();
        coloured.map(|(at, (name, n))| (bars::colour(at), name.to_owned(), Count(n))).collect()
    }

    fn skips(&self) -> Vec<(String, Count)> {
        let mut all: Vec<(String, Count)> =
            self.skips.iter().map(|(why, n)| (why.replace('_', " "), Count(*n))).collect();
        all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        all.truncate(8);
        all
    }

    fn facts(&self) -> Vec<(&'static str, String, String)> {
        let all: u64 = self.by_day.values().flatten().map(|(_, calls)| calls).sum();
        let answered = self.by_day.values().flatten();
        let answered: u64 =
            answered.filter(|(status, _)| *status == "completed").map(|(_, calls)| calls).sum();
        let (good, runs) = self.runs;
        let goal = if good * 100 >= runs * GOAL {
            "the goal of 95 % is met"
        } else {
            "below the goal of 95 %"
        };
        vec![
            ("calls in 30 days", Count(all).to_string(), String::new()),
            ("answered", share(answered, all), format!("{} completed", Count(answered))),
            (
                "runs with success",
                share(good, runs),
                format!("{} of {}; {goal}", Count(good), Count(runs)),
            ),
            ("agents assigned", share(self.assigned.0, self.assigned.1), String::new()),
        ]
    }
}

fn hour_of(at: Timestamp) -> usize {
    usize::try_from(at.as_millis().div_euclid(3_600_000).rem_euclid(24)).unwrap_or(0)
}
