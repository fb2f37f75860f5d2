//! Reading one slice of time: count, read the tables in use, then their archives, count again.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Window;

use super::client::{Client, Failed};
use super::key::Kind;
use super::rows::Row;
use super::seen::{Seen, with_live_first};
use super::sql;
use super::tables::{Copy, Schema, Table};

/// The call tables.
const KINDS: [(Kind, Table); 3] =
    [(Kind::Log, Table::Log), (Kind::Closer, Table::Closer), (Kind::Did, Table::Did)];

/// Rows before this have no time that a call can have, such as `0000-00-00 00:00:00`.
const BEFORE_ALL: &str = "1990-01-01 00:00:00";

/// What came of a slice.
#[derive(Debug)]
pub(super) enum Slice {
    /// Its calls, and whether they can be believed to be all.
    Read(SliceRead),
    /// One of its tables has more rows than one statement may bring.
    TooMany,
}

/// The calls of a slice.
#[derive(Debug)]
pub(super) struct SliceRead {
    /// They.
    pub calls: Vec<Seen>,
    /// Why they prove nothing, if they do not.
    pub doubt: Option<String>,
    /// Rows of its largest table.
    pub rows: u64,
    /// The slowest statement.
    pub slowest: Duration,
}

/// One question about a range of local times.
pub(super) struct Reader<'a> {
    pub client: &'a Client,
    pub schema: &'a Schema,
    slowest: Duration,
}

impl<'a> Reader<'a> {
    pub fn new(client: &'a Client, schema: &'a Schema) -> Self {
        Self { client, schema, slowest: Duration::ZERO }
    }

    /// Reads the calls whose instant lies in `slice`.
    pub async fn slice(mut self, slice: Window, rows_max: u64) -> Result<Slice, Failed> {
        let skew = self.client.settings().skew();
        let range = self.client.zone().hull(slice.widened(skew));
        let before = self.counts(&range).await?;
        let most = before.iter().copied().max().unwrap_or(0);
        if most > rows_max {
            return Ok(Slice::TooMany);
        }
        let mut calls = Vec::new();
        let mut live_rows = Vec::new();
        let condition = sql::between("call_date", &range);
        for (kind, table) in self.tables() {
            // In use first: the archiver copies before it deletes, so what is gone by now is
            // already in the archive.
            let live = self.seen(kind, table, Copy::Live, &condition).await?;
            let archive = self.seen(kind, table, Copy::Archive, &condition).await?;
            live_rows.push(live.len() as u64);
            let all = with_live_first(live, archive);
            let inside = |seen: &Seen| seen.at.is_none_or(|at| slice.contains(at));
            calls.extend(all.into_iter().filter(inside));
        }
        let after = self.counts(&range).await?;
        let calls = self.without_queued(calls).await?;
        let doubt = doubt(slice, &before, &live_rows, &after);
        Ok(Slice::Read(SliceRead { calls, doubt, rows: most, slowest: self.slowest }))
    }

    /// Reads the calls whose `call_date` is no date and whose instant, as far as another column
    /// says it, lies in `window`.
    pub async fn undated(mut self, window: Window) -> Result<Vec<Seen>, Failed> {
        let column = sql::name("call_date");
        let condition = format!("({column} < {} OR {column} IS NULL)", sql::literal(BEFORE_ALL));
        let mut calls = Vec::new();
        for (kind, table) in self.tables() {
            let live = self.seen(kind, table, Copy::Live, &condition).await?;
            let archive = self.seen(kind, table, Copy::Archive, &condition).await?;
            let all = with_live_first(live, archive);
            calls.extend(
                all.into_iter().filter(|seen| seen.at.is_none_or(|at| window.contains(at))),
            );
        }
        Ok(calls)
    }

    fn tables(&self) -> impl Iterator<Item = (Kind, Table)> + use<> {
        let with_did = self.client.settings().did_calls && self.schema.has(Table::Did, Copy::Live);
        KINDS.into_iter().filter(move |(kind, _)| *kind != Kind::Did || with_did)
    }

    /// How many rows each table in use has in a range of local times, in one statement.
    async fn counts(&mut self, range: &(String, String)) -> Result<Vec<u64>, Failed> {
        let condition = sql::between("call_date", range);
        let counts = self.tables().map(|(_, table)| {
            let source = Schema::source(table, Copy::Live);
            format!("(SELECT COUNT(*) FROM {source} WHERE {condition})")
        });
        let statement = format!("SELECT {}", counts.collect::<Vec<_>>().join(", "));
        let rows = self.ask("counts of rows", &statement).await?;
        let count = |row: &Row, nth| row.nth(nth).and_then(|count| count.parse().ok());
        let tables = self.tables().count();
        Ok((0..tables)
            .map(|nth| rows.first().and_then(|row| count(row, nth)).unwrap_or(0))
            .collect())
    }

    async fn seen(
        &mut self,
        kind: Kind,
        table: Table,
        copy: Copy,
        condition: &str,
    ) -> Result<Vec<Seen>, Failed> {
        let Some(statement) = self.schema.select(table, copy, condition) else {
            return Ok(Vec::new());
        };
        let rows = self.ask(table.name(), &statement).await?.into_iter();
        let (zone, skew) = (self.client.zone(), self.client.settings().skew());
        Ok(rows.map(|row| Seen::new(kind, copy, row, zone, skew)).collect())
    }

    /// An inbound call that entered a queue is listed as its queue entry, not once more.
    async fn without_queued(&mut self, mut calls: Vec<Seen>) -> Result<Vec<Seen>, Failed> {
        let inbound = calls.iter().filter(|seen| seen.kind == Kind::Did);
        let uniques: BTreeSet<String> =
            inbound.filter_map(Seen::unique).map(str::to_owned).collect();
        let uniques: Vec<String> = uniques.into_iter().collect();
        let mut queued = BTreeSet::new();
        for copy in [Copy::Live, Copy::Archive] {
            if !self.schema.has_column(Table::Closer, copy, "uniqueid") {
                continue;
            }
            for some in uniques.chunks(sql::LIST_MAX) {
                let source = Schema::source(Table::Closer, copy);
                let list = sql::list(some);
                let statement =
                    format!("SELECT `uniqueid` FROM {source} WHERE `uniqueid` IN ({list})");
                let rows = self.ask("queue entries", &statement).await?;
                queued.extend(rows.iter().filter_map(|row| row.nth(0)).map(str::to_owned));
            }
        }
        calls.retain(|seen| {
            seen.kind != Kind::Did || seen.unique().is_none_or(|unique| !queued.contains(unique))
        });
        Ok(calls)
    }

    async fn ask(&mut self, name: &str, statement: &str) -> Result<Vec<Row>, Failed> {
        let timed = self.client.try_ask(name, statement).await?;
        self.slowest = self.slowest.max(timed.took);
        Ok(timed.rows)
    }
}

fn doubt(slice: Window, before: &[u64], read: &[u64], after: &[u64]) -> Option<String> {
    if before == read && read == after {
        return None;
    }
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    let (before, read, after) = (sum(before), sum(read), sum(after));
    Some(format!(
        "rows came or went while {slice} was read: {before} were counted, {read} read and {after} \
         counted again"
    ))
}
