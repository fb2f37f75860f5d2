//! A stored call as the provider sent it: every version, unpacked.

use domain::Timestamp;
use serde::Serialize;
use store::{CallKey, Scope, Store, StoreError};

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

/// What a call's agent extracted, for people: the business is called what its account is called,
/// whatever was heard. The record keeps what was heard.
pub fn extracted(call: &domain::Call, account: Option<&str>) -> Option<serde_json::Value> {
    let mut extracted = call.extracted.clone()?;
    if let (Some(account), Some(fields)) = (account, extracted.as_object_mut()) {
        fields.insert("business_name".to_owned(), account.into());
    }
    Some(extracted)
}
