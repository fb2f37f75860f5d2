//! A stored call as the provider sent it: every version, unpacked.

use domain::{Because, SourceId, Timestamp};
use serde::Serialize;
use store::{AssignmentRow, CallKey, CallRow, RuleRow, Scope, SetAsideRow, Store, StoreError};

use crate::ingest::{CodecError, Dictionaries};

/// One content a call has had.
#[derive(Debug, Clone, Serialize)]
pub struct Version {
    /// Which, from 1.
    pub version: i64,
    /// When it was first seen.
    pub seen_at: Timestamp,
    /// How: `poll`, `webhook`, `import`, `repair`.
    pub seen_by: String,
    /// During which run.
    pub run_id: i64,
    /// The record as the provider sent it.
    #[serde(skip)]
    pub raw: Vec<u8>,
}

/// Why a stored call cannot be shown.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub enum ViewError {
    /// The database is to blame.
    Store(#[from] StoreError),
    /// The record is damaged.
    Codec(#[from] CodecError),
}

/// Every content of a call, oldest first.
pub async fn versions(
    store: &Store,
    scope: Scope,
    call: &CallKey,
) -> Result<Vec<Version>, ViewError> {
    let mut dictionaries = Dictionaries::default();
    let mut versions = Vec::new();
    for row in store.observations_of(scope, call).await? {
        if !dictionaries.has(row.dictionary_id)
            && let Some(known) = store.dictionary_get(row.dictionary_id).await?
        {
            dictionaries.add(known.dictionary_id, &known.content);
        }
        versions.push(Version {
            version: row.version,
            seen_at: Timestamp::from_millis(row.seen_at),
            seen_by: row.seen_by,
            run_id: row.run_id,
            raw: dictionaries.unpack(row.dictionary_id, &row.raw)?,
        });
    }
    Ok(versions)
}

/// A record nobody could read, as it was sent.
pub async fn set_aside(store: &Store, row: &SetAsideRow) -> Result<Vec<u8>, ViewError> {
    let mut dictionaries = Dictionaries::default();
    if let Some(known) = store.dictionary_get(row.dictionary_id).await? {
        dictionaries.add(known.dictionary_id, &known.content);
    }
    Ok(dictionaries.unpack(row.dictionary_id, &row.raw)?)
}

/// What a call's agent extracted, for people: the business is called what its account is called,
/// whatever was heard. The record keeps what was heard.
pub fn extracted(call: &domain::Call, account: Option<&str>) -> Option<serde_json::Value> {
    let mut extracted = call.extracted.clone()?;
    if let (Some(account), Some(fields)) = (account, extracted.as_object_mut()) {
        fields.insert("business_name".to_owned(), account.into());
    }
    Some(extracted)
}

/// The assignment or rule that decided where a call is, as a sentence; empty where none did.
pub async fn because(store: &Store, call: &CallRow) -> Result<String, StoreError> {
    let source = SourceId(call.source_id);
    if call.reason != Because::AgentAssignment.as_str() {
        let Some(id) = call.decided_by else { return Ok(String::new()) };
        return Ok(store.rule_row(source, id).await?.as_ref().map(ruled).unwrap_or_default());
    }
    let Some(agent) = &call.provider_agent_id else { return Ok(String::new()) };
    let held = store.assignments_list(source, agent).await?;
    let at = call.occurred_at;
    // Of several, the one that began last; the list is by that.
    let decided = held.iter().rfind(|held| held.valid_from <= at && at < held.valid_to);
    Ok(decided
        .map(|held| {
            let AssignmentRow { account, created_by, created_at, valid_from, valid_to } = held;
            let what = format!("its agent is assigned to {account}");
            made(&what, (*valid_from, *valid_to), (created_by, *created_at))
        })
        .unwrap_or_default())
}

fn ruled(rule: &RuleRow) -> String {
    let whose = match rule.kind.as_str() {
        "number" => format!("the number {}", rule.key),
        "campaign" => format!("its campaign {}", rule.key),
        "test_calls" => "that it is a test call".to_owned(),
        _ => "its whole source".to_owned(),
    };
    let what = match &rule.account {
        Some(account) => format!("{whose} is assigned to {account}"),
        None => format!("it is left out because of {whose}"),
    };
    let by = (rule.created_by.as_str(), rule.created_at);
    format!("rule {}: {}", rule.rule_id, made(&what, (rule.valid_from, rule.valid_to), by))
}

/// What was made, for which span, by whom and when.
fn made(what: &str, (from, to): (i64, i64), (by, on): (&str, i64)) -> String {
    let (from, to) = (Timestamp::from_millis(from), Timestamp::from_millis(to));
    let during = crate::place::during((from, to));
    format!("{what}{during}, by {by} on {}", Timestamp::from_millis(on))
}
