//! Rows of the calls report that a person exported: which call each one is.
//!
//! A file is thinner than the database: it has no `start_epoch` and no number of a queue entry, so
//! its rows are looked up by what both have, the way the provider's own programs match: an outbound
//! call by the second of its channel and its lead, a queued one by its channel and its time. A row
//! without `uniqueid` could be several calls, so it is set aside, and never guessed.

use std::collections::{BTreeSet, HashMap};

use domain::Timestamp;

use super::client::{Client, Failed};
use super::key::{Key, Kind};
use super::rows::quoted;
use super::seen::{Seen, with_live_first};
use super::sql;
use super::tables::{Copy, Schema, Table};
use super::walk::in_words;
use super::written::{self, Side, Wanted};
use super::zone::apart;
use crate::export::{Held, Row};
use crate::{Identity, RawRecord, SourceError};

/// By these the header is known.
pub const COLUMNS: &[&str] =
    &["call_date", "phone_number_dialed", "status", "campaign_id", "lead_id"];

/// Finds out which call each row is.
pub(super) async fn import(
    client: &Client,
    rows: &[Row],
    held: &dyn Held,
) -> Result<Vec<RawRecord>, SourceError> {
    let schema = client.schema().await?;
    let (zone, skew) = (client.zone(), client.settings().skew());
    let wanted: Vec<Result<Wanted, String>> =
        rows.iter().map(|row| written::read(row, zone, skew)).collect();
    let known = Known::of(client, &schema, &wanted).await.map_err(in_words)?;
    let mut own = Own::default();
    let mut records = Vec::with_capacity(rows.len());
    for (row, wanted) in rows.iter().zip(wanted) {
        let found = match wanted {
            Ok(wanted) => known.find(&wanted, client, held, &mut own).await?,
            Err(why) => Err(why),
        };
        records.push(match found {
            Ok(identity) => {
                let key = quoted(&identity.id.0);
                row.of_call(identity, &key)
            }
            Err(why) => row.unreadable(format!("line {}: {why}", row.line)),
        });
    }
    Ok(records)
}

/// What the database has of the calls of some rows.
struct Known {
    outbound: HashMap<(String, i64), Vec<Seen>>,
    queued: HashMap<String, Vec<Seen>>,
}

/// Ids given to calls that nobody else has, with the channel each one is of.
#[derive(Default)]
struct Own(HashMap<Key, String>);

impl Known {
    async fn of(
        client: &Client,
        schema: &Schema,
        wanted: &[Result<Wanted, String>],
    ) -> Result<Self, Failed> {
        let wanted = || wanted.iter().filter_map(|it| it.as_ref().ok());
        let outbound = wanted().filter(|it| it.side != Some(Side::Queued));
        let leads: BTreeSet<String> = outbound.map(|it| it.lead.to_string()).collect();
        let queued = wanted().filter(|it| it.side != Some(Side::Outbound));
        let uniques: BTreeSet<String> = queued.map(|it| it.unique.clone()).collect();
        let mut known = Self { outbound: HashMap::new(), queued: HashMap::new() };
        for seen in seen(client, schema, Kind::Log, "lead_id", leads).await? {
            if let Some(Key::Log { unique, lead, .. }) = &seen.key {
                let second = written::second(unique).to_owned();
                known.outbound.entry((second, *lead)).or_default().push(seen);
            }
        }
        for seen in seen(client, schema, Kind::Closer, "uniqueid", uniques).await? {
            if let Some(unique) = seen.unique().map(str::to_owned) {
                known.queued.entry(unique).or_default().push(seen);
            }
        }
        Ok(known)
    }

