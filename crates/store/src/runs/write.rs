//! A run's own row, from its start to its end.

use domain::{RunAccounts, RunId, RunKind, RunStatus, SourceId, Timestamp};

use crate::db::either;
use crate::text::{text, text_opt};
use crate::{StoreError, Tx};

/// How far a run is. Written whole with every page, so that it is true at any instant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunProgress {
    /// Where every record went.
    pub accounts: RunAccounts,
    /// Calls it saw that wait for something, whether new or not.
    pub waiting: u64,
    /// Calls it saw that are deliberately left out.
    pub excluded: u64,
    /// How many calls per reason, as JSON.
    pub skip_reasons: String,
    /// Pages read.
    pub pages: u64,
    /// Windows it means to prove.
    pub windows_planned: u64,
    /// Windows it proved.
    pub windows_proved: u64,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEnd<'a> {
    /// In a word.
    pub status: RunStatus,
    /// Its report, as JSON.
    pub response: &'a str,
    /// What kept it from being a success.
    pub error: Option<&'a str>,
    /// What to do about it, where the error does not say so itself.
    pub hint: Option<&'a str>,
    /// Whether only a person can help, because the provider refused us.
    pub needs_person: bool,
    /// Whether it left windows to the next run of the schedule, which is to begin at once.
    pub has_more: bool,
    /// The most memory the process had used by then, in bytes, where the system tells.
    pub peak_bytes: Option<u64>,
}

impl<'a> RunEnd<'a> {
    /// An end with nothing to add.
    pub const fn new(status: RunStatus, response: &'a str, error: Option<&'a str>) -> Self {
        Self {
            status,
            response,
            error,
            hint: None,
            needs_person: false,
            has_more: false,
            peak_bytes: None,
        }
    }
}

const START: &str = "
INSERT INTO runs (source_id, kind, status, parameters, started_at)
VALUES ($1, $2, 'in_progress', $3, $4)
RETURNING run_id";

const PROGRESS: &str = "
UPDATE runs SET listed = $2, new = $3, updated = $4, unchanged = $5, repeated = $6, set_aside = $7,
    failed = $8, waiting = $9, excluded = $10, skip_reasons = $11, pages = $12,
    windows_planned = $13, windows_proved = $14
WHERE run_id = $1";

const FINISH: &str = "
UPDATE runs SET status = $2, response = $3, error = $4, hint = $5, finished_at = $6,
    needs_person = $7, peak_bytes = $8, has_more = $9
WHERE run_id = $1 AND status = 'in_progress'";

const ABANDON: &str = "
UPDATE runs SET status = 'failed', finished_at = $2,
    error = 'the run stopped without saying why: its process was killed, or its machine went away',
    hint = 'nothing is lost: pages it had written stay, and the next run reads the rest'
WHERE source_id = $1 AND status = 'in_progress' AND (kind = 'diagnostic') = $3";

const BREAK_OFF: &str = "
UPDATE runs SET status = 'failed', finished_at = $2, error = $3
WHERE source_id = $1 AND status = 'in_progress' AND kind = 'diagnostic'";

impl Tx {
    /// Begins a run.
    pub async fn run_start(
        &mut self,
        source: SourceId,
        kind: RunKind,
        parameters: &str,
        now: Timestamp,
    ) -> Result<RunId, StoreError> {
        let (id,): (i64,) = either!(self.conn(), |db| {
            sqlx::query_as(START)
                .bind(source.0)
                .bind(kind.as_str())
                .bind(text(parameters))
                .bind(now.as_millis())
                .fetch_one(db)
                .await
        })?;
        Ok(RunId(id))
    }

    /// Writes how far a run is, together with the data that brought it there.
    pub async fn run_progress(
        &mut self,
        run: RunId,
        progress: &RunProgress,
    ) -> Result<(), StoreError> {
        let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let accounts = &progress.accounts;
        either!(self.conn(), |db| {
            sqlx::query(PROGRESS)
                .bind(run.0)
                .bind(count(accounts.listed))
                .bind(count(accounts.new))
                .bind(count(accounts.updated))
                .bind(count(accounts.unchanged))
                .bind(count(accounts.repeated))
                .bind(count(accounts.set_aside))
                .bind(count(accounts.failed))
                .bind(count(progress.waiting))
                .bind(count(progress.excluded))
                .bind(text(&progress.skip_reasons))
                .bind(count(progress.pages))
                .bind(count(progress.windows_planned))
                .bind(count(progress.windows_proved))
                .execute(db)
                .await?;
            Ok(())
        })
    }

    /// Ends a run. Ending one that has ended changes nothing.
    pub async fn run_finish(
        &mut self,
        run: RunId,
        end: RunEnd<'_>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let peak = end.peak_bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        either!(self.conn(), |db| {
            sqlx::query(FINISH)
                .bind(run.0)
                .bind(end.status.as_str())
                .bind(text(end.response))
                .bind(text_opt(end.error))
                .bind(text_opt(end.hint))
                .bind(now.as_millis())
                .bind(i64::from(end.needs_person))
                .bind(peak)
                .bind(i64::from(end.has_more))
                .execute(db)
                .await?;
            Ok(())
        })
    }

    /// Ends the runs of a source whose process died: its comparisons, or all others. The caller
    /// holds the lease of what it ends, so nobody can still be working on them. Returns how many
    /// there were.
    pub async fn runs_abandon(
        &mut self,
        source: SourceId,
        are_diagnostic: bool,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let done = either!(self.conn(), |db| {
            sqlx::query(ABANDON)
                .bind(source.0)
                .bind(now.as_millis())
                .bind(are_diagnostic)
                .execute(db)
                .await?
                .rows_affected()
        });
        Ok(done)
    }

    /// Ends the comparison of a source that something kept from its end, and says what. The caller
    /// holds its lease, so that there is no other.
    pub async fn comparison_break_off(
        &mut self,
        source: SourceId,
        error: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(BREAK_OFF).bind(source.0).bind(now.as_millis());
            query.bind(text(error)).execute(db).await?;
        });
        Ok(())
    }
}
