//! Walking windows beside each other, splitting those that are too large or prove nothing.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{Capabilities, Territory, Timestamp, Window};
use providers::{Page, SourceError, Walked};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::xxh3_64;

use super::changes::Changes;
use crate::ingest::Sighting;
use crate::{Context, Source};

/// What fetching hands on.
pub enum Fetched {
    /// A page, in the order it came.
    Page {
        /// The window it was read for.
        territory: Territory,
        /// Its number, from 1.
        number: u64,
        /// The total the provider gave with it.
        total: Option<u64>,
        /// Records on it, counted as they left the socket.
        listed: u64,
        /// Its records.
        sightings: Vec<Sighting>,
        /// How long it took.
        took: std::time::Duration,
    },
    /// A window has ended; all its pages came before.
    Ended(Ended),
    /// One window has become two.
    Split,
    /// So many windows are left to the next run, because this one has taken its time.
    Left(u64),
    /// Asks to be told when everything before it has been written.
    Written(oneshot::Sender<()>),
    /// Something a person should know about this run.
    Said {
        /// In a sentence.
        sentence: String,
        /// Whether something could not be read because of it.
        is_trouble: bool,
    },
}

/// A window that has ended.
pub struct Ended {
    /// The window.
    pub territory: Territory,
    /// When its last walk began: what changed later may not have been seen.
    pub asked_at: Timestamp,
    /// Distinct calls inside the window itself, margins not counted.
    pub inside: u64,
    /// What the walk proved.
    pub walked: Result<Walked, SourceError>,
}

impl Ended {
    /// What is not proved and why, in a sentence; `None` when everything is.
    pub fn doubt(&self) -> Option<String> {
        let window = self.territory.window;
        match &self.walked {
            Ok(Walked::Whole { .. }) => None,
            Ok(Walked::Doubtful { why, .. }) => Some(format!(
                "{window} is not proved complete: {why}. What was read is kept; the next run reads it again"
            )),
            Ok(Walked::TooMany { total }) => Some(format!(
                "{window} is not proved complete: {total} calls are more than one walk may read"
            )),
            Err(error) => Some(error.to_string()),
        }
    }
}

/// How often a window that proves nothing is read again whole, and how often it is halved.
const REREADS: u8 = 1;
const HALVINGS: u8 = 2;

/// A window still to be walked.
#[derive(Clone)]
struct Task {
    territory: Territory,
    rereads: u8,
    halvings: u8,
    /// Records this run has counted for this territory, by hash; a further walk counts them as
    /// repeated. A collision would count a call as repeated that is not; it is stored all the same.
    counted: Arc<Mutex<HashSet<u64>>>,
}

impl Task {
    fn new(territory: Territory) -> Self {
        Self { territory, rereads: 0, halvings: 0, counted: Arc::default() }
    }
}

/// Walks every territory and hands on what it finds. Ends early when `stop` is cancelled, when
/// nobody listens any more, or when asking on is pointless; begins no further window from `until` on.
/// Says whether asking on makes sense.
pub(crate) async fn fetch(
    ctx: Context,
    source: Source,
    territories: Vec<Territory>,
    changes: Changes,
    out: mpsc::Sender<Fetched>,
    until: Option<Timestamp>,
    stop: CancellationToken,
) -> bool {
    let mut queue: VecDeque<Task> = territories.into_iter().map(Task::new).collect();
    let mut walks = JoinSet::new();
    let (mut failures, mut is_pointless, mut has_begun) = (0, false, false);
    loop {
        let is_late = has_begun && until.is_some_and(|until| ctx.now() >= until);
        if is_late && !queue.is_empty() {
            let left = queue.drain(..).len() as u64;
            if out.send(Fetched::Left(left)).await.is_err() {
                return false;
            }
        }
        while walks.len() < ctx.settings.windows_beside && !stop.is_cancelled() {
            let Some(task) = queue.pop_front() else { break };
            let patience = ctx.settings.window_patience;
            walks.spawn(walk(ctx.now(), patience, source.clone(), task, out.clone()));
            has_begun = true;
        }
        let ended = tokio::select! {
            ended = walks.join_next() => ended,
            () = stop.cancelled() => None,
        };
        // Dropping the set ends the walks that are under way.
        let Some(ended) = ended else { return !is_pointless && !stop.is_cancelled() };
        let ended = match ended {
            Ok(ended) => ended,
            Err(defect) => {
                let sentence =
                    format!("A window was not read, because this program is wrong: {defect}");
                if out.send(Fetched::Said { sentence, is_trouble: true }).await.is_err() {
                    return false;
                }
                continue;
            }
        };
        let is_fatal = ended.walked.as_ref().is_err_and(SourceError::needs_operator);
        failures = match &ended.walked {
            Ok(_) => 0,
            // What is read again in halves has not failed yet.
            Err(_) if ended.is_to_be_halved() => failures,
            Err(_) => failures + 1,
        };
        if !settle(&source, ended, &changes, &mut queue, &out).await {
            return false;
        }
        if is_fatal || failures >= ctx.settings.failures_in_a_row {
            queue.clear();
            is_pointless = true;
        }
    }
}

