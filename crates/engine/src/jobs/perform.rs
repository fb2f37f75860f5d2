//! One job, from its claim to its end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{
    JobId, JobKind, JobParameters, JobStatus, PAIRING_TOLERANCE, RunKind, SourceId, Tolerances,
};
use store::{JobEnd, JobRow, Lease, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::outcome::{self, Performed};
use super::report::Reporter;
use crate::compare::{
    CompareError, CompareOptions, compare, compare_and_repair, compare_with_source,
};
use crate::sync::{Progress, SyncError, SyncOptions, sync};
use crate::worker::Happened;
use crate::{Context, Source, schedules};

/// How often a job may be begun whose workers die, before it is taken to be what they die of.
const ATTEMPTS_MAX: i64 = 5;

/// A job that is being done.
pub(super) struct Doing {
    pub ctx: Context,
    pub source: Source,
    pub lease: Lease,
    pub row: JobRow,
    pub attempts: i64,
    /// How often is reported how far it is, and looked whether somebody wants it to stop.
    pub beat: Duration,
    pub stop: CancellationToken,
    pub tell: Arc<dyn Fn(Happened) + Send + Sync>,
    pub syncing: Arc<Mutex<BTreeSet<SourceId>>>,
}

/// Why there is no outcome.
#[derive(Debug)]
pub(super) enum Hindered {
    /// Somebody else has the source; it is this job's turn later.
    Busy,
    /// The database does not answer; whoever reaches it first begins anew.
    OutOfReach(StoreError),
    /// It cannot be done.
    Impossible(String),
}

/// What becomes of it.
enum Next {
    End(JobEnd),
    GiveBack,
    /// It is no longer ours, or nothing can be written.
    Leave,
}

impl Doing {
    /// Does it, and writes down what came of it.
    pub async fn until_its_end(self) {
        let (progress, told) = watch::channel(Progress::default());
        let next = Box::pin(self.next(progress, told.clone())).await;
        let last = *told.borrow();
        self.syncing.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.source.row.id);
        let written = match next {
            Next::Leave => return,
            Next::GiveBack => self.give_back().await,
            Next::End(end) => self.end(end, last).await,
        };
        // Its lease runs out, and it is begun anew.
        if let Err(error) = written {
            let job = self.row.job_id;
            tracing::warn!(source = %self.source.row.name, job, "What came of job {job} could not be written down: {error}");
        }
    }

    async fn next(
        &self,
        progress: watch::Sender<Progress>,
        told: watch::Receiver<Progress>,
    ) -> Next {
        let ended = |status, outcome: String| {
            Next::End(JobEnd { status, outcome, run: None, report: None })
        };
        if self.row.cancel_asked_at.is_some() {
            return ended(JobStatus::Cancelled, outcome::NEVER_BEGUN.to_owned());
        }
        if self.attempts > ATTEMPTS_MAX {
            return ended(JobStatus::Failed, outcome::died(ATTEMPTS_MAX));
        }
        let (work, is_cancelled) = (self.stop.child_token(), AtomicBool::new(false));
        let reporter = Reporter {
            ctx: &self.ctx,
            lease: &self.lease,
            job: JobId(self.row.job_id),
            beat: self.beat,
            progress: told,
            work: &work,
            is_cancelled: &is_cancelled,
        };
        let performing = self.perform(work.clone(), progress);
        tokio::pin!(performing);
        let performed = tokio::select! {
            performed = &mut performing => performed,
            lost = reporter.report() => {
                tracing::warn!(source = %self.source.row.name, "{lost}");
                work.cancel();
                // Whatever it still writes stands under the lease of its source.
                performing.await.ok();
                return Next::Leave;
            }
        };
        let is_cancelled = is_cancelled.load(Ordering::SeqCst);
        let was_stopped = work.is_cancelled();
        match performed {
            Ok(performed) if was_stopped && !performed.is_whole => {
                if !is_cancelled {
                    return Next::GiveBack;
                }
                Next::End(performed.cancelled())
            }
            Ok(performed) => Next::End(performed.ended()),
            Err(_) if is_cancelled => {
                ended(JobStatus::Cancelled, outcome::STOPPED_EARLY.to_owned())
            }
            Err(Hindered::Busy) => Next::GiveBack,
            Err(Hindered::OutOfReach(error)) => {
                tracing::warn!(source = %self.source.row.name, "Job {} is begun again later: {error}", self.row.job_id);
                Next::Leave
            }
            Err(Hindered::Impossible(why)) => ended(JobStatus::Failed, why),
        }
    }

    async fn perform(
        &self,
        stop: CancellationToken,
        progress: watch::Sender<Progress>,
    ) -> Result<Performed, Hindered> {
        let nonsense = |what| Hindered::from(StoreError::Nonsense { what });
        let kind: JobKind = self.row.kind.parse().map_err(nonsense)?;
        let parameters: JobParameters =
            serde_json::from_str(&self.row.parameters).map_err(|error| {
                nonsense(format!("parameters of a job that are not understood ({error})"))
            })?;
        let (ctx, source) = (&self.ctx, &self.source);
        let progress = Some(progress);
        if kind == JobKind::Sync {
            let asked = parameters.span();
            let is_dry_run = parameters.dry_run;
            let kind = RunKind::Manual;
            let options =
                SyncOptions { kind, asked, is_dry_run, stop, progress, ..SyncOptions::manual() };
            return Ok(Performed::synced(&sync(ctx, source, options).await?));
        }
        let account = match parameters.account {
            None => None,
            Some(id) => {
                let rows = ctx.within(ctx.store.accounts_list()).await?;
                let gone = || Hindered::Impossible(format!("account {id} is no longer there"));
                Some(rows.into_iter().find(|row| row.id == id).ok_or_else(gone)?)
            }
        };
        let other = match parameters.with_source {
            None => None,
            Some(id) => {
                let rows = ctx.within(ctx.store.sources_list()).await?;
                let gone = || Hindered::Impossible(format!("source {id} is no longer there"));
                Some(rows.into_iter().find(|row| row.id == id).ok_or_else(gone)?)
            }
        };
        let (window, keeps_raw) = (parameters.span(), parameters.keeps_raw);
        let options = CompareOptions {
            window,
            account,
            tolerances: tolerances(&parameters),
            keeps_raw,
            stop,
            progress,
        };
        if let Some(other) = other {
            let lag = source.connection.capabilities().lag;
            let report = compare_with_source(ctx, &source.row, &other, lag, &options).await?;
            return Ok(Performed::compared(&report));
        }
        let report = match kind {
            JobKind::Repair => compare_and_repair(ctx, source, options).await?,
            JobKind::Sync | JobKind::Compare => compare(ctx, source, options).await?,
        };
        Ok(Performed::compared(&report))
    }

    async fn give_back(&self) -> Result<(), StoreError> {
        let (ctx, job) = (&self.ctx, JobId(self.row.job_id));
        let written = async {
            let mut tx = ctx.store.begin().await?;
            tx.work_extend(&self.lease, ctx.now() + ctx.settings.lease).await?;
            if !tx.job_give_back(job).await? {
                let outcome = outcome::STOPPED_EARLY.to_owned();
                let end = JobEnd { status: JobStatus::Cancelled, outcome, run: None, report: None };
                tx.job_end(job, &end, ctx.now()).await?;
            }
            tx.commit().await?;
            ctx.store.work_release(&self.lease).await
        };
        ctx.within(written).await
    }

    async fn end(&self, mut end: JobEnd, last: Progress) -> Result<(), StoreError> {
        let (ctx, job) = (&self.ctx, JobId(self.row.job_id));
        let asked: JobParameters = serde_json::from_str(&self.row.parameters).unwrap_or_default();
        end.outcome.push_str(&outcome::made_up(asked.stands_for));
        let send_to = match end.status {
            JobStatus::Done | JobStatus::Failed => schedules::send_to(ctx, &self.row).await?,
            JobStatus::Cancelled | JobStatus::Waiting | JobStatus::Running => Vec::new(),
        };
        let written = async {
            let mut tx = ctx.store.begin().await?;
            tx.work_extend(&self.lease, ctx.now() + ctx.settings.lease).await?;
            if last != Progress::default() {
                tx.job_progress(job, &last.written(), last.run, ctx.now()).await?;
            }
            tx.job_end(job, &end, ctx.now()).await?;
            tx.sendings_add(job, &send_to, ctx.now()).await?;
            tx.commit().await?;
            ctx.store.work_release(&self.lease).await
        };
        ctx.within(written).await?;
        let source_name = self.source.row.name.clone();
        let JobEnd { status, outcome, .. } = end;
        (self.tell)(Happened::JobEnded { source_name, job, status, outcome });
        Ok(())
    }
}

