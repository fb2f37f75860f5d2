//! Call tables our user cannot see: that nothing was found there proves nothing.

use domain::Window;

use super::Settings;
use super::client::Client;
use super::sql;
use super::tables::{Copy, Schema, Table};
use crate::SourceError;

const ARCHIVE: &str = "_archive";

/// The copies of a table that may exist and cannot be read.
pub(super) fn copies(settings: &Settings, schema: &Schema, table: Table) -> Vec<String> {
    let name = table.name();
    let live = (!schema.has(table, Copy::Live)).then(|| name.to_owned());
    let may_be_archived = settings.archives && !schema.has(table, Copy::Archive);
    live.into_iter().chain(may_be_archived.then(|| format!("{name}{ARCHIVE}"))).collect()
}

/// Those of every table whose rows are calls.
pub(super) fn tables(settings: &Settings, schema: &Schema) -> Vec<String> {
    let calls = [Table::Log, Table::Closer, Table::Did].into_iter();
    let calls = calls.filter(|table| *table != Table::Did || settings.did_calls);
    calls.flat_map(|table| copies(settings, schema, table)).collect()
}

/// Why a window may have calls that our user cannot see; nothing if it has none.
pub(super) async fn doubt(
    client: &Client,
    schema: &Schema,
    window: Window,
) -> Result<Option<String>, SourceError> {
    let hidden = tables(client.settings(), schema);
    if hidden.is_empty() {
        return Ok(None);
    }
    let is_only_archives = hidden.iter().all(|name| name.ends_with(ARCHIVE));
    if is_only_archives && reaches_no_archive(client, schema, window).await? {
        return Ok(None);
    }
    Ok(Some(format!(
        "calls of this time may lie in tables our user cannot see: {}",
        hidden.join(", ")
    )))
}

/// Whether everything of the window is in use still, by what the archiver says of itself.
async fn reaches_no_archive(
    client: &Client,
    schema: &Schema,
    window: Window,
) -> Result<bool, SourceError> {
    let column = "oldest_logs_date";
    if !schema.has_column(Table::System, Copy::Live, column) {
        return Ok(false);
    }
    let source = Schema::source(Table::System, Copy::Live);
    let statement = format!("SELECT {} FROM {source}", sql::name(column));
    let rows = client.ask("system settings", &statement).await?.rows;
    let cut = rows.first().and_then(|row| row.nth(0));
    // In the hour that repeats, the later one counts.
    let cut = cut.and_then(|local| client.zone().readings(local).into_iter().max());
    Ok(cut.is_some_and(|cut| cut + client.settings().skew() <= window.from()))
}
