//! Records put together of parts: what a sighting lacks is kept as it is held, and what nobody has
//! read yet is asked for before the call is kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use domain::{Awaited, ContentHash, ProviderCallId};
use futures::{StreamExt, stream};
use providers::{RawRecord, SourceError, parts};
use store::StoreError;
use tokio::sync::Mutex;

use super::{Dictionaries, Sighting};
use crate::{Context, Source};

/// Completes the records of one run.
pub struct Completer {
    dictionaries: Mutex<Dictionaries>,
    failures: AtomicU32,
    /// Whether full records are no longer asked for.
    has_given_up: Arc<AtomicBool>,
}

impl Completer {
    /// One that asks for what nobody has read yet.
    pub fn asking() -> Self {
        Self::new(false)
    }

    /// One that only looks at what is held.
    pub fn looking() -> Self {
        Self::new(true)
    }

    fn new(has_given_up: bool) -> Self {
        Self {
            dictionaries: Mutex::default(),
            failures: AtomicU32::new(0),
            has_given_up: Arc::new(AtomicBool::new(has_given_up)),
        }
    }

    /// Completes a batch. Gives it back with the first reason, if any, for which a full record
    /// could not be read; its call is kept without, and asked for again later.
    pub async fn complete(
        &self,
        ctx: &Context,
        source: &Source,
        mut sightings: Vec<Sighting>,
    ) -> Result<(Vec<Sighting>, Option<String>), StoreError> {
        if !source.connection.has_parts() {
            return Ok((sightings, None));
        }
        let unknown = self.merge_held(ctx, source, &mut sightings).await?;
        let trouble = self.ask_details(ctx, source, &mut sightings, unknown).await;
        Ok((sightings, trouble))
    }

    /// Puts what is held beside what was seen. Gives the places of sightings that say something
    /// new.
    async fn merge_held(
        &self,
        ctx: &Context,
        source: &Source,
        sightings: &mut [Sighting],
    ) -> Result<Vec<usize>, StoreError> {
        let (id, ids) =
            (source.row.id, sightings.iter().filter_map(Sighting::id).collect::<Vec<_>>());
        let known = ctx.within(ctx.store.calls_known(id, &ids)).await?;
        let hash_of = |sighting: &Sighting| ContentHash::of(&sighting.record.bytes);
        let is_new = |sighting: &Sighting| match sighting.id().and_then(|id| known.get(id)) {
            Some(call) => call.content_hash != hash_of(sighting),
            None => true,
        };
        let changed: Vec<&str> = sightings
            .iter()
            .filter(|sighting| is_new(sighting))
            .filter_map(Sighting::id)
            .filter(|id| known.contains_key(*id))
            .collect();
        let held = self.held(ctx, source, &changed).await?;
        let mut unknown = Vec::new();
        for (place, sighting) in sightings.iter_mut().enumerate() {
            if let Some(held) = sighting.id().and_then(|id| held.get(id)) {
                sighting.record.bytes = parts::merge(held, sighting.record.bytes.clone());
            }
            if is_new(sighting) {
                unknown.push(place);
            }
        }
        Ok(unknown)
    }

    /// The latest contents of these calls, unpacked.
    async fn held(
        &self,
        ctx: &Context,
        source: &Source,
        ids: &[&str],
    ) -> Result<HashMap<String, Vec<u8>>, StoreError> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = ctx.within(ctx.store.observations_held(source.row.id, ids)).await?;
        let mut dictionaries = self.dictionaries.lock().await;
        let mut held = HashMap::with_capacity(rows.len());
        for row in rows {
            if !dictionaries.has(row.dictionary_id)
                && let Some(known) = ctx.within(ctx.store.dictionary_get(row.dictionary_id)).await?
            {
                dictionaries.add(known.dictionary_id, &known.content);
            }
            let record = dictionaries.unpack(row.dictionary_id, &row.raw);
            let damaged = |error: super::CodecError| StoreError::Statement { detail: error.why };
            held.insert(row.provider_call_id, record.map_err(damaged)?);
        }
        Ok(held)
    }

    /// Asks for the full records of calls of which only the list's view is known.
    async fn ask_details(
        &self,
        ctx: &Context,
        source: &Source,
        sightings: &mut [Sighting],
        places: Vec<usize>,
    ) -> Option<String> {
        let lacks_detail = |place: &usize| {
            let record = &sightings[*place].record;
            let call = record
                .identity
                .is_ok()
                .then(|| source.connection.normalise(&record.bytes, source.home));
            matches!(call, Some(Ok(call)) if call.awaits == Some(Awaited::Detail))
        };
        let wanted: Vec<usize> = places.into_iter().filter(lacks_detail).collect();
        let id_at = |place: usize| Some(sightings[place].record.identity.as_ref().ok()?.id.clone());
        let wanted = wanted.into_iter().filter_map(|place| Some((place, id_at(place)?))).collect();
        let answers = records(source, wanted, Arc::clone(&self.has_given_up)).await;
        let mut trouble = None;
        for (place, answer) in answers {
            match answer {
                Ok(Some(full)) => {
                    self.failures.store(0, Ordering::Relaxed);
                    let seen = sightings[place].record.bytes.clone();
                    sightings[place].record.bytes = parts::merge(&seen, full.bytes);
                }
                Ok(None) => {}
                Err(error) => {
                    self.note_failure(ctx, &error);
                    trouble.get_or_insert(error.to_string());
                }
            }
        }
        trouble
    }

    /// A refusal is final, and a provider that fails every time is left in peace until later.
    fn note_failure(&self, ctx: &Context, error: &SourceError) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed) + 1;
        if error.needs_operator() || failures >= ctx.settings.failures_in_a_row {
            self.has_given_up.store(true, Ordering::Relaxed);
        }
    }
}

/// What the provider answered about one call, with the caller's own key for it.
pub(crate) type Answered<K> = (K, Result<Option<RawRecord>, SourceError>);

/// Asks for records by their ids, as many at once as the provider allows, until told to stop.
pub(crate) async fn records<K: Send + 'static>(
    source: &Source,
    wanted: Vec<(K, ProviderCallId)>,
    is_off: Arc<AtomicBool>,
) -> Vec<Answered<K>> {
    let asked = wanted.into_iter().map(|(key, id)| {
        let (connection, is_off) = (source.connection.clone(), Arc::clone(&is_off));
        async move {
            if is_off.load(Ordering::Relaxed) {
                return (key, Ok(None));
            }
            (key, connection.record(&id).await)
        }
    });
    stream::iter(asked).buffer_unordered(source.connection.concurrency()).collect().await
}
