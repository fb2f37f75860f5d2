//! One call with everything that is known of it, for programs.

use domain::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use store::{CallRow, LegRow, MoveRow};

use crate::export::as_json;
use crate::view::Version;

/// All that is told of a call.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// As it stands.
    pub call: &'a CallRow,
    /// The assignment that decided.
    pub why: &'a str,
    /// Other witnesses of the same conversation.
    pub legs: &'a [LegRow],
    /// How it went from one account to another.
    pub moves: &'a [MoveRow],
    /// Each content it has had, oldest first.
    pub versions: &'a [Version],
}

/// A call for programs.
#[derive(Serialize)]
pub struct Whole<'a> {
    #[serde(flatten)]
    call: Value,
    because: &'a str,
    legs: Vec<Value>,
    moves: Vec<Value>,
    versions: Vec<WholeVersion<'a>>,
}

#[derive(Serialize)]
pub struct WholeVersion<'a> {
    #[serde(flatten)]
    version: &'a Version,
    /// Letter by letter as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a RawValue>,
}

impl<'a> Told<'a> {
    /// The same for programs; its records `with_raw` only. Fails where a record is no JSON.
    pub fn whole(self, with_raw: bool) -> serde_json::Result<Whole<'a>> {
        let instant = |millis| Timestamp::from_millis(millis).to_string();
        let Told { call, why: because, legs, moves, versions } = self;
        let versions: serde_json::Result<Vec<WholeVersion<'a>>> = versions
            .iter()
            .map(|version| {
                let raw = if with_raw { Some(serde_json::from_slice(&version.raw)?) } else { None };
                Ok(WholeVersion { version, raw })
            })
            .collect();
        let moves = moves.iter().map(|row| {
            serde_json::json!({
                "movedAt": instant(row.moved_at), "by": row.changed_by, "what": row.what,
                "accountBefore": row.account_before, "reasonBefore": row.reason_before,
                "account": row.account, "reason": row.reason,
            })
        });
        let legs = legs.iter().map(|leg| {
            serde_json::json!({
                "source": leg.source, "provider": leg.provider,
                "providerCallId": leg.provider_call_id, "occurredAt": instant(leg.occurred_at),
                "duration_ms": leg.duration_ms, "direction": leg.direction, "status": leg.status,
            })
        });
        let legs = legs.collect();
        Ok(Whole {
            call: as_json(call),
            because,
            legs,
            moves: moves.collect(),
            versions: versions?,
        })
    }
}
