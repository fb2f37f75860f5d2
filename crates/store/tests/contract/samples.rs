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
        status: CallStatus::Completed,
        ..Call::bare(
            ProviderCallId(id.to_owned()),
            ProviderTime { at: at(occurred_at), text: occurred_at.to_string() },
        )
    };
    let reason = WaitingReason::NoAgentIdInCall;
    let placement = Placement::Waiting { agent: None, reason };
    NewCall::first(Cow::Owned(call), placement, ContentHash::of(id.as_bytes()))
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
