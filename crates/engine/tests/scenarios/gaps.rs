//! What is lacking is told with its cause, and repaired; a dead feed is told from a quiet day (F3).

use std::time::Duration;

use domain::{Clock as _, WhyLacking, Window};
use engine::gaps::{Gap, Gaps, What as Lacks, look, repair};
use simulators::faults::{On, What};
use testkit::{Stage, on_both_databases};
use tokio_util::sync::CancellationToken;

use crate::play::*;

/// Two of the usual intervals.
const GRACE: Duration = Duration::from_mins(10);

async fn looked(stage: &Stage) -> Gaps {
    let able = stage.source.connection.capabilities();
    let now = stage.clock.now();
    look(&stage.db.store, &stage.source.row, &able, GRACE, now).await.unwrap()
}

/// Causes and sentences, newest first.
fn said(found: &Gaps) -> Vec<(&'static str, String)> {
    found.gaps.iter().map(|gap| (gap.what.as_str(), gap.sentence.clone())).collect()
}

/// Demands one gap with this cause whose sentence has these words.
async fn one(stage: &Stage, cause: &str, words: &str) -> Gap {
    let found = looked(stage).await;
    assert_eq!(found.gaps.len(), 1, "{:#?}", said(&found));
    assert_eq!(found.gaps[0].what.as_str(), cause, "{:#?}", said(&found));
    assert!(found.gaps[0].sentence.contains(words), "no `{words}` in {:#?}", said(&found));
    found.gaps[0].clone()
}

