//! How many calls there were when, counted from rows. Each is read by time, within a span.

use domain::{SourceId, Timestamp, Window};

use sqlx::{AssertSqlSafe, Row};

use crate::db::either;
use crate::explain::Explain;
use crate::{Scope, Store, StoreError};

/// Calls of one day, campaign and status.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct VolumeRow {
    /// The first instant of the day in UTC, in milliseconds since 1970.
    pub day: i64,
    /// The campaign, in the provider's words.
    pub campaign: Option<String>,
    /// Where the calls stand.
    pub status: String,
    /// How many.
    pub calls: i64,
}

// The index by time holds all of it.
macro_rules! by_hour {
    ($mine:literal) => {
        concat!(
            "
SELECT occurred_at - occurred_at % 3600000, COUNT(*) FROM calls
WHERE source_id = $1 AND occurred_at >= $2 AND occurred_at < $3",
            $mine,
            "
GROUP BY occurred_at - occurred_at % 3600000
ORDER BY occurred_at - occurred_at % 3600000"
        )
    };
}

macro_rules! by_day {
    ($mine:literal) => {
        concat!(
            "
SELECT occurred_at - occurred_at % 86400000 AS day, campaign, status, COUNT(*) AS calls FROM calls
WHERE source_id = $1 AND occurred_at >= $2 AND occurred_at < $3",
            $mine,
            "
GROUP BY occurred_at - occurred_at % 86400000, campaign, status
ORDER BY occurred_at - occurred_at % 86400000, campaign, status"
        )
    };
}

// Index and all: nothing but the index by time is read.
macro_rules! by_hour_and_status {
    ($mine:literal) => {
        concat!(
            "
SELECT occurred_at - occurred_at % 3600000, status, COUNT(*) FROM calls
WHERE source_id = $1 AND occurred_at >= $2 AND occurred_at < $3",
            $mine,
            "
GROUP BY occurred_at - occurred_at % 3600000, status"
        )
    };
}

// From the newest back, and no further than is asked for.
macro_rules! durations {
    ($mine:literal) => {
        concat!(
            "
SELECT d.duration_ms / 1000, COUNT(*) FROM
    (SELECT duration_ms FROM calls WHERE source_id = $1",
            $mine,
            "
     ORDER BY occurred_at DESC, provider_call_id DESC LIMIT $2) d
WHERE d.duration_ms IS NOT NULL
GROUP BY d.duration_ms / 1000"
        )
    };
}

const BY_HOUR_AND_STATUS: &str = by_hour_and_status!("");
const BY_HOUR_AND_STATUS_OF_ACCOUNT: &str = by_hour_and_status!(" AND account_id = $4");
const DURATIONS: &str = durations!("");
const DURATIONS_OF_ACCOUNT: &str = durations!(" AND account_id = $3");
const BY_HOUR: &str = by_hour!("");
const BY_HOUR_OF_ACCOUNT: &str = by_hour!(" AND account_id = $4");
const BY_DAY: &str = by_day!("");
const BY_DAY_OF_ACCOUNT: &str = by_day!(" AND account_id = $4");

macro_rules! volumes {
    ($store:expr, $scope:expr, $all:expr, $mine:expr, $source:expr, $span:expr) => {
        either!($store.read(), |db| {
            let query = sqlx::query_as(match $scope.account() {
                None => $all,
                Some(_) => $mine,
            });
            let query = query.bind($source.0).bind($span.from().as_millis());
            let query = query.bind($span.to().as_millis());
            match $scope.account() {
                None => query.fetch_all(db).await,
                Some(account) => query.bind(account).fetch_all(db).await,
            }
        })
    };
}

impl Store {
    /// How many calls of a source each hour of a span has, oldest first; hours without any are left
    /// out.
    pub async fn volumes_by_hour(
        &self,
        scope: Scope,
        source: SourceId,
        span: Window,
    ) -> Result<Vec<(Timestamp, u64)>, StoreError> {
        let rows: Vec<(i64, i64)> =
            volumes!(self, scope, BY_HOUR, BY_HOUR_OF_ACCOUNT, source, span)?;
        let read =
            |(hour, calls)| (Timestamp::from_millis(hour), u64::try_from(calls).unwrap_or(0));
        Ok(rows.into_iter().map(read).collect())
    }

    /// How many calls of each status each hour of a span has, in no order.
    pub async fn volumes_by_hour_and_status(
        &self,
        scope: Scope,
        source: SourceId,
        span: Window,
    ) -> Result<Vec<(Timestamp, String, u64)>, StoreError> {
        let rows: Vec<(i64, String, i64)> =
            volumes!(self, scope, BY_HOUR_AND_STATUS, BY_HOUR_AND_STATUS_OF_ACCOUNT, source, span)?;
        let read = |(hour, status, calls)| {
            (Timestamp::from_millis(hour), status, u64::try_from(calls).unwrap_or(0))
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// By what the database finds the above, in its own words.
    pub async fn volumes_plan(
        &self,
        source: SourceId,
        span: Window,
    ) -> Result<Vec<String>, StoreError> {
        let Explain { words, column } = Explain::of(self.engine());
        let sql = format!("{words} {BY_HOUR_AND_STATUS}");
        either!(self.read(), |db| {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(source.0);
            let query = query.bind(span.from().as_millis()).bind(span.to().as_millis());
            let rows = query.fetch_all(db).await?;
            let lines: Result<Vec<String>, sqlx::Error> =
                rows.iter().map(|row| row.try_get(column)).collect();
            Ok(lines?)
        })
    }

    /// How long the latest calls of a source were, in whole seconds, each with how many; of at most
    /// so many calls. Those whose length nobody told are left out.
    pub async fn durations_latest(
        &self,
        scope: Scope,
        source: SourceId,
        count: i64,
    ) -> Result<Vec<(u64, u64)>, StoreError> {
        let rows: Vec<(i64, i64)> = either!(self.read(), |db| match scope.account() {
            None => sqlx::query_as(DURATIONS).bind(source.0).bind(count).fetch_all(db).await,
            Some(account) => {
                let query = sqlx::query_as(DURATIONS_OF_ACCOUNT).bind(source.0).bind(count);
                query.bind(account).fetch_all(db).await
            }
        })?;
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(rows.into_iter().map(|(seconds, calls)| (number(seconds), number(calls))).collect())
    }

    /// How many calls of a source each day of a span has, by campaign and status, oldest first.
    pub async fn volumes_by_day(
        &self,
        scope: Scope,
        source: SourceId,
        span: Window,
    ) -> Result<Vec<VolumeRow>, StoreError> {
        Ok(volumes!(self, scope, BY_DAY, BY_DAY_OF_ACCOUNT, source, span)?)
    }
}
