//! What a connection has shown about itself: what windows are compared with, which statuses there
//! are. Asked of a known call, because nothing documents it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Timestamp, Window};

use super::client::{Client, Listing};
use super::cut::Seen;
use super::wire::Row;
use super::{Settings, WindowField};
use crate::{Probe, ProbeOutcome, SourceError};

/// How long an answer counts.
const COUNTS_FOR: Duration = Duration::from_hours(24);

const SECOND: Duration = Duration::from_secs(1);

/// What was learnt.
pub(super) struct Learnt {
    believed: Option<WindowField>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    window_field: Option<WindowField>,
    /// Nothing we know of is what windows are compared with.
    is_neither: bool,
    asked_at: Option<Timestamp>,
    answer_max: Option<usize>,
    statuses: BTreeSet<String>,
}

impl Learnt {
    /// Nothing yet. Unless it may be tried out, what the settings assume is believed.
    pub(super) fn of(settings: &Settings) -> Self {
        let believed = (!settings.tries_window_field).then_some(settings.assume_window_field);
        Self { believed, known: Mutex::default() }
    }

    /// What windows are compared with, where that is known or to be believed.
    pub(super) fn window_field(&self) -> Option<WindowField> {
        self.known().window_field.or(self.believed)
    }

    /// Why no window proves anything: it was tried out what windows are compared with, and what came
    /// fits nothing. Not having been able to try is no such reason.
    pub(super) fn doubt(&self) -> Option<String> {
        let said = || {
            "a known call is listed neither around its start nor around its creation alone, so \
             nobody knows what a window holds"
                .to_owned()
        };
        self.known().is_neither.then(said)
    }

    /// An answer has shown what windows are compared with.
    pub(super) fn found(&self, field: WindowField) {
        self.known().window_field = Some(field);
    }

    /// The statuses to ask for: those of the settings, and those seen beside them.
    pub(super) fn statuses(&self, settings: &Settings) -> Vec<String> {
        let known = self.known();
        let seen = known.statuses.iter().filter(|status| !settings.statuses.contains(status));
        settings.statuses.iter().chain(seen).cloned().collect()
    }

    /// How many calls an answer holds at most, as far as is known.
    pub(super) fn answer_max(&self, settings: &Settings) -> usize {
        let asked = settings.page_size as usize;
        self.known().answer_max.map_or(asked, |found| found.min(asked))
    }

    /// A status was seen that the settings do not name.
    pub(super) fn saw(&self, status: &str) {
        if self.known().statuses.insert(status.to_owned()) {
            // The word itself is not repeated: nobody knows what it holds.
            tracing::warn!(
                "Teli has calls of a status that `statuses` does not name; they are read as well"
            );
        }
    }

    /// Asks again, unless that was done within a day.
    pub(super) async fn renew(&self, client: &Client) -> Result<Option<Probe>, SourceError> {
        let now = client.now();
        let asked_at = self.known().asked_at;
        let is_known = asked_at.is_some_and(|at| now.since(at) < COUNTS_FOR);
        if is_known || !client.settings().tries_window_field {
            return Ok(None);
        }
        let newest = client.calls(&newest(client)).await?;
        let answer_max = answer_max(client, &newest.rows).await?;
        self.known().answer_max = answer_max;
        let Some(call) = telling(&newest.rows) else { return Ok(None) };
        let compared = compared(client, call, newest.rows.len()).await?;
        self.learn(compared, now);
        Ok(Some(probe(compared)))
    }

