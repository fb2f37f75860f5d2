//! A file that a person downloaded from the provider, as the other side of a comparison.
//!
//! The file is read once and sorted by time, most of it on disk; then both sides are compared
//! window by window. Its own span bounds what is compared: nothing says what it would have held
//! outside of it.

mod clock;
mod columns;
mod json;
mod read;
mod rows;
mod side;
mod sorted;
#[cfg(test)]
mod tests;
mod unnamed;

use std::collections::HashMap;
use std::time::Duration;

use domain::{RunStatus, Timestamp, WallClock, Window};
use serde::Serialize;
use store::{Lease, SourceRow};

pub use columns::{Columns, NotColumns};
pub use read::FileSide;
pub use rows::{FileTrouble, Shape};

use super::conclude::{self, Ended};
use super::judge::Judge;
use super::report::CompareReport;
use super::whose::Whose;
use super::{CompareError, CompareOptions, claim, finish, start, under};
use crate::Context;
use side::Side;
use unnamed::Unnamed;

/// What a report says of the file.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileFound {
    /// What it is called.
    pub name: String,
    /// What kind of file it is.
    pub kind: String,
    /// Which column was read as what.
    pub columns: String,
    /// Rows that were read, without header.
    pub rows: u64,
    /// By which clock its times without zone are, if it has any.
    pub clock: Option<String>,
    /// Rows of which no call could be made.
    pub unreadable: u64,
    /// Why, of the first of them.
    pub unreadable_rows: Vec<String>,
    /// Rows that named a call which another row had named.
    pub duplicates: u64,
    /// Ids of the first of them.
    pub duplicate_ids: Vec<String>,
    /// Calls outside of the span that was asked for.
    pub outside_span: u64,
    /// How often the header came again among the rows.
    pub headers_repeated: u64,
}

/// Compares a source with a file. `lag` is how old an instant must be before the provider's list of
/// it can be whole; `clock` is by which clock times without zone are, where somebody said.
pub async fn compare_with_file(
    ctx: &Context,
    source: &SourceRow,
    lag: Duration,
    file: FileSide,
    clock: Option<WallClock>,
    options: &CompareOptions,
) -> Result<CompareReport, CompareError> {
    let whose = Whose::load(ctx, source, options.account.as_ref()).await?;
    let lease = claim(ctx, source, ctx.now()).await?;
    let work = Box::pin(leased(ctx, source, lag, file, clock, options, whose, &lease));
    under(ctx, &lease, source, work).await
}

#[expect(clippy::too_many_arguments, reason = "all of it is what a comparison is made of")]
async fn leased(
    ctx: &Context,
    source: &SourceRow,
    lag: Duration,
    mut file: FileSide,
    clock: Option<WallClock>,
    options: &CompareOptions,
    whose: Whose,
    lease: &Lease,
) -> Result<CompareReport, CompareError> {
    let began = ctx.now();
    let clock = clock::own_clock(ctx, source, &mut file, clock, options).await?;
    let rows = file.rows;
    let sorter = std::mem::replace(&mut file.sorter, sorted::Sorter::new());
    let io = |cause| CompareError::File(FileTrouble::Io { row: rows, cause });
    let times = || sorter.edges().map(|edge| at(clock.as_ref(), edge));
    let (Some(first), Some(last)) = (times().min(), times().max()) else {
        let why = format!("none of the {rows} rows of {} is a call", file.name);
        return Err(CompareError::File(FileTrouble::NotRows(why)));
    };
    let span = Window::new(first, last + Duration::from_millis(1)).ok();
    let span = span.and_then(|span| options.window.map_or(Some(span), |it| span.intersect(it)));
    let Some(span) = span else { return Err(CompareError::NothingInSpan { file: file.name }) };
    let run = ctx.within(start(ctx, source, &whose, span, Some(&file.name))).await?;
    let judge = Judge::new(ctx, source, whose, lag, options.tolerances).await?;
    let calls = sorter.sorted().map_err(io)?;
    let (rest, pending) = (span, HashMap::new());
    let mut side =
        Side { file: &file, clock, calls, span, rest, judge, pending, windows: 0, outside: 0 };
    side.judge.accounts.listed = rows;
    side.judge.accounts.set_aside = file.unreadable_count;
    side.judge.accounts.repeated = file.duplicate_count;
    let mut unnamed = (!file.has_ids).then(|| Unnamed::new(&mut side));
    while !options.stop.is_cancelled() {
        let is_more = match &mut unnamed {
            Some(unnamed) => unnamed.next(&mut side).await?,
            None => side.next().await?,
        };
        if !is_more {
            break;
        }
    }
    side.settle_pending();
    let was_stopped = options.stop.is_cancelled();
    let pairing = match unnamed {
        Some(unnamed) => Some(unnamed.finish(&mut side, was_stopped).await?),
        None => None,
    };
    let doubts = file.doubts.clone();
    let found = found(&file, side.clock.as_ref(), side.outside);
    let mut judge = side.judge;
    if was_stopped {
        judge.count_the_rest();
    }
    let status = match judge.accounts.balance() {
        Err(_) => RunStatus::Unbalanced,
        Ok(()) if was_stopped => RunStatus::Partial,
        Ok(()) => RunStatus::Success,
    };
    let ended = Ended {
        run,
        window: span,
        provider: source.provider,
        status,
        pages: 0,
        windows: side.windows,
        windows_proved: 0,
        totals: None,
        doubts: &doubts,
        took: ctx.now().since(began),
    };
    let mut report = conclude::report(&judge, &ended);
    report.proof.provider = "a file proves nothing but what it says";
    report.file = Some(found);
    report.pairing = pairing;
    ctx.within(finish(ctx, lease, &judge, &report, None)).await?;
    Ok(report)
}

/// An entry's time in UTC.
fn at(clock: Option<&WallClock>, (time, is_local): (Timestamp, bool)) -> Timestamp {
    match clock {
        Some(clock) if is_local => clock.instant(time),
        _ => time,
    }
}

fn found(file: &FileSide, clock: Option<&WallClock>, outside_span: u64) -> FileFound {
    let agree = |clock: &WallClock| match clock.shared {
        0 => clock.sentence(),
        shared => {
            format!("{} ({} of {shared} shared calls agree)", clock.sentence(), clock.agreeing)
        }
    };
    FileFound {
        name: file.name.clone(),
        kind: file.shape.kind.clone(),
        columns: file.shape.columns.shown(),
        rows: file.rows,
        clock: clock.filter(|_| !file.samples.of.is_empty()).map(agree),
        unreadable: file.unreadable_count,
        unreadable_rows: file.unreadable.clone(),
        duplicates: file.duplicate_count,
        duplicate_ids: file.duplicates.clone(),
        outside_span,
        headers_repeated: file.shape.headers_repeated,
    }
}
