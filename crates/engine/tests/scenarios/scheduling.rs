//! The schedule at work, on a clock that moves when somebody waits.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{AgentId, Clock, NextRun, Rhythm, RunKind, RunStatus, Timestamp};
use engine::Context;
use engine::place::{self, Change};
use engine::sync::{RunReport, SyncOptions, sync_when_due};
use engine::worker::{Happened, Scheduled, WorkerSettings, work};
use providers::Wait;
use simulators::NewCall;
use simulators::faults::{On, What};
use store::RunEnd;
use testkit::{HandClock, Stage, on_both_databases};
use tokio_util::sync::CancellationToken;

use crate::play::*;

const EVERY: Rhythm = Rhythm::Every(Duration::from_mins(5));

/// Lets the schedule work until `count` runs have ended. Between runs, `meanwhile` happens.
async fn scheduled(
    stage: &Stage,
    ctx: &Context,
    settings: WorkerSettings,
    count: usize,
    meanwhile: impl Fn(usize) + Send + Sync + 'static,
) -> Vec<RunReport> {
    let stop = CancellationToken::new();
    let source = Scheduled { source: stage.source.clone(), rhythm: EVERY };
    let reports = Arc::new(Mutex::new(Vec::new()));
    let (kept, stopping) = (Arc::clone(&reports), stop.clone());
    let tell = move |happened| {
        let Happened::Ran { report, .. } = happened else { panic!("{happened:?}") };
        let mut reports = kept.lock().unwrap();
        reports.push(*report);
        meanwhile(reports.len());
        if reports.len() == count {
            stopping.cancel();
        }
    };
    soon(work(ctx, vec![source], &settings, stop, Arc::new(tell))).await;
    std::mem::take(&mut reports.lock().unwrap())
}

/// When each run began, in minutes after the first.
async fn beginnings(stage: &Stage) -> Vec<u64> {
    let mut runs = stage.db.store.runs_list(Some(stage.source.row.id), 99).await.unwrap();
    runs.reverse();
    let at = |millis| Timestamp::from_millis(millis);
    let first = at(runs[0].started_at);
    runs.iter().map(|run| at(run.started_at).since(first).as_secs() / 60).collect()
}

/// A clock on which a story goes on whenever somebody waits, before the time passes.
struct Story {
    clock: HandClock,
    goes_on: Box<dyn Fn(usize) -> BoxFuture + Send + Sync>,
    waits: AtomicUsize,
}

type BoxFuture = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl Clock for Story {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait::async_trait]
impl Wait for Story {
    async fn wait(&self, duration: Duration) {
        (self.goes_on)(self.waits.fetch_add(1, Ordering::SeqCst)).await;
        self.clock.wait(duration).await;
    }
}

