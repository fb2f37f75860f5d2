//! A job as it goes on: an event for each change, until it has ended.

use std::convert::Infallible;
use std::time::Duration;

use askama::Template as _;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::access::Area;
use futures::Stream;
use futures::stream::unfold;

use super::load;
use super::progress::Progress;
use crate::door::{Asker, is_still_in};
use crate::extract::Path;
use crate::failure::Failure;

/// How often is looked; workers tell at most twice a second.
const BEAT: Duration = Duration::from_secs(1);

/// The longest one stream lasts; a browser then asks again, and whoever has left is not served.
const LONGEST: u32 = 15 * 60;

/// The stream of events.
pub async fn stream(
    State(state): State<crate::State>,
    asker: Asker,
    Path(id): Path<i64>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Failure> {
    load(&state, id).await?;
    let watch = Watch { state, asker, id, last: String::new(), beats: 0, has_ended: false };
    let events =
        unfold(watch, async |mut watch| watch.next().await.map(|event| (Ok(event), watch)));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// One viewer.
struct Watch {
    state: crate::State,
    asker: Asker,
    id: i64,
    last: String,
    beats: u32,
    has_ended: bool,
}

impl Watch {
    /// The next change; nothing once all was told.
    async fn next(&mut self) -> Option<Event> {
        while !self.has_ended && self.beats < LONGEST {
            if self.beats > 0 {
                tokio::time::sleep(BEAT).await;
            }
            self.beats += 1;
            // A stream is let in once and may last for minutes; whoever was shut out sees no more.
            if !is_still_in(&self.state, &self.asker, Area::Operators).await.ok()? {
                return None;
            }
            let (text, has_ended) = self.look().await.ok()?;
            if has_ended {
                self.has_ended = true;
                return Some(Event::default().event("end").data(text));
            }
            if text != self.last {
                self.last.clone_from(&text);
                return Some(Event::default().event("progress").data(text));
            }
        }
        None
    }

    async fn look(&self) -> Result<(String, bool), Failure> {
        let row = load(&self.state, self.id).await?;
        let progress = Progress::load(&self.state, &row).await?;
        let text = progress.render();
        let text = text.map_err(|error| Failure::Defect { detail: error.to_string() })?;
        Ok((text, progress.has_ended))
    }
}
