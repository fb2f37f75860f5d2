//! The schedule at work: every source read in its own rhythm, by itself, until somebody stops it.
//!
//! When a source is due is [`domain::look_at`] of its runs and its lease in the database, so that a
//! process that restarts, and workers on several machines, agree without asking each other. Who
//! reads it is decided by its lease, and what a dead worker left is read by another as soon as that
//! has run out. There is no scheduler to be elected and none to be lost.
//!
//! Beside the rhythm, workers do the [jobs](crate::jobs) that people ask for, in the same turns.
//!
//! Agents are fetched by each run, what settle tiers ask for is part of its plan, and history comes
//! behind what is newer. Between runs, waiting calls are looked at again.

mod keeper;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::{JobId, JobStatus, Rhythm, SourceId};
use providers::outgoing::Outgoing;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::jobs::Board;
use crate::sync::{RunReport, SyncError};
use crate::{Context, Source};
use keeper::Keeper;

/// A source and how often it is read.
#[derive(Clone)]
pub struct Scheduled {
    /// What is read.
    pub source: Source,
    /// How often.
    pub rhythm: Rhythm,
}

/// A source in the roster of a worker, which may change while it works.
#[derive(Clone)]
pub struct Rostered {
    /// What is read, and how often.
    pub scheduled: Scheduled,
    /// Another one where it is to be read in another way, such as with another credential.
    pub version: i64,
    /// Whether it rests: what is asked for is done, and nothing by itself.
    pub is_paused: bool,
}

impl Rostered {
    /// One that never changes.
    pub fn fixed(scheduled: Scheduled) -> Self {
        Self { scheduled, version: 0, is_paused: false }
    }
}

/// The sources of a worker, as they are now.
pub type Roster = watch::Receiver<Arc<Vec<Rostered>>>;

/// How the schedule goes about it.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Sources read at the same time, at most. The others take turns in the order they came.
    pub runs_at_once: usize,
    /// Windows proved by one run, at most, the newest first: new calls never wait for history.
    pub windows_max: usize,
    /// How long one run begins windows for: nor do they wait for a history whose windows take long, and
    /// no source waits for that of another.
    pub time_max: Duration,
    /// How often is looked for jobs; in real time.
    pub beat: Duration,
    /// What others are told with of scheduled comparisons.
    pub outgoing: Outgoing,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            runs_at_once: 4,
            windows_max: 24,
            time_max: Duration::from_mins(2),
            beat: Duration::from_secs(1),
            outgoing: Outgoing::default(),
        }
    }
}

/// What happened, for whoever shows or counts it.
#[derive(Debug)]
pub enum Happened {
    /// A run ended.
    Ran {
        /// Of which source.
        source_name: String,
        /// How.
        report: Box<RunReport>,
    },
    /// A run could not begin, or its end could not be written down.
    Failed {
        /// Of which source.
        source_name: String,
        /// Why, and what to do.
        error: SyncError,
    },
    /// A job ended.
    JobEnded {
        /// Of which source.
        source_name: String,
        /// Which.
        job: JobId,
        /// How, in a word.
        status: JobStatus,
        /// How, in a sentence.
        outcome: String,
    },
}

/// Reads every source whenever it is due, and does what people ask for, until `stop`. Runs under way
/// then end after the pages they have, and give their sources and jobs back.
pub async fn work(
    ctx: &Context,
    sources: Vec<Scheduled>,
    settings: &WorkerSettings,
    stop: CancellationToken,
    tell: Arc<dyn Fn(Happened) + Send + Sync>,
) {
    let fixed = sources.into_iter().map(Rostered::fixed).collect();
    let (_never_changed, roster) = watch::channel(Arc::new(fixed));
    work_by(ctx, roster, settings, stop, tell).await;
}

/// The same by a roster that may change meanwhile: a source that is new is read, and one that is gone,
/// rests or changed is let go after the pages it has.
pub async fn work_by(
    ctx: &Context,
    mut roster: Roster,
    settings: &WorkerSettings,
    stop: CancellationToken,
    tell: Arc<dyn Fn(Happened) + Send + Sync>,
) {
    let turns = Arc::new(Semaphore::new(settings.runs_at_once.max(1)));
    let mut tasks = JoinSet::new();
    let (ahead, jobs) = watch::channel(BTreeSet::new());
    let (present, sources) = watch::channel(by_id(&roster.borrow()));
    let board = Board {
        ctx: ctx.clone(),
        sources,
        turns: Arc::clone(&turns),
        beat: settings.beat.max(Duration::from_millis(2)),
        stop: stop.clone(),
        tell: Arc::clone(&tell),
        ahead,
        outgoing: settings.outgoing.clone(),
        syncing: Arc::default(),
    };
    tasks.spawn(board.keep());
    let keeper = |rostered: &Rostered, stop: &CancellationToken, is_again: bool| Keeper {
        ctx: ctx.clone(),
        scheduled: rostered.scheduled.clone(),
        turns: Arc::clone(&turns),
        windows_max: settings.windows_max.max(1),
        time_max: settings.time_max,
        is_again,
        jobs: jobs.clone(),
        stop: stop.clone(),
        tell: Arc::clone(&tell),
    };
    let mut kept: BTreeMap<SourceId, Kept> = BTreeMap::new();
    let (mut fallen, mut may_change) = (BTreeSet::new(), true);
    while !stop.is_cancelled() {
        let listed = Arc::clone(&roster.borrow_and_update());
        present.send_replace(by_id(&listed));
        let read = to_read(&listed);
        kept.retain(|id, it| it.stays(read.get(id).copied()));
        for (id, rostered) in read {
            let Entry::Vacant(place) = kept.entry(id) else { continue };
            let (version, stop) = (rostered.version, stop.child_token());
            // Of one that changed, whoever reads it still has its lease for a moment.
            let keeping = keeper(rostered, &stop, fallen.remove(&id)).keep();
            let task = tasks.spawn(keeping).id();
            place.insert(Kept { version, stop, task });
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            changed = roster.changed(), if may_change => may_change = changed.is_ok(),
            Some(ended) = tasks.join_next_with_id() => if let Err(defect) = ended {
                let whose = kept.iter().find(|(_, it)| it.task == defect.id()).map(|(id, _)| *id);
                tracing::error!("This program is wrong: {defect}. {}", after_a_fall(whose));
                fallen.extend(whose.filter(|id| kept.remove(id).is_some()));
            },
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// What becomes of what fell: a source, or else the board with all jobs.
fn after_a_fall(whose: Option<SourceId>) -> String {
    whose.map_or_else(
        || "No jobs are done by this process any more; restart it".to_owned(),
        |source| format!("Source {source} is read again in half a minute; please report it"),
    )
}

/// A source that is read.
struct Kept {
    version: i64,
    stop: CancellationToken,
    task: tokio::task::Id,
}

impl Kept {
    /// Whether it goes on as it is; else it is let go.
    fn stays(&self, rostered: Option<&Rostered>) -> bool {
        let stays = rostered.is_some_and(|it| it.version == self.version);
        if !stays {
            self.stop.cancel();
        }
        stays
    }
}

/// The sources that are read by themselves.
fn to_read(roster: &[Rostered]) -> BTreeMap<SourceId, &Rostered> {
    let read = roster.iter().filter(|it| !it.is_paused);
    read.map(|it| (it.scheduled.source.row.id, it)).collect()
}

/// The sources that jobs are done for, whether they rest or not.
fn by_id(roster: &[Rostered]) -> BTreeMap<SourceId, Source> {
    let sources = roster.iter().map(|it| &it.scheduled.source);
    sources.map(|source| (source.row.id, source.clone())).collect()
}
