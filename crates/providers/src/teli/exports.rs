//! The export as a second enumeration: it has no limit of 100, and says when it was cut itself.

use domain::Window;

use super::client::{Client, Listing};
use super::wire::Row;
use crate::{RawRecord, SourceError, parts};
use std::time::Duration;

/// Days are asked for one by one, so that few are longer than an export may be.
const DAY: Duration = Duration::from_hours(24);

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
            limit: client.settings().page_size,
        };
        let exported = client.export(&listing).await?;
        whole.rows.extend(exported.page.rows);
        match window.halves(client.settings().overlap()) {
            _ if !exported.is_truncated => {}
            Some((older, newer)) => left.extend([older, newer]),
            None => whole.cut_off = Some(window),
        }
    }
    Ok(whole)
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
