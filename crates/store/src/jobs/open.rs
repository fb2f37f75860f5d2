//! What there is to do for workers.

use domain::{JobId, SourceId, Timestamp};

use crate::db::either;
use crate::{Store, StoreError};

/// A job that has not ended, and who stands in its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenJob {
    /// Its id.
    pub id: JobId,
    /// Of which source.
    pub source: SourceId,
    /// What is to be done.
    pub kind: String,
    /// How, as JSON.
    pub parameters: String,
    /// Whether a worker has it that reports.
    pub is_taken: bool,
    /// Whether somebody reads its source.
    pub is_read: bool,
    /// Whether somebody compares its source.
    pub is_compared: bool,
}

type Raw = (i64, i64, String, String, Option<String>, Option<String>, Option<String>);

macro_rules! held {
    ($work:literal, $id:literal) => {
        concat!(
            "
       (SELECT w.what FROM work w WHERE w.key = '",
            $work,
            "/' || CAST(j.",
            $id,
            " AS TEXT) AND w.holder IS NOT NULL AND w.lease_until > $1)"
        )
    };
}

// A handful of rows at any time, for each source takes so many jobs and no more.
const OPEN: &str = concat!(
    "
SELECT j.job_id, j.source_id, j.kind, j.parameters,",
    held!("job", "job_id"),
    ",",
    held!("source", "source_id"),
    ",",
    held!("compare", "source_id"),
    "
FROM jobs j WHERE j.ended_at IS NULL ORDER BY j.job_id"
);

const CANCEL_ASKED: &str = "
SELECT cancel_asked_at FROM jobs WHERE job_id = $1";

impl Store {
    /// Every job that has not ended, the first asked first.
    pub async fn jobs_open(&self, now: Timestamp) -> Result<Vec<OpenJob>, StoreError> {
        let rows: Vec<Raw> = either!(self.read(), |db| {
            sqlx::query_as(OPEN).bind(now.as_millis()).fetch_all(db).await
        })?;
        let job = |(id, source, kind, parameters, taken, read, compared): Raw| OpenJob {
            id: JobId(id),
            source: SourceId(source),
            kind,
            parameters,
            is_taken: taken.is_some(),
            is_read: read.is_some(),
            is_compared: compared.is_some(),
        };
        Ok(rows.into_iter().map(job).collect())
    }

    /// Whether somebody wants a job to stop.
    pub async fn job_is_to_stop(&self, job: JobId) -> Result<bool, StoreError> {
        let at: Option<Option<i64>> = either!(self.read(), |db| {
            sqlx::query_scalar(CANCEL_ASKED).bind(job.0).fetch_optional(db).await
        })?;
        Ok(at.flatten().is_some())
    }
}
