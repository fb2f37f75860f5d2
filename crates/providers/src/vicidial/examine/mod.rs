//! The doctor's questions: whether the door opens, whether the tables are what we take them for,
//! and which calls the provider itself lost. Nothing is changed by asking.

mod ledgers;
mod site;
mod totals;

use std::time::Duration;

use domain::{Timestamp, Window};

use super::api::{Api, Refused};
use super::client::Client;
use super::rows::Row;
use super::sql;
use super::tables::{Copy, Schema, Table};
use super::zone::apart;
use crate::examine::{hinted, probe, unanswered};
use crate::{Probe, ProbeOutcome, SourceError, webhooks};

use ProbeOutcome::{Notable, Right, Wrong};

/// Clocks may differ by this much without a word.
const SKEW_QUIET: Duration = Duration::from_secs(5);

/// A row without an end is stuck, not live, after this long.
const STUCK_AFTER: Duration = Duration::from_hours(6);

/// A plan that reads this many rows without an index holds up the dialler.
const SCAN_ROWS: i64 = 10_000;

/// Asks everything that can be asked. Later questions need the door that the first one opens.
pub async fn examine(client: &Client) -> Vec<Probe> {
    let mut probes = Vec::new();
    match client.schema().await {
        Err(error) => probes.push(door_closed(&error)),
        Ok(schema) => {
            probes.push(probe("password", Right, "The user and password open the database"));
            probes.push(site::tables(client, &schema));
            probes.push(or_unanswered("schema", site::schema(client, &schema).await));
            probes.push(or_unanswered("sql_mode", site::sql_mode(client).await));
            probes.push(or_unanswered("rights", rights(client).await));
            probes.push(or_unanswered("clock", clock(client).await));
            probes.push(or_unanswered("timezone", timezone(client, &schema).await));
            probes.push(or_unanswered("replica", site::replica_state(client).await));
            probes.push(or_unanswered("plan", plan(client).await));
            probes.push(or_unanswered("far_future", far_future(client).await));
            probes.push(or_unanswered("stuck", stuck(client).await));
            probes.push(or_unanswered("statuses", statuses(client, &schema).await));
            probes.push(or_unanswered("call_urls", site::call_urls(client, &schema).await));
            let told = site::webhooks(client, &schema).await.transpose();
            probes.extend(told.map(|told| or_unanswered(webhooks::NAME, told)));
            probes.extend(ledgers::lost(client, &schema).await);
            probes.push(slowest(client));
        }
    }
    if let Some(api) = client.api() {
        probes.push(api_clock(client, api).await);
        if api.has_user() {
            probes.push(totals::control_total(client, api).await);
        }
    }
    probes
}

fn or_unanswered(name: &'static str, asked: Result<Probe, SourceError>) -> Probe {
    asked.unwrap_or_else(|error| unanswered(name, &error))
}

fn door_closed(error: &SourceError) -> Probe {
    let name = match error {
        SourceError::Unauthorised { .. } => "password",
        SourceError::NotPermitted { .. } | SourceError::NotFound { .. } => "tables",
        _ => "reachable",
    };
    unanswered(name, error)
}

