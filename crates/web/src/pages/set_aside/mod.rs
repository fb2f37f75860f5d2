//! Records nobody could read, kept whole with their error.

use axum::extract::State;
use axum::response::Response;
use domain::Timestamp;
use domain::access::Area;

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::extract::{Path, Query};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, List, Table};
use crate::zone::Zone;

const PATH: &str = "/set-aside";
const SHOWN: i64 = 200;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Operators, list),
        PageRoute::get("/set-aside/{source}/{record}", Area::Operators, record),
    ]
}

const LEAD: &str = "What a provider sent and nobody could read as a call. Nothing is dropped: each \
                    record is kept letter by letter, and read again whenever its content changes.";

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let mut rows = Vec::new();
    for source in chosen(&state, &asked).await? {
        let of_source = state.store.set_aside_latest(source.id, SHOWN).await?;
        rows.extend(of_source.into_iter().map(|row| (source.name.clone(), row)));
    }
    rows.sort_by_key(|(_, row)| std::cmp::Reverse(row.first_seen_at));
    rows.truncate(usize::try_from(SHOWN).unwrap_or(usize::MAX));
    let columns = [
        Column::text("First seen"),
        Column::text("Source"),
        Column::text("Call"),
        Column::wide("Why it cannot be read"),
        Column::text("Record"),
    ];
    let row = |(source, row): (String, store::SetAsideRow)| {
        let href = format!("{PATH}/{}/{}", crate::list::encoded(&source), row.set_aside_id);
        vec![
            Cell::At(zone.second(Timestamp::from_millis(row.first_seen_at))),
            Cell::Text(source),
            Cell::code(row.provider_call_id),
            Cell::Text(row.why),
            Cell::link("Show", href),
        ]
    };
    let table = Table::new(columns, "Every record could be read.").with(rows, row);
    if asked.file.is_some() {
        return table.as_csv("set-aside");
    }
    let frame = Frame::new(&state, &guest, "Set aside", PATH).read_at(now).zone(&zone);
    let filters = vec![source_filter(&state, &asked).await?];
    let files = vec![("CSV", asked.file_at(PATH))];
    List { path: PATH.to_owned(), filters, files, ..List::new(frame, LEAD, table) }.show()
}

async fn record(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path((source, id)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let source = state.store.source_by_name(&source).await?;
    let source = source.ok_or(Failure::NotFound { what: "source" })?;
    let rows = state.store.set_aside_list(source.id, id - 1, 1).await?;
    let row = rows.into_iter().find(|row| row.set_aside_id == id);
    let row = row.ok_or(Failure::NotFound { what: "record" })?;
    let why = row.why.clone();
    let raw = engine::view::set_aside(&state.store, &row).await?;
    let columns = [Column::wide("Record as it was sent")];
    let text = String::from_utf8_lossy(&raw).into_owned();
    let table = Table::new(columns, "").with([text], |text| vec![Cell::Code(text)]);
    let frame = Frame::new(&state, &guest, format!("Record {id}"), PATH).zone(&zone);
    List::new(frame, why, table).show()
}
