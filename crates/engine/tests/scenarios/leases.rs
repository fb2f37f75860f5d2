//! Rows B7 and B8: one reader per source at a time, across processes and across crashes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::{Clock, RunStatus, Timestamp};
use engine::Context;
use engine::compare::{CompareError, CompareOptions, compare};
use engine::sync::{SyncError, SyncOptions, sync};
use providers::{Wait, highlevel_voice_ai};
use simulators::{On, What};
use store::{Claim, StoreError};
use testkit::{HandClock, Kind, Stage, StageSettings, TestDb, on_both_databases};
use tokio::task::JoinSet;

use crate::keeping::{
    CALLS, assert_books_are_true, at_request, killed_at, meanwhile, restarted, small_windows,
    sync_as,
};

/// Another process, which looks again once the first has reported.
fn second(stage: &Stage) -> Context {
    let wait = UntilReport { clock: stage.clock.clone(), db: Arc::clone(&stage.db) };
    Context { holder: "the second".to_owned(), wait: Arc::new(wait), ..stage.ctx.clone() }
}

/// It is told who reads the source, and begins nothing.
async fn is_refused(second: &Context, stage: &Stage) {
    let refused = sync_as(second, stage).await.unwrap_err();
    assert!(matches!(refused, SyncError::AlreadyRunning { .. }), "{refused:?}");
    assert!(refused.to_string().contains("run 1 is already reading `the source`"), "{refused}");
    assert_eq!(stage.db.number("SELECT COUNT(*) FROM runs").await, 1);
}

