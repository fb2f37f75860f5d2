//! Schedules of comparisons: which there are, when each comes next, one more, and one less.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use domain::access::Area;
use engine::schedules::{self, ScheduleAsked};
use serde::Deserialize;

use super::PageRoute;
use crate::door::Posted;
use crate::extract::Path;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Choice, given};
use crate::zone::{When, Zone};

const PATH: &str = "/schedules";

/// Where they are.
pub fn routes() -> Vec<PageRoute> {
    use Area::Operators;
    vec![
        PageRoute::get(PATH, Operators, show),
        PageRoute::post(PATH, Operators, "Add a schedule", add),
        PageRoute::post("/schedules/{schedule}/pause", Operators, "Pause a schedule", pause),
        PageRoute::post("/schedules/{schedule}/remove", Operators, "Remove a schedule", remove),
    ]
}

#[derive(Template)]
#[template(path = "pages/schedules/page.html")]
struct Page {
    frame: Frame,
    sources: Vec<Choice>,
    accounts: Vec<Choice>,
    zone: String,
    lines: Vec<Line>,
}

struct Line {
    id: i64,
    name: String,
    what: String,
    when: String,
    next: Option<When>,
    is_paused: bool,
    told: String,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let line = |row: store::ScheduleRow| {
        let whose = row.account.as_ref().map(|name| format!(", calls of {name}"));
        let repairs = if row.repairs != 0 { ", repaired" } else { "" };
        Line {
            id: row.schedule_id,
            what: format!(
                "{}{}, {} days{repairs}",
                row.source,
                whose.unwrap_or_default(),
                row.span_days
            ),
            when: format!("{} in {}", row.cron, row.time_zone),
            next: schedules::next(&row, now).map(|at| zone.minute(at)),
            is_paused: row.is_paused != 0,
            told: schedules::addresses(&row).join(", "),
            name: row.name,
        }
    };
    let lines = state.store.schedules_list().await?.into_iter().map(line).collect();
    let choice = |name: String| Choice { value: name.clone(), title: name };
    let sources = state.store.sources_list().await?.into_iter().map(|row| choice(row.name));
    let accounts = state.store.accounts_list().await?.into_iter().map(|row| choice(row.name));
    html(&Page {
        frame: Frame::new(&state, &guest, "Schedules", PATH).read_at(now).zone(&zone),
        sources: sources.collect(),
        accounts: accounts.collect(),
        zone: zone.name,
        lines,
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleSaid {
    name: String,
    source: String,
    account: Option<String>,
    cron: String,
    time_zone: String,
    days: String,
    repairs: Option<String>,
    send_to: Option<String>,
}

async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    Posted(said): Posted<ScheduleSaid>,
) -> Result<Redirect, Failure> {
    let source = state.store.source_by_name(&said.source).await?;
    let account = match given(said.account.as_deref()) {
        Some(name) => {
            let row = state.store.account_by_name(&name).await?;
            Some(row.ok_or(Failure::NotFound { what: "account" })?.id)
        }
        None => None,
    };
    let span_days = said.days.trim().parse().map_err(|_no_number| Failure::Misasked {
        sentence: "days is a number from 1 to 366.".to_owned(),
    })?;
    let send_to = said.send_to.unwrap_or_default();
    let send_to = send_to.split([',', ' ', '\n', '\r']).filter(|it| !it.is_empty());
    let asked = ScheduleAsked {
        name: said.name,
        source: source.ok_or(Failure::NotFound { what: "source" })?,
        account,
        cron: said.cron,
        time_zone: said.time_zone,
        span_days,
        repairs: said.repairs.is_some(),
        send_to: send_to.map(str::to_owned).collect(),
    };
    schedules::add(&state.store, &asked, &guest.by(), state.clock.now()).await?;
    Ok(Redirect::to(PATH))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PauseSaid {
    /// There where it is to rest; not there where it is to go on.
    rest: Option<String>,
}

async fn pause(
    State(state): State<crate::State>,
    Path(id): Path<i64>,
    Posted(said): Posted<PauseSaid>,
) -> Result<Redirect, Failure> {
    let row = state.store.schedule_get(id).await?;
    let row = row.ok_or(Failure::NotFound { what: "schedule" })?;
    schedules::pause(&state.store, &row, said.rest.is_some(), state.clock.now()).await?;
    Ok(Redirect::to(PATH))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn remove(
    State(state): State<crate::State>,
    Path(id): Path<i64>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Failure> {
    let row = state.store.schedule_get(id).await?;
    let row = row.ok_or(Failure::NotFound { what: "schedule" })?;
    schedules::remove(&state.store, &row).await?;
    Ok(Redirect::to(PATH))
}
