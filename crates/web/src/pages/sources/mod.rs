//! Sources: what is read, how it goes, and what was learnt when it was examined.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::{RunStatus, Timestamp, access::Area};

use super::PageRoute;
use crate::failure::Failure;
use crate::figures::age;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, List, Table, address, encoded};
use crate::zone::Zone;

const PATH: &str = "/sources";

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Operators, list),
        PageRoute::get("/sources/{source}", Area::Operators, source),
    ]
}

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let columns = [
        Column::text("Source"),
        Column::text("Reads"),
        Column::text("Last run"),
        Column::text("Read up to"),
        Column::wide("What a person can mend"),
    ];
    let mut table =
        Table::new(columns, "No source is set up: `everycall sources add` asks what it needs.");
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
        table.rows.push(vec![
            Cell::link(row.name.clone(), format!("{PATH}/{}", encoded(&row.name))),
            Cell::Text(row.provider.title().to_owned()).noting(row.scope.clone()),
            run,
            Cell::at(until.map(|at| zone.minute(at)))
                .noting(until.map(|at| format!("{} ago", age(now.since(at))))),
            Cell::text(trouble.map(|it| it.sentence)),
        ]);
    }
    let frame = Frame::new(&state, &guest, "Sources", PATH).read_at(now).zone(&zone);
    List::new(frame, "What is read, and how it goes.", table).show()
}

async fn source(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let row = state.store.source_by_name(&name).await?;
    let row = row.ok_or(Failure::NotFound { what: "source" })?;
    let columns = [Column::text("Looked at"), Column::text("Found"), Column::wide("What it means")];
    let probe = |probe: store::ProbeRow| {
        let class = match probe.outcome.as_str() {
            "right" => RunStatus::Success.as_str(),
            "wrong" => RunStatus::Failed.as_str(),
            _ => RunStatus::Partial.as_str(),
        };
        vec![
            Cell::Text(probe.name.replace('_', " ")),
            Cell::badge(class, probe.outcome),
            Cell::Text(probe.sentence).noting(probe.hint),
        ]
    };
    let empty = "It was not examined yet: `everycall doctor` asks its provider.";
    let probes = state.store.probes_list(row.id).await?;
    let table = Table::new(columns, empty).with(probes, probe);
    let lead = format!(
        "Reads {} ({}) since {}. What examining its connection taught:",
        row.provider.title(),
        row.scope,
        zone.minute(row.since).text
    );
    let named = [("source", Some(row.name.as_str()))];
    let files = vec![
        ("Its calls", address("/calls", named)),
        ("Its runs", address("/runs", named)),
        ("Its coverage", address("/coverage", named)),
        ("Its gaps", address("/gaps", named)),
    ];
    let frame = Frame::new(&state, &guest, row.name.clone(), PATH).read_at(now).zone(&zone);
    List { files, ..List::new(frame, lead, table) }.show()
}