/// Whether the user could change anything.
async fn rights(client: &Client) -> Result<Probe, SourceError> {
    let rows = client.ask("rights", "SHOW GRANTS").await?.rows;
    let grants = rows.iter().filter_map(|row| row.nth(0)).map(str::to_uppercase);
    let writes = ["ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "SUPER"];
    let may_write = |grant: String| {
        let rights = grant.split(" ON ").next().unwrap_or_default().to_owned();
        writes.iter().any(|right| rights.contains(right))
    };
    if grants.into_iter().any(may_write) {
        let sentence =
            "The user may change the dialler's tables. We never do, and need not be able to";
        let hint = format!(
            "Make a user with GRANT SELECT ON {}.* and nothing else",
            client.settings().database
        );
        return Ok(hinted(probe("rights", Notable, sentence), hint));
    }
    Ok(probe("rights", Right, "The user may read and nothing else"))
}

async fn clock(client: &Client) -> Result<Probe, SourceError> {
    let rows = client.ask("clock", "SELECT UNIX_TIMESTAMP()").await?.rows;
    let seconds: Option<i64> = rows.first().and_then(|row| row.nth(0)?.parse().ok());
    let Some(theirs) = seconds.map(|seconds| Timestamp::from_millis(seconds * 1000)) else {
        return Ok(probe("clock", Notable, "The server gave no time to compare our clock with"));
    };
    Ok(skewed(client, "clock", "the database server's", theirs))
}

fn skewed(client: &Client, name: &'static str, whose: &str, theirs: Timestamp) -> Probe {
    let skew = apart(client.now(), theirs);
    let sentence = format!("Our clock and {whose} differ by {} s", skew.as_secs());
    if skew <= SKEW_QUIET {
        return probe(name, Right, sentence);
    }
    let outcome = if skew <= client.settings().skew() { Notable } else { Wrong };
    let hint = "Let both machines set their clocks from the network (NTP)";
    hinted(probe(name, outcome, sentence), hint)
}

/// Rows say their time twice: local, and in UTC. Both agree only in the right zone.
async fn timezone(client: &Client, schema: &Schema) -> Result<Probe, SourceError> {
    if !schema.has_column(Table::Log, Copy::Live, "start_epoch") {
        return Ok(probe(
            "timezone",
            Notable,
            "No row says its time in UTC, so the zone is believed",
        ));
    }
    let rows = newest_rows(client, schema).await?;
    let (zone, skew) = (client.zone(), client.settings().skew());
    let pairs: Vec<(Timestamp, Vec<Timestamp>)> = rows
        .iter()
        .filter_map(|row| Some((row.epoch("start_epoch")?, zone.readings(row.get("call_date")?))))
        .collect();
    let agrees = |(start, readings): &&(Timestamp, Vec<Timestamp>)| {
        readings.iter().any(|at| apart(*at, *start) <= skew)
    };
    let (all, agreeing) = (pairs.len(), pairs.iter().filter(agrees).count());
    if all == 0 {
        return Ok(probe(
            "timezone",
            Notable,
            "There is no call of the last week to try the zone on",
        ));
    }
    let sentence = format!("Of {all} calls, {agreeing} have the same time in `timezone` as in UTC");
    if agreeing * 10 >= all * 9 {
        return Ok(probe("timezone", Right, sentence));
    }
    let off = pairs.iter().find(|pair| !agrees(pair)).and_then(|(start, readings)| {
        let reading = readings.first()?;
        let minutes = apart(*reading, *start).as_secs() / 60;
        Some(format!("; one is off by {minutes} minutes"))
    });
    let sentence = format!("{sentence}{}", off.unwrap_or_default());
    let outcome = if agreeing * 2 >= all { Notable } else { Wrong };
    Ok(hinted(
        probe("timezone", outcome, sentence),
        "Check `timezone`; if it is right, a host of the cluster has another zone or a wrong clock",
    ))
}

/// Rows of the newest hour, day or week that has any.
async fn newest_rows(client: &Client, schema: &Schema) -> Result<Vec<Row>, SourceError> {
    for hours in [1, 24, 168] {
        let now = client.now();
        let Ok(window) = Window::new(now - Duration::from_hours(hours), now) else { continue };
        let condition = sql::between("call_date", &client.zone().hull(window));
        let count = format!("SELECT COUNT(*) FROM {} WHERE {condition}", Table::Log.name());
        let rows = client.ask("newest calls", &count).await?.rows;
        let count: Option<u64> = rows.first().and_then(|row| row.nth(0)?.parse().ok());
        let is_fit = count.is_some_and(|count| (1..=20_000).contains(&count));
        if let (true, Some(statement)) = (is_fit, schema.select(Table::Log, Copy::Live, &condition))
        {
            return Ok(client.ask("newest calls", &statement).await?.rows);
        }
    }
    Ok(Vec::new())
}

/// Whether a slice is read by the index on its time.
async fn plan(client: &Client) -> Result<Probe, SourceError> {
    let now = client.now();
    let window = Window::new(now - Duration::from_mins(5), now);
    let Ok(window) = window else { return Ok(probe("plan", Notable, "There is no time to plan")) };
    let condition = sql::between("call_date", &client.zone().hull(window));
    for table in [Table::Log, Table::Closer] {
        let name = table.name();
        let statement = format!("EXPLAIN SELECT * FROM {name} WHERE {condition}");
        let rows = client.ask("plan", &statement).await?.rows;
        let is_scan = |row: &Row| {
            row.get("type") == Some("ALL")
                && row.number("rows").is_some_and(|rows| rows > SCAN_ROWS)
        };
        if rows.iter().any(is_scan) {
            let sentence =
                format!("Reading a slice of {name} scans the whole table, which locks it");
            let hint = format!("Let an index on {name}.call_date exist, or read a replica");
            return Ok(hinted(probe("plan", Wrong, sentence), hint));
        }
    }
    Ok(probe("plan", Right, "Slices are read by the index on their time"))
}

async fn far_future(client: &Client) -> Result<Probe, SourceError> {
    let day = Duration::from_hours(24);
    let future = sql::literal(&client.zone().local(client.now() + day));
    let name = Table::Log.name();
    let statement = format!(
        "SELECT (SELECT COUNT(*) FROM {name} WHERE call_date >= {future}), \
         (SELECT COUNT(*) FROM {name} WHERE call_date < '1990-01-01 00:00:00')"
    );
    let rows = client.ask("far future", &statement).await?.rows;
    let count = |nth| rows.first().and_then(|row| row.nth(nth)?.parse::<u64>().ok()).unwrap_or(0);
    let (future, undated) = (count(0), count(1));
    if future == 0 && undated == 0 {
        return Ok(probe("far_future", Right, "No call lies in the future or has no date"));
    }
    let sentence = format!(
        "{future} calls lie more than a day in the future and {undated} have no date; the first \
         are read when their time comes, the others are set aside unless another column dates them"
    );
    Ok(probe("far_future", Notable, sentence))
}

/// Calls of a day that never ended: known, and never dropped.
async fn stuck(client: &Client) -> Result<Probe, SourceError> {
    let until = client.now() - STUCK_AFTER;
    let Ok(window) = Window::new(until - Duration::from_hours(24), until) else {
        return Ok(probe("stuck", Notable, "There is no day to look at"));
    };
    let condition = sql::between("call_date", &client.zone().hull(window));
    let count = |table: Table| {
        let name = table.name();
        format!("(SELECT COUNT(*) FROM {name} WHERE {condition} AND end_epoch IS NULL)")
    };
    let statement = format!("SELECT {}, {}", count(Table::Log), count(Table::Closer));
    let rows = client.ask("stuck calls", &statement).await?.rows;
    let count = |nth| rows.first().and_then(|row| row.nth(nth)?.parse::<u64>().ok()).unwrap_or(0);
    match count(0) + count(1) {
        0 => Ok(probe("stuck", Right, "Every call of a day has ended")),
        stuck => {
            let sentence = format!(
                "{stuck} calls of the day until six hours ago never ended at the provider; they are \
                 kept as in progress"
            );
            Ok(probe("stuck", Notable, sentence))
        }
    }
}

async fn statuses(client: &Client, schema: &Schema) -> Result<Probe, SourceError> {
    let Some(statement) = schema.select(Table::Statuses, Copy::Live, "1 = 1") else {
        let sentence = "Statuses cannot be read, so only the system's own codes are understood";
        return Ok(probe("statuses", Notable, sentence));
    };
    let known = client.ask("statuses", &statement).await?.rows.len();
    Ok(probe("statuses", Right, format!("{known} statuses of the system can be read")))
}

fn slowest(client: &Client) -> Probe {
    let (took, target) = (client.slowest_statement(), client.settings().statement_ms_target);
    let sentence = format!("The slowest statement so far took {} ms", took.as_millis());
    if took <= Duration::from_millis(target) {
        return probe("statements", Right, sentence);
    }
    hinted(
        probe("statements", Notable, sentence),
        "Read a replica: while a statement reads, the dialler's updates wait",
    )
}

fn refused(name: &'static str, refused: &Refused) -> Probe {
    match refused {
        Refused::Said(why) => probe(name, Notable, format!("The Non-Agent API: {why}")),
        Refused::Source(error) => Probe { outcome: Notable, ..unanswered(name, error) },
    }
}

async fn api_clock(client: &Client, api: &Api) -> Probe {
    let version = match api.version().await {
        Ok(version) => version,
        Err(why) => return refused("api_clock", &why),
    };
    let skew = skewed(client, "api_clock", "the web server's", version.now);
    let local = client.zone().offset_seconds(version.now);
    if local == version.offset_seconds {
        return skew;
    }
    let hours = |seconds: i64| seconds as f64 / 3600.0;
    let sentence = format!(
        "The web server's zone is {:+} hours from UTC, and `timezone` is {:+}",
        hours(version.offset_seconds),
        hours(local)
    );
    hinted(probe("api_clock", Wrong, sentence), "Check `timezone`")
}
