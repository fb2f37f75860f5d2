//! Calls on their way in.

use std::borrow::Cow;
use std::time::Duration;

use domain::{
    Awaited, Call, CallStatus, ContactId, ContentHash, Direction, FoundBy, Phone, Placement,
    SourceId, Tag, Timestamp,
};

use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::{StoreError, Tx};

/// Bits of `calls.parts`: which of the long parts the latest record has.
pub mod parts {
    /// A recording.
    pub const RECORDING: i64 = 1;
    /// A transcript.
    pub const TRANSCRIPT: i64 = 2;
    /// A summary.
    pub const SUMMARY: i64 = 4;
    /// Extracted fields.
    pub const EXTRACTED: i64 = 8;
}

/// A call that is new or whose content changed, with everything the database keeps of it.
#[derive(Debug, Clone)]
pub struct NewCall<'c> {
    /// The call.
    pub call: Cow<'c, Call>,
    /// Where it belongs.
    pub placement: Placement,
    /// With whom it was, and by what that was found.
    pub contact: Option<(ContactId, FoundBy)>,
    /// What its record says, as a number.
    pub content_hash: ContentHash,
    /// How many contents it has had, this one included.
    pub version: i64,
    /// When it is asked for again by its id, while it awaits something.
    pub look_again_at: Option<Timestamp>,
    /// The provider's word that contradicts the status of the call, while it does.
    pub status_heard: Option<CallStatus>,
    /// Whether its record is older than what is held: then only that it was seen is written.
    pub is_stale: bool,
}

impl<'c> NewCall<'c> {
    /// A call that is seen for the first time, of which nothing more is to be asked.
    pub const fn first(
        call: Cow<'c, Call>,
        placement: Placement,
        content_hash: ContentHash,
    ) -> Self {
        let (contact, look_again_at, status_heard) = (None, None, None);
        let (version, is_stale) = (1, false);
        Self {
            call,
            placement,
            contact,
            content_hash,
            version,
            look_again_at,
            status_heard,
            is_stale,
        }
    }
}

const ON_CONFLICT: &str = "
ON CONFLICT (source_id, provider_call_id) DO UPDATE SET
    occurred_at = excluded.occurred_at, occurred_text = excluded.occurred_text,
    ended_at = excluded.ended_at, duration_ms = excluded.duration_ms,
    direction = excluded.direction, status = excluded.status,
    from_raw = excluded.from_raw, from_e164 = excluded.from_e164,
    to_raw = excluded.to_raw, to_e164 = excluded.to_e164,
    provider_agent_id = excluded.provider_agent_id,
    provider_contact_id = excluded.provider_contact_id, parts = excluded.parts,
    tags = excluded.tags, agent_id = excluded.agent_id, account_id = excluded.account_id,
    placement = excluded.placement, reason = excluded.reason,
    contact_id = excluded.contact_id, contact_by = excluded.contact_by,
    campaign = excluded.campaign, decided_by = excluded.decided_by,
    awaits = excluded.awaits, look_again_at = excluded.look_again_at,
    content_hash = excluded.content_hash, version = excluded.version,
    changed_at = excluded.changed_at, changed_run = excluded.changed_run,
    status_heard = excluded.status_heard, revision = excluded.revision";

const ON_CONFLICT_STALE: &str = "
ON CONFLICT (source_id, provider_call_id) DO UPDATE SET
    content_hash = excluded.content_hash, version = excluded.version,
    changed_at = excluded.changed_at, changed_run = excluded.changed_run,
    status_heard = excluded.status_heard, revision = excluded.revision";

