//! What kind of installation it is: its tables and columns, its mode, its replication, its call URLs.

use super::super::client::Client;
use super::super::hidden;
use super::super::replica::{self, Replica};
use super::super::rows::Row;
use super::super::tables::{Copy, Schema, Table};
use crate::examine::{hinted, probe};
use crate::webhooks::{Kind, Teller, judge};
use crate::{Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right, Wrong};

const TELLING: Kind = Kind {
    one: "active campaign or in-group",
    many: "active campaigns and in-groups",
    cure: "Set their dispo call URL to `webhook_url`, with VAR before it where it has variables. Calls \
        are read meanwhile, only later",
};

/// Campaigns that are named, at most.
const NAMED_MAX: usize = 10;

pub(super) fn tables(client: &Client, schema: &Schema) -> Probe {
    let hidden = hidden::tables(client.settings(), schema);
    if !hidden.is_empty() {
        let sentence = format!(
            "These tables cannot be read, so calls may be missing and windows that reach into them \
             are not proved: {}",
            hidden.join(", ")
        );
        return hinted(
            probe("tables", Wrong, sentence),
            "GRANT SELECT on them to the user; where there are none, set `archives` or `did_calls` \
             to false",
        );
    }
    let lacks = |copy: Copy| {
        let all = Table::ALL.iter().filter(move |table| !schema.has(**table, copy));
        all.copied()
    };
    let unseen: Vec<&str> = lacks(Copy::Live).map(Table::name).collect();
    let archives = lacks(Copy::Archive).filter(|table| table.is_archived()).count();
    if unseen.is_empty() {
        let sentence = format!("Every table can be read; {archives} have no archive to read");
        return probe("tables", Right, sentence);
    }
    let sentence =
        format!("These tables cannot be read, so calls lack what they say: {}", unseen.join(", "));
    hinted(
        probe("tables", Notable, sentence),
        "GRANT SELECT on them and their _archive twins to the user; old schemas lack some",
    )
}

/// Which schema it is, and which columns it lacks that calls or proofs would use.
pub(super) async fn schema(client: &Client, schema: &Schema) -> Result<Probe, SourceError> {
    let version = match schema.select(Table::System, Copy::Live, "1 = 1") {
        Some(statement) => {
            let rows = client.ask("system settings", &statement).await?.rows;
            let found = rows.first().and_then(|row| row.get("db_schema_version"));
            found.map(|version| format!("Schema version {version}"))
        }
        None => None,
    };
    let version = version.unwrap_or_else(|| "The schema does not say its version".to_owned());
    let seen = Table::ALL.iter().copied().filter(|table| schema.has(*table, Copy::Live));
    let lacking = seen.flat_map(|table| {
        let lacking = table.uses().iter();
        let lacking = lacking.filter(move |it| !schema.has_column(table, Copy::Live, it));
        lacking.map(move |column| format!("{}.{column}", table.name()))
    });
    let lacking: Vec<String> = lacking.collect();
    if lacking.is_empty() {
        return Ok(probe("schema", Right, format!("{version}; no column is lacking")));
    }
    let sentence = format!(
        "{version}; these columns are lacking, so calls are read without what they say: {}",
        lacking.join(", ")
    );
    Ok(probe("schema", Notable, sentence))
}

/// With a strict mode the dialler's own programs fail where they usually write something shorter.
pub(super) async fn sql_mode(client: &Client) -> Result<Probe, SourceError> {
    let rows = client.ask("sql_mode", "SELECT @@global.sql_mode").await?.rows;
    let mode = rows.first().and_then(|row| row.nth(0)).unwrap_or_default().to_owned();
    if !mode.split(',').any(|word| word.starts_with("STRICT_")) {
        let sentence = "The server's sql_mode is not strict, as the dialler's programs expect";
        return Ok(probe("sql_mode", Right, sentence));
    }
    let sentence = format!(
        "The server's sql_mode is strict ({mode}): where the dialler writes a value that does not \
         fit, such as the ending CALLMENUXFER, the whole change is refused, and such calls never \
         end"
    );
    Ok(hinted(
        probe("sql_mode", Notable, sentence),
        "Take STRICT_TRANS_TABLES out of sql_mode, unless the dialler's connections do so themselves",
    ))
}

