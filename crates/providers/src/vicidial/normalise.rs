//! From a record to a call in normal form. Pure.

use std::borrow::Cow;
use std::time::Duration;

use domain::{
    AgentRef, Alias, Awaited, Call, ContactRef, Country, Direction, Phone, ProviderCallId,
    ProviderTime, Timestamp,
};
use serde_json::{Map, Value};

use super::key::{Key, Kind, created, created_at, digits};
use super::status::{self, Facts};
use super::wire::{Fields, Record};
use super::zone::{Hints, Zone};
use super::{import, written};
use crate::Unreadable;
use crate::export::PART;
use crate::json::{because, seconds};

/// Users that stand for "no agent".
const NOBODY: [&str; 2] = ["VDAD", "VDCL"];

/// Reads a record. A field that is absent, empty or ill-typed is `None` in the call.
pub fn normalise(
    record: &[u8],
    zone: &Zone,
    skew: Duration,
    home: Country,
) -> Result<Call, Unreadable> {
    let record = Record::read(record)?;
    let id = record.text("key").ok_or_else(|| because("the record has no `key`"))?;
    let found = call_row(&record).map(|(kind, row)| (kind, row, None));
    let found = found.or_else(|| exported(&record, &id));
    let (kind, row, key) = found.ok_or_else(|| because("no part of it is a call"))?;
    // A file does not say when a call ended, and lists only what was over, or says so by its status.
    let is_exported = key.is_some();
    let dids = record.rows("did");
    let extended =
        if is_exported { row.clone() } else { record.row("extended").unwrap_or_default() };
    let flags = record.row("status").unwrap_or_default();
    let user = row.get("user").filter(|user| !NOBODY.contains(&user.as_ref()));
    let end = row.epoch("end_epoch");
    let duration = row.raw("length_in_sec").and_then(seconds);
    let code = row.get("status");
    let facts = Facts {
        code: code.as_deref(),
        has_ended: end.is_some() || (is_exported && duration.is_some()),
        reached_agent: user.is_some(),
        lasted: duration.is_some_and(|length| !length.is_zero()),
        human_answered: flags.is_yes("human_answered"),
        answering_machine: flags.is_yes("answering_machine"),
    };
    let is_call = kind != Kind::Did;
    let channel = record.row("channel").unwrap_or_default();
    let (ended, length) = if is_call {
        (end, duration)
    } else {
        (channel.epoch("end_epoch"), channel.raw("length_in_sec").and_then(seconds))
    };
    let has_ended = ended.is_some();
    let recordings = record.rows("recording");
    let location = recordings.iter().find_map(|row| row.get("location"));
    let is_recorded = !recordings.is_empty();
    let awaits = match () {
        () if is_call && status::is_provisional(&facts) => Some(Awaited::Ending),
        // Audio jobs fill the address in later.
        () if is_recorded && location.is_none() => Some(Awaited::Recording),
        () => None,
    };
    let (from, to) = numbers(kind, &row, &record, &dids, home);
    Ok(Call {
        provider_call_id: ProviderCallId(id.into_owned()),
        occurred_at: match &key {
            Some(key) => exported_at(&row, key, zone, skew)?,
            None => occurred_at(&row, zone, skew)?,
        },
        ended_at: ended.map(|(at, text)| ProviderTime { at, text: text.into_owned() }),
        duration: length,
        direction: Some(direction(kind, &extended)),
        status: if is_call { status::status(&facts) } else { reached_no_queue(has_ended) },
        from,
        to,
        agent: user
            .map(|user| AgentRef { provider_agent_id: user.into_owned(), is_deleted: false }),
        // Of a call that came into a queue, its in-group.
        campaign: row.get("campaign_id").map(Cow::into_owned),
        contact: row
            .get("lead_id")
            .filter(|lead| lead != "0")
            .map(|lead| ContactRef { provider_contact_id: lead.into_owned() }),
        recording: location.map(Cow::into_owned),
        transcript: None,
        summary: None,
        extracted: said_of_it(kind, &row, &flags, &record),
        aliases: aliases(&row, &extended),
        tags: Vec::new(),
        awaits,
    })
}

