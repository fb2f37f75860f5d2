//! One call by its id.

use super::batch::{Around, Statuses};
use super::client::{Client, Failed};
use super::errors::unseen;
use super::hidden;
use super::key::{Key, Kind, created};
use super::seen::{Seen, with_live_first};
use super::sql;
use super::tables::{Copy, Schema, Table};
use super::walk::in_words;
use crate::{RawRecord, SourceError};

/// The record of a call; `None` when neither the tables in use nor their archives have it.
pub async fn record(client: &Client, key: &Key) -> Result<Option<RawRecord>, SourceError> {
    let schema = client.schema().await?;
    find(client, &schema, key).await.map_err(in_words)
}

async fn find(client: &Client, schema: &Schema, key: &Key) -> Result<Option<RawRecord>, Failed> {
    let (kind, table, condition) = question(key);
    let mut copies = Vec::new();
    for copy in [Copy::Live, Copy::Archive] {
        let Some(statement) = schema.select(table, copy, &condition) else {
            copies.push(Vec::new());
            continue;
        };
        let rows = client.try_ask("call by id", &statement).await?.rows.into_iter();
        let (zone, skew) = (client.zone(), client.settings().skew());
        copies.push(rows.map(|row| Seen::new(kind, copy, row, zone, skew)).collect());
    }
    let archive = copies.pop().unwrap_or_default();
    let all = with_live_first(copies.pop().unwrap_or_default(), archive);
    // A row that shared its key with another keeps the longer one, when the other is gone too.
    let is_it = |seen: &Seen| {
        let exact = || seen.key.clone().map(|usual| usual.exact(&seen.row));
        seen.key.as_ref() == Some(key) || (is_exact(key) && exact().as_ref() == Some(key))
    };
    let Some(mut seen) = all.into_iter().find(is_it) else {
        // What cannot be seen may be there: that is no word of the call being gone.
        if let Some(copy) = hidden::copies(client.settings(), schema, table).first() {
            return Err(unseen(copy, client.settings()).into());
        }
        return Ok(None);
    };
    seen.key = Some(key.clone());
    let statuses = Statuses::load(client, schema).await?;
    let calls = [seen];
    let around = Around::of(client, schema, &calls).await?;
    Ok(calls.first().map(|seen| around.record(client, seen, &statuses)))
}

fn question(key: &Key) -> (Kind, Table, String) {
    match key {
        Key::Log { unique, lead, .. } => {
            let second = created(unique).map_or(unique.as_str(), |(second, _)| second);
            let condition = format!("`lead_id` = {lead} AND {}", sql::begins("uniqueid", second));
            (Kind::Log, Table::Log, condition)
        }
        Key::Closer(id) => (Kind::Closer, Table::Closer, format!("`closecallid` = {id}")),
        Key::Did { unique, server, .. } => {
            let (unique, server) = (sql::literal(unique), sql::literal(server));
            let condition = format!("`uniqueid` = {unique} AND `server_ip` = {server}");
            (Kind::Did, Table::Did, condition)
        }
    }
}

fn is_exact(key: &Key) -> bool {
    matches!(key, Key::Log { unique, .. } if created(unique).is_some())
}
