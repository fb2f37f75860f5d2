//! A dry run tells what a run would do, and does nothing.

use engine::sync::{RunReport, SyncOptions};
use simulators::faults::{BadRecord, On, What};
use testkit::{Stage, on_both_databases};

use crate::play::*;

async fn dry(stage: &Stage, options: SyncOptions) -> RunReport {
    let report = stage.sync_with(SyncOptions { is_dry_run: true, ..options }).await;
    balanced(&report);
    assert!(report.dry_run && report.sync_log_id.is_none());
    report
}

/// How many rows there are in every table a run writes.
async fn rows(stage: &Stage) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["calls", "observations", "set_aside", "coverage", "runs", "agents", "work", "dictionaries"]
    {
        counts.push(stage.db.number(&format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counts
}

/// Demands that a run does what the dry run said.
fn same(dry: &RunReport, real: &RunReport) {
    assert_eq!(dry.accounts(), real.accounts());
    assert_eq!(dry.skip_reasons, real.skip_reasons);
    assert_eq!((dry.status, dry.waiting, dry.excluded), (real.status, real.waiting, real.excluded));
    assert_eq!(
        (dry.windows_planned, dry.windows_proved, dry.pages_fetched),
        (real.windows_planned, real.windows_proved, real.pages_fetched),
    );
    assert_eq!(dry.error, real.error);
}

on_both_databases! {
    /// Before anything was ever read.
    async fn a_dry_run_writes_nothing_and_says_what_a_run_would(db) {
        let stage = stage(db, |_| {}).await;
        let before = rows(&stage).await;
        let foretold = dry(&stage, SyncOptions::manual()).await;
        assert_eq!(rows(&stage).await, before);
        assert_eq!(foretold.new, CALLS as u64);
        let real = read_whole(&stage).await;
        same(&foretold, &real);
    }

    /// Over calls that are known, some of them changed.
    async fn a_dry_run_tells_updated_from_new(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let ids: Vec<String> = stage.truth().into_keys().take(3).collect();
        stage.simulator.mutate(|world| {
            for id in &ids {
                assert!(world.edit(id, |call| call.duration += 5));
            }
        });
        let new = call_ago(&stage, HOUR);
        stage.simulator.mutate(|world| world.insert(new));
        let asked = domain::Window::new(stage.source.row.since, stage.ctx.now()).ok();
        let options = SyncOptions { asked, ..SyncOptions::manual() };
        let before = rows(&stage).await;
        let foretold = dry(&stage, options.clone()).await;
        assert_eq!(rows(&stage).await, before);
        assert_eq!((foretold.new, foretold.updated), (1, 3));
        let real = stage.sync_with(options).await;
        same(&foretold, &real);
    }

    /// What goes wrong is foretold too.
    async fn a_dry_run_names_what_goes_wrong(db) {
        let stage = stage(db, |_| {}).await;
        let faults = [
            On::path(&newest(&stage)).page(3).forever().gives(What::status(502, "{}")),
            On::path(&oldest(&stage)).page(1).forever().gives(What::BadRecords(vec![(1, BadRecord::WithoutId)])),
        ];
        stage.simulator.faults().add_all(faults.clone());
        let foretold = dry(&stage, SyncOptions::manual()).await;
        assert!(foretold.error.as_deref().is_some_and(|error| error.contains("502")));
        assert_eq!(foretold.set_aside, 1);
        nothing_is_covered(&stage).await;
        assert!(stage.calls().await.is_empty());
        stage.simulator.faults().clear();
        read_whole(&stage).await;
    }
}