on_both_databases! {
    /// Calls whose change was interrupted move within ten minutes, though the provider refuses us
    /// and nothing is read for hours.
    async fn waiting_calls_are_swept_every_ten_minutes_though_nothing_can_be_read(db) {
        let stage = Arc::new(stage(db, |it| it.world.deleted_agents = 0).await);
        read_whole(&stage).await;
        let no = r#"{"statusCode":401,"message":"Invalid Private Integration token"}"#;
        stage.simulator.faults().add(On::path("").forever().gives(What::status(401, no)));
        let mut tx = stage.db.store.begin().await.unwrap();
        let maple = tx.account_ensure("Maple", stage.clock.now()).await.unwrap().id;
        let (source, now) = (stage.source.row.id, stage.clock.now());
        // It was refused all day, and is asked again after six hours.
        for _ in 0..10 {
            let run = tx.run_start(source, RunKind::Auto, "{}", now).await.unwrap();
            let end = RunEnd::new(RunStatus::Failed, "{}", Some("planted by the test"));
            tx.run_finish(run, RunEnd { needs_person: true, ..end }, now).await.unwrap();
        }
        tx.commit().await.unwrap();
        let agents = stage.db.store.agents_list(source, now).await.unwrap();
        let busy = stage.calls().await.into_values().find_map(|call| call.provider_agent_id);
        let agent = agents.iter().find(|agent| Some(&agent.provider_agent_id) == busy.as_ref());
        let agent = AgentId(agent.unwrap().agent_id);

        let stop = CancellationToken::new();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (here, ended, told) = (Arc::clone(&stage), stop.clone(), Arc::clone(&seen));
        let goes_on = move |nth: usize| -> BoxFuture {
            let (stage, stop, told) = (Arc::clone(&here), ended.clone(), Arc::clone(&told));
            Box::pin(async move {
                if nth == 0 {
                    // Somebody assigns the agent, and dies before a call has moved.
                    let change = Change::Assign(place::for_ever(agent, maple));
                    place::decide(&stage.db.store, change, "ann", stage.clock.now()).await.unwrap();
                }
                let calls = stage.calls().await;
                let placed = calls.values().filter(|call| call.placement == "placed").count();
                told.lock().unwrap().push((stage.clock.now(), placed));
                if nth > 0 {
                    stop.cancel();
                }
            })
        };
        let (clock, waits) = (stage.clock.clone(), AtomicUsize::new(0));
        let story = Story { clock, goes_on: Box::new(goes_on), waits };
        let ctx = Context { wait: Arc::new(story), ..stage.ctx.clone() };
        let source = Scheduled { source: stage.source.clone(), rhythm: EVERY };
        let settings = WorkerSettings::default();
        stage.clock.pass(HOUR);
        soon(work(&ctx, vec![source], &settings, stop, Arc::new(|_| {}))).await;

        let seen = seen.lock().unwrap().clone();
        assert_eq!(seen.len(), 2, "{seen:?}");
        assert_eq!(seen[0].1, 0);
        assert!(seen[1].1 > 0, "{seen:?}");
        assert_eq!(seen[1].0.since(seen[0].0), Duration::from_mins(10));
        let runs = stage.db.store.runs_list(None, 99).await.unwrap();
        assert_eq!(runs.iter().filter(|run| run.kind == "auto").count(), 10 + 1, "{runs:#?}");
    }

    /// Nobody asks for a tier: the schedule reads again what is old enough, and what was written
    /// late is here (A12, A18).
    async fn settle_tiers_are_read_by_the_schedule_itself(db) {
        let stage = Arc::new(stage(db, |it| {
            it.world.calls = 30;
            it.source = |source| {
                small_pages(source);
                source.margin_hours = 0;
            };
        }).await);
        let new = call_ago(&stage, MINUTE * 11);
        let id = stage.simulator.mutate(|world| world.insert(new));
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let (here, changed) = (Arc::clone(&stage), id.clone());
        // Half an hour: six runs, one of which is when the call is a quarter of an hour old.
        let reports = scheduled(&stage, &stage.ctx, settings, 6, move |ended| {
            if ended == 1 {
                here.simulator.mutate(|world| world.edit(&changed, |call| call.duration += 7));
            }
        }).await;
        assert_eq!(reports.iter().map(|report| report.updated).sum::<u64>(), 1, "{reports:#?}");
        stage.assert_equals_truth().await;
        let since = stage.ctx.now() - DAY;
        let lateness = stage.db.store.lateness_load(stage.source.row.id, since).await.unwrap();
        assert!(lateness.rereads.contains_key(&(MINUTE * 15)), "{lateness:?}");
    }

    /// New calls come by themselves, every five minutes.
    async fn a_source_is_read_at_its_interval_and_new_calls_come_by_themselves(db) {
        let stage = Arc::new(stage(db, |_| {}).await);
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let here = Arc::clone(&stage);
        let reports = scheduled(&stage, &stage.ctx, settings, 4, move |_| {
            let now = here.clock.now().as_millis();
            here.simulator.mutate(|world| world.insert(NewCall::at(now - 1000)));
        }).await;
        assert!(reports.iter().all(|report| report.success), "{reports:#?}");
        assert_eq!(beginnings(&stage).await, [0, 5, 10, 15]);
        assert_eq!(reports[0].new, CALLS as u64);
        // What is younger than the provider's lag comes with a later run.
        assert!(reports[1..].iter().map(|report| report.new).sum::<u64>() >= 1);
        let kinds = stage.db.store.runs_list(None, 9).await.unwrap();
        assert!(kinds.iter().all(|run| run.kind == "auto"));
    }

    /// A long history is read in pieces, the newest first, without a pause between them.
    async fn history_is_read_in_bounded_runs_and_at_once(db) {
        let stage = Arc::new(stage(db, |it| it.world.days = 90).await);
        let settings = WorkerSettings { windows_max: 1, ..WorkerSettings::default() };
        let reports = scheduled(&stage, &stage.ctx, settings, 12, |_| {}).await;
        let left: Vec<u64> = reports.iter().map(|report| report.windows_left).collect();
        let pieces = left.iter().position(|left| *left == 0).unwrap() + 1;
        assert!(pieces > 2, "one window a run: {left:?}");
        assert!(left[..pieces].windows(2).all(|two| two[1] + 1 == two[0]), "{left:?}");
        assert!(reports.iter().all(|report| report.windows_planned <= 1), "{reports:#?}");
        // All of them at once, and the next one after the interval.
        assert_eq!(beginnings(&stage).await[..=pieces], [vec![0; pieces], vec![5]].concat());
        stage.assert_equals_truth().await;
    }

    /// Windows that take long do not keep new calls waiting, however many a run may read.
    async fn a_run_begins_windows_for_so_long_and_leaves_the_rest(db) {
        let stage = Arc::new(stage(db, |it| {
            it.world.days = 90;
            it.source = |source| {
                small_pages(source);
                source.window_days_max = 2;
            };
        }).await);
        let clock = stage.clock.clone();
        let slowly = What::then_mutate(move |_| clock.pass(MINUTE));
        stage.simulator.faults().add(On::path("call-logs").forever().gives(slowly));
        let reports = scheduled(&stage, &stage.ctx, WorkerSettings::default(), 3, |_| {}).await;
        let left: Vec<u64> = reports.iter().map(|report| report.windows_left).collect();
        assert!(reports.iter().all(|report| report.success), "{reports:#?}");
        assert!(reports.iter().all(|report| report.windows_planned < 24), "{reports:#?}");
        assert!(left[2] > 0 && left.windows(2).all(|two| two[1] < two[0]), "{left:?}");
    }

    /// All workers wake at the same instant, and one of them reads.
    async fn what_another_worker_has_just_read_is_not_read_again(db) {
        let stage = stage(db, |_| {}).await;
        let sync = |ctx: Context| {
            let (source, now) = (stage.source.clone(), ctx.now());
            let options = SyncOptions { kind: RunKind::Auto, ..SyncOptions::manual() };
            async move {
                let is_due = move |next: NextRun| next.at <= now;
                sync_when_due(&ctx, &source, &EVERY, options, is_due).await.unwrap()
            }
        };
        assert!(sync(stage.ctx.clone()).await.is_some());
        assert!(sync(stage.ctx.clone()).await.is_none(), "both had judged it due");
        stage.clock.pass(MINUTE * 5);
        let (key, now) = (format!("source/{}", stage.source.row.id), stage.ctx.now());
        let claim = stage.db.store.work_claim(&key, "the other", "run 2", now + MINUTE, now).await;
        assert!(matches!(claim.unwrap(), store::Claim::Granted(_)));
        assert!(sync(stage.ctx.clone()).await.is_none(), "the other one reads it");
        assert_eq!(stage.ctx.now(), now, "nobody waited with a turn in hand");
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM runs").await, 1);
    }

    /// A defect of ours ends one run and not the reading of its source.
    async fn a_source_over_which_this_program_falls_is_read_again(db) {
        let stage = stage(db, |_| {}).await;
        let stop = CancellationToken::new();
        let (ended, told) = (stop.clone(), AtomicUsize::new(0));
        let tell = move |_| {
            assert!(told.fetch_add(1, Ordering::SeqCst) > 0, "planted by the test");
            ended.cancel();
        };
        let source = Scheduled { source: stage.source.clone(), rhythm: EVERY };
        soon(work(&stage.ctx, vec![source], &WorkerSettings::default(), stop, Arc::new(tell))).await;
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM runs").await, 2);
    }

    /// A provider that is away is asked again soon, then less often; then all is well (A27).
    async fn failed_runs_are_tried_again_at_growing_intervals(db) {
        let stage = Arc::new(stage(db, |it| it.tuning.retry.attempts_max = 1).await);
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::Html(503)));
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let here = Arc::clone(&stage);
        let reports = scheduled(&stage, &stage.ctx, settings, 5, move |ended| {
            if ended == 3 {
                here.simulator.faults().clear();
            }
        }).await;
        let statuses: Vec<_> = reports.iter().map(|report| report.status).collect();
        let (failed, fine) = (RunStatus::Failed, RunStatus::Success);
        assert_eq!(statuses, [failed, failed, failed, fine, fine]);
        assert_eq!(beginnings(&stage).await, [0, 1, 3, 7, 12]);
        stage.assert_equals_truth().await;
    }

    /// A provider that refuses us is asked more and more rarely, and a restart tries at once.
    async fn a_refusal_that_only_a_person_can_mend_stops_the_asking(db) {
        let stage = Arc::new(stage(db, |_| {}).await);
        let no = r#"{"statusCode":401,"message":"Invalid Private Integration token"}"#;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::status(401, no)));
        let settings = WorkerSettings { windows_max: 1000, ..WorkerSettings::default() };
        let reports = scheduled(&stage, &stage.ctx, settings.clone(), 4, |_| {}).await;
        assert!(reports.iter().all(|report| report.needs_person), "{reports:#?}");
        assert_eq!(beginnings(&stage).await, [0, 1, 3, 7]);
        // Its gap stays visible, and what to change is said.
        assert!(!stage.gaps().await.is_empty());
        let last = stage.db.store.runs_list(None, 1).await.unwrap().pop().unwrap();
        assert!(last.error.is_some_and(|error| error.contains("Make a new private")));
        stage.simulator.faults().clear();
        let again = scheduled(&stage, &stage.ctx, settings, 1, |_| {}).await;
        assert!(again[0].success);
        assert_eq!(beginnings(&stage).await, [0, 1, 3, 7, 7]);
    }

    /// One source has a long history, another a short one, and there is one place: they take turns.
    async fn a_source_with_a_long_history_starves_no_other(db) {
        let stage = stage(db, |it| it.world.days = 90).await;
        let mut tx = stage.db.store.begin().await.unwrap();
        let (first, now) = (stage.source.row.clone(), stage.ctx.now());
        let other = tx.source_ensure("other", first.provider, &first.scope, first.since, now).await;
        tx.commit().await.unwrap();
        let other = engine::Source { row: other.unwrap(), ..stage.source.clone() };
        let scheduled = |source| Scheduled { source, rhythm: EVERY };
        let sources = vec![scheduled(stage.source.clone()), scheduled(other)];
        let settings = WorkerSettings { runs_at_once: 1, windows_max: 1, ..WorkerSettings::default() };
        let stop = CancellationToken::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (told, ended) = (Arc::clone(&order), stop.clone());
        let tell = move |happened| {
            let Happened::Ran { source_name, .. } = happened else { panic!("{happened:?}") };
            let mut order = told.lock().unwrap();
            order.push(source_name);
            if order.len() == 8 {
                ended.cancel();
            }
        };
        soon(work(&stage.ctx, sources, &settings, stop, Arc::new(tell))).await;
        let order = order.lock().unwrap().clone();
        assert!(order[..8].windows(2).all(|two| two[0] != two[1]), "{order:?}");
        // Whoever was stopped gave back what it had.
        let held = "SELECT COUNT(*) FROM work WHERE holder IS NOT NULL";
        assert_eq!(stage.db.number(held).await, 0);
    }
}
