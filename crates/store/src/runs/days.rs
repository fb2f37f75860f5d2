//! How runs went day by day, and why calls of them were not placed.

use domain::{SourceId, Timestamp};

use crate::db::either;
use crate::{Store, StoreError};

/// Runs of one day.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RunsOfDay {
    /// The first instant of the day in UTC, in milliseconds since 1970.
    pub day: i64,
    /// How many runs ended of those that began on it.
    pub runs: i64,
    /// Of these, those that came to a good end.
    pub good: i64,
}

// From the newest back, and no further than is asked for, so that years of runs are not walked.
const DAYS: &str = "
SELECT n.day, COUNT(*) AS runs, CAST(SUM(n.good) AS BIGINT) AS good FROM
    (SELECT started_at - started_at % 86400000 AS day, started_at, kind, finished_at,
            CASE WHEN status = 'success' THEN 1 ELSE 0 END AS good
     FROM runs WHERE source_id = $1 ORDER BY run_id DESC LIMIT $2) n
WHERE n.started_at >= $3 AND n.finished_at IS NOT NULL AND n.kind <> 'diagnostic'
GROUP BY n.day ORDER BY n.day";

const SKIPS: &str = "
SELECT n.day, n.skip_reasons, COUNT(*) FROM
    (SELECT started_at - started_at % 86400000 AS day, started_at, kind, skip_reasons
     FROM runs WHERE source_id = $1 ORDER BY run_id DESC LIMIT $2) n
WHERE n.started_at >= $3 AND n.kind <> 'diagnostic' AND n.skip_reasons <> '{}'
GROUP BY n.day, n.skip_reasons";

impl Store {
    /// How the runs of a source that began since an instant went, day by day; of at most so many runs.
    pub async fn runs_by_day(
        &self,
        source: SourceId,
        since: Timestamp,
        count: i64,
    ) -> Result<Vec<RunsOfDay>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(DAYS).bind(source.0).bind(count);
            query.bind(since.as_millis()).fetch_all(db).await
        })?)
    }

    /// Why calls of those runs were not placed: the day, the reasons with their numbers as JSON, and
    /// how many runs said the same.
    pub async fn skips_by_day(
        &self,
        source: SourceId,
        since: Timestamp,
        count: i64,
    ) -> Result<Vec<(i64, String, i64)>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(SKIPS).bind(source.0).bind(count);
            query.bind(since.as_millis()).fetch_all(db).await
        })?)
    }
}
