//! Calls and the contacts they were with.

use domain::{ContactId, FoundBy, Placement, SourceId, Timestamp};

use super::{by_keys, for_keys};
use crate::calls::{Written, written};
use crate::db::either;
use crate::{Scope, Store, StoreError, Tx};

/// A call with what its placement and its contact depend on.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LinkedCall {
    /// The provider's id.
    pub provider_call_id: String,
    /// When it happened, in milliseconds since 1970.
    pub occurred_at: i64,
    /// The provider's id of its agent.
    pub provider_agent_id: Option<String>,
    /// `inbound`, `outbound`, or nothing where nobody says.
    pub direction: Option<String>,
    /// The calling number, in E.164.
    pub from_e164: Option<String>,
    /// The called number, in E.164.
    pub to_e164: Option<String>,
    /// Why it is where it is.
    pub reason: String,
    /// The account it belongs to.
    pub account_id: Option<i64>,
    /// The contact it was with.
    pub contact_id: Option<i64>,
    /// By what that was found.
    pub contact_by: Option<String>,
    /// When its words were erased.
    pub erased_at: Option<i64>,
    placement: String,
    agent_id: Option<i64>,
}

/// A call on the history of a contact, with its latest record as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `calls` and `observations`")]
pub struct CallOfContact {
    pub source_id: i64,
    pub source: String,
    pub provider_call_id: String,
    pub occurred_at: i64,
    pub duration_ms: Option<i64>,
    pub direction: Option<String>,
    pub status: String,
    pub agent: Option<String>,
    pub account: Option<String>,
    pub contact_id: i64,
    pub contact_by: Option<String>,
    pub erased_at: Option<i64>,
    pub dictionary_id: i64,
    pub raw: Vec<u8>,
}

macro_rules! columns {
    () => {
        "
SELECT provider_call_id, occurred_at, provider_agent_id, direction, from_e164, to_e164, reason,
       account_id, contact_id, contact_by, erased_at, placement, agent_id
FROM calls "
    };
}

// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
const BY_ID: &str = concat!(columns!(), "WHERE source_id + 0 = $1 AND provider_call_id IN ");

const LINK: &str = "
UPDATE calls SET contact_id = $1, contact_by = $2, revision = $3
WHERE source_id + 0 = $4 AND provider_call_id IN ";

// SQLite uses a partial index only where its condition is repeated word for word.
const OF_CONTACTS: &str = "
SELECT source_id, provider_call_id FROM calls
WHERE contact_id IS NOT NULL AND contact_id IN ";

const HISTORY: &str = "
SELECT c.source_id, s.name AS source, c.provider_call_id, c.occurred_at, c.duration_ms,
       c.direction, c.status, g.name AS agent, a.name AS account, c.contact_id, c.contact_by,
       c.erased_at, o.dictionary_id, o.raw
FROM calls c
JOIN sources s ON s.source_id = c.source_id
JOIN observations o ON o.source_id = c.source_id AND o.provider_call_id = c.provider_call_id
     AND o.version = c.version
LEFT JOIN agents g ON g.source_id = c.source_id AND g.provider_agent_id = c.provider_agent_id
LEFT JOIN accounts a ON a.account_id = c.account_id
WHERE (CAST($1 AS BIGINT) IS NULL OR c.account_id = $1) AND c.contact_id IS NOT NULL
  AND c.contact_id IN ";

const COUNT: &str = "
SELECT contact_id, COUNT(*) FROM calls WHERE contact_id IS NOT NULL AND contact_id IN ";

impl Tx {
    /// These calls with what their placement and contact depend on.
    pub async fn calls_linked(
        &mut self,
        source: SourceId,
        ids: &[String],
    ) -> Result<Vec<LinkedCall>, StoreError> {
        either!(self.conn(), |db| by_keys!(db, LinkedCall, BY_ID, [source.0], ids, ""))
    }

    /// Writes with whom calls were; `None` for nobody.
    pub async fn calls_link(
        &mut self,
        source: SourceId,
        contact: Option<(ContactId, FoundBy)>,
        ids: &[String],
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let revision = self.revision(source).await?;
        let (id, by) = (contact.map(|(id, _)| id.0), contact.map(|(_, by)| by.as_str()));
        either!(self.conn(), |db| for_keys!(db, LINK, [id, by, revision, source.0], ids))
    }

    /// Every call of these contacts.
    pub async fn calls_of_contacts(
        &mut self,
        contacts: &[ContactId],
    ) -> Result<Vec<(SourceId, String)>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        let rows: Result<Vec<(i64, String)>, StoreError> = either!(self.conn(), |db| {
            by_keys!(
                db,
                (i64, String),
                OF_CONTACTS,
                [],
                &keys,
                " ORDER BY source_id, provider_call_id"
            )
        });
        Ok(rows?.into_iter().map(|(source, id)| (SourceId(source), id)).collect())
    }
}

impl Store {
    /// The latest calls of these contacts, newest first.
    pub async fn contact_calls(
        &self,
        scope: Scope,
        contacts: &[ContactId],
        count: i64,
    ) -> Result<Vec<CallOfContact>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        let order = format!(" ORDER BY c.occurred_at DESC, c.provider_call_id DESC LIMIT {count}");
        let rows: Result<Vec<CallOfContact>, StoreError> = either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, CallOfContact, HISTORY, [scope.account()], &keys, order)
        });
        let mut rows = rows?;
        rows.sort_by_key(|row| std::cmp::Reverse(row.occurred_at));
        rows.truncate(usize::try_from(count).unwrap_or(0));
        Ok(rows)
    }

    /// How many calls each of these contacts has.
    pub async fn contact_calls_count(
        &self,
        contacts: &[ContactId],
    ) -> Result<Vec<(ContactId, i64)>, StoreError> {
        let keys: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
        let rows: Result<Vec<(i64, i64)>, StoreError> = either!(self.read(), |pool| {
            let mut db = pool.acquire().await?;
            by_keys!(db, (i64, i64), COUNT, [], &keys, " GROUP BY contact_id")
        });
        Ok(rows?.into_iter().map(|(contact, calls)| (ContactId(contact), calls)).collect())
    }
}

impl LinkedCall {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        Timestamp::from_millis(self.occurred_at)
    }

    /// Whether this is where it belongs so far.
    pub fn is_at(&self, placement: Placement) -> bool {
        let Written { placement, agent, account, reason, .. } = written(placement);
        (placement, reason) == (self.placement.as_str(), self.reason.as_str())
            && (agent, account) == (self.agent_id, self.account_id)
    }

    /// Whether this is the contact it has so far.
    pub fn is_with(&self, contact: Option<(ContactId, FoundBy)>) -> bool {
        let (id, by) = (contact.map(|(id, _)| id.0), contact.map(|(_, by)| by.as_str()));
        (id, by) == (self.contact_id, self.contact_by.as_deref())
    }

    /// The number of the person, in E.164.
    pub fn other_side(&self) -> Option<&str> {
        match self.direction.as_deref() {
            Some("inbound") => self.from_e164.as_deref(),
            Some("outbound") => self.to_e164.as_deref(),
            _ if self.to_e164.is_none() => self.from_e164.as_deref(),
            _ => None,
        }
    }
}
