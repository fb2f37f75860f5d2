//! Whether a list that names no `callType` has test calls too: asked by its totals, because nothing
//! documents it.

use super::client::{CallKind, Client, Listing};
use crate::examine::probe;
use crate::highlevel::learnt::Learnt;
use crate::{Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right};

/// Asks again, unless that was done within a day.
pub(super) async fn renew(lists_all: &Learnt, client: &Client) -> Result<(), SourceError> {
    let now = client.now();
    if !lists_all.is_fresh(now) {
        lists_all.learn(ask(client).await?.outcome == Right, now);
    }
    Ok(())
}

/// Compares the total without a kind with those of both kinds.
pub(super) async fn ask(client: &Client) -> Result<Probe, SourceError> {
    let all = total(client, None).await?;
    let live = total(client, Some(CallKind::Live)).await?;
    let trial = total(client, Some(CallKind::Trial)).await?;
    let numbers = format!("{all} without a kind, {live} LIVE, {trial} TRIAL");
    // Without a test call every reading fits, and a call that comes between two answers fits none.
    if trial > 0 && all == live + trial {
        let sentence = format!("The list has live calls and test calls: {numbers}");
        return Ok(probe("call_types", Right, sentence));
    }
    let sentence =
        format!("The list may leave test calls out ({numbers}), so they are asked for beside it");
    Ok(probe("call_types", Notable, sentence))
}

async fn total(client: &Client, kind: Option<CallKind>) -> Result<u64, SourceError> {
    let listing = Listing { window: None, page: 1, page_size: 1, is_newest_first: true, kind };
    Ok(client.calls(listing).await?.total)
}
