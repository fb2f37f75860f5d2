//! Workers for stories about jobs: time stands for them, unless the story moves it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{
    Clock, JobId, JobKind, JobParameters, JobStatus, Rhythm, RunKind, RunStatus, Timestamp,
};
use engine::Context;
use engine::worker::{Happened, Roster, Rostered, Scheduled, WorkerSettings, work_by};
use providers::outgoing::Outgoing;
use providers::{SystemClock, Wait};
use store::{JobRow, RunEnd};
use testkit::{HandClock, Stage};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::play::DAY;

/// A hand-moved clock on which waiting takes as long as it does, and moves nothing.
struct Standing(HandClock);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

#[async_trait::async_trait]
impl Wait for Standing {
    async fn wait(&self, duration: Duration) {
        SystemClock.wait(duration).await;
    }
}

/// One worker, as a process of its own has it.
pub struct Crew {
    stop: CancellationToken,
    working: JoinSet<()>,
    told: mpsc::UnboundedReceiver<Happened>,
    heard: BTreeMap<JobId, (JobStatus, String)>,
}

impl Crew {
    /// One that reads by itself once in a hundred days, and looks for jobs all the time.
    pub async fn of(stage: &Stage, nth: usize) -> Self {
        has_just_been_read(stage).await;
        Self::begin(stage, nth, DAY * 100, Outgoing::default())
    }

    /// The same, with what others are told with.
    pub async fn that_tells(stage: &Stage, nth: usize, outgoing: Outgoing) -> Self {
        has_just_been_read(stage).await;
        Self::begin(stage, nth, DAY * 100, outgoing)
    }

    /// One that also reads what is due by itself, one window at a time.
    pub fn that_reads(stage: &Stage, nth: usize) -> Self {
        Self::begin(stage, nth, Duration::from_hours(1), Outgoing::default())
    }

    fn begin(stage: &Stage, nth: usize, every: Duration, outgoing: Outgoing) -> Self {
        let ctx = Context {
            wait: Arc::new(Standing(stage.clock.clone())),
            holder: format!("worker {nth}"),
            ..stage.ctx.clone()
        };
        let scheduled = Scheduled { source: stage.source.clone(), rhythm: Rhythm::Every(every) };
        let (_never_changed, roster) = watch::channel(Arc::new(vec![Rostered::fixed(scheduled)]));
        Self::at_work(ctx, roster, outgoing)
    }

    /// One that goes by a roster, which may change while it works.
    pub fn by(stage: &Stage, nth: usize, roster: Roster) -> Self {
        let ctx = Context {
            wait: Arc::new(Standing(stage.clock.clone())),
            holder: format!("worker {nth}"),
            ..stage.ctx.clone()
        };
        Self::at_work(ctx, roster, Outgoing::default())
    }

    fn at_work(ctx: Context, roster: Roster, outgoing: Outgoing) -> Self {
        let settings = WorkerSettings {
            windows_max: 1,
            beat: Duration::from_millis(4),
            outgoing,
            ..WorkerSettings::default()
        };
        let (tell, told) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let mut working = JoinSet::new();
        working.spawn(async move {
            let tell = Arc::new(move |happened| tell.send(happened).unwrap_or_default());
            work_by(&ctx, roster, &settings, stopped, tell).await;
        });
        Self { stop, working, told, heard: BTreeMap::new() }
    }

    /// How a job ends, whatever else happens before.
    pub async fn ended(&mut self, wanted: JobId) -> (JobStatus, String) {
        let ended = async {
            loop {
                if let Some(how) = self.heard.remove(&wanted) {
                    return how;
                }
                let happened = self.told.recv().await.expect("it works until it goes home");
                self.hear(happened);
            }
        };
        tokio::time::timeout(PATIENCE, ended).await.expect("the job ends")
    }

    /// The jobs that have ended so far and were not asked about.
    pub fn has_ended(&mut self) -> Vec<JobId> {
        while let Ok(happened) = self.told.try_recv() {
            self.hear(happened);
        }
        self.heard.keys().copied().collect()
    }

    fn hear(&mut self, happened: Happened) {
        if let Happened::JobEnded { job, status, outcome, .. } = happened {
            let known = self.heard.insert(job, (status, outcome));
            assert_eq!(known, None, "{job} ended twice");
        }
    }

    /// It is asked to stop, and does.
    pub async fn goes_home(mut self) {
        self.ends().await;
    }

    /// The same, where it is to be heard afterwards.
    pub async fn ends(&mut self) {
        self.stop.cancel();
        while let Some(ended) = self.working.join_next().await {
            ended.unwrap();
        }
    }

    /// It is gone in the middle of whatever it did.
    pub async fn dies(mut self) {
        self.working.shutdown().await;
    }
}

/// A source that was never read by itself is due at once, so one such run stands in its books.
async fn has_just_been_read(stage: &Stage) {
    if stage.db.number("SELECT COUNT(*) FROM runs WHERE kind = 'auto'").await > 0 {
        return;
    }
    let (source, now) = (stage.source.row.id, stage.ctx.now());
    let mut tx = stage.db.store.begin().await.unwrap();
    let run = tx.run_start(source, RunKind::Auto, "{}", now).await.unwrap();
    tx.run_finish(run, RunEnd::new(RunStatus::Success, "{}", None), now).await.unwrap();
    tx.commit().await.unwrap();
}

const PATIENCE: Duration = Duration::from_mins(1);

/// Looks until there is something to see.
pub async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("it is seen in the end")
}

/// Asks for a job.
pub async fn ask(stage: &Stage, kind: JobKind, parameters: JobParameters) -> JobId {
    let (store, source, now) = (&stage.db.store, stage.source.row.id, stage.ctx.now());
    engine::jobs::ask(store, source, (kind, &parameters), "ann", now).await.unwrap().id()
}

/// Asks that all of history is read.
pub async fn ask_span(stage: &Stage) -> JobId {
    let (from, to) = (Some(stage.source.row.since), Some(stage.ctx.now()));
    ask(stage, JobKind::Sync, JobParameters { from, to, ..JobParameters::default() }).await
}

/// The job as it stands.
pub async fn row(stage: &Stage, job: JobId) -> JobRow {
    stage.db.store.job_get(job, stage.ctx.now()).await.unwrap().expect("it was asked for")
}