/// The row of the call. What is in use wins over what was archived, unless it is held from before
/// the call's end and only the archive's row has that: it was moved there between two readings.
fn call_row<'a>(record: &Record<'a>) -> Option<(Kind, Fields<'a>)> {
    let one = |name: &str, archived: &str, kind| {
        let row = match (record.row(name), record.row(archived)) {
            (Some(held), Some(copy)) if goes_on(&held) && !goes_on(&copy) => copy,
            (held, copy) => held.or(copy)?,
        };
        Some((kind, row))
    };
    one("log", "archived_log", Kind::Log)
        .or_else(|| one("closer", "archived_closer", Kind::Closer))
        .or_else(|| Some((Kind::Did, record.row("did_call")?)))
}

/// Whether a row is from before its call had an ending.
fn goes_on(row: &Fields<'_>) -> bool {
    let code = row.get("status");
    status::is_provisional(&Facts {
        code: code.as_deref(),
        has_ended: row.epoch("end_epoch").is_some(),
        lasted: row.raw("length_in_sec").and_then(seconds).is_some_and(|it| !it.is_zero()),
        ..Facts::default()
    })
}

/// The row of an imported file, where no table's row is held, and the key it was found to have.
fn exported<'a>(record: &Record<'a>, id: &str) -> Option<(Kind, Fields<'a>, Option<Key>)> {
    let row = record.beginning(PART)?;
    let key = Key::read(&ProviderCallId(id.to_owned()))?;
    let kind = match key {
        Key::Log { .. } => Kind::Log,
        Key::Closer(_) => Kind::Closer,
        Key::Did { .. } => return None,
    };
    Some((kind, row, Some(key)))
}

/// A file's dates may be written by a spreadsheet; the key says when an outbound call began.
fn exported_at(
    row: &Fields<'_>,
    key: &Key,
    zone: &Zone,
    skew: Duration,
) -> Result<ProviderTime, Unreadable> {
    let date = row.get("call_date").unwrap_or_default();
    let unique = row.get("uniqueid").unwrap_or_default();
    let at = written::instant(&date, &unique, import::begun(key), zone, skew);
    let (at, _) = at.ok_or_else(|| because("the row has no time that can be read"))?;
    Ok(ProviderTime { at, text: date.into_owned() })
}

fn occurred_at(row: &Fields<'_>, zone: &Zone, skew: Duration) -> Result<ProviderTime, Unreadable> {
    let written = row.get("call_date").unwrap_or_default();
    let hints = Hints {
        start: row.epoch("start_epoch").map(|(at, _)| whole_second(at)),
        created: row.get("uniqueid").and_then(|unique| created_at(&unique)),
    };
    let at = zone.instant(&written, hints, skew);
    let at = at.ok_or_else(|| because("the row has no time that can be read"))?;
    Ok(ProviderTime { at, text: written.into_owned() })
}

fn whole_second(at: Timestamp) -> Timestamp {
    at.floor_to(Duration::from_secs(1))
}

/// An outbound call that was transferred has queue entries too; its code says who began it.
fn direction(kind: Kind, extended: &Fields<'_>) -> Direction {
    let code = extended.get("caller_code").unwrap_or_default();
    match kind {
        Kind::Log => Direction::Outbound,
        Kind::Closer if code.starts_with(['V', 'M']) => Direction::Outbound,
        Kind::Closer | Kind::Did => Direction::Inbound,
    }
}

/// It was answered by a menu, a mailbox or a phone; nothing says by which.
fn reached_no_queue(has_ended: bool) -> domain::CallStatus {
    if has_ended { domain::CallStatus::Completed } else { domain::CallStatus::Unknown }
}

