//! What other tables say about calls, fetched for many calls at once, and the record of each.
//!
//! Everything is looked up by an indexed column in statements of its own. A join would lose the
//! call whose lead is gone.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;

use super::client::{Client, Failed};
use super::key::{Kind, created};
use super::rows::{Row, json_list, quoted};
use super::seen::Seen;
use super::sql;
use super::tables::{Copy, Schema, Table};
use super::zone::apart;
use crate::json::because;
use crate::{Identity, RawRecord, parts};

/// How far a dial request's time may lie from its call's: codes repeat after a month or two.
const SAME_DIAL: Duration = Duration::from_hours(24);

/// Rows of other tables, by what they are looked up by.
#[derive(Debug, Default)]
pub(super) struct Around {
    leads: HashMap<String, Row>,
    extended: HashMap<String, Row>,
    dials: HashMap<String, Vec<Row>>,
    carriers: HashMap<String, Row>,
    agents: HashMap<String, Vec<Row>>,
    recordings: HashMap<String, Vec<Row>>,
    dids: HashMap<String, Vec<Row>>,
    channels: HashMap<String, Row>,
    /// The slowest statement.
    pub slowest: Duration,
}

/// What a status means, by campaign and code; the system's own under an empty campaign.
#[derive(Debug, Default)]
pub(super) struct Statuses(HashMap<(String, String), Row>);

impl Statuses {
    /// Looks all of them up; a site that does not let us see them has none.
    pub async fn load(client: &Client, schema: &Schema) -> Result<Self, Failed> {
        let mut found = HashMap::new();
        for table in [Table::Statuses, Table::CampaignStatuses] {
            let Some(statement) = schema.select(table, Copy::Live, "1 = 1") else { continue };
            for row in client.try_ask("statuses", &statement).await?.rows {
                let campaign = row.get("campaign_id").unwrap_or_default().to_uppercase();
                let Some(status) = row.get("status").map(str::to_uppercase) else { continue };
                found.insert((campaign, status), row);
            }
        }
        Ok(Self(found))
    }

    /// A campaign's own meaning goes first. Codes are compared as the database does.
    fn of(&self, seen: &Seen) -> Option<&Row> {
        let status = seen.row.get("status")?.to_uppercase();
        let campaign = seen.row.get("campaign_id").unwrap_or_default().to_uppercase();
        let own = self.0.get(&(campaign, status.clone()));
        own.or_else(|| self.0.get(&(String::new(), status)))
    }
}

/// Looks up rows of one table by a column, in the table in use and then, for what was not found
/// there or for every value where rows pile up, in its archive.
struct Lookup<'a> {
    client: &'a Client,
    schema: &'a Schema,
    slowest: Duration,
}

