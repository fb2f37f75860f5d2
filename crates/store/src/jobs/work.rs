//! What a worker writes of a job it holds. The caller extends the job's lease in the same transaction.

use domain::{JobId, JobStatus, RunId, Timestamp};

use crate::db::either;
use crate::text::{text, text_opt};
use crate::{StoreError, Tx};

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEnd {
    /// In a word.
    pub status: JobStatus,
    /// In a sentence.
    pub outcome: String,
    /// The run that did it, where there is one.
    pub run: Option<RunId>,
    /// The report of a dry run, as JSON.
    pub report: Option<String>,
}

const BEGIN: &str = "
UPDATE jobs SET status = 'running', started_at = COALESCE(started_at, $2), attempts = attempts + 1,
    progress = NULL, progress_at = NULL, run_id = NULL
WHERE job_id = $1 AND ended_at IS NULL
RETURNING attempts";

const PROGRESS: &str = "
UPDATE jobs SET progress = $2, progress_at = $3, run_id = COALESCE($4, run_id) WHERE job_id = $1";

// Whoever wanted it to stop meanwhile is not to see it begin again.
const GIVE_BACK: &str = "
UPDATE jobs SET status = 'waiting', attempts = attempts - 1
WHERE job_id = $1 AND ended_at IS NULL AND cancel_asked_at IS NULL";

const END: &str = "
UPDATE jobs SET status = $2, ended_at = $3, outcome = $4, report = $5, run_id = COALESCE($6, run_id)
WHERE job_id = $1 AND ended_at IS NULL";

impl Tx {
    /// Begins a job, or begins it again after its worker died. Returns how often it was begun; nothing
    /// if it has ended.
    pub async fn job_begin(
        &mut self,
        job: JobId,
        now: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        Ok(either!(self.conn(), |db| {
            sqlx::query_scalar(BEGIN).bind(job.0).bind(now.as_millis()).fetch_optional(db).await
        })?)
    }

    /// Writes how far it is.
    pub async fn job_progress(
        &mut self,
        job: JobId,
        progress: &str,
        run: Option<RunId>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(PROGRESS).bind(job.0).bind(text(progress));
            query.bind(now.as_millis()).bind(run.map(|run| run.0)).execute(db).await?;
            Ok(())
        })
    }

    /// Gives a job back undone. Returns whether it waits now, and not where somebody wants it to stop.
    pub async fn job_give_back(&mut self, job: JobId) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            Ok(sqlx::query(GIVE_BACK).bind(job.0).execute(db).await?.rows_affected() == 1)
        })
    }

    /// Ends a job. Ending one that has ended changes nothing.
    pub async fn job_end(
        &mut self,
        job: JobId,
        end: &JobEnd,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(END).bind(job.0).bind(end.status.as_str());
            let query = query.bind(now.as_millis()).bind(text(&end.outcome));
            let query = query.bind(text_opt(end.report.as_deref())).bind(end.run.map(|run| run.0));
            query.execute(db).await?;
            Ok(())
        })
    }
}
