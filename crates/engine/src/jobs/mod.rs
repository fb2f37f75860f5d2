//! Jobs: what a person or a schedule asks to be done, done by whichever worker has a turn first.
//!
//! A job is a row; who does it is decided by its lease, as with sources. Whatever is done can be
//! done again, so a job whose worker died is simply begun anew by another.

mod board;
mod outcome;
mod perform;
mod report;

use domain::{JobId, JobKind, JobParameters, JobRefused, JobStatus, SourceId, Timestamp};
use store::{AskedJob, JobRow, NewJob, Store, StoreError};

pub(crate) use board::Board;
#[cfg(test)]
pub(crate) use outcome::Performed;

/// Jobs of one source that may be open at once; a queue that nobody works off is no longer useful.
const OPEN_MAX: i64 = 50;

/// Why a job was not asked for, or not stopped.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It makes no sense.
    #[error(transparent)]
    Refused(#[from] JobRefused),
    /// Nobody works them off.
    #[error(
        "{OPEN_MAX} jobs of this source have not ended. See that `everycall serve` or `everycall work` runs with it, or cancel some"
    )]
    TooMany,
    /// There is none of this id.
    #[error("there is no job {job}")]
    NoJob {
        /// Which.
        job: JobId,
    },
    /// It has ended.
    #[error("job {job} has ended already: {outcome}")]
    HasEnded {
        /// Which.
        job: JobId,
        /// How.
        outcome: String,
    },
}

/// Asks for a job. Where the same waits already, that one is the answer.
pub async fn ask(
    store: &Store,
    source: SourceId,
    (kind, parameters): (JobKind, &JobParameters),
    by: &str,
    now: Timestamp,
) -> Result<AskedJob, JobError> {
    parameters.check(kind, now)?;
    if parameters.with_source == Some(source) {
        return Err(JobRefused::WithItself.into());
    }
    let parameters = written(parameters);
    let new = NewJob { source, kind, parameters: &parameters, by, due: None };
    let mut tx = store.begin().await?;
    let open = tx.jobs_count_open(source).await?;
    let asked = tx.job_ask(&new, now).await?;
    if matches!(asked, AskedJob::New(_)) && open >= OPEN_MAX {
        return Err(JobError::TooMany);
    }
    tx.commit().await?;
    Ok(asked)
}

/// Asks that a job stops: one that waits ends at once, one that is done after the pages it has. Asking
/// twice is asking once.
pub async fn cancel(
    store: &Store,
    job: JobId,
    by: &str,
    now: Timestamp,
) -> Result<JobRow, JobError> {
    let mut tx = store.begin().await?;
    tx.job_cancel(job, by, outcome::NEVER_BEGUN, now).await?;
    tx.commit().await?;
    let row = store.job_get(job, now).await?.ok_or(JobError::NoJob { job })?;
    let status: JobStatus = row.status.parse().map_err(|what| StoreError::Nonsense { what })?;
    if status.has_ended() && row.cancel_asked_at.is_none() {
        return Err(JobError::HasEnded { job, outcome: row.outcome.unwrap_or_default() });
    }
    Ok(row)
}

/// The parameters as they are kept, and as what is asked twice is known by.
pub(crate) fn written(parameters: &JobParameters) -> String {
    // A struct of instants and numbers always has a JSON form.
    serde_json::to_string(parameters).unwrap_or_default()
}
