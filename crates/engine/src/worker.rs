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

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::{JobId, JobStatus, NextRun, Rhythm, RunKind, SourceId, WhyThen, look_at};
use providers::outgoing::Outgoing;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::jobs::Board;
use crate::sync::{RunReport, SyncError, SyncOptions, sync, work_key};
use crate::{Context, Source, contacts};

/// Runs the schedule looks back at: more failures than this make no pause longer.
pub const LOOK_BACK: i64 = 8;

/// After our own database failed, and after somebody else read the source.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How often waiting calls are looked at again, whether their source can be read or not.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

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
    let mut kept: BTreeMap<SourceId, (i64, CancellationToken)> = BTreeMap::new();
    while !stop.is_cancelled() {
        let listed = Arc::clone(&roster.borrow_and_update());
        present.send_replace(by_id(&listed));
        let read: BTreeMap<SourceId, &Rostered> = listed
            .iter()
            .filter(|it| !it.is_paused)
            .map(|it| (it.scheduled.source.row.id, it))
            .collect();
        kept.retain(|id, (version, stop)| {
            let stays = read.get(id).is_some_and(|it| it.version == *version);
            if !stays {
                stop.cancel();
            }
            stays
        });
        for (id, rostered) in read {
            let (_, stop) = match kept.entry(id) {
                Entry::Occupied(_) => continue,
                Entry::Vacant(place) => place.insert((rostered.version, stop.child_token())),
            };
            // Of one that changed, whoever reads it still has its lease for a moment.
            tasks.spawn(
                Keeper {
                    ctx: ctx.clone(),
                    scheduled: rostered.scheduled.clone(),
                    turns: Arc::clone(&turns),
                    windows_max: settings.windows_max.max(1),
                    jobs: jobs.clone(),
                    stop: stop.clone(),
                    tell: Arc::clone(&tell),
                }
                .keep(),
            );
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            changed = roster.changed() => if changed.is_err() {
                // Nobody can change it any more.
                stop.cancelled().await;
            },
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// The sources that jobs are done for, whether they rest or not.
fn by_id(roster: &[Rostered]) -> BTreeMap<SourceId, Source> {
    let sources = roster.iter().map(|it| &it.scheduled.source);
    sources.map(|source| (source.row.id, source.clone())).collect()
}

/// Keeps one source up to date.
struct Keeper {
    ctx: Context,
    scheduled: Scheduled,
    turns: Arc<Semaphore>,
    windows_max: usize,
    /// Sources that a job goes first at.
    jobs: watch::Receiver<BTreeSet<SourceId>>,
    stop: CancellationToken,
    tell: Arc<dyn Fn(Happened) + Send + Sync>,
}

impl Keeper {
    async fn keep(mut self) {
        // A person who restarts the program may have mended what was wrong.
        let mut is_first = true;
        let mut sweep_at = self.ctx.now();
        while !self.stop.is_cancelled() {
            if self.ctx.now() >= sweep_at {
                self.sweep().await;
                sweep_at = self.ctx.now() + SWEEP_EVERY;
            }
            let pause = match self.due(is_first).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(source = %self.scheduled.source.row.name, "When to read it next is not known: {error}");
                    Some(LOOK_AGAIN)
                }
            };
            if let Some(pause) = pause {
                if !self.sleep(pause.min(sweep_at.since(self.ctx.now()))).await {
                    return;
                }
                // Others may have read it meanwhile, so it is judged anew.
                continue;
            }
            self.let_jobs_go_first().await;
            self.read(is_first).await;
            is_first = false;
        }
    }

    /// Moves calls whose change was interrupted, and looks at those that wait for their contact.
    async fn sweep(&self) {
        let (ctx, source) = (&self.ctx, &self.scheduled.source.row);
        let swept = async {
            crate::place::resume(&ctx.store, source.id, ctx.now()).await?;
            contacts::sweep(&ctx.store, source.id, ctx.now()).await
        };
        match swept.await {
            Ok(swept) if swept.moved > 0 => {
                let contacts::Swept { looked, moved } = swept;
                tracing::info!(source = %source.name, looked, moved, "Looked at {looked} waiting calls of {}, {moved} of which moved", source.name);
            }
            Ok(_) => {}
            // The next sweep does what this one left.
            Err(error) => {
                tracing::warn!(source = %source.name, "Waiting calls could not be looked at: {error}");
            }
        }
    }

    /// How long the source is not due yet; `None` when it is.
    async fn due(&self, is_first: bool) -> Result<Option<Duration>, store::StoreError> {
        let (ctx, Scheduled { source, rhythm }) = (&self.ctx, &self.scheduled);
        let (key, now) = (work_key(source.row.id), ctx.now());
        // The lease first: whoever ends a run in between has ended it in what is read next.
        let held_until = ctx.within(ctx.store.work_held(&key, now)).await?;
        let runs = ctx.within(ctx.store.runs_past(source.row.id, LOOK_BACK)).await?;
        let NextRun { at, why } = look_at(&runs, rhythm, held_until);
        if is_first && why == WhyThen::Refused {
            return Ok(None);
        }
        // The lease of a clock that runs ahead is not waited for: its holder may be dead.
        let pause = if why == WhyThen::Held {
            at.since(now).min(ctx.settings.lease)
        } else {
            at.since(now)
        };
        Ok((at > now).then_some(pause))
    }

    /// What a person asked for is done before what comes by itself: a source with much to read is
    /// read again at once, and a job would never get it.
    async fn let_jobs_go_first(&mut self) {
        let id = self.scheduled.source.row.id;
        tokio::select! {
            biased;
            () = self.stop.cancelled() => {}
            // Where nobody looks for jobs any more, none is to come.
            _waited = self.jobs.wait_for(|jobs| !jobs.contains(&id)) => {}
        }
    }

    /// Reads what is due, unless somebody else did while we waited for our turn.
    async fn read(&self, is_first: bool) {
        let (ctx, source) = (&self.ctx, &self.scheduled.source);
        let turn = tokio::select! {
            turn = self.turns.acquire() => turn,
            () = self.stop.cancelled() => return,
        };
        let Ok(turn) = turn else { return };
        // The look at what others told is over before anybody is waited for.
        let waits_for_job = self.jobs.borrow().contains(&source.row.id);
        if waits_for_job || !matches!(self.due(is_first).await, Ok(None)) {
            return;
        }
        let options = SyncOptions {
            kind: RunKind::Auto,
            windows_max: Some(self.windows_max),
            stop: self.stop.clone(),
            ..SyncOptions::manual()
        };
        let source_name = source.row.name.clone();
        let ended = sync(ctx, source, options).await;
        // Whoever waits for a turn need not wait for what follows.
        drop(turn);
        match ended {
            Ok(report) => {
                (self.tell)(Happened::Ran { source_name, report: Box::new(report) });
            }
            Err(error) => {
                (self.tell)(Happened::Failed { source_name, error });
                self.sleep(LOOK_AGAIN).await;
            }
        }
    }

    /// Returns whether there is still something to do.
    async fn sleep(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = self.ctx.wait.wait(pause) => !self.stop.is_cancelled(),
        }
    }
}
