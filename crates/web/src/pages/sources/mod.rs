//! Sources: what is read, how it goes, what was learnt when it was examined, and one more.

mod change;
mod edit;
mod form;
mod new;
mod one;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Html;
use domain::{Timestamp, access::Area};

use super::PageRoute;
use crate::facts::Glance;
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
        PageRoute::get("/sources/{source}/set-up", area, edit::show),
        PageRoute::post("/sources/{source}/set-up", area, "Change a source", edit::change),
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
    Extension(glance): Extension<Glance>,
) -> Result<Html<String>, Failure> {
    let status = glance.status(&state).await?;
    let now = status.as_of;
    let columns = [
        Column::text("Source"),
        Column::text("Reads"),
        Column::text("Last read well"),
        Column::text("Next run"),
        Column::text("Read up to"),
        Column::text("Requests"),
        Column::wide("What a person can mend"),
    ];
    let mut table = Table::new(columns, "No source is set up yet.");
    for source in &status.sources {
        let (health, until) = (&source.health, source.coverage.read_until);
        let ago = |at: Option<Timestamp>| at.map(|at| format!("{} ago", age(now.since(at))));
        table.rows.push(vec![
            Cell::link(source.name.clone(), format!("{PATH}/{}", encoded(&source.name)))
                .noting(health.paused_at.map(|_| "rests".to_owned())),
            Cell::Text(source.provider_title.to_owned()),
            Cell::at(health.succeeded_at.map(|at| zone.minute(at)))
                .noting(ago(health.succeeded_at)),
            Cell::Text(health.next(now)),
            Cell::at(until.map(|at| zone.minute(at))).noting(ago(until)),
            Cell::Text(health.budget()),
            Cell::text(source.needs_person.as_ref().map(|it| it.what.clone())),
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
        // A sentence that ends with its hint says it once.
        let hint = probe.hint.as_ref().map(|hint| format!(". {hint}")).unwrap_or_default();
        let sentence = probe.sentence.strip_suffix(&hint).unwrap_or(&probe.sentence).to_owned();
        vec![
            Cell::Text(probe.name.replace('_', " ")),
            Cell::badge(class, probe.outcome),
            Cell::Text(sentence).noting(probe.hint),
        ]
    })
}
