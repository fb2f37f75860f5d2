//! Jobs: what somebody asked to be done, how far it is, and what came of it.

mod ask;
mod live;
mod progress;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect, Response};
use domain::access::Area;
use domain::{JobId, RunId};
use serde::Deserialize;
use store::JobRow;

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::door::Posted;
use crate::extract::{Path, Query};
use crate::facts::{JobFacts, RunFacts};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Cell, Column, List, Table, address};
use crate::zone::Zone;
use progress::Progress;

const PATH: &str = "/jobs";
const SHOWN: i64 = 100;

/// Where they are.
pub fn routes() -> Vec<PageRoute> {
    use Area::Operators;
    vec![
        PageRoute::get("/sync", Operators, ask::show),
        PageRoute::get(PATH, Operators, list),
        PageRoute::post(PATH, Operators, "Ask for a job", ask::ask),
        PageRoute::get("/jobs/{job}", Operators, show),
        PageRoute::get("/jobs/{job}/live", Operators, live::stream),
        PageRoute::post("/jobs/{job}/cancel", Operators, "Ask that a job stops", cancel),
    ]
}

const LEAD: &str =
    "What somebody or a schedule asked to be done. A worker begins it within seconds.";

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let source = match asked.source.as_deref().filter(|name| !name.is_empty()) {
        Some(_) => chosen(&state, &asked).await?.first().map(|row| row.id),
        None => None,
    };
    let rows = state.store.jobs_list(source, None, SHOWN, now).await?;
    let columns = [
        Column::text("Asked"),
        Column::text("Source"),
        Column::text("What"),
        Column::text("Status"),
        Column::wide("What came of it"),
        Column::text("By"),
    ];
    let row = |job: JobFacts| {
        let href = format!("{PATH}/{}", job.id);
        let kind = if job.dry_run { format!("{} (dry run)", job.kind) } else { job.kind.clone() };
        vec![
            Cell::link(zone.second(job.asked_at).text, href),
            Cell::Text(job.source.clone()),
            Cell::Text(kind),
            Cell::badge(class(&job.status), job.status.clone()),
            Cell::text(job.outcome.clone()),
            Cell::Text(job.asked_by.clone()).noting(job.schedule.clone()),
        ]
    };
    let table = Table::new(columns, "Nothing was asked for yet.");
    let table = table.with(rows.into_iter().map(JobFacts::of), row);
    if asked.file.is_some() {
        return table.as_csv("jobs");
    }
    let frame = Frame::new(&state, &guest, "Jobs", PATH).read_at(now).zone(&zone);
    let filters = vec![source_filter(&state, &asked).await?];
    let files = vec![
        ("Ask for a sync", "/sync".to_owned()),
        ("CSV", asked.file_at(PATH)),
        ("JSON", "/api/v1/jobs".to_owned()),
    ];
    List { path: PATH.to_owned(), filters, files, ..List::new(frame, LEAD, table) }.show()
}

/// How a status looks.
fn class(status: &str) -> &'static str {
    match status {
        "done" => "success",
        "failed" => "failed",
        "cancelled" => "partial",
        _ => "",
    }
}

#[derive(Template)]
#[template(path = "pages/jobs/page.html")]
struct Page {
    frame: Frame,
    job: JobFacts,
    asked: String,
    span: String,
    progress: Progress,
    report: Option<String>,
    calls: String,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(id): Path<i64>,
) -> Result<Html<String>, Failure> {
    let row = load(&state, id).await?;
    let report = JobFacts::report(&row);
    let report = report.and_then(|report| serde_json::to_string_pretty(&report).ok());
    let progress = Progress::load(&state, &row).await?;
    let job = JobFacts::of(row);
    let span = match (job.from, job.to) {
        (Some(from), Some(to)) => {
            format!("{} to {}", zone.minute(from).text, zone.minute(to).text)
        }
        _ => "whatever is missing, or the usual span".to_owned(),
    };
    let frame = Frame::new(&state, &guest, format!("Job {id}"), PATH);
    let frame = frame.read_at(state.clock.now()).zone(&zone).reloading(!job_ended(&job));
    html(&Page {
        asked: zone.second(job.asked_at).text,
        calls: address("/calls", [("source", Some(job.source.as_str()))]),
        frame,
        span,
        progress,
        report,
        job,
    })
}

fn job_ended(job: &JobFacts) -> bool {
    job.ended_at.is_some()
}

async fn load(state: &crate::State, id: i64) -> Result<JobRow, Failure> {
    let row = state.store.job_get(JobId(id), state.clock.now()).await?;
    row.ok_or(Failure::NotFound { what: "job" })
}

async fn run_of(state: &crate::State, row: &JobRow) -> Result<Option<RunFacts>, Failure> {
    let Some(run) = row.run_id else { return Ok(None) };
    let run = state.store.run_get(RunId(run)).await?;
    Ok(run.map(|run| RunFacts::of(run, state.clock.now())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

async fn cancel(
    State(state): State<crate::State>,
    guest: Guest,
    Path(id): Path<i64>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Failure> {
    engine::jobs::cancel(&state.store, JobId(id), &guest.by(), state.clock.now()).await?;
    Ok(Redirect::to(&format!("{PATH}/{id}")))
}
