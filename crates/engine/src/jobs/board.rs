//! The board of a worker: which jobs there are for its sources, and who of its turns does them.
//!
//! One look per beat, for all of its sources. A job is claimed once a turn is free, so that it never
//! waits here while another worker has one.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{JobId, JobKind, JobParameters, SourceId, Timestamp};
use providers::outgoing::Outgoing;
use store::{Claim, JobRow, Lease, OpenJob, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::{CancellationToken, PollSemaphore};

use super::perform::Doing;
use crate::worker::Happened;
use crate::{Context, Source, place, schedules};

/// Schedules are looked at every so many looks; none is for a second.
const SCHEDULES_EVERY: u32 = 5;

/// How often is looked for changes that somebody was interrupted at. Whoever makes one finishes it, so
/// that there are few.
const RESUME_EVERY: Duration = Duration::from_mins(10);

/// Where the jobs of a worker's sources hang.
pub(crate) struct Board {
    pub ctx: Context,
    pub sources: watch::Receiver<BTreeMap<SourceId, Source>>,
    /// Shared with those who read sources in their rhythm.
    pub turns: Arc<Semaphore>,
    /// How often is looked. In real time, as a heartbeat is.
    pub beat: Duration,
    pub stop: CancellationToken,
    pub tell: Arc<dyn Fn(Happened) + Send + Sync>,
    /// Sources that a job is about to read; their rhythm lets it go first.
    pub ahead: watch::Sender<BTreeSet<SourceId>>,
    /// What others are told with.
    pub outgoing: Outgoing,
    /// Sources that a sync of ours is reading, or is about to.
    pub syncing: Arc<Mutex<BTreeSet<SourceId>>>,
}

/// A job there is, as this worker sees it.
struct Hanging {
    id: JobId,
    source: SourceId,
    /// Whether nothing stands in its way.
    is_ready: bool,
    /// Whether it waits for nothing but its source, which others read.
    goes_first: bool,
}

impl Board {
    /// Does what hangs there until `stop`; what is under way then is given back.
    pub async fn keep(self) {
        let mut beat = interval(self.beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut doing = JoinSet::new();
        let mut turns = PollSemaphore::new(Arc::clone(&self.turns));
        let mut is_dark = false;
        let (mut telling, mut resuming) = (JoinSet::new(), JoinSet::new());
        let mut resume_at = self.ctx.now();
        let mut looks: u32 = 0;
        while !self.stop.is_cancelled() {
            if looks.is_multiple_of(SCHEDULES_EVERY) {
                self.keep_schedules(&mut telling).await;
                self.resume_changes(&mut resuming, &mut resume_at);
            }
            looks = looks.wrapping_add(1);
            let hanging = self.look().await;
            is_dark = said(is_dark, hanging.as_ref().err());
            let is_ready = hanging.is_ok_and(|all| all.iter().any(|job| job.is_ready));
            if !is_ready {
                // Whoever queues for a turn and leaves gives up the place.
                turns = PollSemaphore::new(Arc::clone(&self.turns));
                self.rest(&mut beat).await;
            } else if let Some(turn) = self.turn(&mut turns, &mut beat).await {
                match self.claim().await {
                    Some(begun) => {
                        doing.spawn(async move {
                            Box::pin(begun.until_its_end()).await;
                            drop(turn);
                        });
                    }
                    None => self.rest(&mut beat).await,
                }
            }
            while let Some(ended) = doing.try_join_next() {
                if let Err(defect) = ended {
                    tracing::error!("A job was left where it stood; it is begun again: {defect}");
                }
            }
        }
        self.ahead.send_replace(BTreeSet::new());
        while doing.join_next().await.is_some() {}
        // What was not told or moved by now is by whoever comes next.
        telling.shutdown().await;
        resuming.shutdown().await;
    }

    /// Asks for what is due by itself, and tells what came of it, beside everything else.
    async fn keep_schedules(&self, telling: &mut JoinSet<()>) {
        let sources = self.sources.borrow().clone();
        if let Err(error) = schedules::ask_due(&self.ctx, &sources).await {
            tracing::debug!("Which schedules are due is not known: {error}");
        }
        while telling.try_join_next().is_some() {}
        if telling.is_empty() {
            let (ctx, outgoing) = (self.ctx.clone(), self.outgoing.clone());
            telling.spawn(async move {
                let sent = schedules::send_what_is_due(&ctx, &outgoing, &sources).await;
                if let Err(error) = sent {
                    tracing::debug!("What is to be told is not known: {error}");
                }
            });
        }
    }

    /// Finishes what somebody was interrupted at, beside everything else: of every source, for nobody
    /// reads one that rests.
    fn resume_changes(&self, resuming: &mut JoinSet<()>, at: &mut Timestamp) {
        while resuming.try_join_next().is_some() {}
        if !resuming.is_empty() || self.ctx.now() < *at {
            return;
        }
        *at = self.ctx.now() + RESUME_EVERY;
        let ctx = self.ctx.clone();
        resuming.spawn(async move {
            if let Err(error) = place::resume_all(&ctx).await {
                tracing::warn!("Changes that were interrupted could not be finished: {error}");
            }
        });
    }

    async fn rest(&self, beat: &mut Interval) {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            _ = beat.tick() => {}
        }
    }

    /// A turn, if one comes before the next look; the place in the queue is kept.
    async fn turn(
        &self,
        turns: &mut PollSemaphore,
        beat: &mut Interval,
    ) -> Option<tokio::sync::OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            turn = poll_fn(|cx| turns.poll_acquire(cx)) => turn,
            _ = beat.tick() => None,
        }
    }

    /// What hangs there for our sources, the first asked first.
    async fn look(&self) -> Result<Vec<Hanging>, StoreError> {
        let open = self.ctx.within(self.ctx.store.jobs_open(self.ctx.now())).await?;
        let hanging: Vec<Hanging> = {
            let sources = self.sources.borrow();
            let ours = open.into_iter().filter(|job| sources.contains_key(&job.source));
            ours.map(|job| hanging(&job)).collect()
        };
        let mut ahead = self.syncing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ahead.extend(hanging.iter().filter(|job| job.goes_first).map(|job| job.source));
        self.ahead.send_if_modified(|known| {
            let is_news = *known != ahead;
            *known = ahead;
            is_news
        });
        Ok(hanging)
    }

    /// Claims the first job that nothing stands in the way of.
    async fn claim(&self) -> Option<Doing> {
        let claimed = async {
            let hanging = self.look().await?;
            for job in hanging.into_iter().filter(|job| job.is_ready) {
                let source = self.sources.borrow().get(&job.source).cloned();
                let Some(source) = source else { continue };
                if let Some((lease, row, attempts)) = self.begin(job.id).await? {
                    return Ok(Some(self.doing(source, lease, row, attempts)));
                }
            }
            Ok::<_, StoreError>(None)
        };
        claimed.await.unwrap_or_else(|error| {
            tracing::warn!("A job could not be begun: {error}");
            None
        })
    }

    async fn begin(&self, job: JobId) -> Result<Option<(Lease, JobRow, i64)>, StoreError> {
        let (ctx, now) = (&self.ctx, self.ctx.now());
        let (key, what) = (format!("job/{job}"), format!("job {job}"));
        let until = now + ctx.settings.lease;
        let claim = ctx.store.work_claim(&key, &ctx.holder, &what, until, now);
        let Claim::Granted(lease) = ctx.within(claim).await? else { return Ok(None) };
        let begun = async {
            let mut tx = ctx.store.begin().await?;
            tx.work_extend(&lease, until).await?;
            let attempts = tx.job_begin(job, now).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(attempts.zip(ctx.store.job_get(job, now).await?))
        };
        let Some((attempts, row)) = ctx.within(begun).await? else {
            // It ended between the look and the claim.
            ctx.within(ctx.store.work_release(&lease)).await?;
            return Ok(None);
        };
        Ok(Some((lease, row, attempts)))
    }

    fn doing(&self, source: Source, lease: Lease, row: JobRow, attempts: i64) -> Doing {
        if row.kind == JobKind::Sync.as_str() {
            let mut syncing = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
            syncing.insert(source.row.id);
        }
        Doing {
            ctx: self.ctx.clone(),
            source,
            lease,
            row,
            attempts,
            beat: self.beat / 2,
            stop: self.stop.clone(),
            tell: Arc::clone(&self.tell),
            syncing: Arc::clone(&self.syncing),
        }
    }
}

fn hanging(job: &OpenJob) -> Hanging {
    let kind: Result<JobKind, _> = job.kind.parse();
    let parameters: JobParameters = serde_json::from_str(&job.parameters).unwrap_or_default();
    let (is_free, waits_for_source) = match kind {
        Ok(JobKind::Sync) => (parameters.dry_run || !job.is_read, !parameters.dry_run),
        Ok(JobKind::Compare) => (!job.is_compared, false),
        Ok(JobKind::Repair) => (!job.is_compared && !job.is_read, !job.is_compared),
        // Of a newer program, which does it.
        Err(_) => (false, false),
    };
    Hanging {
        id: job.id,
        source: job.source,
        is_ready: is_free && !job.is_taken,
        goes_first: waits_for_source && !job.is_taken,
    }
}

/// Says once that there is no looking, and once that there is again.
fn said(was_dark: bool, error: Option<&StoreError>) -> bool {
    match error {
        Some(error) if !was_dark => tracing::warn!("Which jobs there are is not known: {error}"),
        None if was_dark => tracing::info!("Which jobs there are is known again"),
        _ => {}
    }
    error.is_some()
}
