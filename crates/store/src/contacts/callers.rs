//! What calls without a contact say about the person, so that they can get one without being read
//! again.

use domain::{Caller, ContactFields, ExternalId, SourceId};

use super::{by_keys, for_keys};
use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::{Store, StoreError, Tx};

/// What a call says about the person.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCaller {
    /// The provider's id of the call.
    pub provider_call_id: String,
    /// Whether the call waits for its contact, and not for something else.
    pub is_sought: bool,
    /// What it says.
    pub caller: Caller,
}

/// A call that has no contact.
#[derive(Debug, Clone, PartialEq)]
pub struct CallerRow {
    /// Its source.
    pub source: SourceId,
    /// The provider's id of it.
    pub provider_call_id: String,
    /// What it says.
    pub caller: Caller,
}

type Raw = (i64, String, Option<String>, Option<String>, Option<String>, String);

fn row(raw: Raw) -> Result<CallerRow, StoreError> {
    let (source, provider_call_id, phone, kind, id, fields) = raw;
    let nonsense = |what: String| StoreError::Nonsense { what };
    let external = match (kind, id) {
        (Some(kind), Some(id)) => Some(ExternalId { kind: kind.parse().map_err(nonsense)?, id }),
        _ => None,
    };
    let fields = ContactFields::from_json(&fields)
        .map_err(|error| nonsense(format!("fields of a caller that are none: {error}")))?;
    let caller = Caller { phone, external, fields };
    Ok(CallerRow { source: SourceId(source), provider_call_id, caller })
}

const KEPT: &str = "
ON CONFLICT (source_id, provider_call_id) DO UPDATE SET
    is_sought = excluded.is_sought, phone = excluded.phone,
    external_kind = excluded.external_kind, external_id = excluded.external_id,
    fields = excluded.fields";

const DROP: &str = "
DELETE FROM callers WHERE source_id = $1 AND provider_call_id IN ";

macro_rules! columns {
    () => {
        "
SELECT source_id, provider_call_id, phone, external_kind, external_id, fields FROM callers "
    };
}

const OF_CALLS: &str = concat!(columns!(), "WHERE source_id = $1 AND provider_call_id IN ");

// SQLite uses a partial index only where its condition is repeated word for word.
const SOURCES_BY_PHONE: &str = "
SELECT DISTINCT source_id, phone FROM callers
WHERE is_sought = 1 AND phone IS NOT NULL AND phone IN ";

const SOURCES_BY_ID: &str = "
SELECT DISTINCT source_id, external_id FROM callers
WHERE is_sought = 1 AND external_id IS NOT NULL AND external_id IN ";

const WITH_PHONE: &str = concat!(
    columns!(),
    "
WHERE phone IS NOT NULL AND phone = $1 AND source_id = $2 AND provider_call_id > $3
ORDER BY provider_call_id LIMIT $4"
);

const WITH_ID: &str = concat!(
    columns!(),
    "
WHERE external_id IS NOT NULL AND external_id = $1 AND source_id = $2 AND provider_call_id > $3
ORDER BY provider_call_id LIMIT $4"
);

const SOUGHT: &str = concat!(
    columns!(),
    "
WHERE is_sought = 1 AND source_id = $1 AND provider_call_id > $2
ORDER BY provider_call_id LIMIT $3"
);

const ARE_SOUGHT: &str = "
SELECT provider_call_id FROM callers WHERE is_sought = 1 AND source_id = $1 LIMIT 1";

impl Store {
    /// Whether any call of a source waits for its contact.
    pub async fn callers_are_sought(&self, source: SourceId) -> Result<bool, StoreError> {
        let found: Option<(String,)> = either!(self.read(), |db| {
            sqlx::query_as(ARE_SOUGHT).bind(source.0).fetch_optional(db).await
        })?;
        Ok(found.is_some())
    }
}

