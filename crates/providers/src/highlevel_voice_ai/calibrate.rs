//! Whether ranges filter exactly and in UTC: asked of a known call, because nothing documents it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

use super::client::{Client, Listing};
use super::examine::filter;
use crate::{Probe, ProbeOutcome, SourceError};

/// The margin that stays when ranges proved exact: a zone that is UTC in winter and not in summer
/// looks exact half of the year, and no zone moves by more than two hours.
const MARGIN_EXACT: Duration = Duration::from_hours(2);

/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_hours(24);

/// What was learnt, and when.
#[derive(Debug, Default)]
pub(super) struct Calibration(Mutex<Option<(Timestamp, bool)>>);

impl Calibration {
    /// The margin requests need, given the one for when nothing is known.
    pub(super) fn margin(&self, unknown: Duration) -> Duration {
        let learnt = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_exact = learnt.is_some_and(|(_, is_exact)| is_exact);
        if is_exact { unknown.min(MARGIN_EXACT) } else { unknown }
    }

    /// Asks again, unless that was done within a day.
    pub(super) async fn renew(&self, client: &Client) -> Result<Option<Probe>, SourceError> {
        let now = client.now();
        let learnt = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = learnt.is_some_and(|(at, _)| now.since(at) < COUNTS_FOR);
        if is_known || !client.settings().tries_ranges {
            return Ok(None);
        }
        let newest = Listing { window: None, page: 1, page_size: 1, is_newest_first: true };
        let page = client.calls(newest).await?;
        let known = page.records.iter().find_map(|record| record.identity.as_ref().ok());
        let Some(call) = known else { return Ok(None) };
        let probe = filter(client, call).await;
        let is_exact = probe.outcome == ProbeOutcome::Right;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, is_exact));
        Ok(Some(probe))
    }
}
