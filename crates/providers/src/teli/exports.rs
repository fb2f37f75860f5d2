//! The export as a second enumeration: it has no limit of 100, and says when it was cut itself.

use domain::Window;

use super::client::{Client, Exported, Listing};
use super::wire::Row;
use crate::{RawRecord, SourceError, parts};
use std::time::Duration;

/// Days are asked for one by one, so that few are longer than an export may be.
const DAY: Duration = Duration::from_hours(24);

/// Rows at which an export may have been cut without a word: what a list sends unasked, the most of
/// a list, and what Teli's own page calls the usual most.
const CUT_AT: [usize; 3] = [50, 100, 1000];

/// Rows no list had that are asked for by their ids; of more, what they say themselves is believed.
const ASKED_MAX: usize = 200;

/// Every row an export has for a span.
pub(super) struct Whole {
    /// The rows; some may come twice.
    pub(super) rows: Vec<Row>,
    /// A span so short that it cannot be cut, and still cut off by Teli.
    pub(super) cut_off: Option<Window>,
}

/// Exports a span, cutting it where Teli cuts the export off.
pub(super) async fn export(
    client: &Client,
    status: Option<&str>,
    window: Window,
) -> Result<Whole, SourceError> {
    let mut whole = Whole { rows: Vec::new(), cut_off: None };
    let mut left: Vec<Window> = window.pieces_newest_first(DAY).collect();
    while let Some(window) = left.pop() {
        let listing = Listing {
            status: status.map(str::to_owned),
            // The ends may be exclusive here as well.
            window: Some(window.widened(client.settings().overlap())),
            limit: None,
        };
        let exported = client.export(&listing).await?;
        let is_cut = is_cut(&exported);
        whole.rows.extend(exported.page.rows);
        match window.halves(client.settings().overlap()) {
            _ if !is_cut => {}
            Some((older, newer)) => left.extend([older, newer]),
            None => whole.cut_off = Some(window),
        }
    }
    Ok(whole)
}

fn is_cut(exported: &Exported) -> bool {
    exported.is_truncated || CUT_AT.contains(&exported.page.rows.len())
}

/// Rows of an export that no list had, each with its record by id.
#[derive(Default)]
pub(super) struct Unlisted {
    /// Calls of the span that was exported.
    pub(super) inside: Vec<Row>,
    /// Calls that lie outside of it by more than requests overlap.
    pub(super) outside: Vec<Row>,
    /// Rows that were too many to ask for, and by their own times lie elsewhere.
    pub(super) left: usize,
}

/// Asks for rows that no list had by their ids, and tells where their calls lie: in which zone and
/// form the export writes its own times is not documented.
pub(super) async fn look_up(client: &Client, rows: Vec<Row>, window: Window) -> Unlisted {
    let near = window.widened(client.settings().overlap());
    let mut unlisted = Unlisted::default();
    for (nth, row) in rows.into_iter().enumerate() {
        if nth >= ASKED_MAX {
            match row.start {
                Some(at) if !window.contains(at) => unlisted.left += 1,
                _ => unlisted.inside.push(row),
            }
            continue;
        }
        let record = record(client, row.clone()).await;
        let at = record.identity.as_ref().ok().map(|identity| identity.occurred_at);
        let row = Row { record, ..row };
        match at {
            Some(at) if !near.contains(at) => unlisted.outside.push(row),
            // It lies where the request was wider than what it was about.
            Some(at) if !window.contains(at) => {}
            _ => unlisted.inside.push(row),
        }
    }
    unlisted
}

/// The record of a call only the export has: as asked for by its id, and as exported.
pub(super) async fn record(client: &Client, row: Row) -> RawRecord {
    let Ok(identity) = &row.record.identity else { return row.record };
    match client.call(&identity.id).await {
        Ok(Some(detail)) => RawRecord {
            identity: detail.identity.or(row.record.identity),
            bytes: parts::merge(&row.record.bytes, detail.bytes),
        },
        Ok(None) => row.record,
        Err(error) => {
            tracing::warn!("A call only the export has could not be asked for by its id: {error}");
            row.record
        }
    }
}
