//! Reading what was written since an instant, however old its call: the export in the order of
//! last writing, newest first, until a message that was written before.
//!
//! Ranges do not help here: they filter by when a call was made.

use domain::{Capabilities, Doubt, Timestamp, Window};
use tokio::sync::mpsc;

use super::chain::{Chain, End};
use super::client::{Client, Listing};
use super::settings::Channel;
use super::walk::{RESTARTS_MAX, Reading, died, doubtful, left_alone};
use super::wire::Listed;
use crate::highlevel::errors::{Scope, explain};
use crate::http::Failure;
use crate::{Page, SourceError, Walked};

/// Reads every call written since then into `pages` and says whether that was all.
pub async fn read(
    client: &Client,
    able: &Capabilities,
    channel: Channel,
    since: Timestamp,
    pages: &mpsc::Sender<Page>,
) -> Result<Walked, SourceError> {
    let settings = client.settings();
    let Ok(later) = Window::new(since, Timestamp::MAX) else {
        return Ok(Walked::Whole { distinct: 0, total: None });
    };
    let mut reading = Reading::new(client, later, pages);
    let listing = Listing { by_updated: true, ..Listing::newest(channel, settings.page_size) };
    let mut restarts = 0;
    loop {
        let back = Back::to(since, u64::from(settings.changes_pages_max));
        let chain = Chain::new(client, listing, able, false).going(back);
        match chain.read(&mut reading).await? {
            End::Stopped(Stop::Reached) => break,
            End::Stopped(Stop::TooFar { pages, reached }) => {
                let back = reached.map_or_else(String::new, |at| format!(", back to {at}"));
                let why = format!(
                    "more was written since {since} than one run reads ({pages} pages{back}). Set \
                     `changes_pages_max` higher for the next run"
                );
                return Ok(doubtful(&why, None));
            }
            End::Stopped(Stop::Unsorted) => {
                let why = "the export was asked for in the order of last writing and came in \
                           another, so nothing shows where changes end. Set `reads_changes` to \
                           false: windows are read again all the same";
                return Ok(doubtful(&why, None));
            }
            End::CursorDied { .. } if restarts < RESTARTS_MAX => restarts += 1,
            End::CursorDied { page, said } => {
                return Ok(doubtful(&died(restarts + 1, page, &said), None));
            }
            End::Doubted { why, total } => return Ok(doubtful(&why, total)),
            End::TooMany { total } => return Ok(Walked::TooMany { total }),
            End::LeftAlone => return Ok(left_alone()),
            // Everything there is was written since; then the total must say so too.
            End::Ended { total, .. } => {
                let distinct = reading.distinct();
                match total.filter(|total| settings.counts_total && *total != distinct) {
                    None => break,
                    Some(total) => {
                        let doubt = Doubt::TotalDisagrees { total, distinct };
                        return Ok(doubtful(&doubt, Some(total)));
                    }
                }
            }
        }
    }
    Ok(Walked::Whole { distinct: reading.calls, total: None })
}

/// Goes along a chain in the order of last writing, newest first, and tells when to stop.
pub(super) struct Back {
    since: Timestamp,
    pages_max: u64,
    pages: u64,
    last: Option<Timestamp>,
}

/// Why a chain is not read on.
pub(super) enum Stop {
    /// A message was written before what was asked for.
    Reached,
    /// So many pages were read, and it goes on.
    TooFar {
        pages: u64,
        /// The last message's time of writing.
        reached: Option<Timestamp>,
    },
    /// A message was written later than one before it.
    Unsorted,
}

impl Back {
    pub(super) fn to(since: Timestamp, pages_max: u64) -> Self {
        Self { since, pages_max, pages: 0, last: None }
    }

    /// Takes in a page; a message that does not say when it was written tells nothing.
    pub(super) fn page(&mut self, messages: &[Listed]) -> Option<Stop> {
        self.pages += 1;
        for at in messages.iter().filter_map(|message| message.updated_at) {
            if self.last.is_some_and(|before| at > before) {
                return Some(Stop::Unsorted);
            }
            self.last = Some(at);
        }
        if self.last.is_some_and(|at| at < self.since) {
            return Some(Stop::Reached);
        }
        let is_too_far = self.pages >= self.pages_max;
        is_too_far.then_some(Stop::TooFar { pages: self.pages, reached: self.last })
    }
}

/// A refusal of the sort by last writing has a way out of its own.
pub(super) fn unsorted(failure: Failure) -> SourceError {
    match failure {
        Failure::Refused(refusal) if matches!(refusal.status, 400 | 422) => {
            SourceError::Misspoken {
                said: format!("{} {}", refusal.status, refusal.said),
                request: refusal.request,
                hint: "Set `reads_changes` to false: windows are read again all the same"
                    .to_owned(),
            }
        }
        other => explain(other, Scope::MESSAGES),
    }
}
