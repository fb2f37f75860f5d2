//! Names and campaigns of calls that were stored before these were kept, from the records that are
//! held.

use domain::{ProviderCallId, SourceId};
use store::{CallFilter, Scope, StoreError};

use super::new_aliases;
use crate::contacts::{Why, replace};
use crate::ingest::Dictionaries;
use crate::{Context, Source};

/// Calls one run reads the names of, at most, so that no run is much longer than before.
pub const CALLS_PER_RUN: usize = 20_000;

const BATCH: i64 = 500;

/// How far it came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CaughtUp {
    /// Calls whose names were read.
    pub read: usize,
    /// Calls whose record could not be unpacked or read; they keep no names.
    pub unreadable: usize,
    /// Whether older ones are left for the next run.
    pub is_more: bool,
}

const CAMPAIGNS: Why = Why::Said("the next run", "read the campaigns of calls stored earlier");

/// Reads the names and campaigns of calls stored before these were kept, newest first, about
/// `calls_max` of them, and places calls by their campaigns. Each batch is written together with how
/// far that is.
pub async fn catch_up(
    ctx: &Context,
    source: &Source,
    calls_max: usize,
) -> Result<CaughtUp, StoreError> {
    let mut done = CaughtUp::default();
    let mut dictionaries = Dictionaries::default();
    let id = source.row.id;
    while let Some(place) = ctx.within(ctx.store.aliases_unread(id)).await? {
        if done.read + done.unreadable >= calls_max {
            done.is_more = true;
            break;
        }
        ctx.within(batch(ctx, source, place, &mut dictionaries, &mut done)).await?;
    }
    Ok(done)
}

async fn batch(
    ctx: &Context,
    source: &Source,
    place: (i64, String),
    dictionaries: &mut Dictionaries,
    done: &mut CaughtUp,
) -> Result<(), StoreError> {
    let id = source.row.id;
    let filter = CallFilter { source: Some(id), after: Some(place), ..CallFilter::default() };
    let rows = ctx.store.calls_list(Scope::Operator, &filter, BATCH).await?;
    let ids: Vec<&str> = rows.iter().map(|row| row.provider_call_id.as_str()).collect();
    let mut calls = Vec::with_capacity(ids.len());
    for (call, record) in records(ctx, id, &ids, dictionaries).await? {
        let read = record.map(|bytes| source.connection.normalise(&bytes, source.home));
        if let Some(Ok(call)) = read {
            calls.push(call);
        } else {
            tracing::warn!(source = %id, "The record of {call} cannot be read for its names");
            done.unreadable += 1;
        }
    }
    done.read += calls.len();
    let provider = source.row.provider;
    let aliases = calls.iter().filter_map(|call| new_aliases(provider, call, None));
    let aliases: Vec<_> = aliases.collect();
    let is_last = (rows.len() as i64) < BATCH;
    let reached = rows.last().filter(|_| !is_last);
    let reached = reached.map(|row| (row.occurred_at, row.provider_call_id.as_str()));
    let in_campaigns: Vec<(&str, &str)> = calls
        .iter()
        .filter_map(|call| Some((call.provider_call_id.0.as_str(), call.campaign.as_deref()?)))
        .collect();
    let mut tx = ctx.store.begin().await?;
    tx.rules_lock(id).await?;
    tx.aliases_write(id, &aliases).await?;
    tx.calls_campaigns_set(id, &in_campaigns).await?;
    let again: Vec<String> = in_campaigns.iter().map(|(id, _)| (*id).to_owned()).collect();
    replace(&mut tx, id, &again, CAMPAIGNS, ctx.now()).await?;
    tx.aliases_read_to(id, reached).await?;
    tx.commit().await
}

/// The latest record of each call, unpacked; nothing where it is damaged.
async fn records(
    ctx: &Context,
    source: SourceId,
    ids: &[&str],
    dictionaries: &mut Dictionaries,
) -> Result<Vec<(ProviderCallId, Option<Vec<u8>>)>, StoreError> {
    let mut records = Vec::with_capacity(ids.len());
    for held in ctx.store.observations_held(source, ids).await? {
        if !dictionaries.has(held.dictionary_id)
            && let Some(known) = ctx.store.dictionary_get(held.dictionary_id).await?
        {
            dictionaries.add(known.dictionary_id, &known.content);
        }
        let record = dictionaries.unpack(held.dictionary_id, &held.raw).ok();
        records.push((ProviderCallId(held.provider_call_id), record));
    }
    Ok(records)
}
