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
