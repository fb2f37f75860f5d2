//! Calls on their way in.

use domain::{
    Awaited, Call, CallStatus, ContentHash, Direction, Phone, Placement, SourceId, Tag, Timestamp,
};
use sqlx::QueryBuilder;

use crate::batch::pieces;
use crate::db::either;
use crate::text::{text, text_opt};
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
pub struct NewCall {
    /// The call.
    pub call: Call,
    /// Where it belongs.
    pub placement: Placement,
    /// What its record says, as a number.
    pub content_hash: ContentHash,
    /// How many contents it has had, this one included.
    pub version: i64,
    /// When it is asked for again by its id, while it awaits something.
    pub look_again_at: Option<Timestamp>,
}

// 29 columns: at 512 rows a statement has 14,848 parameters, below both engines' limits.
const ROWS_MAX: usize = 512;

const INSERT: &str = "
INSERT INTO calls
    (source_id, provider_call_id, occurred_at, occurred_text, ended_at, duration_ms, direction,
     status, from_raw, from_e164, to_raw, to_e164, provider_agent_id, provider_contact_id, parts,
     tags, agent_id, account_id, placement, reason, awaits, look_again_at, content_hash, version,
     first_seen_at, first_seen_by, first_run, changed_at, changed_run) ";

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
    awaits = excluded.awaits, look_again_at = excluded.look_again_at,
    content_hash = excluded.content_hash, version = excluded.version,
    changed_at = excluded.changed_at, changed_run = excluded.changed_run";

impl Tx {
    /// Writes calls that are new or changed, many per statement.
    pub async fn calls_write(
        &mut self,
        source: SourceId,
        run: i64,
        seen_by: &str,
        now: Timestamp,
        rows: &[NewCall],
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for piece in pieces(rows, ROWS_MAX) {
                let mut insert = QueryBuilder::new(INSERT);
                insert.push_values(piece, |mut row, new| {
                    let call = &new.call;
                    let (placement, agent, account, reason) = written(new.placement);
                    row.push_bind(source.0)
                        .push_bind(text(&call.provider_call_id.0))
                        .push_bind(call.occurred_at.at.as_millis())
                        .push_bind(text(&call.occurred_at.text))
                        .push_bind(call.ended_at.as_ref().map(|ended| ended.at.as_millis()))
                        .push_bind(call.duration.and_then(|d| i64::try_from(d.as_millis()).ok()))
                        .push_bind(call.direction.map(direction))
                        .push_bind(CallStatus::as_str(call.status))
                        .push_bind(text_opt(raw(call.from.as_ref())))
                        .push_bind(text_opt(e164(call.from.as_ref())))
                        .push_bind(text_opt(raw(call.to.as_ref())))
                        .push_bind(text_opt(e164(call.to.as_ref())))
                        .push_bind(call.agent.as_ref().map(|agent| text(&agent.provider_agent_id)))
                        .push_bind(call.contact.as_ref().map(|c| text(&c.provider_contact_id)))
                        .push_bind(parts_of(call))
                        .push_bind(tags(&call.tags))
                        .push_bind(agent)
                        .push_bind(account)
                        .push_bind(placement)
                        .push_bind(reason)
                        .push_bind(call.awaits.map(Awaited::as_str))
                        .push_bind(new.look_again_at.map(Timestamp::as_millis))
                        .push_bind(new.content_hash.to_bytes().to_vec())
                        .push_bind(new.version)
                        .push_bind(now.as_millis())
                        .push_bind(text(seen_by))
                        .push_bind(run)
                        .push_bind(now.as_millis())
                        .push_bind(run);
                });
                insert.push(ON_CONFLICT);
                insert.build().execute(&mut *db).await?;
            }
            Ok(())
        })
    }
}

pub(super) fn written(
    placement: Placement,
) -> (&'static str, Option<i64>, Option<i64>, &'static str) {
    match placement {
        Placement::Placed { account, agent, because } => {
            ("placed", agent.map(|agent| agent.0), Some(account.0), because.as_str())
        }
        Placement::Waiting { agent, reason } => {
            ("waiting", agent.map(|agent| agent.0), None, reason.as_str())
        }
        Placement::Excluded { reason } => ("excluded", None, None, reason.as_str()),
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
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
