//! Records put together of parts: what a sighting lacks is kept as it is held, and what nobody has
//! read yet is asked for before the call is kept.

use std::collections::HashMap;

use domain::{Awaited, ContentHash, ProviderCallId};
use providers::parts;
use store::{KnownCall, StoreError};
use tokio::sync::Mutex;

use super::{Answer, Asking, Dictionaries, Sighting};
use crate::{Context, Source};

/// A batch whose records say all that can be said of their calls.
#[derive(Debug)]
pub struct Completed {
    /// The batch.
    pub sightings: Vec<Sighting>,
    /// The first reason, if any, for which a full record could not be read; its call is kept
    /// without, and asked for again later.
    pub trouble: Option<String>,
    /// What the database knows of these calls. Nothing where nobody has looked, or where a provider
    /// was asked since, which takes time in which others write.
    pub(super) known: Option<HashMap<String, KnownCall>>,
}

impl From<Vec<Sighting>> for Completed {
    fn from(sightings: Vec<Sighting>) -> Self {
        Self { sightings, trouble: None, known: None }
    }
}

/// Completes the records of one run.
pub struct Completer {
    dictionaries: Mutex<Dictionaries>,
    asking: Option<Asking>,
}

impl Completer {
    /// One that asks for what nobody has read yet.
    pub fn asking(ctx: &Context) -> Self {
        Self { asking: Some(Asking::new(ctx)), ..Self::looking() }
    }

    /// One that only looks at what is held.
    pub fn looking() -> Self {
        Self { dictionaries: Mutex::default(), asking: None }
    }

    /// Completes a batch.
    pub async fn complete(
        &self,
        ctx: &Context,
        source: &Source,
        mut sightings: Vec<Sighting>,
    ) -> Result<Completed, StoreError> {
        if !source.connection.has_parts() {
            return Ok(sightings.into());
        }
        let (unknown, known) = self.merge_held(ctx, source, &mut sightings).await?;
        let Some(asking) = &self.asking else {
            return Ok(Completed { sightings, trouble: None, known: Some(known) });
        };
        let wanted = lacking(source, &mut sightings, unknown);
        let known = wanted.is_empty().then_some(known);
        let trouble = ask_details(asking, source, &mut sightings, wanted).await;
        Ok(Completed { sightings, trouble, known })
    }

    /// Puts what is held beside what was seen. Gives the places of sightings that say something
    /// new, and what is known of all.
    async fn merge_held(
        &self,
        ctx: &Context,
        source: &Source,
        sightings: &mut [Sighting],
    ) -> Result<(Vec<usize>, HashMap<String, KnownCall>), StoreError> {
        let (id, ids) =
            (source.row.id, sightings.iter().filter_map(Sighting::id).collect::<Vec<_>>());
        let known = ctx.within(ctx.store.calls_known(id, &ids)).await?;
        let says_more = |sighting: &Sighting| match sighting.id().and_then(|id| known.get(id)) {
            Some(call) if call.is_erased => false,
            Some(call) => call.content_hash != ContentHash::of(&sighting.record.bytes),
            None => true,
        };
        let mut unknown: Vec<usize> =
            (0..sightings.len()).filter(|place| says_more(&sightings[*place])).collect();
        let changed: Vec<&str> = unknown
            .iter()
            .filter_map(|place| sightings[*place].id())
            .filter(|id| known.contains_key(*id))
            .collect();
        let held = self.held(ctx, source, &changed).await?;
        // Put beside what is held, most of them say nothing more.
        unknown.retain(|place| {
            let sighting = &mut sightings[*place];
            let Some(held) = sighting.id().and_then(|id| held.get(id)) else { return true };
            sighting.becomes(parts::merge(held, sighting.record.bytes.clone()));
            says_more(sighting)
        });
        Ok((unknown, known))
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
}

/// Those of these places where only the list's view of a call is known.
fn lacking(
    source: &Source,
    sightings: &mut [Sighting],
    places: Vec<usize>,
) -> Vec<(usize, ProviderCallId)> {
    let wanted = |place: usize| {
        let sighting = &mut sightings[place];
        let id = sighting.record.identity.as_ref().ok()?.id.clone();
        let call = source.connection.normalise(&sighting.record.bytes, source.home).ok()?;
        let lacks_detail = call.awaits == Some(Awaited::Detail);
        // What is kept as it is need not be read again.
        sighting.read = (!lacks_detail).then(|| Box::new(call));
        lacks_detail.then_some((place, id))
    };
    places.into_iter().filter_map(wanted).collect()
}

/// Asks for the full records of these calls.
async fn ask_details(
    asking: &Asking,
    source: &Source,
    sightings: &mut [Sighting],
    wanted: Vec<(usize, ProviderCallId)>,
) -> Option<String> {
    let mut trouble = None;
    for (place, answer) in asking.records(source, wanted).await {
        match answer {
            Answer::Record(full) => {
                let seen = sightings[place].record.bytes.clone();
                sightings[place].becomes(parts::merge(&seen, full.bytes));
            }
            Answer::Unknown => {}
            Answer::Failed(error) => {
                trouble.get_or_insert(error.to_string());
            }
            // What ended the asking is told already; its call is asked for again as well.
            Answer::NotAsked(why) => {
                trouble.get_or_insert(why);
            }
        }
    }
    trouble
}
