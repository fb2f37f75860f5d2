//! Coverage: the ledger day by day and, of one day, hour by hour.

mod grid;

use askama::Template;
use axum::extract::State;
use axum::response::{Html, Response};
use domain::access::Area;
use domain::{LOOKED_BACK, Timestamp, Window, days, spans};
use engine::lateness::{age, widened};
use store::SourceRow;

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::extract::{Path, Query};
use crate::failure::Failure;
use crate::figures::{day, share, span};
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Cell, Column, Filter, List, Table};
use crate::zone::Zone;
use grid::Grid;

const PATH: &str = "/coverage";
const DAY: std::time::Duration = std::time::Duration::from_hours(24);
/// Days shown: thirteen weeks.
const SHOWN: u32 = 91;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Operators, show),
        PageRoute::get("/coverage/{source}/{day}", Area::Operators, one_day),
    ]
}

#[derive(Template)]
#[template(path = "pages/coverage/page.html")]
struct Page {
    frame: Frame,
    path: &'static str,
    hidden: String,
    filters: Vec<Filter>,
    legend: Vec<(&'static str, &'static str)>,
    grids: Vec<Grid>,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Html<String>, Failure> {
    let now = state.clock.now();
    let mut grids = Vec::new();
    for source in chosen(&state, &asked).await? {
        grids.push(grid(&state, source, now).await?);
    }
    let frame = Frame::new(&state, &guest, "Coverage", PATH).read_at(now).zone(&zone);
    let filters = vec![source_filter(&state, &asked).await?];
    let legend = grid::LEGEND.to_vec();
    html(&Page { frame, path: PATH, hidden: String::new(), filters, legend, grids })
}

async fn grid(state: &crate::State, source: SourceRow, now: Timestamp) -> Result<Grid, Failure> {
    let known = (state.known)(&source);
    let (able, _) = widened(&state.store, source.id, known.capabilities, now).await?;
    let ledger = state.store.coverage_load(source.id).await?;
    let first = now.floor_to(DAY) - DAY * (SHOWN - 1);
    let shown = Window::new(first, now.floor_to(DAY) + DAY)
        .map_err(|error| Failure::Defect { detail: error.to_string() })?;
    let days = days(&ledger, &able, source.since, shown, now - known.grace);
    let lateness = state.store.lateness_load(source.id, now - LOOKED_BACK).await?;
    let late = lateness.within(99);
    let late = late.map(|late| format!("99 of 100 calls were listed within {}", age(late)));
    let proved: std::time::Duration = days.iter().map(domain::Day::proved).sum();
    let wanted: std::time::Duration =
        days.iter().filter_map(|day| day.wanted).map(Window::length).sum();
    let share = share(proved.as_secs(), wanted.as_secs());
    Ok(Grid::of(source.name, &days, share, late))
}

/// One day of a source, span by span.
async fn one_day(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path((name, date)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let source = state.store.source_by_name(&name).await?;
    let source = source.ok_or(Failure::NotFound { what: "source" })?;
    let from = Timestamp::parse_human(&date).ok().map(|at| at.floor_to(DAY));
    let window = from.and_then(|from| Window::new(from, from + DAY).ok());
    let window = window.ok_or(Failure::NotFound { what: "day" })?;
    let now = state.clock.now();
    let ledger = state.store.coverage_load(source.id).await?;
    let columns = [
        Column::text("From"),
        Column::text("To"),
        Column::text("How well it is proved"),
        Column::wide("What the ledger says"),
        Column::text("Looked at"),
        Column::text("Run"),
    ];
    let row = |it: domain::Span| {
        let empty = it.is_empty.then(|| "proved to hold no call".to_owned());
        vec![
            Cell::At(zone.minute(it.window.from())),
            Cell::At(zone.minute(it.window.to())).noting(span(it.window.length())),
            Cell::badge(grid::class_of(it.proof), it.proof.title()),
            Cell::text(it.why.or(empty)),
            Cell::at(it.checked_at.map(|at| zone.minute(at))),
            it.run.map_or(Cell::Nothing, |run| Cell::link(run.to_string(), format!("/runs/{run}"))),
        ]
    };
    let table = Table::new(columns, "").with(spans(&ledger, window), row);
    let title = format!("{}, {}", source.name, day(window.from()));
    let lead = "What the ledger says of this day in UTC. Neighbours that are proved alike stand apart \
                where different runs proved them.";
    let frame = Frame::new(&state, &guest, title, PATH).read_at(now).zone(&zone);
    List::new(frame, lead, table).show()
}