    /// What fits nothing is tried again by the next run: another call may tell more.
    fn learn(&self, compared: Compared, now: Timestamp) {
        let mut known = self.known();
        match compared {
            Compared::With(field) => {
                known.window_field = Some(field);
                known.is_neither = false;
                known.asked_at = Some(now);
            }
            Compared::Neither => known.is_neither = true,
            Compared::Unclear => known.asked_at = Some(now),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest calls that have ended.
pub(super) fn newest(client: &Client) -> Listing {
    let settings = client.settings();
    let (status, limit) = (settings.statuses.first().cloned(), Some(settings.page_size));
    Listing { status, window: None, limit }
}

/// How many calls an answer holds, if that is fewer than are asked for: then there are calls behind
/// the last of an answer that looked complete or, where answers have no order, beside the others.
pub(super) async fn answer_max(
    client: &Client,
    newest_rows: &[Row],
) -> Result<Option<usize>, SourceError> {
    let count = newest_rows.len();
    if count == 0 || count >= client.settings().page_size as usize {
        return Ok(None);
    }
    let Some(oldest) = newest_rows.iter().filter_map(|row| row.start.or(row.created)).min() else {
        return Ok(None);
    };
    let is_known = |row: &Row| newest_rows.iter().any(|known| known.id() == row.id());
    let parts = [(Timestamp::from_millis(0), oldest), (oldest + SECOND, client.now())];
    for (from, to) in parts {
        let window = Window::new(from, to).ok();
        let part = client.calls(&Listing { window, ..newest(client) }).await?;
        if !part.rows.iter().all(is_known) {
            return Ok(Some(count));
        }
    }
    Ok(None)
}

/// The call whose start and creation lie farthest apart, if they can be told apart at all.
pub(super) fn telling(rows: &[Row]) -> Option<&Row> {
    let apart = |row: &&Row| row.created.zip(row.start).map(|(made, start)| made.since(start));
    let best = rows.iter().filter(|row| row.id().is_some()).max_by_key(apart)?;
    apart(&best).filter(|apart| *apart > SECOND * 4).map(|_| best)
}

/// What trying out on a known call has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// Windows are compared with this.
    With(WindowField),
    /// The call is listed around none of its times, or dates do not filter.
    Neither,
    /// So many calls lie around it that its absence proves nothing.
    Unclear,
}

/// What windows are compared with: asks around a call's start, and around its creation. An answer
/// that held `count` calls was seen, so one with fewer is no full answer.
pub(super) async fn compared(
    client: &Client,
    call: &Row,
    count: usize,
) -> Result<Compared, SourceError> {
    let fields =
        [(WindowField::StartTimestamp, call.start), (WindowField::CreatedAt, call.created)];
    let mut is_clear = true;
    for (field, at) in fields {
        let Some(window) = at.and_then(|at| Window::new(at - SECOND, at + SECOND).ok()) else {
            continue;
        };
        let listing = Listing { window: Some(window), ..newest(client) };
        let page = client.calls(&listing).await?;
        if page.rows.iter().any(|row| row.id() == call.id()) {
            // A list that ignores the window has it too, and much more.
            let is_near = |row: &Row| {
                [row.start, row.created]
                    .iter()
                    .flatten()
                    .any(|at| window.widened(SECOND).contains(*at))
            };
            let fits = page.rows.iter().all(is_near);
            return Ok(if fits { Compared::With(field) } else { Compared::Neither });
        }
        is_clear &= !Seen::of(&page, count, false).is_full;
    }
    Ok(if is_clear { Compared::Neither } else { Compared::Unclear })
}

/// The answer in words.
pub(super) fn probe(compared: Compared) -> Probe {
    let (outcome, sentence, hint) = match compared {
        Compared::With(WindowField::StartTimestamp) => {
            (ProbeOutcome::Right, "A window is compared with `start_timestamp`", None)
        }
        Compared::With(WindowField::CreatedAt) => (
            ProbeOutcome::Notable,
            "A window is compared with `created_at`: requests are wider by `call_hours_max`, and \
             every full answer is cut and asked again",
            None,
        ),
        Compared::Unclear => (
            ProbeOutcome::Notable,
            "So many calls lie around the one it was tried on that nothing shows what a window is \
             compared with",
            None,
        ),
        Compared::Neither => (
            ProbeOutcome::Wrong,
            "A call is listed neither around its start nor around its creation alone, so no window \
             is proved",
            Some(
                "Check `start_parameter` and `end_parameter`. If you know what windows are compared \
                 with, set `assume_window_field`, and `tries_window_field` to false",
            ),
        ),
    };
    let hint = hint.map(str::to_owned);
    Probe { name: "window_field", outcome, sentence: sentence.to_owned(), hint }
}
