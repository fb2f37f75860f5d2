//! How every source goes, in statements that walk neither old runs nor old days.

use std::time::Duration;

use domain::{Found, RunKind, RunStatus, Timestamp};
use store::{RunEnd, Store};
use testkit::on_both_databases;

use crate::samples::{at, source};

async fn run(store: &Store, of: domain::SourceId, kind: RunKind, status: RunStatus, began: i64) {
    let mut tx = store.begin().await.unwrap();
    let run = tx.run_start(of, kind, "{}", at(began)).await.unwrap();
    tx.run_finish(run, RunEnd::new(status, "{}", None), at(began + 1)).await.unwrap();
    tx.commit().await.unwrap();
}

on_both_databases! {
    async fn each_source_has_its_own_runs_success_lease_and_lateness(db) {
        let store = &db.store;
        let [one, two, three] =
            [source(store, "one").await, source(store, "two").await, source(store, "three").await];
        for n in 0..5 {
            run(store, one, RunKind::Auto, RunStatus::Success, n * 10).await;
            run(store, two, RunKind::Auto, RunStatus::Failed, n * 10 + 5).await;
        }
        run(store, one, RunKind::Manual, RunStatus::Success, 90).await;
        run(store, one, RunKind::Backfill, RunStatus::Partial, 95).await;
        // What somebody asked for in vain says as little about when a source is read next.
        run(store, one, RunKind::Manual, RunStatus::Failed, 100).await;
        // Nor does a comparison.
        run(store, one, RunKind::Diagnostic, RunStatus::Success, 200).await;
        let claim = store.work_claim(&format!("source/{two}"), "w", "run", at(900), at(300)).await;
        claim.unwrap();
        let found = |age| Found { is_late: false, tier: None, age };
        let minutes = Duration::from_mins;
        let mut tx = store.begin().await.unwrap();
        for (day, age, calls) in [(0, minutes(1), 90), (40, minutes(2), 3), (40, minutes(5), 2)] {
            let now = at(day * 86_400_000);
            tx.lateness_add(one, now, &[(found(age), calls)].into()).await.unwrap();
        }
        tx.source_pause(three, true, "ann", at(7)).await.unwrap();
        tx.commit().await.unwrap();

        let asked = (3, at(20 * 86_400_000));
        let health = store.sources_health(asked, at(400)).await.unwrap();
        assert_eq!(health.len(), 3);
        let began = |id| health[&id].runs.iter().map(|run| run.started_at).collect::<Vec<_>>();
        assert_eq!(began(one), [at(95), at(90), at(40), at(30), at(20)]);
        assert_eq!(health[&one].runs, store.runs_of_schedule(one, 3).await.unwrap());
        assert_eq!(health[&two].runs, store.runs_of_schedule(two, 3).await.unwrap());
        assert_eq!(health[&one].succeeded_at, Some(at(91)));
        assert_eq!((health[&two].succeeded_at, health[&two].held_until), (None, Some(at(900))));
        assert_eq!(health[&one].held_until, None);
        assert_eq!((health[&three].paused_at, health[&three].runs.len()), (Some(at(7)), 0));
        let lateness = &health[&one].lateness.found;
        assert_eq!(lateness.len(), 2, "old days say nothing any more");
        assert_eq!(lateness[&found(minutes(2))], 3);
        let later = store.sources_health(asked, at(900)).await.unwrap();
        assert_eq!(later[&two].held_until, None, "the lease has run out");
    }

    async fn old_runs_and_old_days_are_not_walked(db) {
        let source = source(&db.store, "one").await;
        let mut tx = db.store.begin().await.unwrap();
        for n in 0..2_000_i64 {
            let run = tx.run_start(source, RunKind::Auto, "{}", at(n)).await.unwrap();
            let end = RunEnd::new(RunStatus::Failed, "{}", None);
            tx.run_finish(run, end, at(n)).await.unwrap();
            let found = Found { is_late: false, tier: None, age: Duration::from_mins(1) };
            let day = Timestamp::from_millis(n * 86_400_000);
            tx.lateness_add(source, day, &[(found, 1)].into()).await.unwrap();
        }
        tx.commit().await.unwrap();
        if db.store.engine() == store::Engine::Postgres {
            db.execute("ANALYZE").await;
        }
        let plan = db.store.sources_health_plan().await.unwrap().join("\n");
        for walked in ["SCAN r\n", "SCAN runs", "SCAN d\n", "SCAN lateness", "Seq Scan on runs", "Seq Scan on lateness"] {
            assert!(!format!("{plan}\n").contains(walked), "{walked}: {plan}");
        }
        assert!(plan.contains("runs_good"), "{plan}");
    }
}
