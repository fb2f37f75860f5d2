//! One run: its accounts as an equation, what it was asked, and everything it said.

mod response;
mod windows;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use domain::RunId;
use domain::access::Area;
use serde::Deserialize;
use serde_json::Value;

use super::PageRoute;
use super::overview::{Part, parts};
use crate::extract::{Path, Query};
use crate::facts::{LogEntry, ResponseFacts, RunFacts, SkipFacts};
use crate::failure::Failure;
use crate::figures::{Count, span};
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Choice, address, given};
use crate::zone::{When, Zone};
use windows::WindowLine;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/runs/{id}", Area::Operators, show)]
}

/// A run's page.
#[derive(Template)]
#[template(path = "pages/run/page.html")]
struct Page {
    frame: Frame,
    run: RunFacts,
    status: String,
    started: When,
    finished: Option<When>,
    took: String,
    listed: Count,
    parts: Vec<Part>,
    stored: String,
    proved: String,
    reasons: Vec<(String, Count)>,
    parameters: Vec<(String, String)>,
    response: Vec<(&'static str, String)>,
    windows: Vec<WindowLine>,
    skips: Vec<SkipLine>,
    /// Parts of the log, and how much each says.
    phases: Vec<Choice>,
    log: Vec<Line>,
    log_left: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// Of which phase the log is shown; of all where it is not said.
    phase: Option<String>,
}

/// What is kept of a run beside its row.
struct Kept {
    response: ResponseFacts,
    windows: Vec<WindowLine>,
    skips: Vec<SkipFacts>,
    log: Vec<LogEntry>,
}

/// One line of the log.
struct Line {
    at: When,
    phase: String,
    level: String,
    message: String,
    took: String,
}

/// One call that was not placed, or one record that was not read.
struct SkipLine {
    call: String,
    reason: String,
    detail: String,
    happened: Option<When>,
}

/// Lines shown; the JSON has all.
const LINES: usize = 500;

/// Calls shown; the JSON has all that were kept.
const SKIPS: usize = 50;

/// Shows one run.
async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    let (id, now) = (RunId(id), state.clock.now());
    let row = state.store.run_get(id).await?.ok_or(Failure::NotFound { what: "run" })?;
    let pages = state.store.run_pages(id).await?;
    let kept = Kept {
        response: ResponseFacts::of(row.response.as_deref(), &pages),
        windows: windows::of(pages, &zone),
        skips: state.store.run_skips(id).await?.into_iter().map(SkipFacts::from).collect(),
        log: state.store.run_log(id).await?.into_iter().map(LogEntry::from).collect(),
    };
    let title = format!("Run {id}");
    let frame = Frame::new(&state, &guest, title, "/runs").read_at(now).zone(&zone);
    let phase = given(asked.phase.as_deref());
    html(&Page::new((frame, &zone), RunFacts::of(row, now), kept, phase.as_deref()))
}

impl Page {
    fn new((frame, zone): (Frame, &Zone), run: RunFacts, kept: Kept, phase: Option<&str>) -> Self {
        let Kept { response, windows, skips, mut log } = kept;
        let phases = phases(run.sync_log_id, &log, phase);
        log.retain(|entry| phase.is_none_or(|phase| entry.phase == phase));
        Self {
            frame,
            status: run.status.replace('_', " "),
            started: zone.second(run.started_at),
            finished: run.finished_at.map(|at| zone.second(at)),
            took: span(run.took()),
            listed: Count(run.total_fetched),
            parts: parts(&run),
            stored: stored(&run),
            proved: proved(&run),
            reasons: run.skip_reasons.iter().map(|(why, n)| (why.clone(), Count(*n))).collect(),
            parameters: parameters(&run.parameters),
            response: response::lines(&response),
            windows,
            skips: skips.into_iter().take(SKIPS).map(|skip| SkipLine::of(skip, zone)).collect(),
            phases,
            log_left: log.len().saturating_sub(LINES),
            log: log.into_iter().take(LINES).map(|entry| Line::of(entry, zone)).collect(),
            run,
        }
    }
}

/// What became of the calls that it stored and did not place.
fn stored(run: &RunFacts) -> String {
    let waiting = Count(run.waiting).of_things("of these calls waits", "of these calls wait");
    let excluded = Count(run.excluded).of_things("is excluded", "are excluded");
    format!("{waiting}, {excluded}; every one is stored.")
}

/// How much of what it planned it read to the end.
fn proved(run: &RunFacts) -> String {
    let proved = Count(run.windows_proved);
    let windows = Count(run.windows_planned).of_things("window", "windows");
    let pages = Count(run.pages_fetched).of_things("page", "pages");
    format!("{proved} of {windows} proved, {pages} read.")
}

/// The parts of a log with how many lines each has, in the order in which they begin. The one that is
/// shown has no address.
fn phases(run: i64, log: &[LogEntry], shown: Option<&str>) -> Vec<Choice> {
    let mut counted: Vec<(&str, usize)> = Vec::new();
    for entry in log {
        match counted.iter_mut().find(|(phase, _)| *phase == entry.phase) {
            Some((_, lines)) => *lines += 1,
            None => counted.push((&entry.phase, 1)),
        }
    }
    if counted.len() < 2 {
        return Vec::new();
    }
    let choice = |(phase, lines): (Option<&str>, usize)| {
        let href = address(&format!("/runs/{run}"), [("phase", phase)]);
        let value = if phase == shown { String::new() } else { format!("{href}#log") };
        Choice { value, title: format!("{} {lines}", phase.unwrap_or("All")) }
    };
    let each = counted.into_iter().map(|(phase, lines)| (Some(phase), lines));
    std::iter::once((None, log.len())).chain(each).map(choice).collect()
}

/// What a run was asked, name by name.
pub fn parameters(asked: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::Null => "not given".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let pairs = asked.as_object().into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), text(value))).collect()
}

impl Line {
    fn of(entry: LogEntry, zone: &Zone) -> Self {
        let took = entry.duration_ms.and_then(|ms| u64::try_from(ms).ok());
        Self {
            at: zone.clock(entry.at),
            phase: entry.phase,
            level: entry.level,
            message: entry.message,
            took: took.map(|ms| span(std::time::Duration::from_millis(ms))).unwrap_or_default(),
        }
    }
}

impl SkipLine {
    fn of(skip: SkipFacts, zone: &Zone) -> Self {
        Self {
            call: skip.provider_call_id.unwrap_or_else(|| "no readable id".to_owned()),
            reason: skip.reason,
            detail: skip.detail,
            happened: skip.occurred_at.map(|at| zone.second(at)),
        }
    }
}
