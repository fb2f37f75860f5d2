//! Small things to write, each valid and different from the others.

use std::borrow::Cow;

use domain::{
    AccountId, Because, Call, CallStatus, ContentHash, Placement, ProviderCallId, ProviderKind,
    ProviderTime, SourceId, Timestamp, WaitingReason,
};
use store::{NewCall, NewObservation, Store};

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A source of this name.
pub async fn source(store: &Store, name: &str) -> SourceId {
    let mut tx = store.begin().await.unwrap();
    let kind = ProviderKind::HighlevelVoiceAi;
    let row = tx.source_ensure(name, kind, "scope", at(0), at(1)).await.unwrap();
    tx.commit().await.unwrap();
    row.id
}

/// An account of this name.
pub async fn account(store: &Store, name: &str) -> AccountId {
    let mut tx = store.begin().await.unwrap();
    let row = tx.account_ensure(name, at(1)).await.unwrap();
    tx.commit().await.unwrap();
    row.id
}

/// A waiting call that names nobody.
pub fn call(id: &str, occurred_at: i64) -> NewCall<'static> {
    let call = Call {
        provider_call_id: ProviderCallId(id.to_owned()),
        occurred_at: ProviderTime { at: at(occurred_at), text: occurred_at.to_string() },
        ended_at: None,
        duration: None,
        direction: None,
        status: CallStatus::Completed,
        from: None,
        to: None,
        agent: None,
        campaign: None,
        contact: None,
        recording: None,
        transcript: None,
        summary: None,
        extracted: None,
        aliases: vec![],
        tags: vec![],
        awaits: None,
    };
    let reason = WaitingReason::NoAgentIdInCall;
    let placement = Placement::Waiting { agent: None, reason };
    NewCall {
        call: Cow::Owned(call),
        placement,
        contact: None,
        content_hash: ContentHash::of(id.as_bytes()),
        version: 1,
        look_again_at: None,
        status_heard: None,
        is_stale: false,
    }
}

/// The same call, placed.
pub fn placed(account: AccountId, mut new: NewCall<'static>) -> NewCall<'static> {
    let because = Because::AgentAssignment;
    new.placement = Placement::Placed { account, agent: None, because, decided_by: None };
    new
}

pub fn observation(id: &str, version: i64, raw: &[u8]) -> NewObservation<'static> {
    NewObservation {
        provider_call_id: Cow::Owned(id.to_owned()),
        version,
        content_hash: ContentHash::of(raw),
        dictionary_id: 0,
        raw: Cow::Owned(raw.to_vec()),
    }
}

/// Writes calls in one transaction.
pub async fn write(store: &Store, source: SourceId, calls: &[NewCall<'_>]) {
    let mut tx = store.begin().await.unwrap();
    tx.calls_write(source, 1, "poll", at(5), calls).await.unwrap();
    tx.commit().await.unwrap();
}
