//! Another source that saw the same calls, as the other side of a comparison. Both sides are what
//! the database holds, as well as each source's ledger proves it; nobody is asked.

mod side;

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Coverage, Joining, RunStatus, Side, Window, legs, spans};
use serde::Serialize;
use store::{Lease, SourceRow};

use super::conclude::{self, Ended};
use super::judge::Judge;
use super::paired::{Beside, PairingFound};
use super::report::CompareReport;
use super::whose::Whose;
use super::{CompareError, CompareOptions, claim, finish, span_of, start, under};
use crate::Context;
use crate::sync::Progress;
use side::Reader;

/// What a report says of the other source.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceBeside {
    /// What it is called.
    pub name: String,
    /// What kind of system it reads.
    pub provider: &'static str,
    /// Seconds of the span that its ledger has as *settled*, *listed*, *not read* …
    pub seconds: BTreeMap<&'static str, u64>,
}

/// Compares what a source holds with what another holds that saw the same calls. `lag` is how old
/// an instant must be before the source's provider's list of it can be whole.
pub async fn compare_with_source(
    ctx: &Context,
    source: &SourceRow,
    other: &SourceRow,
    lag: Duration,
    options: &CompareOptions,
) -> Result<CompareReport, CompareError> {
    if source.id == other.id {
        return Err(CompareError::WithItself { source_name: source.name.clone() });
    }
    let span = span_of(source, lag, options, ctx.now())?;
    let whose = Whose::load(ctx, source, options.account.as_ref()).await?;
    let lease = claim(ctx, source, ctx.now()).await?;
    let work = Box::pin(leased(ctx, (source, other), lag, options, whose, span, &lease));
    under(ctx, &lease, source, work).await
}

async fn leased(
    ctx: &Context,
    (source, other): (&SourceRow, &SourceRow),
    lag: Duration,
    options: &CompareOptions,
    whose: Whose,
    span: Window,
    lease: &Lease,
) -> Result<CompareReport, CompareError> {
    let began = ctx.now();
    let run = ctx.within(start(ctx, source, &whose, span, Some(&other.name))).await?;
    let mut judge = Judge::new(ctx, source, whose, lag, options.tolerances).await?;
    let agents = ctx.within(ctx.store.agents_list(other.id, ctx.now())).await?;
    judge.seen_by(&other.name, agents);
    let theirs = ctx.within(ctx.store.coverage_load(other.id)).await?;
    let mut beside = beside(other, span, (&theirs, &judge.coverage), options);
    let reader = Reader { ctx, source, other, has_names: have_names(source, other) };
    let windows = reader.windows(span.widened(legs::SLACK.max(beside.tolerance))).await?;
    let side = |row: &SourceRow| Side { source: row.id, provider: row.provider };
    let mut joining = Joining::new((side(other), side(source)), beside.tolerance);
    let is_inside = |window: &Window| window.intersect(span).is_some();
    let planned = windows.iter().filter(|window| is_inside(window)).count() as u64;
    let (mut ended, mut proved) = (0, 0);
    for window in &windows {
        if options.stop.is_cancelled() {
            break;
        }
        let (there, here) = reader.read(*window, &mut judge, &beside).await?;
        joining.push(there, here);
        judge.joined(joining.decided(window.to()), &mut beside).await?;
        ended += u64::from(is_inside(window));
        proved += u64::from(is_inside(window) && is_proved(*window, &beside));
        tell(options, run, &judge, (planned, ended));
    }
    if options.stop.is_cancelled() {
        beside.stop();
    }
    judge.joined(joining.finish(), &mut beside).await?;
    let doubts = doubts(source, other, &judge, &beside.found);
    let ended = Ended {
        run,
        window: span,
        provider: other.provider,
        status: status(&judge, options, (planned, proved)),
        pages: 0,
        windows: planned,
        windows_proved: proved,
        totals: None,
        doubts: &doubts,
        took: ctx.now().since(began),
    };
    let mut report = conclude::report(&judge, &ended);
    report.with_source = Some(source_beside(other, &theirs, span));
    report.pairing = Some(beside.found);
    ctx.within(finish(ctx, lease, &judge, &report, None)).await?;
    Ok(report)
}

/// What is known before anything is read.
fn beside(
    other: &SourceRow,
    span: Window,
    (theirs, ours): (&Coverage, &Coverage),
    options: &CompareOptions,
) -> Beside {
    let tolerance = options.tolerances.time;
    let around = span.widened(tolerance);
    let tolerance_seconds = tolerance.as_secs();
    Beside {
        name: other.name.clone(),
        span,
        gaps: (theirs.gaps(around), ours.gaps(around)),
        tolerance,
        is_counted: false,
        outside: 0,
        found: PairingFound { tolerance_seconds, ..PairingFound::default() },
    }
}

/// Whether calls of the two may name each other, or a third.
fn have_names(source: &SourceRow, other: &SourceRow) -> bool {
    legs::share_names(source.provider, other.provider)
}

/// Whether both sources have proved their lists of a window, as far as it lies in the span.
fn is_proved(window: Window, beside: &Beside) -> bool {
    let Some(window) = window.intersect(beside.span) else { return true };
    let (theirs, ours) = &beside.gaps;
    !theirs.iter().chain(ours).any(|gap| gap.intersect(window).is_some())
}

fn status(judge: &Judge<'_>, options: &CompareOptions, (all, proved): (u64, u64)) -> RunStatus {
    match judge.accounts.balance() {
        Err(_) => RunStatus::Unbalanced,
        Ok(()) if options.stop.is_cancelled() => RunStatus::Partial,
        Ok(()) if proved == all => RunStatus::Success,
        Ok(()) if judge.tally.matching + judge.tally.differing > 0 || proved > 0 => {
            RunStatus::Partial
        }
        Ok(()) => RunStatus::Failed,
    }
}

/// What could not be looked for, in a sentence for each side.
fn doubts(
    source: &SourceRow,
    other: &SourceRow,
    judge: &Judge<'_>,
    found: &PairingFound,
) -> Vec<String> {
    let sentence = |calls: u64, of: &SourceRow, by: &SourceRow| {
        (calls > 0).then(|| {
            let (of, by) = (&of.name, &by.name);
            format!("{calls} calls of `{of}` lie where `{by}` has not proved its list, or show no number: nobody could look")
        })
    };
    let ours = sentence(judge.tally.unseen, source, other);
    let theirs = sentence(found.could_not_look, other, source);
    ours.into_iter().chain(theirs).collect()
}

fn source_beside(other: &SourceRow, ledger: &Coverage, span: Window) -> SourceBeside {
    let mut seconds = BTreeMap::new();
    for part in spans(ledger, span) {
        *seconds.entry(part.proof.title()).or_default() += part.window.length().as_secs();
    }
    SourceBeside { name: other.name.clone(), provider: other.provider.as_str(), seconds }
}

fn tell(options: &CompareOptions, run: domain::RunId, judge: &Judge<'_>, windows: (u64, u64)) {
    let Some(listener) = &options.progress else { return };
    let listed = judge.accounts.listed;
    let (windows_planned, windows_ended) = windows;
    let pages = 0;
    let run = Some(run);
    listener.send_replace(Progress {
        run,
        listed,
        expected: listed,
        pages,
        windows_planned,
        windows_ended,
    });
}