/// Decides what follows from a walk: it has ended, or is walked again, or in halves.
/// Returns whether anybody still listens.
async fn settle(
    source: &Source,
    ended: EndedWalk,
    changes: &Changes,
    queue: &mut VecDeque<Task>,
    out: &mpsc::Sender<Fetched>,
) -> bool {
    let capabilities = &source.connection.capabilities();
    let is_to_be_halved = ended.is_to_be_halved();
    let EndedWalk { mut task, asked_at, inside, walked, .. } = ended;
    match &walked {
        // Its halves take half as long each.
        Err(_) if is_to_be_halved => {
            task.halvings += 1;
            if let Some(halves) = halves(capabilities, &task) {
                return queue_halves(halves, queue, out).await;
            }
        }
        Ok(Walked::TooMany { .. }) => {
            if let Some(halves) = halves(capabilities, &task) {
                return queue_halves(halves, queue, out).await;
            }
        }
        Ok(Walked::Doubtful { .. }) if task.rereads < REREADS => {
            task.rereads += 1;
            queue.push_front(task);
            return true;
        }
        Ok(Walked::Doubtful { .. }) if task.halvings < HALVINGS => {
            task.halvings += 1;
            if let Some(halves) = halves(capabilities, &task) {
                return queue_halves(halves, queue, out).await;
            }
        }
        _ => {}
    }
    let territory = task.territory;
    let walked = changes.judge(territory.window, walked);
    let walked = by_their_clock(source, capabilities.lag, walked);
    out.send(Fetched::Ended(Ended { territory, asked_at, inside, walked })).await.is_ok()
}

/// What a walk proves by a clock that is ahead of the provider's: nothing, for what it calls the past
/// may be the future, or younger than it looks. Less than the lag makes no difference.
fn by_their_clock(
    source: &Source,
    lag: Duration,
    walked: Result<Walked, SourceError>,
) -> Result<Walked, SourceError> {
    let ahead = source.connection.traffic().and_then(|traffic| traffic.clock_ahead);
    match (walked, ahead.filter(|ahead| *ahead > lag)) {
        (Ok(Walked::Whole { total, .. }), Some(ahead)) => {
            let why = format!(
                "our clock is {} s ahead of the provider's, and calls that are still to come would count as read. Let this machine set its clock from the network (NTP)",
                ahead.as_secs()
            );
            Ok(Walked::Doubtful { why, total })
        }
        (walked, _) => walked,
    }
}

async fn queue_halves(
    (older, newer): (Task, Task),
    queue: &mut VecDeque<Task>,
    out: &mpsc::Sender<Fetched>,
) -> bool {
    queue.push_front(older);
    queue.push_front(newer);
    out.send(Fetched::Split).await.is_ok()
}

/// Halving helps only while the window is longer than its margins: a request cannot become
/// shorter than those.
fn halves(capabilities: &Capabilities, task: &Task) -> Option<(Task, Task)> {
    if task.territory.window.length() <= capabilities.margin * 2 {
        return None;
    }
    let (older, newer) = task.territory.halves(capabilities.window_min)?;
    let half = |territory| Task { territory, ..task.clone() };
    Some((half(older), half(newer)))
}

/// A walk that came to its end.
struct EndedWalk {
    task: Task,
    asked_at: Timestamp,
    inside: u64,
    walked: Result<Walked, SourceError>,
    /// Whether it was ended because it took too long.
    is_cut: bool,
}

impl EndedWalk {
    /// Whether it took so long that its halves are tried.
    fn is_to_be_halved(&self) -> bool {
        self.is_cut && self.task.halvings < HALVINGS
    }
}

async fn walk(
    asked_at: Timestamp,
    patience: Duration,
    source: Source,
    task: Task,
    out: mpsc::Sender<Fetched>,
) -> EndedWalk {
    let capabilities = source.connection.capabilities();
    let request = task.territory.window.widened(capabilities.margin);
    let (pages, mut arriving) = mpsc::channel::<Page>(2);
    let walking = async {
        // However many requests are each answered in time, the window is to end, and to say so.
        let walked = timeout(patience, source.connection.walk(request, &pages)).await;
        drop(pages);
        walked
    };
    let mut inside = HashSet::new();
    let forwarding = async {
        while let Some(page) = arriving.recv().await {
            inside.extend(ids_inside(task.territory.window, &page));
            if out.send(counted(&task, page)).await.is_err() {
                return;
            }
        }
    };
    let (walked, ()) = tokio::join!(walking, forwarding);
    let is_cut = walked.is_err();
    let walked = walked.unwrap_or_else(|_elapsed| Err(cut(task.territory.window, patience)));
    EndedWalk { task, asked_at, inside: inside.len() as u64, walked, is_cut }
}

fn cut(window: Window, patience: Duration) -> SourceError {
    let what = format!("it was not read to its end within {patience:?} and was cut");
    SourceError::Unavailable {
        request: format!("calls of {window}"),
        what,
        attempts: 1,
        wait: None,
    }
}

fn ids_inside(window: Window, page: &Page) -> impl Iterator<Item = u64> {
    let readable = page.records.iter().filter_map(|(record, _)| record.identity.as_ref().ok());
    let inside = readable.filter(move |identity| window.contains(identity.occurred_at));
    inside.map(|identity| xxh3_64(identity.id.0.as_bytes()))
}

/// Marks each record as at home here and counted for the first time, or as repeated.
fn counted(task: &Task, page: Page) -> Fetched {
    let territory = task.territory;
    let mut counted = task.counted.lock().unwrap_or_else(PoisonError::into_inner);
    let listed = page.records.len() as u64;
    let sightings = page.records.into_iter().map(|(record, _)| {
        let key = match &record.identity {
            Ok(identity) if !territory.is_home_of(identity.occurred_at) => None,
            Ok(identity) => Some(xxh3_64(identity.id.0.as_bytes())),
            Err(_) => Some(xxh3_64(&record.bytes)),
        };
        let is_repeated = !key.is_some_and(|key| counted.insert(key));
        Sighting::new(record, is_repeated)
    });
    let sightings = sightings.collect();
    let (number, total, took) = (page.number, page.total, page.took);
    Fetched::Page { territory, number, total, listed, sightings, took }
}
