//! Runs that take long, and what memory they take.

use engine::sync::RunReport;
use simulators::faults::{On, What};
use testkit::on_both_databases;

use crate::play::*;

fn warns(report: &RunReport) -> bool {
    let mut warnings = report.logs.iter().filter(|line| line.level == "warn");
    warnings.any(|line| line.message.contains("This run of the source took"))
}

on_both_databases! {
    /// Two answers take a minute each: the run says that it took long, and the one before does not.
    async fn a_run_that_takes_over_a_minute_says_so(db) {
        let stage = stage(db, |_| {}).await;
        assert!(!warns(&stage.sync_all().await));
        let clock = stage.clock.clone();
        let slowly = What::then_mutate(move |_| clock.pass(MINUTE));
        stage.simulator.faults().add(On::path("call-logs").times(2).gives(slowly));
        let slow = stage.sync_all().await;
        assert!(slow.success && warns(&slow), "{slow:#?}");
    }

    /// The kernel is asked where it tells, which is on Linux.
    async fn the_memory_a_run_took_is_kept_with_it(db) {
        let stage = stage(db, |_| {}).await;
        stage.sync().await;
        let run = stage.db.store.runs_list(Some(stage.source.row.id), 1).await.unwrap().remove(0);
        let is_known = run.peak_bytes.is_some_and(|bytes| bytes > 1 << 20);
        assert_eq!(is_known, cfg!(target_os = "linux"), "{run:?}");
    }
}
