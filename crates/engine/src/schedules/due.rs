//! What is due becomes a job, once, whichever workers notice.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{AccountId, Due, JobParameters, SourceId, Timestamp, due};
use store::{AskedJob, ScheduleRow, StoreError};

use super::{new_job, rhythm};
use crate::jobs::written;
use crate::{Context, Source};

/// How far back a comparison reaches at most to make up for those that were missed, unless its own
/// span is longer.
const MADE_UP_MAX: Duration = Duration::from_hours(24 * 92);

/// Asks for what is due of schedules of these sources.
pub(crate) async fn ask_due(
    ctx: &Context,
    sources: &BTreeMap<SourceId, Source>,
) -> Result<(), StoreError> {
    let now = ctx.now();
    for schedule in ctx.within(ctx.store.schedules_list()).await? {
        let Some(source) = sources.get(&SourceId(schedule.source_id)) else { continue };
        if let Some(due) = has_come(&schedule, now) {
            ctx.within(ask(ctx, &schedule, due, source.row.since)).await?;
        }
    }
    Ok(())
}

/// What of a schedule has come since it was last asked for; nothing while it is paused.
pub(super) fn has_come(schedule: &ScheduleRow, now: Timestamp) -> Option<Due> {
    if schedule.is_paused != 0 {
        return None;
    }
    let rhythm = match rhythm(schedule) {
        Ok(rhythm) => rhythm,
        // Of a zone this machine does not know; it was read when it was kept.
        Err(why) => {
            tracing::warn!("When {} is due is not known here: {why}", schedule.name);
            return None;
        }
    };
    let after =
        schedule.last_due_at.map_or(schedule.counts_from, |at| at.max(schedule.counts_from));
    due(&rhythm, Timestamp::from_millis(after), now)
}

/// What is due when somebody asks at once: now, and whatever has come that nobody made, for which
/// nobody is asked again afterwards.
pub(super) fn at_once(schedule: &ScheduleRow, now: Timestamp) -> Due {
    match has_come(schedule, now) {
        None => Due { at: now, first: now, missed: 0 },
        Some(come) => {
            Due { at: now, first: come.first, missed: come.missed + u64::from(come.at < now) }
        }
    }
}

async fn ask(
    ctx: &Context,
    schedule: &ScheduleRow,
    due: Due,
    since: Timestamp,
) -> Result<(), StoreError> {
    let parameters = written(&parameters(schedule, due, since));
    let by = format!("schedule {}", schedule.name);
    let mut tx = ctx.store.begin().await?;
    let asked = tx.job_ask(&new_job(schedule, &parameters, &by, due.at), ctx.now()).await?;
    tx.commit().await?;
    if let AskedJob::New(job) = asked {
        tracing::info!(job = job.0, missed = due.missed, "{} is due: job {job}", schedule.name);
    }
    Ok(())
}

/// What its job compares: its span back from when it is due, and from the first that was missed. What
/// lies before the source's history is not missing.
pub(super) fn parameters(schedule: &ScheduleRow, due: Due, since: Timestamp) -> JobParameters {
    let days = u64::try_from(schedule.span_days).unwrap_or(1);
    let span = Duration::from_hours(24).saturating_mul(u32::try_from(days).unwrap_or(1));
    let reach = due.at - span.max(MADE_UP_MAX);
    let from = (due.first - span).max(reach).max(since);
    // A history that begins after it is due has nothing to compare, and the job says so.
    let from = from.min(due.at - Duration::from_millis(1));
    JobParameters {
        from: Some(from),
        to: Some(due.at),
        account: schedule.account_id.map(AccountId),
        stands_for: due.missed,
        ..JobParameters::default()
    }
}
