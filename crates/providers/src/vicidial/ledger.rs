//! The dialler's own ledger: every call it asked for has a row in `vicidial_dial_log`, written
//! before the call is placed. One without a row in `vicidial_log` was lost at the provider.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use domain::{Timestamp, Window};

use super::client::{Client, Failed};
use super::key::{Kind, created_at};
use super::rows::Row;
use super::seen::{Seen, instant};
use super::sql;
use super::tables::{Copy, Schema, Table};
use super::zone::{Hints, apart};

/// Until when a call must have its row: the longest ring, the sweep after it and the audit.
pub(super) const DEADLINE: Duration = Duration::from_mins(15);

/// How much earlier than its request a row may seem, because clocks differ.
const EARLIER: Duration = Duration::from_mins(1);

/// How soon after its request a channel is created.
const CREATED_WITHIN: Duration = Duration::from_secs(5);

/// The cause of a request that was refused, so that no call was placed.
const REFUSED: &str = "999";

/// A call that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    /// The dialler's name for it.
    pub code: String,
    /// Whom.
    pub lead: String,
    /// When.
    pub at: Timestamp,
    /// On which server.
    pub server: String,
    pub unique: Option<String>,
}

/// A row that accounts for one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Logged {
    pub unique: String,
    pub lead: String,
    pub at: Timestamp,
}

/// What the ledger says of a span.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// How many calls were asked for.
    pub attempts: u64,
    /// Those without a row.
    pub without_row: Vec<Attempt>,
    /// The slowest statement.
    pub slowest: Duration,
}

/// Compares the requests of a slice with its calls, and where one seems to be missing with every
/// call of its lead.
pub(super) async fn lost(
    client: &Client,
    schema: &Schema,
    slice: Window,
    calls: &[Seen],
) -> Result<Lost, Failed> {
    let mut ask = Asking { client, schema, slowest: Duration::ZERO };
    let range = client.zone().hull(slice.widened(client.settings().skew()));
    let due = client.now() - DEADLINE;
    let mut attempts = ask.attempts(&sql::between("call_date", &range)).await?;
    attempts.retain(|attempt| slice.contains(attempt.at) && attempt.at < due);
    let count = attempts.len() as u64;
    let ours = calls.iter().filter(|seen| seen.kind == Kind::Log);
    let rows: Vec<Logged> = ours.filter_map(|seen| logged(&seen.row, seen.at)).collect();
    let suspects = unaccounted(attempts, rows);
    let leads: BTreeSet<&str> = suspects.iter().map(|attempt| attempt.lead.as_str()).collect();
    let leads: Vec<&str> = leads.into_iter().collect();
    let mut lost = Vec::new();
    for leads in leads.chunks(sql::LIST_MAX) {
        // Other requests to the same lead claim rows of theirs.
        let condition = format!("`lead_id` IN ({})", sql::list(leads));
        let attempts = ask.attempts(&condition).await?;
        let rows = ask.logged(&condition).await?;
        lost.extend(unaccounted(attempts, rows));
    }
    let suspected: HashSet<(&str, &str)> =
        suspects.iter().map(|it| (it.code.as_str(), it.server.as_str())).collect();
    lost.retain(|attempt| {
        let is_suspect = suspected.contains(&(attempt.code.as_str(), attempt.server.as_str()));
        is_suspect && slice.contains(attempt.at)
    });
    Ok(Lost { attempts: count, without_row: lost, slowest: ask.slowest })
}

struct Asking<'a> {
    client: &'a Client,
    schema: &'a Schema,
    slowest: Duration,
}

impl Asking<'_> {
    async fn attempts(&mut self, condition: &str) -> Result<Vec<Attempt>, Failed> {
        let rows = self.rows(Table::Dial, condition).await?;
        let read = rows.iter().filter_map(|row| self.attempt(row));
        let mut known = HashSet::new();
        Ok(read.filter(|it| known.insert((it.code.clone(), it.server.clone(), it.at))).collect())
    }

    fn attempt(&self, row: &Row) -> Option<Attempt> {
        let code = row.get("caller_code").filter(|code| is_call(code))?.to_owned();
        if row.get("sip_hangup_cause") == Some(REFUSED) {
            return None;
        }
        let unique = row.get("uniqueid").map(str::to_owned);
        let created = unique.as_deref().and_then(created_at);
        let hints = Hints { start: None, created };
        let written = row.get("call_date")?;
        let at = self.client.zone().instant(written, hints, self.client.settings().skew())?;
        let lead = row.get("lead_id")?.to_owned();
        let server = row.get("server_ip").unwrap_or_default().to_owned();
        Some(Attempt { code, lead, at, server, unique })
    }

    async fn logged(&mut self, condition: &str) -> Result<Vec<Logged>, Failed> {
        let rows = self.rows(Table::Log, condition).await?;
        let (zone, skew) = (self.client.zone(), self.client.settings().skew());
        let read = rows.iter().filter_map(|row| logged(row, instant(row, zone, skew)));
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

fn logged(row: &Row, at: Option<Timestamp>) -> Option<Logged> {
    let unique = row.get("uniqueid")?.to_owned();
    Some(Logged { unique, lead: row.get("lead_id")?.to_owned(), at: at? })
}

/// Whether a caller code is of a call to a lead: agents' phones and third parties are dialled too.
fn is_call(code: &str) -> bool {
    let digits = code.strip_prefix(['V', 'M']).unwrap_or_default();
    digits.len() == 19 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The attempts no row accounts for; each row accounts for one attempt of its lead.
pub(super) fn unaccounted(attempts: Vec<Attempt>, rows: Vec<Logged>) -> Vec<Attempt> {
    let mut of_leads: BTreeMap<String, (Vec<Attempt>, Vec<Logged>)> = BTreeMap::new();
    for attempt in attempts {
        of_leads.entry(attempt.lead.clone()).or_default().0.push(attempt);
    }
    for row in rows {
        if let Some((_, rows)) = of_leads.get_mut(&row.lead) {
            rows.push(row);
        }
    }
    let left = of_leads.into_values().flat_map(|(mut attempts, mut rows)| {
        attempts.sort_by_key(|attempt| attempt.at);
        rows.sort_by_key(|row| row.at);
        // From the surest sign to the weakest, so that no row is taken by a neighbour.
        let signs: [fn(&Attempt, &Logged) -> bool; 3] = [same_channel, created_then, soon_after];
        for is_sign in signs {
            attempts.retain(|attempt| {
                let found = rows.iter().position(|row| is_sign(attempt, row));
                found.map(|nth| rows.remove(nth)).is_none()
            });
        }
        attempts
    });
    left.collect()
}

fn same_channel(attempt: &Attempt, row: &Logged) -> bool {
    attempt.unique.as_ref() == Some(&row.unique)
}

fn created_then(attempt: &Attempt, row: &Logged) -> bool {
    created_at(&row.unique).is_some_and(|created| apart(created, attempt.at) <= CREATED_WITHIN)
}

fn soon_after(attempt: &Attempt, row: &Logged) -> bool {
    let span = Window::new(attempt.at - EARLIER, attempt.at + DEADLINE);
    span.is_ok_and(|span| span.contains(row.at))
}
