//! People who were sent to an identity provider and have not come back yet.

use domain::Timestamp;
use domain::users::TRIP_MAX;

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

const ADD: &str = "
INSERT INTO sign_in_trips (secret_hash, begun_at, next) VALUES ($1, $2, $3)";

const FORGET: &str = "
DELETE FROM sign_in_trips WHERE begun_at <= $1";

const UNDER_WAY: &str = "
SELECT COUNT(*) FROM sign_in_trips WHERE secret_hash = $1 AND begun_at > $2";

// Of two that come back at once, one finds the row.
const END: &str = "
DELETE FROM sign_in_trips WHERE secret_hash = $1 AND begun_at > $2 RETURNING next";

impl Tx {
    /// Begins a trip. Those that take too long are forgotten.
    pub async fn trip_add(
        &mut self,
        secret_hash: &[u8; 32],
        next: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(FORGET).bind((now - TRIP_MAX).as_millis()).execute(&mut *db).await?;
            let query = sqlx::query(ADD).bind(&secret_hash[..]).bind(now.as_millis());
            query.bind(text(next)).execute(db).await?;
            Ok(())
        })
    }

    /// Ends a trip that is under way, once, and gives where they wanted to.
    pub async fn trip_end(
        &mut self,
        secret_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query_scalar(END).bind(&secret_hash[..]);
            Ok(query.bind((now - TRIP_MAX).as_millis()).fetch_optional(db).await?)
        })
    }
}

impl Store {
    /// Whether a trip is under way: who guesses at one does not keep the writer busy.
    pub async fn is_trip_under_way(
        &self,
        secret_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let count: i64 = either!(self.read(), |db| {
            let query = sqlx::query_scalar(UNDER_WAY).bind(&secret_hash[..]);
            query.bind((now - TRIP_MAX).as_millis()).fetch_one(db).await
        })?;
        Ok(count > 0)
    }
}