impl Tx {
    /// Keeps what calls without a contact say.
    pub async fn callers_keep(
        &mut self,
        source: SourceId,
        rows: &[NewCaller],
    ) -> Result<(), StoreError> {
        struct Written<'r> {
            new: &'r NewCaller,
            fields: String,
        }
        let rows: Vec<Written> =
            rows.iter().map(|new| Written { new, fields: new.caller.fields.to_json() }).collect();
        let insert = Insert::into("callers", &rows)
            .same_number("source_id", source.0)
            .each_text("provider_call_id", |row: &Written| row.new.provider_call_id.as_str())
            .number("is_sought", |row| i64::from(row.new.is_sought))
            .text("phone", |row| row.new.caller.phone.as_deref())
            .text("external_kind", |row| {
                row.new.caller.external.as_ref().map(|external| external.kind.as_str())
            })
            .text("external_id", |row| {
                row.new.caller.external.as_ref().map(|external| external.id.as_str())
            })
            .text("fields", |row| row.fields.as_str())
            .on_conflict(KEPT);
        either!(self.conn(), |db| db.insert(insert).await)
    }

    /// Forgets what calls said that have a contact now.
    pub async fn callers_drop(
        &mut self,
        source: SourceId,
        ids: &[String],
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| for_keys!(db, DROP, [source.0], ids))
    }

    /// What these calls say; those that have a contact are absent.
    pub async fn callers_of(
        &mut self,
        source: SourceId,
        ids: &[String],
    ) -> Result<Vec<CallerRow>, StoreError> {
        let rows: Result<Vec<Raw>, StoreError> =
            either!(self.conn(), |db| by_keys!(db, Raw, OF_CALLS, [source.0], ids, ""));
        rows?.into_iter().map(row).collect()
    }

    /// The sources that have calls without a contact with one of these numbers or ids, and which.
    pub async fn callers_with(
        &mut self,
        phones: &[String],
        ids: &[String],
    ) -> Result<Vec<(SourceId, String)>, StoreError> {
        let by_phone: Result<Vec<(i64, String)>, StoreError> = either!(self.conn(), |db| by_keys!(
            db,
            (i64, String),
            SOURCES_BY_PHONE,
            [],
            phones,
            ""
        ));
        let by_id: Result<Vec<(i64, String)>, StoreError> =
            either!(self.conn(), |db| by_keys!(db, (i64, String), SOURCES_BY_ID, [], ids, ""));
        let both = by_phone?.into_iter().chain(by_id?);
        Ok(both.map(|(source, key)| (SourceId(source), key)).collect())
    }

    /// Calls of a source without a contact that have this number, after the given one.
    pub async fn callers_with_phone(
        &mut self,
        (source, phone): (SourceId, &str),
        after: &str,
        count: i64,
    ) -> Result<Vec<CallerRow>, StoreError> {
        let rows: Vec<Raw> = either!(self.conn(), |db| {
            let query = sqlx::query_as(WITH_PHONE).bind(phone).bind(source.0);
            query.bind(after).bind(count).fetch_all(db).await
        })?;
        rows.into_iter().map(row).collect()
    }

    /// Calls of a source without a contact that name this id, after the given one.
    pub async fn callers_with_id(
        &mut self,
        (source, id): (SourceId, &str),
        after: &str,
        count: i64,
    ) -> Result<Vec<CallerRow>, StoreError> {
        let rows: Vec<Raw> = either!(self.conn(), |db| {
            let query = sqlx::query_as(WITH_ID).bind(id).bind(source.0);
            query.bind(after).bind(count).fetch_all(db).await
        })?;
        rows.into_iter().map(row).collect()
    }

    /// Calls of a source that wait for their contact, by id, after the given one.
    pub async fn callers_sought(
        &mut self,
        source: SourceId,
        after: &str,
        count: i64,
    ) -> Result<Vec<CallerRow>, StoreError> {
        let rows: Vec<Raw> = either!(self.conn(), |db| {
            sqlx::query_as(SOUGHT).bind(source.0).bind(after).bind(count).fetch_all(db).await
        })?;
        rows.into_iter().map(row).collect()
    }
}
