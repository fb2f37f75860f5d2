//! The facts of a statement, read from the database day by day.

use std::collections::BTreeMap;

use domain::{
    Capabilities, Chain, Day, RunId, STATEMENT_FORMAT, SourceId, StatedAccount, StatedDay,
    StatedRuns, StatedSource, StatedSpan, Statement, Window, assumptions, days, judge,
};
use sha2::{Digest as _, Sha256};
use store::{SourceRow, StoreError};

use super::{Asked, compared};
use crate::Context;

/// Runs read at once.
const RUNS_AT_ONCE: i64 = 1000;

/// A source, and what its provider can answer.
#[derive(Debug, Clone)]
pub struct Stated {
    /// The source.
    pub row: SourceRow,
    /// What its provider can answer.
    pub able: Capabilities,
}

/// What is to be said of an account's calls from these sources.
pub async fn state(
    ctx: &Context,
    asked: &Asked,
    sources: &[Stated],
) -> Result<Statement, StoreError> {
    let mut stated = Vec::new();
    for source in sources {
        stated.push(of_source(ctx, asked, source).await?);
    }
    let (verdict, because) = judge(&stated);
    let account = &asked.account;
    Ok(Statement {
        format: STATEMENT_FORMAT,
        account: StatedAccount {
            name: account.name.clone(),
            external_id: account.external_id.clone(),
            calls_reset_at: account.calls_reset_at,
        },
        from: asked.period.from(),
        to: asked.period.to(),
        made_at: ctx.now(),
        calls: stated.iter().map(|source| source.calls).sum(),
        assumptions: assumptions(stated.iter().map(|source| source.provider)),
        sources: stated,
        verdict,
        because,
    })
}

async fn of_source(
    ctx: &Context,
    asked: &Asked,
    source: &Stated,
) -> Result<StatedSource, StoreError> {
    let Stated { row, able } = source;
    let ledger = ctx.within(ctx.store.coverage_load(row.id)).await?;
    // What an account does not count, nobody need have read.
    let since = asked.account.calls_reset_at.unwrap_or(row.since).max(row.since);
    let known = days(&ledger, able, since, asked.period, ctx.now());
    let known: Vec<Day> = known.into_iter().filter_map(|day| inside(day, asked.period)).collect();
    let mut stated = Vec::new();
    for day in &known {
        stated.push(of_day(ctx, asked, row.id, day.window).await?);
    }
    let (waiting, excluded) = unplaced(ctx, asked, row.id).await?;
    let wanted: Vec<Window> = known.iter().filter_map(|day| day.wanted).collect();
    let (comparisons, compared_ms) =
        compared::comparisons(ctx, row.id, &asked.account, &wanted, asked.period).await?;
    Ok(StatedSource {
        source: row.name.clone(),
        provider: row.provider,
        scope: row.scope.clone(),
        calls: stated.iter().map(|day| day.calls).sum(),
        days: stated,
        wanted_ms: millis(wanted.iter().copied()),
        ms_by_proof: by_proof(&known),
        unproved: unproved(&known),
        waiting,
        excluded,
        set_aside: count(ctx.within(ctx.store.set_aside_count(row.id)).await?),
        comparisons,
        compared_ms,
        runs: runs(ctx, row.id, RunId(i64::MAX)).await?,
    })
}

/// The part of a day that lies in the period.
fn inside(day: Day, period: Window) -> Option<Day> {
    let window = day.window.intersect(period)?;
    let wanted = day.wanted.and_then(|wanted| wanted.intersect(period));
    let cut = |mut span: domain::Span| {
        span.window = span.window.intersect(period)?;
        Some(span)
    };
    let spans = day.spans.into_iter().filter_map(cut).collect();
    Some(Day { window, wanted, spans, due: day.due })
}

async fn of_day(
    ctx: &Context,
    asked: &Asked,
    source: SourceId,
    window: Window,
) -> Result<StatedDay, StoreError> {
    let calls = ctx.store.calls_stated(asked.account.id, source, window);
    let calls = ctx.within(calls).await?;
    let mut by_status: BTreeMap<String, u64> = BTreeMap::new();
    let mut digest = Sha256::new();
    for call in &calls {
        *by_status.entry(call.status.clone()).or_default() += 1;
        digest.update(format!("{}\t{}\n", call.id, call.content_hash));
    }
    let digest = domain::hex(&digest.finalize());
    Ok(StatedDay { from: window.from(), calls: calls.len() as u64, by_status, digest })
}

type Counts = BTreeMap<String, u64>;

/// Calls of the period that wait, and that are left out, by reason.
async fn unplaced(
    ctx: &Context,
    asked: &Asked,
    source: SourceId,
) -> Result<(Counts, Counts), StoreError> {
    let rows = ctx.store.calls_unplaced(asked.account.id, source, asked.period);
    let (mut waiting, mut excluded) = (Counts::new(), Counts::new());
    for (placement, reason, calls) in ctx.within(rows).await? {
        let counts = if placement == "waiting" { &mut waiting } else { &mut excluded };
        *counts.entry(reason).or_default() += count(calls);
    }
    Ok((waiting, excluded))
}

fn by_proof(days: &[Day]) -> BTreeMap<domain::Proof, u64> {
    let mut by = BTreeMap::new();
    for span in days.iter().flat_map(|day| &day.spans) {
        *by.entry(span.proof).or_default() += millis([span.window]);
    }
    by
}

fn unproved(days: &[Day]) -> Vec<StatedSpan> {
    let mut told: Vec<StatedSpan> = Vec::new();
    for span in days.iter().flat_map(|day| &day.spans).filter(|span| !span.proof.is_proof()) {
        let (from, to) = (span.window.from(), span.window.to());
        match told.last_mut() {
            Some(last) if last.to == from && last.proof == span.proof && last.why == span.why => {
                last.to = to;
            }
            _ => told.push(StatedSpan { from, to, proof: span.proof, why: span.why.clone() }),
        }
    }
    told
}

/// Everything that was done with a source, up to this run.
pub(super) async fn runs(
    ctx: &Context,
    source: SourceId,
    until: RunId,
) -> Result<StatedRuns, StoreError> {
    let (mut chain, mut last, mut count) = (Chain::START, RunId(0), 0);
    loop {
        let read = ctx.within(ctx.store.runs_chained(source, last, RUNS_AT_ONCE)).await?;
        let read: Vec<_> = read.into_iter().take_while(|run| run.id <= until).collect();
        let Some(newest) = read.last() else { break };
        last = newest.id;
        count += read.len() as u64;
        chain = read.iter().fold(chain, Chain::with);
    }
    Ok(StatedRuns { count, last: (count > 0).then_some(last), chain: chain.hex() })
}

/// How long these windows are together, in milliseconds.
pub(super) fn millis(windows: impl IntoIterator<Item = Window>) -> u64 {
    let lasts = |window: Window| u64::try_from(window.length().as_millis()).unwrap_or(u64::MAX);
    windows.into_iter().map(lasts).sum()
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
