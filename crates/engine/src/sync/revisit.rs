//! Calls whose provider still owes something: asked for again, each by its id.

use std::time::Duration;

use domain::{ProviderCallId, Territory, Timestamp, Window, look_again, look_until_told};
use store::{AwaitingCall, StoreError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::fetch::Fetched;
use crate::ingest::{Answer, Asking, Sighting};
use crate::{Context, Source};

/// Calls asked for between two looks at what is due.
const BATCH: u32 = 100;

/// Asks for every call that is due, a bounded number per run and none from `until` on but for the
/// first, and hands on what came.
///
/// Each is due again later before it is asked for: a program that stops in between has lost one
/// look of several, and no call. Only what the provider has answered is ever given up.
pub(super) async fn revisit(
    ctx: &Context,
    source: &Source,
    out: &mpsc::Sender<Fetched>,
    until: Option<Timestamp>,
    stop: &CancellationToken,
) {
    let began = ctx.now();
    let asking = Asking::new(ctx);
    let (mut asked, mut gone) = (0, 0);
    let is_late = || until.is_some_and(|until| ctx.now() >= until);
    while asked < ctx.settings.revisits_max && !stop.is_cancelled() && (asked == 0 || !is_late()) {
        let due = match due(ctx, source, began).await {
            Ok(due) if due.is_empty() => break,
            Ok(due) => due,
            Err(error) => return say(out, error.to_string(), true).await,
        };
        asked += due.len() as u64;
        let wanted = due.iter().cloned().map(|call| (call.clone(), call.id)).collect();
        let answers = asking.records(source, wanted).await;
        let trouble = answers.iter().find_map(|(_, answer)| answer.trouble());
        gone += answers.iter().filter(|(_, answer)| matches!(answer, Answer::Unknown)).count();
        let told = answers.iter().filter(|(_, answer)| answer.trouble().is_none());
        if let Err(error) = give_up(ctx, source, began, told.map(|(call, _)| call)).await {
            return say(out, error.to_string(), true).await;
        }
        // Whatever window they lie in counts them; here only what they changed counts.
        let came = answers.into_iter().filter_map(|(_, answer)| answer.record());
        let came: Vec<Sighting> = came.map(|record| Sighting::new(record, true)).collect();
        let times = || due.iter().map(|call| call.occurred_at);
        let Some(page) = as_page(times, came, ctx.now().since(began)) else { return };
        if out.send(page).await.is_err() {
            return;
        }
        if let Some(error) = trouble {
            let sentence = format!("Calls that were not complete could not be asked for: {error}");
            return say(out, sentence, true).await;
        }
    }
    if asked > 0 {
        let sentence = format!(
            "{asked} calls whose provider still owed something were asked for again; {gone} of them it no longer knows"
        );
        say(out, sentence, false).await;
    }
}

/// Asks for these calls and hands on what came; whatever was told before, this run counts them.
pub(super) async fn ask(
    ctx: &Context,
    source: &Source,
    calls: &[(ProviderCallId, Timestamp)],
    out: &mpsc::Sender<Fetched>,
    stop: &CancellationToken,
) {
    let asking = Asking::new(ctx);
    for some in calls.chunks(BATCH as usize) {
        if stop.is_cancelled() {
            return;
        }
        let began = ctx.now();
        let wanted = some.iter().map(|(id, _)| ((), id.clone())).collect();
        let answers = asking.records(source, wanted).await;
        let trouble = answers.iter().find_map(|((), answer)| answer.trouble());
        let gone = answers.iter().filter(|((), answer)| matches!(answer, Answer::Unknown)).count();
        let came = answers.into_iter().filter_map(|((), answer)| answer.record());
        let came: Vec<Sighting> = came.map(|record| Sighting::new(record, false)).collect();
        let times = || some.iter().map(|(_, at)| *at);
        let Some(page) = as_page(times, came, ctx.now().since(began)) else { return };
        if out.send(page).await.is_err() {
            return;
        }
        if gone > 0 {
            let sentence = format!("The provider does not know {gone} of the calls asked for");
            say(out, sentence, false).await;
        }
        if let Some(error) = trouble {
            let sentence = format!("Not every call could be asked for by its id: {error}");
            return say(out, sentence, true).await;
        }
    }
}

async fn say(out: &mpsc::Sender<Fetched>, sentence: String, is_trouble: bool) {
    // Whoever no longer listens does not miss it.
    if out.send(Fetched::Said { sentence, is_trouble }).await.is_err() {}
}

/// The next calls that are due, each put off before it is asked for.
async fn due(
    ctx: &Context,
    source: &Source,
    began: Timestamp,
) -> Result<Vec<AwaitingCall>, StoreError> {
    let due = ctx.within(ctx.store.calls_awaiting(source.row.id, began, BATCH)).await?;
    if due.is_empty() {
        return Ok(due);
    }
    let next = |call: &AwaitingCall| Some(look_until_told(call.occurred_at, began));
    put_off(ctx, source, &due.iter().map(|call| (&call.id, next(call))).collect::<Vec<_>>())
        .await?;
    Ok(due)
}

/// Asks no more for those of these calls that the provider has answered for and that are older than
/// its patience; what the answer itself brings is judged when it is written, which comes later.
async fn give_up(
    ctx: &Context,
    source: &Source,
    began: Timestamp,
    answered: impl Iterator<Item = &AwaitingCall>,
) -> Result<(), StoreError> {
    let patience = source.connection.capabilities().patience;
    let is_over = |call: &&AwaitingCall| look_again(call.occurred_at, began, patience).is_none();
    let over: Vec<_> = answered.filter(is_over).map(|call| (&call.id, None)).collect();
    if over.is_empty() { Ok(()) } else { put_off(ctx, source, &over).await }
}

async fn put_off(
    ctx: &Context,
    source: &Source,
    calls: &[(&ProviderCallId, Option<Timestamp>)],
) -> Result<(), StoreError> {
    let write = async {
        let mut tx = ctx.store.begin().await?;
        tx.calls_look_again(source.row.id, calls).await?;
        tx.commit().await
    };
    ctx.within(write).await
}

/// What came, as a page of its own: number 0, because no list has it.
fn as_page<I: Iterator<Item = Timestamp>>(
    times: impl Fn() -> I,
    sightings: Vec<Sighting>,
    took: Duration,
) -> Option<Fetched> {
    let (from, last) = (times().min()?, times().max()?);
    let window = Window::new(from, last + Duration::from_millis(1)).ok()?;
    let territory = Territory { window, from: window.from(), to: window.to() };
    let listed = sightings.len() as u64;
    Some(Fetched::Page { territory, number: 0, total: None, listed, sightings, took })
}
