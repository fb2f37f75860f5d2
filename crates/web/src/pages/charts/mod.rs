//! Charts: how many calls there were and how they went, day by day and by the hour, and how well
//! reading them goes.

mod bars;
mod counted;

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use domain::access::Area;
use engine::lateness::age;

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::extract::Query;
use crate::failure::Failure;
use crate::figures::{Count, share};
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Filter, given};
use crate::zone::Zone;
use bars::Bars;
pub use counted::Countings;
use counted::{Counted, DAYS, first};

const PATH: &str = "/charts";
/// Of so many runs of a hundred it is expected that they come to a good end.
const GOAL: u64 = 95;
/// Reasons that are told.
const REASONS: usize = 8;

/// Up to how many seconds a call is of each kind of length, and what the kind is called.
const LENGTHS: [(u64, &str); 8] = [
    (10, "10 s"),
    (30, "30 s"),
    (60, "1 min"),
    (120, "2 min"),
    (300, "5 min"),
    (600, "10 min"),
    (1800, "30 min"),
    (u64::MAX, "longer"),
];

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
    durations: Bars,
    success: Bars,
    lateness: Bars,
    skipped: Bars,
    statuses: Vec<(&'static str, String, Count)>,
    skips: Vec<(String, Count)>,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Extension(countings): Extension<Countings>,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Html<String>, Failure> {
    let sources = chosen(&state, &asked).await?;
    let choice = given(asked.source.as_deref());
    let counted = countings.counted(&state, choice.as_deref(), &sources).await?;
    let first = first(counted.as_of);
    let statuses = counted.statuses();
    let order: Vec<&str> = statuses.iter().map(|(_, status, _)| status.as_str()).collect();
    let reasons = counted.reasons();
    let known: Vec<&str> = reasons.iter().map(|(reason, _)| reason.as_str()).collect();
    let frame = Frame::new(&state, &guest, "Charts", PATH).read_at(counted.as_of).zone(&zone);
    html(&Page {
        frame,
        path: PATH,
        hidden: String::new(),
        filters: vec![source_filter(&state, &asked).await?],
        facts: counted.facts(),
        days: Bars::of_days(first, DAYS, &counted.by_day, &order),
        hours: Bars::of_hours(&counted.by_hour, &order),
        durations: Bars::of_kinds(counted.lengths()),
        success: Bars::of_shares(first, DAYS, &counted.runs, GOAL),
        lateness: Bars::of_kinds(counted.lateness.iter().map(|(late, n)| (told(*late), *n))),
        skipped: Bars::of_days(first, DAYS, &counted.skips, &known),
        skips: reasons
            .iter()
            .take(REASONS)
            .map(|(reason, n)| (reason.replace('_', " "), Count(*n)))
            .collect(),
        statuses: statuses
            .iter()
            .map(|(class, name, n)| (*class, name.replace('_', " "), *n))
            .collect(),
    })
}

/// An age that calls are counted up to; the last is for all that are older.
fn told(late: Duration) -> String {
    if late > Duration::from_hours(200 * 24) { "later".to_owned() } else { age(late) }
}

impl Counted {
    /// Every status with its colour and number, most first.
    fn statuses(&self) -> Vec<(&'static str, String, Count)> {
        let all = most_first(&self.by_day).into_iter().enumerate();
        all.map(|(at, (name, n))| (bars::colour(at), name, Count(n))).collect()
    }

    /// Why calls were not placed, most first.
    fn reasons(&self) -> Vec<(String, u64)> {
        most_first(&self.skips)
    }

    /// How many calls there are of each kind of length.
    fn lengths(&self) -> Vec<(String, u64)> {
        let mut kinds = LENGTHS.map(|(_, name)| (name.to_owned(), 0));
        for (seconds, calls) in &self.durations {
            let kind = LENGTHS.iter().position(|(up_to, _)| seconds < up_to);
            kinds[kind.unwrap_or(LENGTHS.len() - 1)].1 += calls;
        }
        kinds.to_vec()
    }

    fn facts(&self) -> Vec<(&'static str, String, String)> {
        let all: u64 = self.by_day.values().flatten().map(|(_, calls)| calls).sum();
        let answered = self.by_day.values().flatten();
        let answered: u64 =
            answered.filter(|(status, _)| *status == "completed").map(|(_, calls)| calls).sum();
        let (good, runs) = self
            .runs
            .values()
            .fold((0, 0), |(good, runs), (some_good, some)| (good + some_good, runs + some));
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

/// The sums of what was counted by day, most first.
fn most_first(by_day: &BTreeMap<i64, BTreeMap<String, u64>>) -> Vec<(String, u64)> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, n) in by_day.values().flatten() {
        *sums.entry(name).or_default() += n;
    }
    let mut all: Vec<(String, u64)> =
        sums.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    all
}
