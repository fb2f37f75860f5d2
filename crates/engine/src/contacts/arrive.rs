//! Calls that waited for a contact, looked at again: those of a contact that came, or all of them.

use std::time::Duration;

use domain::{ContactId, SourceId, Timestamp};
use store::{Arrival, CallerRow, Store, StoreError, Tx};

use super::refine::refine;
use crate::context::{DATABASE_PATIENCE, within};
use crate::place::{by_placement, by_rules};
use crate::{Context, Source};

const BATCH: i64 = 1_000;

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Swept {
    /// Calls that waited for their contact.
    pub looked: u64,
    /// Of these, those that are elsewhere now.
    pub moved: u64,
}

const SWEEP: Why = Why::Said("the sweep", "looked for contacts of waiting calls");

/// Why calls are placed again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why {
    /// Because of a change that is written down.
    Change(i64),
    /// By whom, and what was done: written down only if a call moves.
    Said(&'static str, &'static str),
}

/// Looks at the calls of a source that waited for contacts which have come, no step of it longer than
/// this.
pub(crate) async fn resume(
    store: &Store,
    source: SourceId,
    now: Timestamp,
    patience: Duration,
) -> Result<(), StoreError> {
    for arrival in within(patience, store.arrivals_pending(source)).await? {
        let mut key = 0;
        let mut after = String::new();
        loop {
            let step = Box::pin(look_some(store, &arrival, (key, &after), now));
            let Some(next) = within(patience, step).await? else { break };
            (key, after) = next;
        }
    }
    Ok(())
}

/// The same for every source that has some.
pub async fn resume_all(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    for source in store.arrivals_sources().await? {
        resume(store, source, now, DATABASE_PATIENCE).await?;
    }
    Ok(())
}

/// Looks at every call of a source that waits for its contact, some at a time. Doing it again
/// after it was stopped begins anew and finds moved what was moved.
pub async fn sweep(store: &Store, source: SourceId, now: Timestamp) -> Result<Swept, StoreError> {
    let mut swept = Swept::default();
    // Most sources have none, and then nobody is kept waiting.
    if !store.callers_are_sought(source).await? {
        return Ok(swept);
    }
    let mut after = String::new();
    loop {
        let mut tx = store.begin().await?;
        tx.rules_lock(source).await?;
        let calls = tx.callers_sought(source, &after, BATCH).await?;
        let Some(last) = calls.last() else { return Ok(swept) };
        after.clone_from(&last.provider_call_id);
        swept.looked += calls.len() as u64;
        swept.moved += replace(&mut tx, source, &ids(calls), SWEEP, now).await?;
        tx.commit().await?;
    }
}

/// What a run does when it is over: contacts that its calls made may be awaited by calls of any
/// source. What fails here is done by the next sweep; the run itself is over and counted.
pub(crate) async fn after_run(ctx: &Context, source: &Source) {
    let (store, now) = (&ctx.store, ctx.now());
    let resumed = resume_all(store, now).await;
    let swept = sweep(store, source.row.id, now).await;
    if let Err(error) = resumed.and(swept.map(drop)) {
        tracing::warn!(source = %source.row.name, "Waiting calls were not looked at: {error}");
    }
}

/// One transaction: the next calls that have a number or id of the contact, from this key on and
/// after this call. Gives where to go on, or none at the end.
async fn look_some(
    store: &Store,
    arrival: &Arrival,
    (key, after): (usize, &str),
    now: Timestamp,
) -> Result<Option<(usize, String)>, StoreError> {
    let source = arrival.source;
    let mut tx = store.begin().await?;
    tx.rules_lock(source).await?;
    let keys = Key::of(&mut tx, arrival.contact).await?;
    let calls = match keys.get(key) {
        Some(Key::Phone(phone)) => tx.callers_with_phone((source, phone), after, BATCH).await?,
        Some(Key::Id(id)) => tx.callers_with_id((source, id), after, BATCH).await?,
        None => {
            tx.arrival_done(arrival.id).await?;
            tx.commit().await?;
            return Ok(None);
        }
    };
    let next = match calls.last() {
        Some(last) => (key, last.provider_call_id.clone()),
        None => (key + 1, String::new()),
    };
    replace(&mut tx, source, &ids(calls), Why::Change(arrival.change), now).await?;
    tx.commit().await?;
    Ok(Some(next))
}

/// What a contact is found by.
enum Key {
    Phone(String),
    Id(String),
}

impl Key {
    async fn of(tx: &mut Tx, contact: ContactId) -> Result<Vec<Self>, StoreError> {
        let phones = tx.contact_phones_of(&[contact]).await?;
        let ids = tx.contact_ids_of(&[contact]).await?;
        let phones = phones.into_iter().map(|owner| Self::Phone(owner.e164));
        Ok(phones.chain(ids.into_iter().map(|owner| Self::Id(owner.id))).collect())
    }
}

fn ids(calls: Vec<CallerRow>) -> Vec<String> {
    calls.into_iter().map(|call| call.provider_call_id).collect()
}

/// Places these calls again, contacts included. Returns how many moved. Whoever calls this has
/// locked the source.
pub(crate) async fn replace(
    tx: &mut Tx,
    source: SourceId,
    ids: &[String],
    why: Why,
    now: Timestamp,
) -> Result<u64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let rules = tx.rules_load(source).await?;
    let calls = tx.calls_placed(source, ids).await?;
    let placed = calls.into_iter().map(|call| {
        let placement = by_rules(&call, &rules);
        (call.provider_call_id, placement)
    });
    let moved = refine(tx, source, placed.collect(), now).await?;
    if moved.is_empty() {
        return Ok(0);
    }
    let change = match why {
        Why::Change(change) => change,
        Why::Said(by, what) => tx.change_add((by, what), &[], now).await?,
    };
    for (placement, ids) in by_placement(&moved) {
        tx.calls_move(source, placement, &ids).await?;
    }
    tx.placements_add((change, source), &moved, now).await?;
    Ok(moved.len() as u64)
}
