//! From what was found to the report of it.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Cause, ProviderKind, RunId, RunStatus, Window, spans};

use super::judge::Judge;
use super::report::{CompareReport, DateRange, ListTotals, Proofs, Summary};
use super::tally::names;

/// How a comparison ended.
pub(super) struct Ended<'a> {
    pub run: RunId,
    pub window: Window,
    /// Whose calls the other side has.
    pub provider: ProviderKind,
    pub status: RunStatus,
    pub pages: u64,
    pub windows: u64,
    pub windows_proved: u64,
    pub totals: Option<ListTotals>,
    pub doubts: &'a [String],
    pub took: Duration,
}

/// The report of a comparison that has ended. One that does not add up says so.
pub(super) fn report(judge: &Judge<'_>, ended: &Ended<'_>) -> CompareReport {
    let (tally, whose) = (&judge.tally, &judge.whose);
    let provider_total = judge.provider_total;
    let unexplained = |by: &BTreeMap<Cause, u64>| by.get(&Cause::Unexplained).copied().unwrap_or(0);
    let is_highlevel = ended.provider.as_str().starts_with("highlevel");
    let only_of = |number| whose.account().map(|_| number);
    let mut report = CompareReport {
        source: judge.source.name.clone(),
        account: whose.account().map(|account| account.name.clone()),
        account_id: whose.account().map(|account| account.id),
        summary: Summary {
            date_range: DateRange { from: ended.window.from(), to: ended.window.to() },
            provider_total,
            highlevel_total: is_highlevel.then_some(provider_total),
            list_totals: ended.totals,
            database_total: judge.database_total,
            of_other_accounts: only_of(tally.of_others),
            of_no_account: only_of(tally.of_nobody),
            matching: tally.matching,
            differing: tally.differing,
            missing_in_database: tally.missing,
            extra_in_database: tally.extra,
            unexplained: unexplained(&tally.missing_by) + unexplained(&tally.extra_by),
            could_not_look: tally.unseen,
            set_aside: judge.accounts.set_aside,
            pages_fetched: ended.pages,
            windows: ended.windows,
            windows_proved: ended.windows_proved,
        },
        file: None,
        with_source: None,
        pairing: None,
        proof: proofs(judge, ended),
        missing_calls: tally.named_missing.clone(),
        extra_calls: tally.named_extra.clone(),
        differing_calls: tally.named_differing.clone(),
        reason_breakdown: names(&tally.missing_by),
        extra_breakdown: names(&tally.extra_by),
        agent_analysis: tally.analysis(whose, is_highlevel),
        doubts: ended.doubts.to_vec(),
        repair: None,
        status: ended.status,
        sync_log_id: ended.run,
        duration_ms: u64::try_from(ended.took.as_millis()).unwrap_or(u64::MAX),
    };
    if !report.balances() {
        report.status = RunStatus::Unbalanced;
    }
    report
}

fn proofs(judge: &Judge<'_>, ended: &Ended<'_>) -> Proofs {
    let provider = match ended.windows_proved {
        0 => "not at all",
        proved if proved < ended.windows => "partly",
        _ => "whole",
    };
    let mut database_seconds = BTreeMap::new();
    for span in spans(&judge.coverage, ended.window) {
        *database_seconds.entry(span.proof.title()).or_default() += span.window.length().as_secs();
    }
    Proofs { provider, database_seconds }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{JobStatus, Tolerances};
    use store::RunRow;
    use testkit::{HandClock, TestDb, instant, on_both_databases};

    use super::super::whose::Whose;
    use super::super::{claim, finish, start};
    use super::*;
    use crate::jobs::Performed;
    use crate::{Context, Settings};

    /// What becomes of a comparison of 245 calls there and 140 here, by what was found of them.
    async fn concluded(db: &TestDb, find: impl FnOnce(&mut Judge<'_>)) -> (CompareReport, RunRow) {
        let now = instant("2026-03-31T12:00:00Z");
        let window = Window::new(instant("2026-03-01"), now).expect("time has passed");
        let ctx = Context {
            store: db.store.clone(),
            wait: Arc::new(HandClock::at(now)),
            holder: "the test".to_owned(),
            settings: Settings::default(),
        };
        let provider = ProviderKind::HighlevelVoiceAi;
        let mut tx = ctx.store.begin().await.expect("a transaction begins");
        let source = tx.source_ensure("main", provider, "abc", window.from(), now).await;
        tx.commit().await.expect("it commits");
        let source = source.expect("the source is kept");
        let (whose, lag) = (Whose::Everybodys, Duration::ZERO);
        let lease = claim(&ctx, &source, now).await.expect("nobody else has it");
        let run = start(&ctx, &source, &whose, window, None).await.expect("the run begins");
        let judge = Judge::new(&ctx, &source, whose, lag, Tolerances::default()).await;
        let mut judge = judge.expect("there is little to load");
        (judge.provider_total, judge.database_total) = (245, 140);
        (judge.tally.matching, judge.tally.missing) = (140, 105);
        judge.tally.missing_by.insert(Cause::Late, 105);
        find(&mut judge);
        let ended = Ended {
            run,
            window,
            provider,
            status: RunStatus::Success,
            pages: 3,
            windows: 1,
            windows_proved: 1,
            totals: None,
            doubts: &[],
            took: Duration::from_secs(1),
        };
        let report = report(&judge, &ended);
        finish(&ctx, &lease, &judge, &report, None).await.expect("the run ends");
        ctx.store.work_release(&lease).await.expect("it is given back");
        let kept = ctx.store.run_get(run).await.expect("runs can be read");
        (report, kept.expect("the run is there"))
    }

    async fn is_unbalanced(db: &TestDb, find: impl FnOnce(&mut Judge<'_>)) {
        let (report, kept) = concluded(db, find).await;
        assert_eq!((report.status, kept.status.as_str()), (RunStatus::Unbalanced, "unbalanced"));
        let job = Performed::compared(&report).ended();
        assert_eq!(job.status, JobStatus::Failed);
        let words = "The numbers do not add up; please report this";
        assert!(job.outcome.ends_with(words), "{}", job.outcome);
    }

    on_both_databases! {
        /// F1: one that adds up is what it is, and one in which a call fell between the numbers, or
        /// is missing without a cause, is no success: not in its report, nor its run, nor its job.
        async fn a_comparison_that_misses_a_call_is_unbalanced_wherever_it_is_told(db) {
            let (report, kept) = concluded(&db, |_| {}).await;
            assert_eq!((report.status, kept.status.as_str()), (RunStatus::Success, "success"));
            let job = Performed::compared(&report).ended();
            assert_eq!(job.outcome, "Compared 245 calls: 105 missing here");
            is_unbalanced(&db, |judge| judge.tally.matching -= 1).await;
            is_unbalanced(&db, |judge| judge.provider_total += 1).await;
            is_unbalanced(&db, |judge| judge.database_total += 1).await;
            is_unbalanced(&db, |judge| *judge.tally.missing_by.entry(Cause::Late).or_default() -= 1).await;
            is_unbalanced(&db, |judge| *judge.tally.extra_by.entry(Cause::LostAtProvider).or_default() += 1).await;
        }
    }
}