impl Tx {
    /// Writes calls that are new or changed, many per statement.
    ///
    /// A call that is new here, and that somebody else has written meanwhile, is refused by its
    /// key, as its first observation would be.
    pub async fn calls_write(
        &mut self,
        source: SourceId,
        run: i64,
        seen_by: &str,
        now: Timestamp,
        rows: &[NewCall<'_>],
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let revision = self.revision(source).await?;
        let at = (source, run, revision);
        let (stale, rows): (Vec<&NewCall>, Vec<&NewCall>) =
            rows.iter().partition(|row| row.is_stale);
        let (new, changed): (Vec<&NewCall>, Vec<&NewCall>) =
            rows.into_iter().partition(|row| row.version == 1);
        either!(self.conn(), |db| {
            db.insert(insert(at, seen_by, now, new)).await?;
            let changed = insert(at, seen_by, now, changed);
            db.insert(changed.on_conflict(ON_CONFLICT)).await?;
            let stale = insert(at, seen_by, now, stale);
            db.insert(stale.on_conflict(ON_CONFLICT_STALE)).await
        })
    }
}

fn insert<'r>(
    (source, run, revision): (SourceId, i64, i64),
    seen_by: &'r str,
    now: Timestamp,
    rows: Vec<&'r NewCall<'r>>,
) -> Insert<'r, NewCall<'r>> {
    Insert::into("calls", rows)
        .same_number("source_id", source.0)
        .same_number("first_seen_at", now.as_millis())
        .same_text("first_seen_by", seen_by)
        .same_number("first_run", run)
        .same_number("changed_at", now.as_millis())
        .same_number("changed_run", run)
        .same_number("revision", revision)
        .text("provider_call_id", |new| new.call.provider_call_id.0.as_str())
        .number("occurred_at", |new| new.call.occurred_at.at.as_millis())
        .text("occurred_text", |new| new.call.occurred_at.text.as_str())
        .number("ended_at", |new| new.call.ended_at.as_ref().map(|ended| ended.at.as_millis()))
        .number("duration_ms", |new| new.call.duration.and_then(millis))
        .text("direction", |new| new.call.direction.map(Direction::as_str))
        .text("status", |new| CallStatus::as_str(new.call.status))
        .text("from_raw", |new| raw(new.call.from.as_ref()))
        .text("from_e164", |new| e164(new.call.from.as_ref()))
        .text("to_raw", |new| raw(new.call.to.as_ref()))
        .text("to_e164", |new| e164(new.call.to.as_ref()))
        .text("provider_agent_id", |new| {
            new.call.agent.as_ref().map(|agent| agent.provider_agent_id.as_str())
        })
        .text("provider_contact_id", |new| {
            new.call.contact.as_ref().map(|contact| contact.provider_contact_id.as_str())
        })
        .number("parts", |new| parts_of(&new.call))
        .text("tags", |new| tags(&new.call.tags))
        .text("campaign", |new| new.call.campaign.as_deref())
        .number("agent_id", |new| written(new.placement).agent)
        .number("account_id", |new| written(new.placement).account)
        .text("placement", |new| written(new.placement).placement)
        .text("reason", |new| written(new.placement).reason)
        .number("decided_by", |new| written(new.placement).decided_by)
        .number("contact_id", |new| new.contact.map(|(contact, _)| contact.0))
        .text("contact_by", |new| new.contact.map(|(_, by)| by.as_str()))
        .text("awaits", |new| new.call.awaits.map(Awaited::as_str))
        .number("look_again_at", |new| new.look_again_at.map(Timestamp::as_millis))
        .text("status_heard", |new| new.status_heard.map(CallStatus::as_str))
        .bytes("content_hash", |new| new.content_hash.to_bytes().to_vec())
        .number("version", |new| new.version)
}

fn millis(duration: Duration) -> Option<i64> {
    i64::try_from(duration.as_millis()).ok()
}

/// A placement as its columns have it.
#[derive(Clone, Copy)]
pub(crate) struct Written {
    pub(crate) placement: &'static str,
    pub(crate) agent: Option<i64>,
    pub(crate) account: Option<i64>,
    pub(crate) reason: &'static str,
    pub(crate) decided_by: Option<i64>,
}

pub(crate) fn written(placement: Placement) -> Written {
    match placement {
        Placement::Placed { account, agent, because, decided_by } => Written {
            placement: "placed",
            agent: agent.map(|agent| agent.0),
            account: Some(account.0),
            reason: because.as_str(),
            decided_by,
        },
        Placement::Waiting { agent, reason } => Written {
            placement: "waiting",
            agent: agent.map(|agent| agent.0),
            account: None,
            reason: reason.as_str(),
            decided_by: None,
        },
        Placement::Excluded { reason, decided_by } => Written {
            placement: "excluded",
            agent: None,
            account: None,
            reason: reason.as_str(),
            decided_by,
        },
    }
}

fn raw(phone: Option<&Phone>) -> Option<&str> {
    phone.map(|phone| phone.raw.as_str())
}

fn e164(phone: Option<&Phone>) -> Option<&str> {
    phone.and_then(|phone| phone.e164.as_deref())
}

fn parts_of(call: &Call) -> i64 {
    let bit = |present: bool, bit: i64| if present { bit } else { 0 };
    bit(call.recording.is_some(), parts::RECORDING)
        | bit(call.transcript.is_some(), parts::TRANSCRIPT)
        | bit(call.summary.is_some(), parts::SUMMARY)
        | bit(call.extracted.is_some(), parts::EXTRACTED)
}

fn tags(tags: &[Tag]) -> &'static str {
    match (tags.contains(&Tag::TestCall), tags.contains(&Tag::AgentDeleted)) {
        (false, false) => "",
        (true, false) => "test_call",
        (false, true) => "agent_deleted",
        (true, true) => "test_call agent_deleted",
    }
}
