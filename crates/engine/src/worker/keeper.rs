//! One source, read whenever it is due.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use domain::{NextRun, RunKind, SourceId, WhyThen, look_at};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{Happened, Scheduled};
use crate::sync::{SyncOptions, past, sync_when_due, work_key};
use crate::{Context, contacts};

/// After our own database failed, or this program did.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How often waiting calls are looked at again, whether their source can be read or not.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// Keeps one source up to date.
pub(super) struct Keeper {
    pub ctx: Context,
    pub scheduled: Scheduled,
    pub turns: Arc<Semaphore>,
    pub windows_max: usize,
    pub time_max: Duration,
    /// Whether one of it fell, because this program is wrong.
    pub is_again: bool,
    /// Sources that a job goes first at.
    pub jobs: watch::Receiver<BTreeSet<SourceId>>,
    pub stop: CancellationToken,
    pub tell: Arc<dyn Fn(Happened) + Send + Sync>,
}

impl Keeper {
    /// Until it is to stop.
    pub async fn keep(mut self) {
        if self.is_again && !self.sleep(LOOK_AGAIN).await {
            return;
        }
        // A person who restarts the program may have mended what was wrong.
        let mut is_first = true;
        let mut sweep_at = self.ctx.now();
        while !self.stop.is_cancelled() {
            if self.ctx.now() >= sweep_at {
                self.sweep().await;
                sweep_at = self.ctx.now() + SWEEP_EVERY;
            }
            let pause = match self.due(is_first).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(source = %self.scheduled.source.row.name, "When to read it next is not known: {error}");
                    Some(LOOK_AGAIN)
                }
            };
            if let Some(pause) = pause {
                if !self.sleep(pause.min(sweep_at.since(self.ctx.now()))).await {
                    return;
                }
                // Others may have read it meanwhile, so it is judged anew.
                continue;
            }
            self.let_jobs_go_first().await;
            self.read(is_first).await;
            is_first = false;
        }
    }

    /// Moves calls whose change was interrupted, and looks at those that wait for their contact.
    async fn sweep(&self) {
        let (ctx, source) = (&self.ctx, &self.scheduled.source.row);
        let swept = async {
            crate::place::resume(&ctx.store, source.id, ctx.now()).await?;
            contacts::sweep(&ctx.store, source.id, ctx.now()).await
        };
        match swept.await {
            Ok(swept) if swept.moved > 0 => {
                let contacts::Swept { looked, moved } = swept;
                tracing::info!(source = %source.name, looked, moved, "Looked at {looked} waiting calls of {}, {moved} of which moved", source.name);
            }
            Ok(_) => {}
            // The next sweep does what this one left.
            Err(error) => {
                tracing::warn!(source = %source.name, "Waiting calls could not be looked at: {error}");
            }
        }
    }

    /// How long the source is not due yet; `None` when it is.
    async fn due(&self, is_first: bool) -> Result<Option<Duration>, store::StoreError> {
        let (ctx, Scheduled { source, rhythm }) = (&self.ctx, &self.scheduled);
        let (key, now) = (work_key(source.row.id), ctx.now());
        // The lease first: whoever ends a run in between has ended it in what is read next.
        let held_until = ctx.within(ctx.store.work_held(&key, now)).await?;
        let runs = past(ctx, source).await?;
        let NextRun { at, why } = look_at(&runs, rhythm, held_until, now);
        if is_first && why == WhyThen::Refused {
            return Ok(None);
        }
        // The lease of a clock that runs ahead is not waited for: its holder may be dead.
        let pause = if why == WhyThen::Held {
            at.since(now).min(ctx.settings.lease)
        } else {
            at.since(now)
        };
        Ok((at > now).then_some(pause))
    }

    /// What a person asked for is done before what comes by itself: a source with much to read is
    /// read again at once, and a job would never get it.
    async fn let_jobs_go_first(&mut self) {
        let id = self.scheduled.source.row.id;
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            // Where nobody looks for jobs any more, none is to come.
            _waited = self.jobs.wait_for(|jobs| !jobs.contains(&id)) => {}
        }
    }

    /// Reads what is due, unless somebody else did while we waited for our turn.
    async fn read(&self, is_first: bool) {
        let (ctx, source) = (&self.ctx, &self.scheduled.source);
        let turn = tokio::select! {
            turn = self.turns.acquire() => turn,
            () = self.stop.cancelled() => return,
        };
        let Ok(turn) = turn else { return };
        // The look at what others told is over before anybody is waited for.
        let waits_for_job = self.jobs.borrow().contains(&source.row.id);
        if waits_for_job || !matches!(self.due(is_first).await, Ok(None)) {
            return;
        }
        let options = SyncOptions {
            kind: RunKind::Auto,
            windows_max: Some(self.windows_max),
            time_max: Some(self.time_max),
            stop: self.stop.clone(),
            ..SyncOptions::manual()
        };
        let source_name = source.row.name.clone();
        let is_due =
            |next: NextRun| next.at <= ctx.now() || (is_first && next.why == WhyThen::Refused);
        let ended = sync_when_due(ctx, source, &self.scheduled.rhythm, options, is_due).await;
        // Whoever waits for a turn need not wait for what follows.
        drop(turn);
        match ended {
            Ok(None) => {}
            Ok(Some(report)) => {
                (self.tell)(Happened::Ran { source_name, report: Box::new(report) });
            }
            Err(error) => {
                (self.tell)(Happened::Failed { source_name, error });
                self.sleep(LOOK_AGAIN).await;
            }
        }
    }

    /// Returns whether there is still something to do.
    async fn sleep(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = self.ctx.wait.wait(pause) => !self.stop.is_cancelled(),
        }
    }
}
