//! What a connection has shown about itself: what windows are compared with, which statuses there
//! are. Asked of a known call, because nothing documents it.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{Timestamp, Window};

use super::client::{Client, Listing};
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
            tracing::warn!(
                "Teli has calls of the status `{status}`, which `statuses` does not name; they are \
                 read as well"
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
        let Some(call) = telling(&newest.rows) else { return Ok(None) };
        let compared = compared(client, call).await?;
        let mut known = self.known();
        known.answer_max = answer_max;
        known.asked_at = Some(now);
        known.window_field = compared.or(known.window_field);
        drop(known);
        Ok(Some(probe(compared)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest calls that have ended.
pub(super) fn newest(client: &Client) -> Listing {
    let settings = client.settings();
    Listing { status: settings.statuses.first().cloned(), window: None, limit: settings.page_size }
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

/// What windows are compared with: asks around a call's start, and around its creation. `None`
/// when neither lists it, or when so many lie there that it proves nothing.
pub(super) async fn compared(
    client: &Client,
    call: &Row,
) -> Result<Option<WindowField>, SourceError> {
    let fields =
        [(WindowField::StartTimestamp, call.start), (WindowField::CreatedAt, call.created)];
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
            return Ok(page.rows.iter().all(is_near).then_some(field));
        }
    }
    Ok(None)
}

/// The answer in words.
pub(super) fn probe(compared: Option<WindowField>) -> Probe {
    let (outcome, sentence, hint) = match compared {
        Some(WindowField::StartTimestamp) => {
            (ProbeOutcome::Right, "A window is compared with `start_timestamp`", None)
        }
        Some(WindowField::CreatedAt) => (
            ProbeOutcome::Notable,
            "A window is compared with `created_at`: requests are wider by `call_hours_max`, and \
             every full answer is cut and asked again",
            None,
        ),
        None => (
            ProbeOutcome::Wrong,
            "A call is listed neither around its start nor around its creation alone",
            Some(
                "Check `start_parameter` and `end_parameter`; without them no window can be proved",
            ),
        ),
    };
    let hint = hint.map(str::to_owned);
    Probe { name: "window_field", outcome, sentence: sentence.to_owned(), hint }
}