/// As far as was asked for; else as far as two words about one call usually lie apart.
fn tolerances(parameters: &JobParameters) -> Tolerances {
    let usual = match parameters.with_source {
        Some(_) => Tolerances { time: PAIRING_TOLERANCE, duration: PAIRING_TOLERANCE },
        None => Tolerances::default(),
    };
    parameters.tolerance_seconds.map_or(usual, |seconds| {
        let far = Duration::from_secs(u64::from(seconds));
        Tolerances { time: far, duration: far }
    })
}

impl From<StoreError> for Hindered {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreachable { .. } | StoreError::Busy { .. } | StoreError::Full { .. } => {
                Self::OutOfReach(error)
            }
            // Another worker reads the source now.
            StoreError::LeaseLost { .. } => Self::Busy,
            _ => Self::Impossible(outcome::sentence(&error.to_string())),
        }
    }
}

impl From<SyncError> for Hindered {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::AlreadyRunning { .. } => Self::Busy,
            SyncError::Store(error) => error.into(),
        }
    }
}

impl From<CompareError> for Hindered {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::AlreadyRunning { .. } => Self::Busy,
            CompareError::Store(error) => error.into(),
            CompareError::Repair(error) => error.into(),
            _ => Self::Impossible(outcome::sentence(&error.to_string())),
        }
    }
}
