//! While a job is done: how far it is, that its worker lives, and whether somebody wants it to stop.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::JobId;
use store::{Lease, StoreError};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::Context;
use crate::sync::Progress;

/// Reports of one job.
pub(super) struct Reporter<'r> {
    pub ctx: &'r Context,
    pub lease: &'r Lease,
    pub job: JobId,
    pub beat: Duration,
    pub progress: watch::Receiver<Progress>,
    /// Cancelled when somebody wants the job to stop.
    pub work: &'r CancellationToken,
    /// Set when it was a person.
    pub is_cancelled: &'r AtomicBool,
}

impl Reporter<'_> {
    /// Reports once per beat, and ends only when the lease was lost.
    pub async fn report(mut self) -> StoreError {
        let mut beat = interval(self.beat.max(Duration::from_millis(1)));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Some beats pass in which there is nothing new to write but that we live.
        let silent_max = (self.ctx.settings.lease / 3).as_millis() / self.beat.as_millis().max(1);
        let mut silent = 0;
        loop {
            beat.tick().await;
            silent += 1;
            let is_news = self.progress.has_changed().unwrap_or(false);
            if is_news || silent >= silent_max {
                match self.ctx.within(self.write()).await {
                    Ok(()) => silent = 0,
                    Err(lost @ StoreError::LeaseLost { .. }) => return lost,
                    // Our lease stands for a while, and the work itself notices, too.
                    Err(error) => {
                        tracing::warn!("How far job {} is could not be written: {error}", self.job);
                    }
                }
            }
            self.look().await;
        }
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        let progress = *self.progress.borrow_and_update();
        let now = self.ctx.now();
        let mut tx = self.ctx.store.begin().await?;
        tx.work_extend(self.lease, now + self.ctx.settings.lease).await?;
        tx.job_progress(self.job, &progress.written(), progress.run, now).await?;
        tx.commit().await
    }

    async fn look(&self) {
        if self.work.is_cancelled() {
            return;
        }
        let is_to_stop = self.ctx.within(self.ctx.store.job_is_to_stop(self.job)).await;
        if is_to_stop.unwrap_or(false) {
            self.is_cancelled.store(true, Ordering::SeqCst);
            self.work.cancel();
        }
    }
}
