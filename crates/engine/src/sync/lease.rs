//! One run per source at a time, also across machines and across crashes.

use std::time::Duration;

use domain::SourceId;
use store::{Claim, Lease};

use super::SyncError;
use crate::{Context, Source};

/// What a source is claimed under.
pub(crate) fn key(source: SourceId) -> String {
    format!("source/{source}")
}

const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Claims the source if nobody has it.
pub(super) async fn claim_now(ctx: &Context, source: &Source) -> Result<Option<Lease>, SyncError> {
    let (key, now) = (key(source.row.id), ctx.now());
    let until = now + ctx.settings.lease;
    let claim = ctx.store.work_claim(&key, &ctx.holder, "a new run", until, now);
    match ctx.within(claim).await? {
        Claim::Granted(lease) => Ok(Some(lease)),
        Claim::Held { .. } => Ok(None),
    }
}

/// Claims the source. A holder that still reports is an error at once; one that has fallen
/// silent, because it was killed, is waited for until its lease runs out.
pub(super) async fn claim(ctx: &Context, source: &Source) -> Result<Lease, SyncError> {
    let key = key(source.row.id);
    let mut seen_until = None;
    loop {
        let now = ctx.now();
        let until = now + ctx.settings.lease;
        let claim = ctx.store.work_claim(&key, &ctx.holder, "a new run", until, now);
        let claim = ctx.within(claim).await?;
        let (what, held_until) = match claim {
            Claim::Granted(lease) => return Ok(lease),
            Claim::Held { what, until } => (what, until),
        };
        let reports = seen_until.is_some_and(|seen| held_until > seen);
        if reports || held_until > now + ctx.settings.lease * 2 {
            return Err(SyncError::AlreadyRunning { source_name: source.row.name.clone(), what });
        }
        if seen_until.is_none() {
            tracing::info!(
                source = %source.row.name,
                "{what} holds `{}` until {held_until}; waiting to see whether it still reports",
                source.row.name
            );
        }
        seen_until = Some(held_until);
        ctx.wait.wait(LOOK_AGAIN).await;
    }
}
