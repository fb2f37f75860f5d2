//! Work under a lease: reported for as long as it takes, whatever it waits for.

use std::time::Duration;

use store::{Lease, StoreError};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::Context;

/// Does work under a lease and gives it back. The lease is reported beside the work, in real time,
/// so that nobody takes a source over whose provider is slow to answer; once it is lost, the work is
/// dropped where it stands.
pub(crate) fn keep<T, E: From<StoreError>>(
    ctx: &Context,
    lease: &Lease,
    work: impl Future<Output = Result<T, E>>,
) -> impl Future<Output = Result<T, E>> {
    // All of a run: it would lie on the stack of whoever waits for it, once more in each of them.
    let work = Box::pin(work);
    async move {
        let done = tokio::select! {
            biased;
            done = work => done,
            lost = report(ctx, lease) => Err(lost.into()),
        };
        // After a failure of the database the release may fail too; the lease then runs out by itself.
        let released = ctx.within(ctx.store.work_release(lease)).await;
        let done = done?;
        released?;
        Ok(done)
    }
}

/// Reports until the lease is lost. What the database does not take now, the next report may be in
/// time for; until then each write is fenced.
async fn report(ctx: &Context, lease: &Lease) -> StoreError {
    let every = (ctx.settings.lease / 3).max(Duration::from_millis(1));
    let mut beat = interval_at(Instant::now() + every, every);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beat.tick().await;
        let until = ctx.now() + ctx.settings.lease;
        let reported = ctx.within(ctx.store.work_heartbeat(lease, until)).await;
        if let Err(lost @ StoreError::LeaseLost { .. }) = reported {
            return lost;
        }
    }
}