impl Lookup<'_> {
    /// The one row of each value.
    async fn one(
        &mut self,
        table: Table,
        column: &str,
        values: &BTreeSet<&str>,
    ) -> Result<HashMap<String, Row>, Failed> {
        let mut found = HashMap::new();
        for copy in [Copy::Live, Copy::Archive] {
            let left = values.iter().copied().filter(|value| !found.contains_key(*value));
            let left: Vec<&str> = left.collect();
            for row in self.rows(table, copy, column, &left).await? {
                if let Some(value) = row.get(column).map(str::to_owned) {
                    found.entry(value).or_insert(row);
                }
            }
        }
        Ok(found)
    }

    /// All rows of each value; a row of the archive counts where no other has its `own` columns.
    async fn many(
        &mut self,
        table: Table,
        column: &str,
        own: &[&str],
        values: &BTreeSet<&str>,
    ) -> Result<HashMap<String, Vec<Row>>, Failed> {
        let values: Vec<&str> = values.iter().copied().collect();
        let mut found: HashMap<String, Vec<Row>> = HashMap::new();
        for copy in [Copy::Live, Copy::Archive] {
            for row in self.rows(table, copy, column, &values).await? {
                let Some(value) = row.get(column) else { continue };
                let held = found.entry(value.to_owned()).or_default();
                let is_same = |other: &Row| own.iter().all(|name| other.get(name) == row.get(name));
                if !held.iter().any(is_same) {
                    held.push(row);
                }
            }
        }
        for rows in found.values_mut() {
            let order = |row: &Row| own.iter().map(|name| row.get(name).map(padded)).collect();
            rows.sort_by_cached_key(|row| -> Vec<Option<String>> { order(row) });
        }
        Ok(found)
    }

    /// What stands beside outbound calls whose key was rewritten when they ended, by their new key:
    /// other programs know such a call under its former one, with the same lead and second.
    async fn rewritten(
        &mut self,
        calls: &[Seen],
        known: &HashMap<String, Row>,
    ) -> Result<HashMap<String, Row>, Failed> {
        let lacking = calls.iter().filter_map(|seen| {
            let unique = seen.unique().filter(|unique| !known.contains_key(*unique))?;
            (seen.kind == Kind::Log).then_some((unique, created(unique)?.0, seen.lead()?))
        });
        let lacking: Vec<(&str, &str, &str)> = lacking.collect();
        let leads: BTreeSet<&str> = lacking.iter().map(|(.., lead)| *lead).collect();
        let beside = self.many(Table::Extended, "lead_id", &["uniqueid"], &leads).await?;
        let of_second = |second: &str, lead: &str| -> Vec<(&str, &Row)> {
            let named = |row| Some((Row::get(row, "uniqueid")?, row));
            let rows = beside.get(lead).into_iter().flatten().filter_map(named);
            rows.filter(|(unique, _)| created(unique).is_some_and(|(at, _)| at == second)).collect()
        };
        let candidates = lacking.iter().flat_map(|(_, second, lead)| of_second(second, lead));
        let candidates: BTreeSet<&str> = candidates.map(|(unique, _)| unique).collect();
        let candidates: Vec<&str> = candidates.into_iter().collect();
        // What has a call's row of its own speaks of that call.
        let own = self.rows(Table::Log, Copy::Live, "uniqueid", &candidates).await?;
        let own: BTreeSet<&str> = own.iter().filter_map(|row| row.get("uniqueid")).collect();
        let former = |(unique, second, lead): &(&str, &str, &str)| {
            let mut rows = of_second(second, lead).into_iter();
            let (_, row) = rows.find(|(former, _)| !own.contains(former))?;
            Some(((*unique).to_owned(), row.clone()))
        };
        Ok(lacking.iter().filter_map(former).collect())
    }

    async fn rows(
        &mut self,
        table: Table,
        copy: Copy,
        column: &str,
        values: &[&str],
    ) -> Result<Vec<Row>, Failed> {
        let mut rows = Vec::new();
        if !self.schema.has_column(table, copy, column) {
            return Ok(rows);
        }
        for values in values.chunks(sql::LIST_MAX) {
            let condition = format!("{} IN ({})", sql::name(column), sql::list(values));
            let Some(statement) = self.schema.select(table, copy, &condition) else { break };
            let timed = self.client.try_ask(table.name(), &statement).await?;
            self.slowest = self.slowest.max(timed.took);
            rows.extend(timed.rows);
        }
        Ok(rows)
    }
}

/// Numbers in the order of their values.
fn padded(text: &str) -> String {
    format!("{text:0>24}")
}

impl Around {
    /// Looks up everything about these calls.
    pub async fn of(client: &Client, schema: &Schema, calls: &[Seen]) -> Result<Self, Failed> {
        let mut look = Lookup { client, schema, slowest: Duration::ZERO };
        let uniques = |kinds: &[Kind]| {
            let calls = calls.iter().filter(|seen| kinds.contains(&seen.kind));
            calls.filter_map(Seen::unique).collect::<BTreeSet<&str>>()
        };
        let leads: BTreeSet<&str> = calls.iter().filter_map(Seen::lead).collect();
        let (outbound, queued) = (uniques(&[Kind::Log]), uniques(&[Kind::Closer]));
        let talked = uniques(&[Kind::Log, Kind::Closer]);
        let unqueued = uniques(&[Kind::Did]);

        let mut extended = look.one(Table::Extended, "uniqueid", &talked).await?;
        extended.extend(look.rewritten(calls, &extended).await?);
        let former = extended.values().filter_map(|row| row.get("uniqueid"));
        let recorded: BTreeSet<&str> = calls.iter().filter_map(recorded_as).chain(former).collect();
        let codes = extended.values().filter_map(|row| row.get("caller_code")).collect();
        let agents = look.many(Table::Agent, "lead_id", &["agent_log_id"], &leads).await?;
        let dial_is = ["call_date", "caller_code", "server_ip"];
        let did_is = ["call_date", "server_ip"];
        Ok(Self {
            leads: look.one(Table::Lead, "lead_id", &leads).await?,
            dials: look.many(Table::Dial, "caller_code", &dial_is, &codes).await?,
            carriers: look.one(Table::Carrier, "uniqueid", &outbound).await?,
            agents,
            recordings: look
                .many(Table::Recording, "vicidial_id", &["recording_id"], &recorded)
                .await?,
            dids: look.many(Table::Did, "uniqueid", &did_is, &queued).await?,
            channels: look.one(Table::Channel, "uniqueid", &unqueued).await?,
            extended,
            slowest: look.slowest,
        })
    }

    /// The record of one call, put together of what belongs to it.
    pub fn record(&self, client: &Client, seen: &Seen, statuses: &Statuses) -> RawRecord {
        let identity = match (&seen.key, seen.at) {
            (Some(key), Some(occurred_at)) => Ok(Identity { id: key.id(), occurred_at }),
            (None, _) => Err(because("the row lacks what identifies it")),
            (_, None) => Err(because("the row has no time that can be read")),
        };
        RawRecord { identity, bytes: self.compose(client, seen, statuses) }
    }

