//! Jobs for people.

use domain::{JobId, SourceId, Timestamp};

use crate::db::either;
use crate::{Store, StoreError};

/// A job. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `jobs`, documented in the schema")]
pub struct JobRow {
    pub job_id: i64,
    pub source_id: i64,
    pub source: String,
    pub kind: String,
    pub parameters: String,
    pub status: String,
    pub asked_at: i64,
    pub asked_by: String,
    pub schedule_id: Option<i64>,
    pub schedule: Option<String>,
    pub due_at: Option<i64>,
    pub attempts: i64,
    pub started_at: Option<i64>,
    pub progress: Option<String>,
    pub progress_at: Option<i64>,
    pub cancel_asked_at: Option<i64>,
    pub cancel_asked_by: Option<String>,
    pub ended_at: Option<i64>,
    pub run_id: Option<i64>,
    pub outcome: Option<String>,
    pub report: Option<String>,
    /// What has the source that a waiting job waits for, such as `run 7`.
    pub waits_for: Option<String>,
}

macro_rules! jobs {
    ($which:literal) => {
        concat!(
            "
SELECT j.job_id, j.source_id, s.name AS source, j.kind, j.parameters, j.status, j.asked_at, j.asked_by,
       j.schedule_id, d.name AS schedule, j.due_at, j.attempts, j.started_at, j.progress, j.progress_at,
       j.cancel_asked_at, j.cancel_asked_by, j.ended_at, j.run_id, j.outcome, j.report,
       (SELECT w.what FROM work w
        WHERE j.status = 'waiting' AND w.holder IS NOT NULL AND w.lease_until > $1
          AND w.key = CASE WHEN j.kind = 'compare' THEN 'compare/' ELSE 'source/' END
                      || CAST(j.source_id AS TEXT)) AS waits_for
FROM jobs j JOIN sources s ON s.source_id = j.source_id
LEFT JOIN schedules d ON d.schedule_id = j.schedule_id ",
            $which
        )
    };
}

const GET: &str = jobs!("WHERE j.job_id = $2");

const LIST: &str = jobs!("WHERE j.job_id < $2 ORDER BY j.job_id DESC LIMIT $3");

const OF_SOURCE: &str =
    jobs!("WHERE j.job_id < $2 AND j.source_id = $4 ORDER BY j.job_id DESC LIMIT $3");

const LAST_OF_SCHEDULE: &str =
    jobs!("WHERE j.schedule_id = $2 ORDER BY j.due_at DESC, j.job_id DESC LIMIT 1");

impl Store {
    /// One job, as it stands at `now`.
    pub async fn job_get(&self, job: JobId, now: Timestamp) -> Result<Option<JobRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(GET).bind(now.as_millis()).bind(job.0).fetch_optional(db).await
        })?)
    }

    /// The job that a schedule asked for last, as it stands at `now`.
    pub async fn job_of_schedule(
        &self,
        schedule: i64,
        now: Timestamp,
    ) -> Result<Option<JobRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(LAST_OF_SCHEDULE).bind(now.as_millis()).bind(schedule);
            query.fetch_optional(db).await
        })?)
    }

    /// The latest jobs, newest first, of one source or of all; only those asked for before one.
    pub async fn jobs_list(
        &self,
        source: Option<SourceId>,
        before: Option<JobId>,
        count: i64,
        now: Timestamp,
    ) -> Result<Vec<JobRow>, StoreError> {
        let before = before.map_or(i64::MAX, |before| before.0);
        Ok(either!(self.read(), |db| match source {
            None => {
                let query = sqlx::query_as(LIST).bind(now.as_millis()).bind(before).bind(count);
                query.fetch_all(db).await
            }
            Some(source) => {
                let query = sqlx::query_as(OF_SOURCE).bind(now.as_millis()).bind(before);
                query.bind(count).bind(source.0).fetch_all(db).await
            }
        })?)
    }
}