on_both_databases! {
    /// B7: the first one reads and reports; the second is told so, and nothing happens twice.
    async fn a_second_reader_is_refused_while_the_first_still_reports(db) {
        let mut settings = small_windows(100);
        // Reports come every third of a lease, in real time.
        settings.engine.lease = Duration::from_millis(60);
        let stage = Stage::set(db, settings).await;
        let bell = at_request(&stage, 3);
        stage.simulator.faults().add(On::path(CALLS).from_nth(4).forever().gives(What::Hang));
        let options = SyncOptions::manual();
        let stop = options.stop.clone();
        let (ctx, source) = (stage.ctx.clone(), stage.source.clone());
        let mut first = JoinSet::new();
        first.spawn(async move { sync(&ctx, &source, options).await.unwrap() });
        bell.notified().await;

        let second = second(&stage);
        is_refused(&second, &stage).await;

        stop.cancel();
        first.join_next().await.unwrap().unwrap().accounts().balance().unwrap();
        stage.simulator.faults().clear();
        let report = sync_as(&second, &stage).await.unwrap();
        assert!(report.success, "{report:#?}");
        stage.assert_equals_truth().await;
        assert_books_are_true(&stage).await;
    }

    /// B7: it reports before its first page, too, while its provider is slow to list its agents.
    async fn a_second_reader_is_refused_while_the_first_waits_for_the_list_of_agents(db) {
        let mut settings = small_windows(60);
        settings.engine.lease = Duration::from_millis(60);
        settings.tuning.request_timeout = Duration::from_mins(1);
        let stage = Stage::set(db, settings).await;
        stage.simulator.faults().add(On::path("/voice-ai/agents").forever().gives(What::Hang));
        let mut first = JoinSet::new();
        let (ctx, source) = (stage.ctx.clone(), stage.source.clone());
        first.spawn(async move { sync(&ctx, &source, SyncOptions::manual()).await });
        until_struck(&stage).await;

        is_refused(&second(&stage), &stage).await;

        first.shutdown().await;
        stage.simulator.faults().clear();
        let report = sync_as(&restarted(&stage, 3), &stage).await.unwrap();
        assert!(report.success, "{report:#?}");
        stage.assert_equals_truth().await;
    }

    /// B7, of comparisons: one that waits for a call which is slow to come reports, so that nobody
    /// takes it over, and ends well.
    async fn a_second_comparison_is_refused_while_the_first_still_reports(db) {
        let mut settings = small_windows(60);
        settings.engine.lease = Duration::from_millis(60);
        settings.tuning.request_timeout = Duration::from_millis(1500);
        let stage = Stage::set(db, settings).await;
        assert!(stage.sync().await.success);
        let id = not_listed(&stage);
        // It is asked for by its id, and the first time nothing comes.
        stage.simulator.faults().add(On::path(&format!("{CALLS}/{id}")).gives(What::Hang));
        let mut first = JoinSet::new();
        let (ctx, source) = (stage.ctx.clone(), stage.source.clone());
        first.spawn(async move { compare(&ctx, &source, CompareOptions::default()).await });
        until_struck(&stage).await;

        // So long after its last report nobody would be waited for.
        let reported = UntilReport { clock: stage.clock.clone(), db: Arc::clone(&stage.db) };
        reported.wait(stage.ctx.settings.lease * 2).await;
        let second = restarted(&stage, 2);
        let again = Box::pin(compare(&second, &stage.source, CompareOptions::default()));
        let refused = again.await.unwrap_err();
        assert!(matches!(refused, CompareError::AlreadyRunning { .. }), "{refused:?}");
        let diagnostic = "SELECT COUNT(*) FROM runs WHERE kind = 'diagnostic'";
        assert_eq!(stage.db.number(diagnostic).await, 1);
        let report = first.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(report.status, RunStatus::Success, "{report:#?}");
        assert_eq!(report.extra_breakdown.values().sum::<u64>(), 1);
        let held = "SELECT COUNT(*) FROM work WHERE holder IS NOT NULL";
        assert_eq!(stage.db.number(held).await, 0);
    }

    /// A comparison fell silent, and whoever took it over has ended its run: it comes back and tells
    /// nothing of that run otherwise.
    async fn a_comparison_that_was_taken_over_does_not_rewrite_its_run(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        assert!(stage.sync().await.success);
        let source = stage.source.row.id;
        let takes_over = async {
            let steal = format!(
                "UPDATE work SET holder = 'the other', fence = fence + 1 WHERE key = 'compare/{source}'"
            );
            stage.db.execute(&steal).await;
            let mut tx = stage.db.store.begin().await.unwrap();
            assert_eq!(tx.runs_abandon(source, true, stage.ctx.now()).await.unwrap(), 1);
            tx.commit().await.unwrap();
        };
        let comparing = Box::pin(compare(&stage.ctx, &stage.source, CompareOptions::default()));
        let lost = meanwhile(&stage, 2, comparing, takes_over).await.unwrap_err();
        let is_lost = matches!(lost, CompareError::Store(StoreError::LeaseLost { .. }));
        assert!(is_lost, "{lost:?}");
        let run = &stage.db.store.runs_list(None, 1).await.unwrap()[0];
        assert_eq!((run.kind.as_str(), run.status.as_str(), run.listed), ("diagnostic", "failed", 0));
        assert!(run.error.as_deref().unwrap().contains("stopped without saying why"), "{run:?}");
        let held = "SELECT COUNT(*) FROM work WHERE holder = 'the other'";
        assert_eq!(stage.db.number(held).await, 1, "it gave back what was no longer its own");
    }

    /// B7: a worker that fell silent for so long that another one took its work over comes back
    /// in the middle of the other's run, and cannot write a single row.
    async fn a_worker_whose_lease_was_taken_over_cannot_write(db) {
        let stage = Stage::set(db, small_windows(400)).await;
        let key = format!("source/{}", stage.source.row.id);
        let lease = stage.ctx.settings.lease;
        let kept = Mutex::new(0);
        let takes_over = async {
            // A page written just now extends the lease, so silence may take a second try.
            loop {
                stage.clock.pass(lease + Duration::from_secs(1));
                let (now, until) = (stage.ctx.now(), stage.ctx.now() + lease);
                let claim = stage.db.store.work_claim(&key, "the other", "run 2", until, now).await;
                if matches!(claim.unwrap(), Claim::Granted(_)) {
                    let calls = stage.calls().await.len();
                    *kept.lock().unwrap() = calls;
                    return;
                }
            }
        };
        let lost = meanwhile(&stage, 6, sync_as(&stage.ctx, &stage), takes_over).await.unwrap_err();
        assert!(matches!(lost, SyncError::Store(StoreError::LeaseLost { .. })), "{lost:?}");
        assert!(lost.to_string().contains("another worker has taken over"), "{lost}");
        let before = *kept.lock().unwrap();
        assert!(before < 400, "nothing was left to write");
        assert_eq!(stage.calls().await.len(), before, "it wrote what was no longer its to write");
        assert_books_are_true(&stage).await;
        let held = stage.db.number("SELECT COUNT(*) FROM work WHERE holder = 'the other'").await;
        assert_eq!(held, 1, "the former holder gave back what was no longer its own");

        let report = sync_as(&restarted(&stage, 3), &stage).await.unwrap();
        assert!(report.success, "{report:#?}");
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        assert_eq!(stage.db.number("SELECT CAST(SUM(new) AS BIGINT) FROM runs").await, 400);
        assert_books_are_true(&stage).await;
    }

    /// B7: the lease is lost between the last page and the ledger that speaks of it: nothing is proved.
    /// It is the last, for a page that comes after would ask for the lease before the ledger does.
    async fn a_ledger_is_not_written_by_whoever_lost_the_lease(db) {
        let source = |source: &mut highlevel_voice_ai::Settings| source.window_days_max = 3;
        let stage = Stage::set(db, StageSettings { source, ..small_windows(30) }).await;
        // One page has all calls of a window, and is asked for again to see that they stand still.
        let is_last = "(SELECT COUNT(*) FROM run_pages) = 2";
        let steal = "UPDATE work SET holder = 'the other', fence = fence + 1";
        let statements = match stage.db.kind {
            Kind::Sqlite => vec![format!(
                "CREATE TRIGGER steal AFTER INSERT ON run_pages WHEN {is_last} BEGIN {steal}; END"
            )],
            Kind::Postgres => vec![
                format!("CREATE FUNCTION steal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {steal} WHERE {is_last}; RETURN NULL; END $$"),
                "CREATE TRIGGER steal AFTER INSERT ON run_pages EXECUTE FUNCTION steal()".to_owned(),
            ],
        };
        for statement in &statements {
            stage.db.execute(statement).await;
        }
        let options = SyncOptions { windows_max: Some(1), ..SyncOptions::manual() };
        let lost = sync(&stage.ctx, &stage.source, options).await.unwrap_err();
        assert!(matches!(lost, SyncError::Store(StoreError::LeaseLost { .. })), "{lost:?}");
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM run_pages").await, 2);
        assert_eq!(stage.db.number("SELECT COUNT(*) FROM coverage").await, 0);
        assert!(stage.db.number("SELECT COUNT(*) FROM calls").await > 0, "a page was written");
    }

    /// B8: a restarted process is somebody else, so its own stale lease holds it up for as long
    /// as a lease lasts, and not for ever.
    async fn a_restarted_process_waits_out_its_own_lease_and_no_longer(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let bell = at_request(&stage, 2);
        assert!(killed_at(&bell, &restarted(&stage, 1), &stage).await.is_none());
        let began = stage.ctx.now();
        let report = sync_as(&restarted(&stage, 2), &stage).await.unwrap();
        assert!(report.success, "{report:#?}");
        let waited = stage.ctx.now().since(began);
        let lease = stage.ctx.settings.lease;
        assert!(waited > Duration::ZERO && waited <= lease + Duration::from_secs(1), "{waited:?}");
        stage.assert_equals_truth().await;
    }

    /// B8: a holder whose clock runs an hour ahead is not waited for; a person is told.
    async fn a_lease_from_the_future_is_reported_and_not_waited_for(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        let key = format!("source/{}", stage.source.row.id);
        let (now, until) = (stage.ctx.now(), stage.ctx.now() + Duration::from_hours(1));
        let claim = stage.db.store.work_claim(&key, "fast clock", "run 9", until, now).await;
        assert!(matches!(claim.unwrap(), Claim::Granted(_)));
        let refused = sync_as(&stage.ctx, &stage).await.unwrap_err();
        assert!(matches!(refused, SyncError::AlreadyRunning { .. }), "{refused:?}");
        assert!(refused.to_string().contains("run 9 is already reading `the source`"), "{refused}");
        assert_eq!(stage.ctx.now(), now, "nobody waited");
    }
}

/// Until the provider has got a request that something goes wrong with.
async fn until_struck(stage: &Stage) {
    let struck = async {
        while stage.simulator.faults().struck() == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), struck).await.expect("it is asked for");
}

/// A call that the provider knows by its id and lists no more.
fn not_listed(stage: &Stage) -> String {
    let ids: Vec<String> = stage.truth().into_keys().collect();
    let id = ids[ids.len() / 2].clone();
    assert!(stage.simulator.mutate(|world| world.set_unlisted(&id, true)));
    id
}

/// Waits as a person would: until the holder of the work has reported once more.
struct UntilReport {
    clock: HandClock,
    db: Arc<TestDb>,
}

impl UntilReport {
    async fn lease_until(&self) -> i64 {
        self.db.number("SELECT MAX(lease_until) FROM work").await
    }
}

impl Clock for UntilReport {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[async_trait]
impl Wait for UntilReport {
    async fn wait(&self, duration: Duration) {
        let before = self.lease_until().await;
        self.clock.pass(duration);
        let reported = async {
            while self.lease_until().await <= before {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), reported).await.expect("the holder reports");
    }
}
