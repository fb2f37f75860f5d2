//! Asking for a job: a sync, a comparison or a repair, of a span in the viewer's zone.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Redirect};
use domain::{JobKind, JobParameters, Timestamp};
use engine::jobs;
use serde::Deserialize;

use super::super::overview::{Part, parts};
use super::super::run::parameters;
use super::PATH;
use crate::door::Posted;
use crate::extract::Query;
use crate::facts::RunFacts;
use crate::failure::Failure;
use crate::figures::Count;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Choice, given};
use crate::zone::Zone;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobAsked {
    source: Option<String>,
    kind: Option<String>,
    from: Option<String>,
    to: Option<String>,
    account: Option<String>,
    /// Of a comparison: the other source, when it is not with the provider.
    with: Option<String>,
    /// Of a sync: `on` to write nothing.
    dry: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/jobs/ask.html")]
struct Page {
    frame: Frame,
    sources: Vec<Choice>,
    source: String,
    from: String,
    to: String,
    runs: Vec<RecentRun>,
}

/// A run that was, with what it is asked about first.
struct RecentRun {
    id: i64,
    status: String,
    status_text: String,
    summary: String,
    parameters: Vec<(String, String)>,
    parts: Vec<Part>,
    reasons: Vec<(String, Count)>,
    error: Option<String>,
}

/// How many of them.
const RECENT: i64 = 10;

impl RecentRun {
    fn of(run: RunFacts, zone: &Zone) -> Self {
        let waiting = match run.waiting {
            0 => String::new(),
            waiting => format!(", {} waiting", Count(waiting)),
        };
        Self {
            id: run.sync_log_id,
            summary: format!(
                "{}, {} {}: {} listed, {} new{waiting}",
                zone.minute(run.started_at).text,
                run.source,
                run.kind,
                Count(run.total_fetched),
                Count(run.new)
            ),
            parameters: parameters(&run.parameters),
            parts: parts(&run),
            reasons: run
                .skip_reasons
                .iter()
                .map(|(why, n)| (why.replace('_', " "), Count(*n)))
                .collect(),
            status_text: run.status.replace('_', " "),
            status: run.status,
            error: run.error,
        }
    }
}

/// Shows the form of a sync.
pub async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<JobAsked>,
) -> Result<Html<String>, Failure> {
    let choice = |name: String| Choice { value: name.clone(), title: name };
    let now = state.clock.now();
    let rows = state.store.sources_list().await?;
    let source = given(asked.source.as_deref());
    let source = rows.iter().find(|row| Some(&row.name) == source.as_ref()).map(|row| row.id);
    let runs = state.store.runs_list(source, RECENT).await?.into_iter();
    html(&Page {
        frame: Frame::new(&state, &guest, "Sync now", PATH).read_at(now).zone(&zone),
        runs: runs.map(|row| RecentRun::of(RunFacts::of(row, now), &zone)).collect(),
        sources: rows.into_iter().map(|row| choice(row.name)).collect(),
        source: asked.source.unwrap_or_default(),
        from: asked.from.unwrap_or_default(),
        to: asked.to.unwrap_or_default(),
    })
}

/// Asks for it, and leads to where it can be watched.
pub async fn ask(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Posted(said): Posted<JobAsked>,
) -> Result<Redirect, Failure> {
    let name = given(said.source.as_deref()).unwrap_or_default();
    let source = state.store.source_by_name(&name).await?;
    let source = source.ok_or(Failure::NotFound { what: "source" })?;
    let kind: JobKind =
        given(said.kind.as_deref()).unwrap_or_default().parse().map_err(|_unknown| {
            Failure::Misasked { sentence: "kind is one of sync, compare, repair.".to_owned() }
        })?;
    let account = match given(said.account.as_deref()) {
        Some(name) => {
            let row = state.store.account_by_name(&name).await?;
            Some(row.ok_or(Failure::NotFound { what: "account" })?.id)
        }
        None => None,
    };
    let with_source = match given(said.with.as_deref()) {
        Some(name) => {
            let row = state.store.source_by_name(&name).await?;
            Some(row.ok_or(Failure::NotFound { what: "source" })?.id)
        }
        None => None,
    };
    let now = state.clock.now();
    let (from, to) = (given(said.from.as_deref()), given(said.to.as_deref()));
    let parameters = JobParameters {
        from: instant("from", from.as_deref(), |text| zone.from(text))?,
        // A day that has not ended is meant as far as it has come.
        to: instant("to", to.as_deref(), |text| zone.to(text))?.map(|to| to.min(now)),
        account,
        dry_run: said.dry.is_some(),
        with_source,
        ..JobParameters::default()
    };
    let asked = jobs::ask(&state.store, source.id, (kind, &parameters), &guest.by(), now).await?;
    Ok(Redirect::to(&format!("{PATH}/{}", asked.id().0)))
}

fn instant(
    name: &str,
    written: Option<&str>,
    read: impl Fn(&str) -> Option<Timestamp>,
) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = written else { return Ok(None) };
    read(text).map(Some).ok_or_else(|| Failure::Misasked {
        sentence: format!("{name} is a date or an instant, such as 2026-11-21."),
    })
}
