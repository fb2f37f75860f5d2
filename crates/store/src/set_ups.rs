//! Sources that were set up in the dashboard, and sources that rest. The key that opens what is sealed
//! is not in this database.

use domain::{SourceId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// How a source was set up, and whether it rests. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SetUpRow {
    /// Our id of it.
    pub source_id: i64,
    /// Its name.
    pub name: String,
    /// Where its history begins.
    pub since: i64,
    /// What its calls do to contacts; nothing where it is what suits the provider.
    pub contacts: Option<String>,
    /// The account that gets its agents which nobody has assigned.
    pub auto_account_id: Option<i64>,
    /// Since when it rests.
    pub paused_at: Option<i64>,
    /// Who wanted that.
    pub paused_by: Option<String>,
    /// What the provider must know, as JSON; nothing where the configuration says it.
    pub said: Option<String>,
    /// The country of numbers written without one.
    pub country: Option<String>,
    /// How often it is read, where it differs from the others.
    pub every_minutes: Option<i64>,
    /// What opens the door, sealed.
    pub sealed: Option<Vec<u8>>,
    /// Grows with every change.
    pub version: Option<i64>,
    /// When the set-up was changed.
    pub changed_at: Option<i64>,
    /// By whom.
    pub changed_by: Option<String>,
}

/// A set-up to be kept in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedSetUp<'s> {
    /// Of this source.
    pub source: SourceId,
    /// The version it takes the place of; of any other nothing is changed.
    pub version: i64,
    /// What the provider must know, as JSON.
    pub said: &'s str,
    /// The country of numbers written without one.
    pub country: &'s str,
    /// How often it is read, where it differs from the others.
    pub every_minutes: Option<i64>,
    /// What opens the door, sealed; the one that is there stays where none is given.
    pub sealed: Option<&'s [u8]>,
}

/// A set-up to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSetUp<'s> {
    /// Of this source.
    pub source: SourceId,
    /// What the provider must know, as JSON.
    pub said: &'s str,
    /// The country of numbers written without one.
    pub country: &'s str,
    /// How often it is read, where it differs from the others.
    pub every_minutes: Option<i64>,
    /// What opens the door, sealed.
    pub sealed: &'s [u8],
}

// There are as many rows as sources, which are few.
const LIST: &str = "
SELECT s.source_id, s.name, s.since, s.contacts, s.auto_account_id, s.paused_at, s.paused_by,
       u.said, u.country, u.every_minutes, u.sealed, u.version, u.changed_at, u.changed_by
FROM sources s LEFT JOIN source_set_ups u ON u.source_id = s.source_id
ORDER BY s.name";

const GET: &str = "
SELECT s.source_id, s.name, s.since, s.contacts, s.auto_account_id, s.paused_at, s.paused_by,
       u.said, u.country, u.every_minutes, u.sealed, u.version, u.changed_at, u.changed_by
FROM sources s LEFT JOIN source_set_ups u ON u.source_id = s.source_id
WHERE s.source_id = $1";

const ADD: &str = "
INSERT INTO source_set_ups (source_id, said, country, every_minutes, sealed, changed_at, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

const CHANGE: &str = "
UPDATE source_set_ups
SET said = $3, country = $4, every_minutes = $5, sealed = COALESCE($6, sealed),
    version = version + 1, changed_at = $7, changed_by = $8
WHERE source_id = $1 AND version = $2";

// What rests already goes on resting since then.
const PAUSE: &str = "
UPDATE sources SET paused_at = $2, paused_by = $3 WHERE source_id = $1 AND paused_at IS NULL";

const GO_ON: &str = "
UPDATE sources SET paused_at = NULL, paused_by = NULL WHERE source_id = $1 AND paused_at IS NOT NULL";

impl Tx {
    /// Keeps how a source was set up.
    pub async fn set_up_add(
        &mut self,
        new: &NewSetUp<'_>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(ADD).bind(new.source.0).bind(text(new.said));
            let query = query.bind(text(new.country)).bind(new.every_minutes).bind(new.sealed);
            query.bind(now.as_millis()).bind(text(by)).execute(db).await?;
            Ok(())
        })
    }

    /// Keeps another set-up in its place. Returns whether the one it was made from was still there.
    pub async fn set_up_change(
        &mut self,
        new: &ChangedSetUp<'_>,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(CHANGE).bind(new.source.0).bind(new.version);
            let query = query.bind(text(new.said)).bind(text(new.country));
            let query = query.bind(new.every_minutes).bind(new.sealed);
            let query = query.bind(now.as_millis()).bind(text(by));
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Lets a source rest, or go on. Returns whether that was news.
    pub async fn source_pause(
        &mut self,
        source: SourceId,
        rests: bool,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let done = if rests {
                let query = sqlx::query(PAUSE).bind(source.0).bind(now.as_millis());
                query.bind(text(by)).execute(db).await?
            } else {
                sqlx::query(GO_ON).bind(source.0).execute(db).await?
            };
            Ok(done.rows_affected() == 1)
        })
    }
}

impl Store {
    /// Every source by name: how it was set up, and whether it rests.
    pub async fn set_ups_list(&self) -> Result<Vec<SetUpRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?)
    }

    /// The same of one.
    pub async fn set_up_get(&self, source: SourceId) -> Result<Option<SetUpRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(GET).bind(source.0).fetch_optional(db).await
        })?)
    }
}
