//! Sources: what is read, how it goes, what was learnt when it was examined, and one more.

mod change;
mod new;
mod one;

use askama::Template;
use axum::extract::State;
use axum::response::Html;
use domain::{Timestamp, access::Area};

use super::PageRoute;
use crate::failure::Failure;
use crate::figures::age;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Cell, Column, Table, encoded};
use crate::zone::Zone;

const PATH: &str = "/sources";

/// Where they are.
pub fn routes() -> Vec<PageRoute> {
    let area = Area::Operators;
    vec![
        PageRoute::get(PATH, area, list),
        PageRoute::get("/sources/{source}", area, one::show),
        PageRoute::post("/sources/{source}/pause", area, "Pause a source", change::pause),
        PageRoute::post("/sources/{source}/examine", area, "Examine a source", change::examine),
        PageRoute::post(
            "/sources/{source}/credential",
            area,
            "Give a source another credential",
            change::credential,
        ),
        PageRoute::get("/new-source", area, new::choose),
        PageRoute::get("/new-source/{provider}", area, new::show),
        PageRoute::post("/new-source/{provider}", area, "Set up a source", new::set_up),
    ]
}

#[derive(Template)]
#[template(path = "pages/sources/page.html")]
struct Page {
    frame: Frame,
    table: Table,
}

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let columns = [
        Column::text("Source"),
        Column::text("Reads"),
        Column::text("Last run"),
        Column::text("Read up to"),
        Column::wide("What a person can mend"),
    ];
    let mut table = Table::new(columns, "No source is set up yet.");
    let set_ups = state.store.set_ups_list().await?;
    for row in state.store.sources_list().await? {
        let latest = state.store.run_latest(row.id).await?;
        let ledger = state.store.coverage_load(row.id).await?;
        let until = ledger.rows().last().map(|covered| covered.window.to());
        let trouble = engine::trouble::trouble(&state.store, &row).await?;
        let run = latest.map_or(Cell::Nothing, |run| {
            let at = Timestamp::from_millis(run.started_at);
            let note = format!("{} ago, {}", age(now.since(at)), run.status.replace('_', " "));
            Cell::link(zone.minute(at).text, format!("/runs/{}", run.run_id)).noting(note)
        });
        let rests = set_ups.iter().any(|it| it.source_id == row.id.0 && it.paused_at.is_some());
        table.rows.push(vec![
            Cell::link(row.name.clone(), format!("{PATH}/{}", encoded(&row.name)))
                .noting(rests.then(|| "rests".to_owned())),
            Cell::Text(row.provider.title().to_owned()).noting(row.scope.clone()),
            run,
            Cell::at(until.map(|at| zone.minute(at)))
                .noting(until.map(|at| format!("{} ago", age(now.since(at))))),
            Cell::text(trouble.map(|it| it.sentence)),
        ]);
    }
    let frame = Frame::new(&state, &guest, "Sources", PATH).read_at(now).zone(&zone);
    html(&Page { frame, table })
}

/// What was learnt by examining a connection, for a person.
fn probes(rows: impl IntoIterator<Item = store::ProbeRow>, empty: &str) -> Table {
    let columns = [Column::text("Looked at"), Column::text("Found"), Column::wide("What it means")];
    Table::new(columns, empty).with(rows, |probe: store::ProbeRow| {
        let class = match probe.outcome.as_str() {
            "right" => "success",
            "wrong" => "failed",
            _ => "partial",
        };
        vec![
            Cell::Text(probe.name.replace('_', " ")),
            Cell::badge(class, probe.outcome),
            Cell::Text(probe.sentence).noting(probe.hint),
        ]
    })
}
