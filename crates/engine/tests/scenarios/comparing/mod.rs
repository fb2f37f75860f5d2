//! Comparing: every planted difference is named with its planted cause, and nothing is changed.

mod accounts;
mod files;
mod planted;
mod repairing;
mod sources;

use domain::{Level, RunStatus, Window};
use engine::Context;
use engine::compare::{CompareError, CompareOptions, CompareReport, compare};
use simulators::faults::{BadRecord, On, What};
use testkit::{Stage, on_both_databases};

use crate::keeping::{meanwhile, small_windows};
use crate::play::*;

async fn compared_over(stage: &Stage, window: Option<Window>) -> CompareReport {
    compared_with(stage, CompareOptions { window, ..CompareOptions::default() }).await
}

async fn compared_with(stage: &Stage, options: CompareOptions) -> CompareReport {
    let before = (proofs(stage).await, stage.calls().await);
    let report = compare(&stage.ctx, &stage.source, options).await.unwrap();
    assert_eq!(before, (proofs(stage).await, stage.calls().await), "it changes nothing");
    assert!(report.balances(), "{report:#?}");
    report
}

/// How well each span is proved, whether or not that was compared.
async fn proofs(stage: &Stage) -> Vec<(Window, Level)> {
    let mut proofs: Vec<(Window, Level)> = Vec::new();
    for row in ledger(stage).await.rows() {
        let level = row.level.min(Level::Settled);
        match proofs.last_mut() {
            Some((last, known)) if *known == level && last.to() == row.window.from() => {
                *last = Window::new(last.from(), row.window.to()).unwrap();
            }
            _ => proofs.push((row.window, level)),
        }
    }
    proofs
}

/// What the ledger has as compared.
async fn compared_spans(stage: &Stage) -> Vec<Window> {
    let ledger = ledger(stage).await;
    let rows = ledger.rows().iter().filter(|row| row.level == Level::Compared);
    rows.map(|row| row.window).collect()
}

/// Compares all of the source's history.
async fn compared(stage: &Stage) -> CompareReport {
    let (since, now) = (stage.source.row.since, stage.ctx.now());
    compared_over(stage, Window::new(since, now).ok()).await
}

fn causes(report: &CompareReport) -> String {
    let one = |side: &str, by: &std::collections::BTreeMap<&str, u64>| {
        by.iter().map(|(cause, count)| format!("{side} {count} {cause}")).collect::<Vec<_>>()
    };
    [one("missing", &report.reason_breakdown), one("extra", &report.extra_breakdown)]
        .concat()
        .join(", ")
}

/// Takes calls out of our database, as a mistaken clean-up would.
async fn lose(stage: &Stage, count: usize) {
    let ids: Vec<String> = stage.calls().await.into_keys().take(count).collect();
    for id in ids {
        stage.db.execute(&format!("DELETE FROM calls WHERE provider_call_id = '{id}'")).await;
    }
}

/// The same of one that is neither among the first nor among the last that are compared.
pub async fn lose_one_amid(stage: &Stage) {
    let mut calls: Vec<_> = stage.calls().await.into_values().collect();
    calls.sort_unstable_by_key(|call| call.occurred_at);
    let lost = &calls[calls.len() / 2];
    let sql = format!("DELETE FROM calls WHERE provider_call_id = '{}'", lost.provider_call_id);
    stage.db.execute(&sql).await;
}