fn numbers(
    kind: Kind,
    row: &Fields<'_>,
    record: &Record<'_>,
    dids: &[Fields<'_>],
    home: Country,
) -> (Option<Phone>, Option<Phone>) {
    let plain = |number: Option<Cow<'_, str>>| number.map(|number| Phone::new(&number, home));
    // A file has the lead's number beside the one that was dialled.
    let number = || row.get("phone_number_dialed").or_else(|| row.get("phone_number"));
    let other = || Some(dialled(row.get("phone_code"), number()?.as_ref(), home));
    match kind {
        Kind::Log => {
            let shown = record.row("dial").and_then(|dial| dial.get("outbound_cid"));
            (plain(shown.map(|shown| number_of(&shown).into())), other())
        }
        Kind::Closer => (other(), plain(dids.iter().find_map(|did| did.get("extension")))),
        Kind::Did => (plain(row.get("caller_id_number")), plain(row.get("extension"))),
    }
}

/// `"Name" <2015550100>` or a bare number.
fn number_of(shown: &str) -> String {
    let inner = shown.rsplit_once('<').map_or(shown, |(_, number)| number);
    digits(inner)
}

/// A number and its country code stand in two columns.
fn dialled(code: Option<Cow<'_, str>>, number: &str, home: Country) -> Phone {
    let as_written = Phone::new(number, home);
    let code = digits(&code.unwrap_or_default());
    if code.is_empty() || number.starts_with('+') {
        return as_written;
    }
    let whole = Phone::new(&format!("+{code}{}", digits(number)), home);
    let e164 = whole.e164.or(as_written.e164);
    Phone { raw: as_written.raw, e164 }
}

fn aliases(row: &Fields<'_>, extended: &Fields<'_>) -> Vec<Alias> {
    let alias = |kind: &str, id: Option<Cow<'_, str>>| {
        id.map(|id| Alias { kind: kind.to_owned(), id: id.into_owned() })
    };
    let unique = alias("asterisk_uniqueid", row.get("uniqueid"));
    let code = alias("vicidial_call_id", extended.get("caller_code"));
    let one = alias("vicidial_epoch_lead", epoch_and_lead(row).map(Cow::Owned));
    unique.into_iter().chain(code).chain(one).collect()
}

/// What stays of a call when its `uniqueid` is rewritten, and is the same in each of its rows: the
/// second its channel was made, and its lead.
fn epoch_and_lead(row: &Fields<'_>) -> Option<String> {
    let unique = row.get("uniqueid")?;
    let (second, _) = created(&unique)?;
    let lead = row.get("lead_id").filter(|lead| lead != "0")?;
    Some(format!("{second}-{lead}"))
}

/// What the agent and the dialler noted about the call.
fn said_of_it(
    kind: Kind,
    row: &Fields<'_>,
    flags: &Fields<'_>,
    record: &Record<'_>,
) -> Option<Value> {
    let mut said = Map::new();
    let mut note = |name: &str, text: Option<Cow<'_, str>>| {
        said.extend(text.map(|text| (name.to_owned(), Value::String(text.into_owned()))));
    };
    note("disposition", row.get("status"));
    let group = if kind == Kind::Closer { "ingroup_id" } else { "campaign_id" };
    note(group, row.get("campaign_id"));
    for name in ["list_id", "term_reason", "user_group", "alt_dial", "called_count", "did_route"] {
        note(name, row.get(name));
    }
    note("queue_seconds", row.get("queue_seconds"));
    let lead = record.row("lead").unwrap_or_default();
    // An imported row says by itself what other tables say of a row of theirs.
    let or_own = |part: &Fields<'_>, name: &str| {
        let own = || row.get(name).map(Cow::into_owned);
        part.get(name).map(Cow::into_owned).or_else(own).map(Cow::Owned)
    };
    note("vendor_lead_code", or_own(&lead, "vendor_lead_code"));
    note("disposition_name", or_own(flags, "status_name"));
    let carrier = record.row("carrier").unwrap_or_default();
    note("hangup_cause", or_own(&carrier, "hangup_cause"));
    let talks = record.rows("agent");
    let talked = talks.iter().filter_map(|talk| talk.raw("talk_sec").and_then(seconds));
    let talked: Duration = talked.sum();
    if !talks.is_empty() {
        note("talk_seconds", Some(talked.as_secs().to_string().into()));
    }
    (!said.is_empty()).then_some(Value::Object(said))
}