    fn compose(&self, client: &Client, seen: &Seen, statuses: &Statuses) -> Bytes {
        let mut parts: Vec<(&str, Vec<u8>)> = Vec::new();
        if let Some(key) = &seen.key {
            parts.push(("key", quoted(&key.id().0)));
        }
        parts.push((part_name(seen), seen.row.json()));
        let mut one = |name, row: Option<&Row>| parts.extend(row.map(|row| (name, row.json())));
        one("lead", seen.lead().and_then(|lead| self.leads.get(lead)));
        one("status", statuses.of(seen));
        let extended = self.extended_of(seen);
        one("extended", extended);
        one("dial", extended.and_then(|extended| self.dial_of(client, extended)));
        let carrier = seen.unique().and_then(|unique| self.carriers.get(unique));
        one("carrier", carrier.filter(|row| is_of_lead(row, seen)));
        one("channel", seen.unique().and_then(|unique| self.channels.get(unique)));
        let mut many = |name, rows: Vec<&Row>| {
            if !rows.is_empty() {
                parts.push((name, json_list(&rows)));
            }
        };
        many("did", of(&self.dids, seen.unique()));
        many("recording", self.recordings_of(seen));
        many("agent", self.agent_times_of(seen));
        parts::compose(parts.iter().map(|(name, json)| (*name, json.as_slice())))
    }

    /// A `uniqueid` that comes twice overwrites this row; then it speaks of another lead's call.
    fn extended_of(&self, seen: &Seen) -> Option<&Row> {
        let row = self.extended.get(seen.unique()?)?;
        (seen.kind != Kind::Did && is_of_lead(row, seen)).then_some(row)
    }

    /// A caller code repeats after a while and on other servers.
    fn dial_of(&self, client: &Client, extended: &Row) -> Option<&Row> {
        let code = extended.get("caller_code")?;
        let at = |row: &Row| {
            let readings = client.zone().readings(row.get("call_date").unwrap_or_default());
            readings.first().copied()
        };
        let called = at(extended)?;
        let same = |row: &&Row| {
            row.get("lead_id") == extended.get("lead_id")
                && row.get("server_ip") == extended.get("server_ip")
                && at(row).is_some_and(|at| apart(at, called) <= SAME_DIAL)
        };
        self.dials.get(code)?.iter().find(same)
    }

    fn recordings_of(&self, seen: &Seen) -> Vec<&Row> {
        let former = of(&self.recordings, self.former_of(seen));
        let rows = of(&self.recordings, recorded_as(seen)).into_iter().chain(former);
        let is_ours = |row: &&Row| seen.kind == Kind::Closer || is_of_lead(row, seen);
        rows.filter(is_ours).collect()
    }

    fn agent_times_of(&self, seen: &Seen) -> Vec<&Row> {
        let rows = of(&self.agents, seen.lead()).into_iter();
        let names = [seen.unique(), self.former_of(seen)];
        rows.filter(|row| row.get("uniqueid").is_some() && names.contains(&row.get("uniqueid")))
            .collect()
    }

    /// The `uniqueid` an outbound call had before its key was rewritten.
    fn former_of(&self, seen: &Seen) -> Option<&str> {
        let former = self.extended_of(seen).filter(|_| seen.kind == Kind::Log)?.get("uniqueid");
        former.filter(|former| Some(*former) != seen.unique())
    }
}

/// What the row is called in a record. The archive's copy has a name of its own: what is held of a
/// later state is then never overwritten by a copy made earlier.
fn part_name(seen: &Seen) -> &'static str {
    match (seen.kind, seen.copy) {
        (Kind::Log, Copy::Live) => "log",
        (Kind::Log, Copy::Archive) => "archived_log",
        (Kind::Closer, Copy::Live) => "closer",
        (Kind::Closer, Copy::Archive) => "archived_closer",
        (Kind::Did, _) => "did_call",
    }
}

/// Recordings name an outbound call by its `uniqueid`, an inbound one by its queue entry.
fn recorded_as(seen: &Seen) -> Option<&str> {
    match seen.kind {
        Kind::Log => seen.unique(),
        Kind::Closer => seen.row.get("closecallid"),
        Kind::Did => None,
    }
}

fn is_of_lead(row: &Row, seen: &Seen) -> bool {
    row.get("lead_id").is_none() || row.get("lead_id") == seen.row.get("lead_id")
}

fn of<'a>(rows: &'a HashMap<String, Vec<Row>>, value: Option<&str>) -> Vec<&'a Row> {
    value.and_then(|value| rows.get(value)).into_iter().flatten().collect()
}
