//! The heavy half of ingesting: look up, hash, read, place and pack, outside of any transaction.

use std::collections::HashSet;

use domain::{
    Awaited, Call, ContentHash, Placement, Timestamp, WaitingReason, look_again, look_until_told,
    place,
};
use providers::{Identity, Unreadable};
use store::{KnownCall, NewSetAside, StoreError};

use super::{Codec, Completed, RulesAt, Sighting};
use crate::contacts::Newcomer;
use crate::place::waits_for_agent;
use crate::{Context, Source};

/// A record, read as far as it needs to be.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Whether this run counts the record elsewhere.
    pub is_repeated: bool,
    /// Which call it is and when it was, as far as that can be read.
    pub identity: Option<Identity>,
    /// The version of the rules it was placed by.
    pub rules_version: i64,
    /// What it is.
    pub what: Prepares,
}

/// What a prepared record is.
#[derive(Debug, Clone)]
pub enum Prepares {
    /// Its content was known when we looked; nothing will be written.
    Known(KnownCall),
    /// Its content was not known when we looked.
    Fresh(Box<Fresh>),
    /// Nobody can read it.
    Unreadable(NewSetAside),
}

/// A record with new content, ready to be written.
#[derive(Debug, Clone)]
pub struct Fresh {
    pub(super) call: Call,
    pub(super) placement: Placement,
    pub(super) content_hash: ContentHash,
    pub(super) look_again_at: Option<Timestamp>,
    pub(super) dictionary_id: i64,
    pub(super) raw: Vec<u8>,
    /// The call as we knew it when we looked.
    pub(super) before: Option<KnownCall>,
}

/// Prepares a batch: one look at the database, unless somebody just had it, then the heavy work for
/// what is not known.
pub async fn prepare(
    ctx: &Context,
    source: &Source,
    rules: &RulesAt,
    codec: &Codec,
    Completed { sightings, known, .. }: Completed,
) -> Result<Vec<Prepared>, StoreError> {
    let known = if let Some(known) = known {
        known
    } else {
        let ids: Vec<&str> = sightings.iter().filter_map(Sighting::id).collect();
        ctx.within(ctx.store.calls_known(source.row.id, &ids)).await?
    };
    let now = ctx.now();
    // Where everything is known, nothing is packed.
    let mut packer = None;
    // What is known of these is not their last content any more: a call may change and change back.
    let mut changed = HashSet::new();
    let mut prepared = Vec::with_capacity(sightings.len());
    for mut sighting in sightings {
        let hash = ContentHash::of(&sighting.record.bytes);
        let known = sighting.id().and_then(|id| known.get_key_value(id));
        let what = match known {
            Some((id, known))
                if known.is_erased || (known.content_hash == hash && !changed.contains(id)) =>
            {
                Prepares::Known(known.clone())
            }
            before => {
                changed.extend(before.map(|(id, _)| id));
                let before = before.map(|(_, known)| known.clone());
                let packer = match &mut packer {
                    Some(packer) => packer,
                    none => none.insert(codec.packer().map_err(packing)?),
                };
                let raw = packer.pack(&sighting.record.bytes).map_err(packing)?;
                let stored = Packed { dictionary_id: codec.dictionary_id, raw };
                fresh(source, rules, now, &mut sighting, hash, stored, before)
            }
        };
        prepared.push(Prepared {
            is_repeated: sighting.is_repeated,
            identity: sighting.record.identity.ok(),
            rules_version: rules.version,
            what,
        });
    }
    Ok(prepared)
}

/// A record ready to be stored, and the dictionary it was packed with.
struct Packed {
    dictionary_id: i64,
    raw: Vec<u8>,
}

fn fresh(
    source: &Source,
    rules: &RulesAt,
    now: Timestamp,
    sighting: &mut Sighting,
    content_hash: ContentHash,
    packed: Packed,
    before: Option<KnownCall>,
) -> Prepares {
    let record = &sighting.record;
    let Packed { dictionary_id, raw } = packed;
    let read = record.identity.clone();
    let call = match sighting.read.take() {
        Some(call) => Ok(*call),
        None => read.and_then(|_| source.connection.normalise(&record.bytes, source.home)),
    };
    match call {
        Ok(call) => {
            let placement = placed(&call, rules);
            let look_again_at = due_again(source, &call, now);
            let fresh =
                Fresh { call, placement, content_hash, look_again_at, dictionary_id, raw, before };
            Prepares::Fresh(Box::new(fresh))
        }
        Err(Unreadable { why }) => {
            let provider_call_id = sighting.id().map(str::to_owned);
            Prepares::Unreadable(NewSetAside {
                content_hash,
                provider_call_id,
                why,
                dictionary_id,
                raw,
            })
        }
    }
}

/// When a call is asked for again by its id, if its provider still owes something.
fn due_again(source: &Source, call: &Call, now: Timestamp) -> Option<Timestamp> {
    let (at, patience) = (call.occurred_at.at, source.connection.capabilities().patience);
    match call.awaits? {
        Awaited::Detail => Some(look_until_told(at, now)),
        _ => look_again(at, now, patience),
    }
}

/// Places fresh calls of a batch, their contacts considered, as a commit would. Gives who would be
/// made; nothing is written.
pub(crate) async fn foresee(
    ctx: &Context,
    source: &Source,
    batch: &mut [Prepared],
) -> Result<Vec<Newcomer>, StoreError> {
    let fresh = batch.iter_mut().filter_map(|record| match &mut record.what {
        Prepares::Fresh(fresh) => {
            let Fresh { call, placement, .. } = &mut **fresh;
            Some((&*call, placement))
        }
        Prepares::Known(_) | Prepares::Unreadable(_) => None,
    });
    let mut fresh: Vec<_> = fresh.collect();
    if fresh.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = ctx.within(ctx.store.begin()).await?;
    ctx.within(crate::contacts::foresee(&mut tx, source, &mut fresh)).await
}

pub(super) fn placed(call: &Call, rules: &RulesAt) -> Placement {
    place(call.into(), &rules.rules)
}

fn packing(error: super::CodecError) -> StoreError {
    StoreError::Statement { detail: error.why }
}

impl Prepared {
    /// The agent a call waits for to be assigned or listed, by the provider's id.
    pub(crate) fn waits_for_agent(&self) -> Option<String> {
        match &self.what {
            Prepares::Fresh(fresh) => match fresh.placement {
                Placement::Waiting { reason, .. } if waits_for_agent(reason) => fresh.agent(),
                _ => None,
            },
            Prepares::Known(known) if known.placement == "waiting" => {
                let reason: Option<WaitingReason> = known.reason.parse().ok();
                reason.filter(|reason| waits_for_agent(*reason))?;
                known.provider_agent_id.clone()
            }
            Prepares::Known(_) | Prepares::Unreadable(_) => None,
        }
    }

    /// Places a fresh record by other rules.
    pub(crate) fn place_again(&mut self, rules: &RulesAt) {
        if let Prepares::Fresh(fresh) = &mut self.what {
            fresh.placement = placed(&fresh.call, rules);
        }
    }
}

impl Sighting {
    pub(crate) fn id(&self) -> Option<&str> {
        self.record.identity.as_ref().ok().map(|identity| identity.id.0.as_str())
    }
}

impl Fresh {
    pub(super) fn agent(&self) -> Option<String> {
        self.call.agent.as_ref().map(|agent| agent.provider_agent_id.clone())
    }
}
