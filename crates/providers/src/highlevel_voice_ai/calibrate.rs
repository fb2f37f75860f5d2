//! Whether ranges filter exactly and in UTC: asked of a known call, because nothing documents it.

use super::client::{Client, Listing};
use super::examine::filter;
use crate::highlevel::learnt::Learnt;
use crate::{Probe, ProbeOutcome, SourceError};

/// Asks again, unless that was done within a day.
pub(super) async fn renew(
    is_exact: &Learnt,
    client: &Client,
) -> Result<Option<Probe>, SourceError> {
    let now = client.now();
    if is_exact.is_fresh(now) || !client.settings().tries_ranges {
        return Ok(None);
    }
    let newest = Listing { window: None, page: 1, page_size: 1, is_newest_first: true, kind: None };
    let page = client.calls(newest).await?;
    let known = page.records.iter().find_map(|record| record.identity.as_ref().ok());
    let Some(call) = known else { return Ok(None) };
    let probe = filter(client, call).await;
    is_exact.learn(probe.outcome == ProbeOutcome::Right, now);
    Ok(Some(probe))
}