pub(super) async fn replica_state(client: &Client) -> Result<Probe, SourceError> {
    Ok(match replica::ask(client).await? {
        Replica::No => probe("replica", Right, "The server follows no other, so it has everything"),
        Replica::Primary => {
            let sentence =
                "The server follows no other, as `is_primary` says; our user may not ask";
            probe("replica", Right, sentence)
        }
        Replica::Behind(behind) if behind <= client.settings().lag() => {
            probe("replica", Right, format!("The replica is {} s behind", behind.as_secs()))
        }
        Replica::Behind(behind) => {
            let sentence = format!(
                "The replica is {} s behind; windows it has not reached are not proved",
                behind.as_secs()
            );
            probe("replica", Notable, sentence)
        }
        Replica::Stopped => hinted(
            probe("replica", Wrong, "The replica has stopped; nothing is proved until it goes on"),
            "Start its replication again, or read another server",
        ),
        Replica::Untold => {
            let sentence = format!(
                "The server does not tell our user whether it follows another, or how far behind; \
                 the newest {} minutes are not proved",
                client.settings().replica_lag().as_secs() / 60
            );
            hinted(
                probe("replica", Notable, sentence),
                "GRANT SLAVE MONITOR (or REPLICATION CLIENT) ON *.* TO the user; or set `is_primary` \
                 to true if it follows no other",
            )
        }
    })
}

/// Whether active campaigns and in-groups tell the address that is expected; `None` where none is.
pub(super) async fn webhooks(
    client: &Client,
    schema: &Schema,
) -> Result<Option<Probe>, SourceError> {
    // What cannot be read was refused when the client was made.
    let Some(expected) = client.settings().webhook().unwrap_or_default() else { return Ok(None) };
    let mut tellers = Vec::new();
    for (_, id, row) in telling(client, schema).await? {
        let told = row.get("dispo_call_url");
        // Several addresses stand in a table of their own, which is not read.
        if told == Some("ALT") {
            continue;
        }
        // The word says that the address has variables.
        let told = told.map(|url| url.strip_prefix("VAR").unwrap_or(url).to_owned());
        let name = row.get(id).unwrap_or_default().to_owned();
        tellers.push(Teller { name, tells: told, flaw: None });
    }
    Ok(Some(judge(TELLING, &tellers, Some(&expected))))
}

/// The active campaigns and in-groups, each with the name of its id.
async fn telling(
    client: &Client,
    schema: &Schema,
) -> Result<Vec<(Table, &'static str, Row)>, SourceError> {
    let mut all = Vec::new();
    for (table, id) in [(Table::Campaigns, "campaign_id"), (Table::InboundGroups, "group_id")] {
        let Some(statement) = schema.select(table, Copy::Live, "1 = 1") else { continue };
        let rows = client.ask("call URLs", &statement).await?.rows;
        all.extend(rows.into_iter().filter(is_active).map(|row| (table, id, row)));
    }
    Ok(all)
}

/// Which campaigns and in-groups tell somebody of their calls. What a URL is stays unsaid: it may
/// hold passwords.
pub(super) async fn call_urls(client: &Client, schema: &Schema) -> Result<Probe, SourceError> {
    let all = telling(client, schema).await?;
    if all.is_empty() {
        let sentence = "No active campaign or in-group can be read, so its call URLs are unknown; \
                        calls are found by reading the tables anyway";
        return Ok(probe("call_urls", Notable, sentence));
    }
    let count = |table: Table, column: &str| {
        let rows = all.iter().filter(|(of, _, _)| *of == table);
        let (all, with) = rows.fold((0_usize, 0_usize), |(all, with), (_, _, row)| {
            (all + 1, with + usize::from(row.get(column).is_some()))
        });
        (all - with, all)
    };
    let said = |table: Table, whose: &str| {
        let (no_start, all) = count(table, "start_call_url");
        let (no_dispo, _) = count(table, "dispo_call_url");
        format!(
            "of {all} active {whose}, {no_dispo} have no dispo call URL and {no_start} no start call URL"
        )
    };
    let sentence = format!(
        "Calls are found by reading the tables, whatever call URLs are set; {}, and {}",
        said(Table::Campaigns, "campaigns"),
        said(Table::InboundGroups, "in-groups"),
    );
    let leaking = all.iter().filter(|(_, _, row)| says_password(row));
    let leaking: Vec<&str> = leaking.filter_map(|(_, id, row)| row.get(id)).collect();
    if leaking.is_empty() {
        return Ok(probe("call_urls", Right, sentence));
    }
    let names = leaking.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ");
    let sentence = format!(
        "{sentence}; {} of them send an agent's password to whoever is called: {names}",
        leaking.len()
    );
    Ok(hinted(
        probe("call_urls", Wrong, sentence),
        "Take --A--pass--B-- and --A--phone_pass--B-- out of these URLs and change the passwords",
    ))
}

fn is_active(row: &Row) -> bool {
    row.get("active").is_none_or(|said| said.eq_ignore_ascii_case("Y"))
}

fn says_password(row: &Row) -> bool {
    let urls = ["start_call_url", "dispo_call_url", "na_call_url"].into_iter();
    urls.filter_map(|column| row.get(column))
        .any(|url| url.contains("--A--pass--B--") || url.contains("--A--phone_pass--B--"))
}
