//! Who changed what, for a page and for programs alike.

use domain::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use store::AuditRow;

use crate::State;
use crate::api::Instant;
use crate::failure::Failure;

/// One change.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuditEntry {
    /// Its number; later ones are higher.
    pub id: i64,
    /// When.
    #[schemars(with = "Instant")]
    pub at: Timestamp,
    /// Who, such as `user ann` or `token crm`.
    pub who: String,
    /// From where, in short.
    pub address: String,
    /// What they did, as a phrase.
    pub what: String,
    /// To what.
    pub target: String,
    /// More, by names that depend on what was done. Neither secrets nor numbers of people.
    pub detail: Value,
}

/// Changes, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuditFacts {
    /// As many as were asked for.
    pub entries: Vec<AuditEntry>,
    /// What to ask for as `before` to go on; nothing where these are the first.
    pub next: Option<i64>,
}

impl AuditFacts {
    /// So many, before the one of this number or the latest.
    pub async fn load(state: &State, before: Option<i64>, count: usize) -> Result<Self, Failure> {
        // One more tells whether there are more.
        let wanted = i64::try_from(count).unwrap_or(i64::MAX).saturating_add(1);
        let mut rows = state.store.audit_list(before, wanted).await?;
        let has_more = rows.len() > count;
        rows.truncate(count);
        let next = rows.last().filter(|_| has_more).map(|row| row.audit_id);
        Ok(Self { entries: rows.into_iter().map(AuditEntry::from).collect(), next })
    }
}

impl From<AuditRow> for AuditEntry {
    fn from(row: AuditRow) -> Self {
        let AuditRow { audit_id: id, at, who, address, what, target, detail } = row;
        let detail = serde_json::from_str(&detail).unwrap_or(Value::String(detail));
        Self { id, at: Timestamp::from_millis(at), who, address, what, target, detail }
    }
}