    async fn find(
        &self,
        wanted: &Wanted,
        client: &Client,
        held: &dyn Held,
        own: &mut Own,
    ) -> Result<Result<Identity, String>, SourceError> {
        let none = Vec::new();
        let second = written::second(&wanted.unique).to_owned();
        let outbound = match wanted.side {
            Some(Side::Queued) => &none,
            _ => self.outbound.get(&(second, wanted.lead)).unwrap_or(&none),
        };
        let queued = match wanted.side {
            Some(Side::Outbound) => &none,
            _ => self.queued.get(&wanted.unique).unwrap_or(&none),
        };
        let skew = client.settings().skew().max(wanted.precision);
        let is_then = |seen: &&Seen| seen.at.is_some_and(|at| apart(at, wanted.at) <= skew);
        let queued: Vec<&Seen> = queued.iter().filter(is_then).collect();
        let exact = outbound.iter().filter(|seen| seen.unique() == Some(wanted.unique.as_str()));
        let mut outbound: Vec<&Seen> = exact.collect();
        if outbound.is_empty() {
            // The primary key of a manual call is rewritten when it ends.
            let all = self.outbound.get(&(written::second(&wanted.unique).to_owned(), wanted.lead));
            let is_open = wanted.side != Some(Side::Queued);
            outbound = all.into_iter().flatten().filter(|_| is_open).collect();
        }
        let all: Vec<&Seen> = outbound.into_iter().chain(queued).collect();
        Ok(match (all.as_slice(), wanted.side) {
            ([one], _) => identity(one),
            ([], Some(Side::Outbound)) => return outbound_held(wanted, held, own).await,
            ([], Some(Side::Queued)) => Err("the database no longer has this queue entry, and a \
                                             file does not have its number"
                .to_owned()),
            ([], None) => Err("the file does not say whether the call was queued, and the \
                               database does not have it"
                .to_owned()),
            _ => Err(format!("{} calls of the database fit this row", all.len())),
        })
    }
}

fn identity(seen: &Seen) -> Result<Identity, String> {
    match (&seen.key, seen.at) {
        (Some(key), Some(occurred_at)) => Ok(Identity { id: key.id(), occurred_at }),
        _ => Err("the database's own row of it cannot be read".to_owned()),
    }
}

/// An outbound call that the database does not have: one we hold, or one that only files know.
async fn outbound_held(
    wanted: &Wanted,
    held: &dyn Held,
    own: &mut Own,
) -> Result<Result<Identity, String>, SourceError> {
    let Wanted { unique, lead, at, .. } = wanted;
    let (lead, occurred_at) = (*lead, *at);
    let second = written::second(unique).to_owned();
    let start = at.as_millis().div_euclid(1000);
    let usual = Key::Log { unique: second.clone(), lead, start };
    // Two rows of one file that share all but their channel are two calls.
    let mine = own.0.entry(usual.clone()).or_insert_with(|| unique.clone());
    let key = if mine == unique { usual } else { Key::Log { unique: unique.clone(), lead, start } };
    let name = if mine == unique { &second } else { unique };
    for start in [format!("vl-{unique}-{lead}-"), format!("vl-{name}-{lead}-")] {
        match held.beginning(&start).await?.as_slice() {
            [] => {}
            [one] => {
                let id = one.clone();
                let at = Key::read(&id).and_then(|key| begun(&key)).unwrap_or(occurred_at);
                return Ok(Ok(Identity { id, occurred_at: at }));
            }
            several => return Ok(Err(format!("{} calls held fit this row", several.len()))),
        }
    }
    Ok(Ok(Identity { id: key.id(), occurred_at }))
}

/// When a call began, by its key.
pub(super) fn begun(key: &Key) -> Option<Timestamp> {
    match key {
        Key::Log { start, .. } if *start > 0 => Some(Timestamp::from_millis(start * 1000)),
        _ => None,
    }
}

/// Rows of a call table by a column, tables in use first.
async fn seen(
    client: &Client,
    schema: &Schema,
    kind: Kind,
    column: &str,
    values: BTreeSet<String>,
) -> Result<Vec<Seen>, Failed> {
    let table = if kind == Kind::Log { Table::Log } else { Table::Closer };
    let values: Vec<String> = values.into_iter().collect();
    let mut all = Vec::new();
    for values in values.chunks(sql::LIST_MAX) {
        let condition = format!("{} IN ({})", sql::name(column), sql::list(values));
        let mut copies = Vec::new();
        for copy in [Copy::Live, Copy::Archive] {
            let mut rows = Vec::new();
            if schema.has_column(table, copy, column)
                && let Some(statement) = schema.select(table, copy, &condition)
            {
                rows = client.try_ask(table.name(), &statement).await?.rows;
            }
            let (zone, skew) = (client.zone(), client.settings().skew());
            let seen = rows.into_iter().map(|row| Seen::new(kind, copy, row, zone, skew));
            copies.push(seen.collect::<Vec<_>>());
        }
        let archive = copies.pop().unwrap_or_default();
        all.extend(with_live_first(copies.pop().unwrap_or_default(), archive));
    }
    Ok(all)
}
