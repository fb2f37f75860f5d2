//! Telling what came of scheduled comparisons, each address for itself: what could not be sent is tried
//! again some times, and what cannot be sent is kept with the reason.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{JobId, RunId, SourceId};
use providers::outgoing::{NotSent, Outgoing, SendTo};
use serde_json::Value;
use store::{DueSending, JobRow, Sent, StoreError};

use super::{addresses, letter::letter};
use crate::{Context, Source};

/// The pauses after attempts that came to nothing; after the last there is no further one.
const PAUSES: [Duration; 4] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
];

/// How long one attempt can be under way; one that is older has died.
const UNDER_WAY_MAX: Duration = Duration::from_mins(5);

/// The addresses that are to be told of a job.
pub(crate) async fn send_to(ctx: &Context, job: &JobRow) -> Result<Vec<String>, StoreError> {
    let Some(schedule) = job.schedule_id else { return Ok(Vec::new()) };
    let schedule = ctx.within(ctx.store.schedule_get(schedule)).await?;
    Ok(schedule.as_ref().map(addresses).unwrap_or_default())
}

/// Tells whatever is to be told by now of these sources, one address after another.
pub(crate) async fn send_what_is_due(
    ctx: &Context,
    outgoing: &Outgoing,
    sources: &BTreeMap<SourceId, Source>,
) -> Result<(), StoreError> {
    let due = ctx.within(ctx.store.sendings_due(ctx.now())).await?;
    for due in due.into_iter().filter(|due| sources.contains_key(&due.source)) {
        send(ctx, outgoing, &due).await?;
    }
    Ok(())
}

async fn send(ctx: &Context, outgoing: &Outgoing, due: &DueSending) -> Result<(), StoreError> {
    let now = ctx.now();
    let taken = async {
        let mut tx = ctx.store.begin().await?;
        let is_ours = tx.sending_take(due, now + UNDER_WAY_MAX, now).await?;
        tx.commit().await?;
        Ok(is_ours)
    };
    if !ctx.within(taken).await? {
        return Ok(());
    }
    let attempt = due.attempts + 1;
    let told = match due.send_to.parse::<SendTo>() {
        Ok(to) => tell(ctx, outgoing, &to, due.job).await?,
        Err(error) => Err(NotSent::Ever(error.to_string())),
    };
    let pause = usize::try_from(due.attempts).ok().and_then(|nth| PAUSES.get(nth));
    let sent = match (told, pause) {
        (Ok(()), _) => Sent::Whole,
        (Err(NotSent::Now(error)), Some(pause)) => Sent::Again { at: now + *pause, error },
        (Err(NotSent::Now(error) | NotSent::Ever(error)), _) => Sent::Never { error },
    };
    let job = due.job;
    match &sent {
        Sent::Whole => tracing::info!(job = job.0, attempt, "What came of job {job} was sent"),
        Sent::Again { error, .. } => {
            tracing::warn!(
                job = job.0,
                attempt,
                "What came of job {job} is sent again later: {error}"
            );
        }
        Sent::Never { error } => {
            tracing::warn!(
                job = job.0,
                attempt,
                "What came of job {job} could not be sent: {error}"
            );
        }
    }
    let written = async {
        let mut tx = ctx.store.begin().await?;
        tx.sending_ended(due, &sent).await?;
        tx.commit().await
    };
    ctx.within(written).await
}

async fn tell(
    ctx: &Context,
    outgoing: &Outgoing,
    to: &SendTo,
    job: JobId,
) -> Result<Result<(), NotSent>, StoreError> {
    let Some(row) = ctx.within(ctx.store.job_get(job, ctx.now())).await? else {
        return Ok(Err(NotSent::Ever("the job is no longer there".to_owned())));
    };
    let run = match row.run_id {
        Some(run) => ctx.within(ctx.store.run_get(RunId(run))).await?,
        None => None,
    };
    let report = run.and_then(|run| run.response);
    let report: Option<Value> = report.and_then(|text| serde_json::from_str(&text).ok());
    let letter = letter(&row, report.as_ref());
    Ok(outgoing.send(to, &letter, ctx.now()).await)
}
