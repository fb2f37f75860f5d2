//! Runs, newest first: what was done, when, and where every record of it went.

use axum::extract::State;
use axum::response::Response;
use domain::RunId;
use domain::access::Area;
use serde::Deserialize;

use super::PageRoute;
use crate::extract::Query;
use crate::facts::RunFacts;
use crate::failure::Failure;
use crate::figures::span;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, Filter, List, Table, address, given};
use crate::zone::Zone;

const PATH: &str = "/runs";
const COUNT: usize = 50;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, Area::Operators, show)]
}

const LEAD: &str =
    "Each balances: listed = new + updated + unchanged + repeated + set aside + failed.";

const KINDS: [&str; 6] = ["auto", "manual", "backfill", "repair", "diagnostic", "import"];
const STATUSES: [&str; 5] = ["running", "success", "partial", "failed", "unbalanced"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunsAsked {
    source: Option<String>,
    kind: Option<String>,
    status: Option<String>,
    before: Option<i64>,
    file: Option<String>,
}

impl RunsAsked {
    fn address(&self, before: Option<i64>, file: Option<&str>) -> String {
        let before = before.map(|id| id.to_string());
        let asked = [
            ("source", self.source.as_deref()),
            ("kind", self.kind.as_deref()),
            ("status", self.status.as_deref()),
            ("before", before.as_deref()),
            ("file", file),
        ];
        address(PATH, asked)
    }
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<RunsAsked>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let source = match given(asked.source.as_deref()) {
        Some(name) => {
            let row = state.store.source_by_name(&name).await?;
            Some(row.ok_or(Failure::NotFound { what: "source" })?.id)
        }
        None => None,
    };
    let kind = super::word("kind", given(asked.kind.as_deref()), &KINDS)?;
    let status = super::word("status", given(asked.status.as_deref()), &STATUSES)?;
    let which = (source, kind, status);
    let before = asked.before.map(RunId);
    let mut rows = state.store.runs_before(which, before, COUNT as i64 + 1).await?;
    let has_more = rows.len() > COUNT;
    rows.truncate(COUNT);
    let next = rows.last().filter(|_| has_more).map(|row| asked.address(Some(row.run_id), None));
    let table = table(rows.into_iter().map(|row| RunFacts::of(row, now)), &zone);
    if asked.file.is_some() {
        return table.as_csv("runs");
    }
    let names =
        state.store.sources_list().await?.into_iter().map(|row| (row.name.clone(), row.name));
    let words = |words: &[&str]| -> Vec<(String, String)> {
        words.iter().map(|word| ((*word).to_owned(), word.replace('_', " "))).collect()
    };
    let filters = vec![
        Filter::of(("source", "Source"), asked.source.as_deref(), names),
        Filter::of(("kind", "Kind"), asked.kind.as_deref(), words(&KINDS)),
        Filter::of(("status", "Status"), asked.status.as_deref(), words(&STATUSES)),
    ];
    let files = vec![
        ("CSV", asked.address(asked.before, Some("csv"))),
        ("JSON", "/api/v1/runs".to_owned()),
    ];
    let frame = Frame::new(&state, &guest, "Runs", PATH).read_at(now).zone(&zone);
    let first = asked.before.map(|_| asked.address(None, None));
    let path = PATH.to_owned();
    List { path, filters, first, next, files, ..List::new(frame, LEAD, table) }.show()
}

fn table(runs: impl Iterator<Item = RunFacts>, zone: &Zone) -> Table {
    let columns = [
        Column::text("Started"),
        Column::text("Source"),
        Column::text("Kind"),
        Column::text("Status"),
        Column::number("Listed"),
        Column::number("New"),
        Column::number("Updated"),
        Column::number("Unchanged"),
        Column::number("Repeated"),
        Column::number("Set aside"),
        Column::number("Failed"),
        Column::number("Waiting"),
        Column::number("Took"),
    ];
    Table::new(columns, "There is no such run.").with(runs, |run| {
        let href = format!("{PATH}/{}", run.sync_log_id);
        let mut cells = vec![
            Cell::link(zone.second(run.started_at).text, href),
            Cell::Text(run.source.clone()),
            Cell::Text(run.kind.clone()),
            Cell::badge(run.status.clone(), run.status.replace('_', " ")),
        ];
        let counts = [
            run.total_fetched,
            run.new,
            run.updated,
            run.unchanged,
            run.repeated,
            run.set_aside,
            run.failed,
            run.waiting,
        ];
        cells.extend(counts.map(Cell::Count));
        cells.push(Cell::Text(span(run.took())));
        cells
    })
}
