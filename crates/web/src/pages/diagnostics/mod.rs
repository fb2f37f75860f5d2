//! Diagnostics: a source, or one account's part of it, compared with its provider.

mod report;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Response};
use domain::access::Area;
use domain::{AccountId, RunId, RunKind};
use serde::Deserialize;
use serde_json::Value;

use super::{PageRoute, accounts};
use crate::extract::{Path, Query};
use crate::facts::RunFacts;
use crate::failure::Failure;
use crate::figures::{Count, span};
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Cell, Choice, Column, Tab, Table, given};
use crate::zone::Zone;
use report::Report;

const PATH: &str = "/diagnostics";
const HISTORY: i64 = 20;
const LOOKED_THROUGH: i64 = 200;

/// Where they are.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Operators, show),
        PageRoute::get("/diagnostics/{run}", Area::Operators, one),
        PageRoute::get("/accounts/{account}/diagnostics", Area::Operators, of_account),
    ]
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    source: Option<String>,
    account: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/diagnostics/page.html")]
struct Page {
    frame: Frame,
    /// Other pages about the account, where this is one of them.
    tabs: Vec<Tab>,
    sources: Vec<Choice>,
    accounts: Vec<Choice>,
    source: String,
    account: String,
    table: Table,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let frame = Frame::new(&state, &guest, "Diagnostics", PATH).read_at(now).zone(&zone);
    page(&state, (frame, Vec::new()), &zone, asked).await
}

/// The same of one account, as a page of its own.
async fn of_account(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(id): Path<i64>,
) -> Result<Html<String>, Failure> {
    let account = AccountId(id);
    let rows = state.store.accounts_list().await?;
    let row = rows.into_iter().find(|row| row.id == account);
    let row = row.ok_or(Failure::NotFound { what: "account" })?;
    let frame = Frame::new(&state, &guest, row.name.clone(), accounts::PATH);
    let frame = frame.read_at(state.clock.now()).zone(&zone);
    let tabs = accounts::tabs_of(&guest, account, "Diagnostics");
    let asked = Asked { account: Some(row.name), ..Asked::default() };
    page(&state, (frame, tabs), &zone, asked).await
}

async fn page(
    state: &crate::State,
    (frame, tabs): (Frame, Vec<Tab>),
    zone: &Zone,
    asked: Asked,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let choice = |name: String| Choice { value: name.clone(), title: name };
    let sources = state.store.sources_list().await?;
    let name = asked.source.clone().unwrap_or_default();
    let source = sources.iter().find(|row| row.name == name).map(|row| row.id);
    let which = (source, Some(RunKind::Diagnostic), None);
    let account = given(asked.account.as_deref());
    // Of one account, so many are looked through for its own.
    let count = if account.is_some() { LOOKED_THROUGH } else { HISTORY };
    let mut runs = state.store.runs_before(which, None, count).await?;
    if let Some(account) = &account {
        runs.retain(|row| {
            row.response.as_deref().and_then(read).is_some_and(|kept| kept["account"] == **account)
        });
    }
    let accounts = state.store.accounts_list().await?.into_iter().map(|row| choice(row.name));
    let columns = [
        Column::text("Compared"),
        Column::text("Source"),
        Column::text("Account"),
        Column::number("On the other side"),
        Column::number("Here"),
        Column::number("Missing"),
        Column::number("Extra"),
        Column::number("Unexplained"),
        Column::text("Status"),
    ];
    let row = |row: store::RunRow| {
        let kept: Value = row.response.as_deref().and_then(read).unwrap_or_default();
        let number = |name: &str| kept["summary"][name].as_u64().map_or(Cell::Nothing, Cell::Count);
        let run = RunFacts::of(row, now);
        let href = format!("{PATH}/{}", run.sync_log_id);
        vec![
            Cell::link(zone.minute(run.started_at).text, href),
            Cell::Text(run.source.clone())
                .noting(kept["withSource"]["name"].as_str().map(|name| format!("with {name}"))),
            Cell::text(kept["account"].as_str().map(str::to_owned)),
            number("providerTotal"),
            number("databaseTotal"),
            number("missingInDatabase"),
            number("extraInDatabase"),
            number("unexplained"),
            Cell::badge(run.status.clone(), run.status.replace('_', " ")),
        ]
    };
    let table = Table::new(columns, "Nothing was compared yet.").with(runs, row);
    html(&Page {
        frame,
        tabs,
        sources: sources.into_iter().map(|row| choice(row.name)).collect(),
        accounts: accounts.collect(),
        source: name,
        account: account.unwrap_or_default(),
        table,
    })
}

fn read(kept: &str) -> Option<Value> {
    serde_json::from_str(kept).ok()
}

#[derive(Template)]
#[template(path = "pages/diagnostics/one.html")]
struct One {
    frame: Frame,
    run: RunFacts,
    took: String,
    report: Option<Report>,
    missing: Count,
    can_repair: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAsked {
    /// `json`, or `missing` or `differing` as CSV.
    file: Option<String>,
}

async fn one(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(id): Path<i64>,
    Query(asked): Query<FileAsked>,
) -> Result<Response, Failure> {
    use axum::response::IntoResponse as _;
    let now = state.clock.now();
    let row = state.store.run_get(RunId(id)).await?;
    let row = row.filter(|row| row.kind == RunKind::Diagnostic.as_str());
    let row = row.ok_or(Failure::NotFound { what: "comparison" })?;
    let kept = row.response.as_deref().and_then(read);
    let run = RunFacts::of(row, now);
    let report = kept.as_ref().map(|kept| Report::of(kept, &run.source, &zone));
    match (asked.file.as_deref(), &kept, &report) {
        (Some("json"), Some(kept), _) => return Ok(axum::Json(kept).into_response()),
        (Some("missing"), _, Some(report)) => return report.missing.as_csv("missing-calls"),
        (Some("differing"), _, Some(report)) => return report.differing.as_csv("differences"),
        _ => {}
    }
    let missing = report.as_ref().map_or(0, |report| report.missing_count);
    let title = format!("Comparison {id}");
    let page = One {
        frame: Frame::new(&state, &guest, title, PATH).read_at(now).zone(&zone),
        took: span(run.took()),
        missing: Count(missing),
        can_repair: missing > 0 && report.as_ref().is_some_and(|report| report.with.is_none()),
        report,
        run,
    };
    Ok(html(&page)?.into_response())
}
