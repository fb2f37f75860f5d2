//! What was written at the provider since the ledger last knew everything, whatever its calls' age.
//!
//! It is read before any window: the ledger remembers no other position than the end of what is
//! proved, so nothing newer may be proved while changes before it are unknown.

use std::time::Duration;

use domain::{Territory, Timestamp, Unseen, Window};
use providers::{Page, SourceError, Walked};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::fetch::Fetched;
use crate::ingest::Sighting;
use crate::{Context, Source};

/// What reading changes came to.
pub(crate) struct Changes {
    /// Nothing after this may be proved, and why.
    withheld: Option<(Timestamp, String)>,
}

impl Changes {
    /// Nothing is withheld.
    pub(crate) const fn none() -> Self {
        Self { withheld: None }
    }

    /// What a walk over this window proves.
    pub(super) fn judge(
        &self,
        window: Window,
        walked: Result<Walked, SourceError>,
    ) -> Result<Walked, SourceError> {
        match (&self.withheld, walked) {
            (Some((edge, why)), Ok(Walked::Whole { total, .. })) if window.to() > *edge => {
                Ok(Walked::Doubtful { why: why.clone(), total })
            }
            (_, walked) => walked,
        }
    }
}

/// Reads what changed, where the provider lists that, and hands it on.
pub(super) async fn read(
    ctx: &Context,
    source: &Source,
    unseen: Option<Unseen>,
    out: &mpsc::Sender<Fetched>,
    stop: &CancellationToken,
) -> Changes {
    let Some(Unseen { since, edge }) = unseen else { return Changes::none() };
    // Nothing can have been written after the end of time.
    let until = ctx.now().max(since + Duration::from_millis(1));
    let Ok(span) = Window::new(since, until) else { return Changes::none() };
    let asked = tokio::select! {
        asked = ask(source, span, out) => asked,
        // No window is walked after this, so none needs to be withheld.
        () = stop.cancelled() => Ok(None),
    };
    let why = match asked {
        Ok(None | Some(Walked::Whole { .. })) => return Changes::none(),
        Ok(Some(Walked::Doubtful { why, .. })) => why,
        Ok(Some(Walked::TooMany { total })) => format!("{total} are more than one walk may read"),
        Err(error) => error.to_string(),
    };
    let why = format!("what changed since {since} is not all read: {why}");
    Changes { withheld: Some((edge, why)) }
}

async fn ask(
    source: &Source,
    span: Window,
    out: &mpsc::Sender<Fetched>,
) -> Result<Option<Walked>, SourceError> {
    let (pages, mut arriving) = mpsc::channel::<Page>(2);
    let asking = async {
        let walked = source.connection.changes(span.from(), &pages).await;
        drop(pages);
        walked
    };
    let forwarding = async {
        while let Some(page) = arriving.recv().await {
            if out.send(fetched(span, page)).await.is_err() {
                return;
            }
        }
    };
    let (walked, ()) = tokio::join!(asking, forwarding);
    walked
}

/// A page of no window: whatever window a call lies in counts it; here only what changed counts.
fn fetched(span: Window, page: Page) -> Fetched {
    let territory = Territory { window: span, from: span.from(), to: span.to() };
    let listed = page.records.len() as u64;
    let sightings = page.records.into_iter().map(|(record, _)| Sighting::new(record, true));
    let sightings = sightings.collect();
    Fetched::Page { territory, number: 0, total: None, listed, sightings, took: page.took }
}
