//! Asking for jobs, and asking that they stop.

use domain::{JobId, JobKind, SourceId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{StoreError, Tx};

/// A job to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewJob<'j> {
    /// Of which source.
    pub source: SourceId,
    /// What is to be done.
    pub kind: JobKind,
    /// How, as JSON that is written the same way each time.
    pub parameters: &'j str,
    /// Who asks.
    pub by: &'j str,
    /// Which schedule it is for, and which occurrence of it.
    pub due: Option<(i64, Timestamp)>,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedJob {
    /// It waits now.
    New(JobId),
    /// The same waited already, or the same occurrence of a schedule was asked for.
    Known(JobId),
}

impl AskedJob {
    /// The job, whoever asked for it first.
    pub const fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Known(id) => id,
        }
    }
}

const WAITS: &str = "
SELECT job_id FROM jobs
WHERE source_id = $1 AND kind = $2 AND parameters = $3 AND status = 'waiting' AND ended_at IS NULL
  AND schedule_id IS NULL
ORDER BY job_id LIMIT 1";

const DUE: &str = "
SELECT job_id FROM jobs WHERE schedule_id = $1 AND due_at = $2";

const ASK: &str = "
INSERT INTO jobs (source_id, kind, parameters, status, asked_at, asked_by, schedule_id, due_at)
VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7)
ON CONFLICT DO NOTHING
RETURNING job_id";

const COUNT: &str = "
SELECT COUNT(*) FROM jobs WHERE source_id = $1 AND ended_at IS NULL";

// One that waits ends at once; of one that is done, its worker is asked.
const CANCEL: &str = "
UPDATE jobs SET cancel_asked_at = $2, cancel_asked_by = $3,
    ended_at = CASE WHEN status = 'waiting' THEN $2 ELSE ended_at END,
    outcome = CASE WHEN status = 'waiting' THEN $4 ELSE outcome END,
    status = CASE WHEN status = 'waiting' THEN 'cancelled' ELSE status END
WHERE job_id = $1 AND ended_at IS NULL AND cancel_asked_at IS NULL";

impl Tx {
    /// Asks for a job, unless the same waits already.
    pub async fn job_ask(
        &mut self,
        new: &NewJob<'_>,
        now: Timestamp,
    ) -> Result<AskedJob, StoreError> {
        let (source, kind, parameters) = (new.source.0, new.kind.as_str(), text(new.parameters));
        let due = new.due.map(|(schedule, at)| (schedule, at.as_millis()));
        if let Some(known) = self.job_known(new).await? {
            return Ok(AskedJob::Known(known));
        }
        let made: Option<(i64,)> = either!(self.conn(), |db| {
            let query = sqlx::query_as(ASK).bind(source).bind(kind).bind(&*parameters);
            let query = query.bind(now.as_millis()).bind(text(new.by));
            let query = query.bind(due.map(|(schedule, _)| schedule)).bind(due.map(|(_, at)| at));
            query.fetch_optional(db).await
        })?;
        if let Some((id,)) = made {
            return Ok(AskedJob::New(JobId(id)));
        }
        // Somebody asked for the same between our look and our asking.
        let known = self.job_known(new).await?;
        known.map(AskedJob::Known).ok_or_else(|| StoreError::Busy {
            detail: "the same job was asked for and begun at this moment".to_owned(),
        })
    }

    /// The job that was asked for already, if one was.
    async fn job_known(&mut self, new: &NewJob<'_>) -> Result<Option<JobId>, StoreError> {
        let row: Option<(i64,)> = either!(self.conn(), |db| {
            if let Some((schedule, at)) = new.due {
                let query = sqlx::query_as(DUE).bind(schedule).bind(at.as_millis());
                query.fetch_optional(db).await
            } else {
                let query = sqlx::query_as(WAITS).bind(new.source.0).bind(new.kind.as_str());
                query.bind(text(new.parameters)).fetch_optional(db).await
            }
        })?;
        Ok(row.map(|(id,)| JobId(id)))
    }

    /// How many jobs of a source have not ended.
    pub async fn jobs_count_open(&mut self, source: SourceId) -> Result<i64, StoreError> {
        Ok(either!(self.conn(), |db| {
            sqlx::query_scalar(COUNT).bind(source.0).fetch_one(db).await
        })?)
    }

    /// Asks that a job stops; one that nobody has begun ends at once, with this outcome. Returns
    /// whether this was news.
    pub async fn job_cancel(
        &mut self,
        job: JobId,
        by: &str,
        outcome: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(CANCEL).bind(job.0).bind(now.as_millis()).bind(text(by));
            Ok(query.bind(text(outcome)).execute(db).await?.rows_affected() == 1)
        })
    }
}
