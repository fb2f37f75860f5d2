//! History, newest first, in pieces: the ledger is its only memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::{Clock as _, Rhythm, RunKind, Window};
use engine::backfill::{Backfill, Backfilled, Pace, backfill};
use engine::sync::{RunReport, SyncOptions, sync};
use simulators::faults::{On, What};
use testkit::{Stage, TestDb, on_both_databases};
use tokio_util::sync::CancellationToken;

use crate::play::*;

/// Ninety days in windows of two.
async fn long(db: Arc<TestDb>) -> Stage {
    stage(db, |it| {
        it.world.days = 90;
        it.source = |source| {
            source.page_size = 20;
            source.window_days_max = 2;
        };
    })
    .await
}

fn all(stage: &Stage) -> Backfill {
    Backfill {
        span: Window::new(stage.source.row.since, stage.clock.now()).unwrap(),
        windows_max: None,
        is_dry_run: false,
        rhythm: None,
        stop: CancellationToken::new(),
        progress: None,
    }
}

async fn filled(stage: &Stage, what: &Backfill) -> Backfilled {
    backfill(&stage.ctx, &stage.source, what, &|_, _| {}).await.unwrap()
}

on_both_databases! {
    /// Whoever stops it, it goes on where it stopped: by its bound, by hand, in another process.
    async fn a_backfill_goes_on_wherever_it_stopped(db) {
        let mut stage = long(db).await;
        let some = Backfill { windows_max: Some(5), ..all(&stage) };
        let first = filled(&stage, &some).await;
        assert_eq!((first.pace.windows, first.pace.runs), (5, 1));
        assert!(first.pace.windows_left > 30, "{first:?}");
        // The newest came first.
        let gaps = stage.gaps().await;
        assert_eq!((gaps.len(), gaps[0].from()), (1, stage.source.row.since));

        // A person pauses the next one after its first run.
        let paused = all(&stage);
        let (stop, runs) = (paused.stop.clone(), AtomicUsize::new(0));
        let tell = |_: &engine::sync::RunReport, _: &engine::backfill::Pace| {
            runs.fetch_add(1, Ordering::SeqCst);
            stop.cancel();
        };
        let second = backfill(&stage.ctx, &stage.source, &paused, &tell).await.unwrap();
        assert_eq!((runs.load(Ordering::SeqCst), second.pace.runs), (1, 1));
        assert_eq!(second.pace.windows_left + second.pace.windows, first.pace.windows_left);
        assert!(second.pace.windows_left > 0, "{second:?}");

        stage.another_process().await;
        let last = filled(&stage, &all(&stage)).await;
        assert_eq!((last.pace.windows, last.pace.windows_left), (second.pace.windows_left, 0));
        assert_eq!(last.pace.left, std::time::Duration::ZERO);
        stage.assert_equals_truth().await;
        stage.assert_no_gaps().await;
        let new = first.pace.new + second.pace.new + last.pace.new;
        assert_eq!(new, stage.calls().await.len() as u64, "each is new once");
        let asked = calls_requests(&stage);
        let nothing = filled(&stage, &all(&stage)).await;
        assert!(nothing.last.is_none());
        assert_eq!(calls_requests(&stage), asked, "what is proved is not asked for again");
        let kinds = stage.db.store.runs_list(None, 99).await.unwrap();
        assert!(kinds.iter().all(|run| run.kind == "backfill"), "{kinds:?}");
    }

    /// Whoever reads the source by itself finds it taken, piece after piece: new calls come all the same.
    async fn new_calls_come_while_history_is_read(db) {
        let stage = long(db).await;
        let newest = SyncOptions {
            kind: RunKind::Auto,
            windows_max: Some(1),
            ..SyncOptions::manual()
        };
        sync(&stage.ctx, &stage.source, newest).await.unwrap();
        let what = Backfill { rhythm: Some(Rhythm::Every(MINUTE * 5)), ..all(&stage) };
        let lag = stage.source.connection.capabilities().lag;
        let (pieces, calls) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let tell = |_: &RunReport, _: &Pace| {
            if pieces.fetch_add(1, Ordering::SeqCst) == 0 {
                let new = call_ago(&stage, Duration::ZERO);
                calls.lock().unwrap().push(stage.simulator.mutate(|world| world.insert(new)));
                stage.clock.pass(MINUTE * 5 + lag);
            }
        };
        let ended = backfill(&stage.ctx, &stage.source, &what, &tell).await.unwrap();
        assert!(ended.pace.runs > 1 && ended.pace.windows_left == 0, "{ended:?}");
        stage.assert_equals_truth().await;
        let kinds = stage.db.store.runs_list(None, 99).await.unwrap();
        let auto = kinds.iter().filter(|run| run.kind == "auto").count();
        assert_eq!(auto, 2, "one before, and one when it was due: {kinds:#?}");
    }

    /// A span of history is read and nothing else, and the ledger says just that.
    async fn a_backfill_of_a_span_leaves_what_lies_outside_a_gap(db) {
        let stage = long(db).await;
        let now = stage.clock.now();
        let span = Window::new(now - DAY * 40, now - DAY * 30).unwrap();
        let ended = filled(&stage, &Backfill { span, ..all(&stage) }).await;
        assert_eq!(ended.pace.windows_left, 0);
        let lag = stage.source.connection.capabilities().lag;
        let expected = [
            Window::new(stage.source.row.since, span.from()).unwrap(),
            Window::new(span.to(), now - lag).unwrap(),
        ];
        assert_eq!(stage.gaps().await, expected);
    }

    /// A provider that is away ends it at once, and nothing is taken as read.
    async fn a_backfill_that_proves_nothing_ends_and_says_why(db) {
        let stage = stage(db, |it| it.tuning.retry.attempts_max = 1).await;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::Html(503)));
        let ended = filled(&stage, &all(&stage)).await;
        assert_eq!((ended.pace.runs, ended.pace.windows), (1, 0));
        assert!(ended.last.unwrap().error.unwrap().contains("503"));
        stage.simulator.faults().clear();
        assert_eq!(filled(&stage, &all(&stage)).await.pace.windows_left, 0);
        stage.assert_equals_truth().await;
    }

    /// Between two pieces somebody else may read the source; the backfill waits its turn.
    async fn a_backfill_waits_while_somebody_else_reads_the_source(db) {
        let stage = long(db).await;
        let (key, now) = (format!("source/{}", stage.source.row.id), stage.clock.now());
        let claim = stage.db.store.work_claim(&key, "somebody else", "run 9", now + MINUTE, now);
        assert!(matches!(claim.await.unwrap(), store::Claim::Granted(_)));
        let began = stage.clock.now();
        let ended = filled(&stage, &Backfill { windows_max: Some(1), ..all(&stage) }).await;
        assert_eq!(ended.pace.windows, 1);
        assert!(stage.clock.now().since(began) >= MINUTE, "it waited until the lease ran out");
    }
}