on_both_databases! {
    /// Right after a run, both sides are the same, and the run says so.
    async fn after_a_run_both_sides_are_alike(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let report = compared(&stage).await;
        assert_eq!(report.status, RunStatus::Success);
        assert_eq!(report.summary.matching, CALLS as u64);
        assert_eq!(report.summary.highlevel_total, Some(CALLS as u64));
        assert_eq!((causes(&report), report.summary.unexplained), (String::new(), 0));
        let runs = stage.db.store.runs_list(Some(stage.source.row.id), 10).await.unwrap();
        assert_eq!((runs[0].kind.as_str(), runs[0].status.as_str()), ("diagnostic", "success"));
    }

    /// What was settled and is alike on both sides is called compared, and nothing else: neither what may
    /// still change, nor anything where a call is missing or told differently.
    async fn what_is_settled_and_alike_is_compared(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let settled = ledger(&stage).await.rows().iter()
            .find(|row| row.level == Level::Settled).map(|row| row.window).unwrap();
        let id = stage.truth().into_keys().next().unwrap();
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration += 40));
        assert_eq!(compared(&stage).await.summary.differing, 1);
        assert_eq!(compared_spans(&stage).await, []);
        stage.sync_all().await;
        let middle = settled.from() + DAY * 5;
        let report = compared_over(&stage, Window::new(settled.from(), middle).ok()).await;
        assert_eq!(report.status, RunStatus::Success);
        assert_eq!(compared_spans(&stage).await, [Window::new(settled.from(), middle).unwrap()]);
        compared(&stage).await;
        assert_eq!(compared_spans(&stage).await, [settled]);
        assert!(ledger(&stage).await.rows().iter().any(|row| row.level == Level::Listed));
        // A call is gone here: what was compared before stays so, and no more is.
        let oldest = stage.calls().await.into_values().min_by_key(|call| call.occurred_at).unwrap();
        let sql = format!("DELETE FROM calls WHERE provider_call_id = '{}'", oldest.provider_call_id);
        stage.db.execute(&sql).await;
        stage.clock.pass(DAY * 3);
        stage.sync().await;
        compared(&stage).await;
        assert_eq!(compared_spans(&stage).await, [settled]);
    }

    /// Calls that were listed and are gone here are ours to find, because their records are still there.
    async fn a_call_deleted_here_is_a_sync_issue(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        lose(&stage, 3).await;
        let report = compared(&stage).await;
        assert_eq!(causes(&report), "missing 3 filtering_or_sync_issue");
        assert_eq!(report.summary.provider_total, report.summary.database_total + 3);
        assert_eq!(report.missing_calls.len(), 3);
    }

    /// Nobody has read it yet: the ledger says so, not a guess.
    async fn before_the_first_run_every_call_is_in_a_window_not_fetched(db) {
        let stage = stage(db, |_| {}).await;
        let report = compared(&stage).await;
        assert_eq!(causes(&report), format!("missing {CALLS} window_not_fetched"));
        assert_eq!(report.summary.database_total, 0);
    }

    /// A call listed after its window was read is late, shown by the control total.
    async fn a_call_that_appeared_after_its_window_was_read_is_late(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let new = call_ago(&stage, DAY * 2);
        stage.simulator.mutate(|world| world.insert(new));
        let report = compared(&stage).await;
        assert_eq!(causes(&report), "missing 1 late");
        assert!(report.missing_calls[0].evidence.contains("accounts for every record"));
    }

    /// A call the provider deleted stays here, and is said to be lost there.
    async fn a_call_deleted_there_is_lost_at_the_provider(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let id = stage.truth().into_keys().next().unwrap();
        assert!(stage.simulator.mutate(|world| world.delete(&id)));
        let report = compared(&stage).await;
        assert_eq!(causes(&report), "extra 1 lost_at_provider");
        assert_eq!(report.extra_calls[0].call_id, id);
    }

    /// A record nobody can read is named by what was set aside, once a run has met it.
    async fn a_call_set_aside_is_named_as_such(db) {
        let stage = stage(db, |_| {}).await;
        let bad = What::BadRecords(vec![(3, BadRecord::NullCreatedAt)]);
        stage.simulator.faults().add(On::path(&newest(&stage)).page(2).forever().gives(bad));
        stage.sync().await;
        stage.simulator.faults().clear();
        let report = compared(&stage).await;
        assert_eq!(report.summary.unexplained, 0, "{report:#?}");
        assert_eq!(causes(&report), "missing 1 set_aside");
    }

    /// What changed there since is a difference, with the field that shows it.
    async fn a_duration_that_changed_there_is_a_difference(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let id = stage.truth().into_keys().next().unwrap();
        stage.simulator.mutate(|world| world.edit(&id, |call| call.duration += 40));
        let report = compared(&stage).await;
        assert_eq!((report.summary.differing, report.summary.matching), (1, CALLS as u64 - 1));
        assert_eq!(report.differing_calls[0].fields, ["duration"]);
        assert_eq!(report.differing_calls[0].call_id, id);
    }

    /// A provider that refuses is not a provider without calls: nothing is extra.
    async fn a_provider_that_cannot_be_asked_makes_no_call_extra(db) {
        let stage = stage(db, |_| {}).await;
        read_whole(&stage).await;
        let refused = What::status(401, r#"{"message":"Invalid JWT"}"#);
        stage.simulator.faults().add(On::path("call-logs").forever().gives(refused));
        let report = compared(&stage).await;
        assert_eq!((report.status, causes(&report).as_str()), (RunStatus::Failed, ""));
        assert!(report.summary.could_not_look > 0);
        assert!(!report.doubts.is_empty());
    }

    /// A provider that stops answering by id is not said to have lost what nobody asked it about.
    async fn calls_nobody_could_ask_about_are_not_lost_at_the_provider(db) {
        let stage = stage(db, |it| it.tuning.retry.attempts_max = 1).await;
        read_whole(&stage).await;
        for id in stage.truth().into_keys().take(60) {
            assert!(stage.simulator.mutate(|world| world.delete(&id)));
        }
        stage.simulator.faults().add(On::path("/call-logs/").forever().gives(What::Html(503)));
        let report = compared(&stage).await;
        assert_eq!(causes(&report), "extra 60 provider_refused");
        let asked = report.extra_calls.iter().filter(|call| call.evidence.contains("any more"));
        assert!(asked.count() > 0, "not each of them was asked for: {report:#?}");
    }

    /// Something of ours breaks in the middle of a comparison, and before the next has compared anything:
    /// each says so at once, and is no run that does not balance.
    async fn a_comparison_that_breaks_off_says_why_at_once(db) {
        let stage = Stage::set(db, small_windows(60)).await;
        read_whole(&stage).await;
        lose_one_amid(&stage).await;
        let broken = || stage.db.execute("ALTER TABLE set_aside RENAME TO put_away");
        let comparing = || {
            Box::pin(compare(&stage.ctx, &stage.source, CompareOptions::default()))
        };
        let failed = meanwhile(&stage, 1, comparing(), broken()).await.unwrap_err();
        assert!(matches!(failed, CompareError::Store(_)), "{failed:?}");
        let in_the_middle = stage.db.store.runs_list(None, 1).await.unwrap().remove(0);
        // Another process, which has not yet learnt where the table is.
        let store = stage.db.open_again().await;
        let ctx = Context { store, ..stage.ctx.clone() };
        Box::pin(compare(&ctx, &stage.source, CompareOptions::default())).await.unwrap_err();
        ctx.store.close().await;
        let before = stage.db.store.runs_list(None, 1).await.unwrap().remove(0);
        for run in [in_the_middle, before] {
            assert_eq!((run.kind.as_str(), run.status.as_str()), ("diagnostic", "failed"), "{run:?}");
            assert!(run.error.as_deref().unwrap().contains("set_aside"), "{run:?}");
            assert!(run.finished_at.is_some());
            run.accounts().balance().unwrap();
        }
        stage.db.execute("ALTER TABLE put_away RENAME TO set_aside").await;
        assert_eq!(causes(&comparing().await.unwrap()), "missing 1 filtering_or_sync_issue");
    }
}
