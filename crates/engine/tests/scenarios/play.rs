//! What the stories share: a small stage, and what is demanded of a run.

use std::sync::Arc;
use std::time::Duration;

use domain::{Coverage, Mark, RunStatus, Timestamp, Window};
use engine::sync::RunReport;
use simulators::{Fault, NewCall};
use testkit::{Stage, StageSettings, TestDb};

/// Calls of the small world.
pub const CALLS: usize = 160;

pub const MINUTE: Duration = Duration::from_mins(1);
pub const HOUR: Duration = Duration::from_hours(1);
pub const DAY: Duration = Duration::from_hours(24);

/// Of the real clock, in which a schedule on a clock moved by hand certainly came to what stops it.
const STANDSTILL: Duration = Duration::from_mins(2);

/// A schedule that stands still ends its test instead of never ending.
pub async fn soon<T>(working: impl Future<Output = T>) -> T {
    let Ok(done) = tokio::time::timeout(STANDSTILL, working).await else {
        panic!("the schedule stands still")
    };
    done
}

/// A small world in two windows of small pages, read by somebody who gives up early.
pub fn small() -> StageSettings {
    let mut settings = StageSettings { source: small_pages, ..StageSettings::default() };
    settings.world.calls = CALLS;
    settings.world.record_bytes = 800;
    settings.tuning.retry.attempts_max = 3;
    settings
}

pub fn small_pages(source: &mut providers::highlevel_voice_ai::Settings) {
    source.page_size = 20;
    source.window_days_max = 16;
}

/// The small stage, with something changed.
pub async fn stage(db: Arc<TestDb>, change: impl FnOnce(&mut StageSettings)) -> Stage {
    let mut settings = small();
    change(&mut settings);
    Stage::set(db, settings).await
}

/// What only requests for the newest window say.
pub fn newest(stage: &Stage) -> String {
    let able = stage.source.connection.capabilities();
    format!("endDate={}", (stage.ctx.now() - able.lag + able.margin).as_millis())
}

/// What only requests for the oldest window say.
pub fn oldest(stage: &Stage) -> String {
    let margin = stage.source.connection.capabilities().margin;
    format!("startDate={}", (stage.source.row.since - margin).as_millis())
}

/// A minute-long call that began this long ago.
pub fn call_ago(stage: &Stage, ago: Duration) -> NewCall {
    NewCall::at((stage.ctx.now() - ago).as_millis())
}

/// An hour passes, with one call in it.
pub fn an_hour_with_a_call(stage: &Stage) {
    stage.clock.pass(HOUR);
    let new = call_ago(stage, MINUTE * 20);
    stage.simulator.mutate(|world| world.insert(new));
}

/// Reads what the ledger lacks, and demands that everything is here and proved afterwards.
pub async fn read_whole(stage: &Stage) -> RunReport {
    let asked_at = stage.ctx.now();
    let report = stage.sync().await;
    balanced(&report);
    assert!(report.success, "{report:#?}");
    assert_eq!(report.error, None);
    assert_eq!(report.windows_proved, report.windows_planned, "halves are windows too");
    stage.assert_equals_truth().await;
    let lag = stage.source.connection.capabilities().lag;
    let gaps = gaps(stage, asked_at - lag).await;
    assert!(gaps.is_empty(), "not proved: {gaps:?}");
    report
}

/// The fault ends, and the next run makes everything good.
pub async fn heals(stage: &Stage) -> RunReport {
    stage.simulator.faults().clear();
    read_whole(stage).await
}

/// Demands that the accounts add up.
pub fn balanced(report: &RunReport) {
    report.accounts().balance().unwrap();
    assert_ne!(report.status, RunStatus::Unbalanced);
}

/// Plants a fault, reads, and demands that the run balances and does not claim success.
pub async fn read_with(stage: &Stage, fault: Fault) -> RunReport {
    stage.simulator.faults().add(fault);
    let report = stage.sync().await;
    assert!(stage.simulator.faults().struck() > 0, "the fault was never met");
    balanced(&report);
    report
}

/// Demands that the run ended so, and that its error has all these words.
pub fn ended(report: &RunReport, status: RunStatus, words: &[&str]) {
    assert_eq!(report.status, status, "{report:#?}");
    assert!(!report.success);
    let error = report.error.as_deref().unwrap_or_else(|| panic!("no cause: {report:#?}"));
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
}

/// Demands that the log has a line with these words.
pub fn logged(report: &RunReport, words: &str) {
    let has = report.logs.iter().any(|line| line.message.contains(words));
    assert!(has, "no `{words}` in {:#?}", report.logs);
}

/// Demands that the calls the provider lists are all here; others may be too.
pub async fn none_is_missing(stage: &Stage) {
    let ours = stage.calls().await;
    let truth = stage.truth();
    let missing: Vec<_> = truth.keys().filter(|id| !ours.contains_key(*id)).collect();
    assert!(missing.is_empty(), "missing here: {missing:?}");
}

/// The ledger.
pub async fn ledger(stage: &Stage) -> Coverage {
    stage.db.store.coverage_load(stage.source.row.id).await.unwrap()
}

/// What the ledger says of windows beside how well they are proved.
pub async fn marks(stage: &Stage) -> Vec<Mark> {
    ledger(stage).await.rows().iter().filter_map(|row| row.mark.clone()).collect()
}

/// Demands that nothing at all is taken as read.
pub async fn nothing_is_covered(stage: &Stage) {
    let until = stage.ctx.now();
    let since = stage.source.row.since;
    assert_eq!(gaps(stage, until).await, [Window::new(since, until).unwrap()]);
}

/// What is not proved between the start and this instant.
pub async fn gaps(stage: &Stage, until: Timestamp) -> Vec<Window> {
    ledger(stage).await.gaps(Window::new(stage.source.row.since, until).unwrap())
}

/// How many requests for pages of calls came.
pub fn calls_requests(stage: &Stage) -> usize {
    stage.simulator.requests().iter().filter(|request| request.path.contains("call-logs")).count()
}
