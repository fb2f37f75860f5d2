//! Asking the ledgers, and for whatever seems to lack a row every row that could account for it.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use domain::Window;

use super::super::client::{Client, Failed};
use super::super::key::{Kind, created, created_at};
use super::super::rows::Row;
use super::super::seen::{Seen, instant};
use super::super::sql;
use super::super::tables::{Copy, Schema, Table};
use super::super::zone::Hints;
use super::matching::{Logged, is_dialled, is_inbound, unaccounted};
use super::{Attempt, Compared, DEADLINE, Ledger};

/// The cause of a request that was refused, so that no call was placed.
const REFUSED: &str = "999";

/// What filters before the carrier say of a call that was never placed.
const NEVER_PLACED: [&str; 2] = ["DNC", "DISCONNECT"];

/// Letters of a `uniqueid` that the call tables keep.
const UNIQUE_LETTERS: usize = 20;

pub(super) struct Asking<'a> {
    client: &'a Client,
    schema: &'a Schema,
    pub slowest: Duration,
}

impl<'a> Asking<'a> {
    pub fn new(client: &'a Client, schema: &'a Schema) -> Self {
        Self { client, schema, slowest: Duration::ZERO }
    }

    /// Compares one ledger of a slice.
    pub async fn compare(
        &mut self,
        ledger: Ledger,
        slice: Window,
        calls: &[Seen],
    ) -> Result<Compared, Failed> {
        let due = self.client.now() - DEADLINE;
        let mut known = self.attempts(ledger, &self.condition(ledger, slice)).await?;
        known.retain(|call| slice.contains(call.listed) && call.listed < due);
        let count = known.len() as u64;
        let (inbound, dialled): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|call| is_inbound(&call.code));
        let mut without_row = self.dialled(ledger, slice, calls, dialled).await?;
        if ledger == Ledger::Recording {
            // A merged lead changes on a recording, and not on its call.
            without_row = self.unknown(without_row, &[Table::Log, Table::Closer]).await?;
        }
        let tables = [Table::Closer, Table::Log, Table::Did];
        without_row.extend(self.unknown(of_no_queue(calls, inbound), &tables).await?);
        Ok(Compared { ledger, calls: count, without_row })
    }

    /// What finds a ledger's calls of a slice by an index.
    fn condition(&self, ledger: Ledger, slice: Window) -> String {
        if ledger == Ledger::Recording {
            let second = |at: domain::Timestamp| at.as_millis().div_euclid(1000);
            let range = (second(slice.from()).to_string(), (second(slice.to()) + 1).to_string());
            return sql::between("vicidial_id", &range);
        }
        let range = self.client.zone().hull(slice.widened(self.client.settings().skew()));
        sql::between("call_date", &range)
    }

    /// Those of outbound calls that no row accounts for.
    async fn dialled(
        &mut self,
        ledger: Ledger,
        slice: Window,
        calls: &[Seen],
        dialled: Vec<Attempt>,
    ) -> Result<Vec<Attempt>, Failed> {
        let ours = calls.iter().filter(|seen| seen.kind == Kind::Log);
        let rows: Vec<Logged> = ours.filter_map(|seen| Logged::read(&seen.row, seen.at)).collect();
        let suspects = unaccounted(dialled, rows);
        let leads: BTreeSet<&str> = suspects.iter().map(|call| call.lead.as_str()).collect();
        let leads: Vec<&str> = leads.into_iter().collect();
        let mut lost = Vec::new();
        for leads in leads.chunks(sql::LIST_MAX) {
            // Other calls to the same lead claim rows of theirs.
            let condition = format!("`lead_id` IN ({})", sql::list(leads));
            let mut known = self.attempts(ledger, &condition).await?;
            known.retain(|call| !is_inbound(&call.code));
            let rows = self.logged(&condition).await?;
            lost.extend(unaccounted(known, rows));
        }
        let suspected: HashSet<&(String, String)> = suspects.iter().map(|it| &it.key).collect();
        lost.retain(|call| suspected.contains(&call.key) && slice.contains(call.listed));
        Ok(lost)
    }

    /// Those whose channel no row of these tables has.
    async fn unknown(
        &mut self,
        mut calls: Vec<Attempt>,
        tables: &[Table],
    ) -> Result<Vec<Attempt>, Failed> {
        for table in tables {
            let uniques: BTreeSet<&str> = calls.iter().filter_map(channel).collect();
            let uniques: Vec<&str> = uniques.into_iter().collect();
            let mut known = HashSet::new();
            for some in uniques.chunks(sql::LIST_MAX) {
                let condition = format!("`uniqueid` IN ({})", sql::list(some));
                let rows = self.rows(*table, &condition).await?;
                known.extend(rows.iter().filter_map(|row| row.get("uniqueid").map(str::to_owned)));
            }
            calls.retain(|call| channel(call).is_none_or(|unique| !known.contains(unique)));
        }
        Ok(calls)
    }

    async fn attempts(&mut self, ledger: Ledger, condition: &str) -> Result<Vec<Attempt>, Failed> {
        let rows = self.rows(ledger.table(), condition).await?;
        let read = rows.iter().filter_map(|row| match ledger {
            Ledger::Dial => self.requested(row),
            Ledger::Extended => self.logged_beside(row),
            Ledger::Carrier => self.carried(row),
            Ledger::Recording => recorded(row),
        });
        let mut known = HashSet::new();
        // A dialler's code comes again after a while. Two rows of one lead and second are one call
        // to the other ledgers: the provider removes such doubles itself.
        let time = |call: &Attempt| (ledger == Ledger::Dial).then_some(call.at);
        Ok(read.filter(|call| known.insert((call.key.clone(), time(call)))).collect())
    }

    fn requested(&self, row: &Row) -> Option<Attempt> {
        let code = row.get("caller_code").filter(|code| is_dialled(code))?.to_owned();
        if row.get("sip_hangup_cause") == Some(REFUSED) {
            return None;
        }
        let server = row.get("server_ip").unwrap_or_default().to_owned();
        let unique = row.get("uniqueid").map(str::to_owned);
        let listed = self.written(row, unique.as_deref())?;
        let lead = row.get("lead_id")?.to_owned();
        Some(Attempt { key: (code.clone(), server), code, lead, at: listed, listed, unique })
    }

    fn logged_beside(&self, row: &Row) -> Option<Attempt> {
        let code = row.get("caller_code").filter(|code| is_dialled(code) || is_inbound(code))?;
        self.of_channel(row, code.to_owned())
    }

    fn carried(&self, row: &Row) -> Option<Attempt> {
        if row.get("dialstatus").is_some_and(|said| NEVER_PLACED.contains(&said)) {
            return None;
        }
        // Old schemas name no caller code here.
        let code = row.get("caller_code").or_else(|| row.get("uniqueid"))?;
        let is_call = row.get("caller_code").is_none_or(is_dialled);
        if is_call { self.of_channel(row, code.to_owned()) } else { None }
    }

    /// A call by the second its channel was created in, and its lead.
    fn of_channel(&self, row: &Row, code: String) -> Option<Attempt> {
        let unique = row.get("uniqueid")?;
        let lead = row.get("lead_id").filter(|lead| *lead != "0")?.to_owned();
        let listed = self.written(row, Some(unique))?;
        let at = created_at(unique).unwrap_or(listed);
        let key = (lead.clone(), second(unique).to_owned());
        Some(Attempt { key, code, lead, at, listed, unique: Some(unique.to_owned()) })
    }

    fn written(&self, row: &Row, unique: Option<&str>) -> Option<domain::Timestamp> {
        let hints = Hints { start: None, created: unique.and_then(created_at) };
        self.client.zone().instant(row.get("call_date")?, hints, self.client.settings().skew())
    }

    async fn logged(&mut self, condition: &str) -> Result<Vec<Logged>, Failed> {
        let rows = self.rows(Table::Log, condition).await?;
        let (zone, skew) = (self.client.zone(), self.client.settings().skew());
        let read = rows.iter().filter_map(|row| Logged::read(row, instant(row, zone, skew)));
        let mut known = HashSet::new();
        Ok(read.filter(|row| known.insert((row.unique.clone(), row.lead.clone()))).collect())
    }

    async fn rows(&mut self, table: Table, condition: &str) -> Result<Vec<Row>, Failed> {
        let mut rows = Vec::new();
        for copy in [Copy::Live, Copy::Archive] {
            let Some(statement) = self.schema.select(table, copy, condition) else { continue };
            let timed = self.client.try_ask(table.name(), &statement).await?;
            self.slowest = self.slowest.max(timed.took);
            rows.extend(timed.rows);
        }
        Ok(rows)
    }
}

/// A recording is filed under its outbound call's channel; its file's name may hold a number.
fn recorded(row: &Row) -> Option<Attempt> {
    let unique = row.get("vicidial_id")?;
    let at = created_at(unique)?;
    let lead = row.get("lead_id").filter(|lead| *lead != "0")?.to_owned();
    let code = format!("recording {}", row.get("recording_id")?);
    let key = (lead.clone(), second(unique).to_owned());
    Some(Attempt { key, code, lead, at, listed: at, unique: Some(unique.to_owned()) })
}

fn second(unique: &str) -> &str {
    created(unique).map_or(unique, |(second, _)| second)
}

/// A channel as the call tables keep it.
fn channel(call: &Attempt) -> Option<&str> {
    let unique = call.unique.as_deref()?;
    Some(unique.char_indices().nth(UNIQUE_LETTERS).map_or(unique, |(end, _)| &unique[..end]))
}

/// Inbound calls that are not among these calls.
fn of_no_queue(calls: &[Seen], mut inbound: Vec<Attempt>) -> Vec<Attempt> {
    let known: HashSet<&str> = calls.iter().filter_map(Seen::unique).collect();
    inbound.retain(|call| channel(call).is_none_or(|unique| !known.contains(unique)));
    inbound
}