async fn rest(stage: &Stage, rests: bool) {
    let mut tx = stage.db.store.begin().await.unwrap();
    tx.source_pause(stage.source.row.id, rests, "ann", stage.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn repaired(stage: &Stage) {
    let found = looked(stage).await;
    let reports = repair(&stage.ctx, &stage.source, &found, &CancellationToken::new()).await;
    assert!(reports.unwrap().iter().all(|report| report.success));
    assert_eq!(said(&looked(stage).await), []);
}

/// Eighty days in which the last calls came this long ago, read whole, and the tiers served.
async fn silent_for(db: std::sync::Arc<testkit::TestDb>, silence: Duration) -> Stage {
    let stage = stage(db, |it| {
        it.world.calls = 6000;
        it.world.days = 80;
        it.world.end = (it.now - silence).as_millis();
        it.source = |source| source.window_days_max = 16;
    })
    .await;
    read_whole(&stage).await;
    stage
}

on_both_databases! {
    /// Nothing was ever read; then all is, and nothing is lacking.
    async fn what_was_never_read_is_told_and_repaired(db) {
        let stage = stage(db, |_| {}).await;
        let gap = one(&stage, "never_read", "no run has read this source yet").await;
        assert_eq!(gap.window.from(), stage.source.row.since);
        repaired(&stage).await;
        stage.assert_equals_truth().await;
    }

    /// A provider that is away, one that refuses us, and a scheduler that does not run are three
    /// causes, and each is told as itself.
    async fn an_outage_a_refusal_and_a_stopped_schedule_are_told_apart(db) {
        let stage = stage(db, |it| it.tuning.retry.attempts_max = 1).await;
        read_whole(&stage).await;
        assert_eq!(said(&looked(&stage).await), []);

        // What came due just now is the schedule's next work.
        stage.clock.pass(GRACE);
        assert_eq!(said(&looked(&stage).await), []);
        stage.clock.pass(HOUR * 5);
        let since = looked(&stage).await;
        let since: Vec<_> = said(&since).into_iter().filter(|(cause, _)| *cause != "due").collect();
        assert_eq!(since.len(), 1, "{since:?}");
        assert_eq!(since[0].0, "not_read_since");
        assert!(since[0].1.contains("everycall serve"), "{since:?}");

        // Where somebody wanted it to rest, nobody is missing.
        rest(&stage, true).await;
        let rests = looked(&stage).await;
        let told = said(&rests).into_iter().find(|(cause, _)| *cause == "not_read_since");
        assert!(told.is_some_and(|(_, why)| why.contains("it rests since")), "{rests:?}");
        rest(&stage, false).await;

        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::Html(503)));
        stage.sync().await;
        let away = looked(&stage).await.gaps.swap_remove(0);
        assert_eq!(away.what, Lacks::Proof(WhyLacking::Outage));
        assert!(away.sentence.contains("503"), "{away:?}");

        stage.simulator.faults().clear();
        let no = r#"{"statusCode":401,"message":"Invalid Private Integration token"}"#;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::status(401, no)));
        stage.sync().await;
        let refused = looked(&stage).await.gaps.swap_remove(0);
        assert_eq!(refused.what, Lacks::Proof(WhyLacking::Refused));
        assert!(refused.run > away.run);

        stage.simulator.faults().clear();
        repaired(&stage).await;
        stage.assert_equals_truth().await;
    }

    /// F4, as far as the ledger goes: an outage that lasts for many runs is one gap with one cause, as
    /// long as it is, and it resolves itself.
    async fn a_cause_that_lasts_is_one_gap_and_not_one_for_each_run(db) {
        let stage = stage(db, |it| it.tuning.retry.attempts_max = 1).await;
        read_whole(&stage).await;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::Html(503)));
        for _ in 0..6 {
            stage.clock.pass(HOUR);
            stage.sync().await;
        }
        let found = looked(&stage).await;
        let outages = found.gaps.iter().filter(|gap| gap.what.as_str() == "outage");
        assert_eq!(outages.count(), 1, "{:#?}", said(&found));
        stage.simulator.faults().clear();
        stage.sync().await;
        assert_eq!(said(&looked(&stage).await), []);
    }

    /// History that runs have not come to is lacking, and so is what a tier should have read again.
    async fn what_runs_have_not_come_to_and_what_is_due_are_told(db) {
        let stage = stage(db, |_| {}).await;
        let from = stage.clock.now() - DAY;
        assert!(stage.sync_window(from, stage.clock.now()).await.success);
        let gap = one(&stage, "not_reached", "newest first").await;
        assert_eq!(gap.window, Window::new(stage.source.row.since, from).unwrap());
        repaired(&stage).await;
        stage.clock.pass(HOUR * 4);
        let found = looked(&stage).await;
        assert!(found.gaps.iter().any(|gap| gap.what == Lacks::Proof(WhyLacking::Due)), "{found:?}");
        repaired(&stage).await;
    }

    /// A list whose numbers contradict each other is told with them.
    async fn a_list_that_proves_nothing_is_told_with_its_numbers(db) {
        let stage = stage(db, |_| {}).await;
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::TotalPlus(77)));
        stage.sync().await;
        let found = looked(&stage).await;
        let doubtful = said(&found);
        assert!(doubtful.iter().all(|(cause, _)| *cause == "possibly_truncated"), "{doubtful:?}");
        assert!(doubtful.iter().any(|(_, why)| why.contains("the provider says there are")), "{doubtful:?}");
        stage.simulator.faults().clear();
        repaired(&stage).await;
    }

    /// F3: no call for a day and a half, and the provider's list is whole: the feed is dead, or the
    /// day is a strange one. That is told as what it is, and not as something nobody looked at.
    async fn a_feed_that_died_is_told_though_every_hour_is_proved(db) {
        let stage = silent_for(db, HOUR * 30).await;
        let found = looked(&stage).await;
        assert!(found.hours_judged > 200, "{found:?}");
        let gap = one(&stage, "too_quiet", "0 calls where ").await;
        assert!(gap.sentence.contains("proved whole"), "{gap:?}");
        assert!(gap.window.contains(stage.clock.now() - HOUR * 8), "{gap:?}");
        // Reading it again finds the same, and it stays told.
        let found = looked(&stage).await;
        let reports = repair(&stage.ctx, &stage.source, &found, &CancellationToken::new()).await;
        let reports = reports.unwrap();
        assert_eq!((reports.len(), reports[0].new), (1, 0));
        one(&stage, "too_quiet", "0 calls where ").await;
    }

    /// F3: the same hours without calls, because nobody could look: an outage, and no quiet day.
    async fn an_outage_is_no_quiet_day(db) {
        let stage = stage(db, |it| {
            it.world.calls = 6000;
            it.world.days = 80;
            it.source = |source| source.window_days_max = 16;
            it.tuning.retry.attempts_max = 1;
        }).await;
        // Everything up to thirty hours ago is read; then the provider is away.
        let until = stage.clock.now() - HOUR * 30;
        assert!(stage.sync_window(stage.source.row.since, until).await.success);
        stage.simulator.faults().add(On::path("call-logs").forever().gives(What::Html(503)));
        stage.sync().await;
        let found = looked(&stage).await;
        let causes: Vec<&str> = found.gaps.iter().map(|gap| gap.what.as_str()).collect();
        assert!(causes.contains(&"outage") && !causes.contains(&"too_quiet"), "{causes:?}");
        stage.simulator.faults().clear();
        repaired(&stage).await;
    }

    /// F3: a weekend and a night are quiet every week, and nobody is told.
    async fn an_ordinary_pause_is_not_told(db) {
        let stage = silent_for(db, HOUR * 2).await;
        let found = looked(&stage).await;
        assert!(found.hours_judged > 200, "{found:?}");
        assert_eq!(said(&found), []);
    }
}
