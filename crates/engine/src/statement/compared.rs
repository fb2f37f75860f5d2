//! Which parts of a period were compared with the provider, and what that found.

use domain::{RunId, SourceId, StatedComparison, Timestamp, Window};
use serde::Deserialize;
use store::{ComparisonRow, StoreError};

use super::gather::seconds;
use crate::Context;

/// Comparisons looked through, the latest.
const LOOKED_AT: i64 = 500;

/// What of a kept report is stated.
#[derive(Deserialize)]
struct Report {
    summary: Summary,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    date_range: DateRange,
    missing_in_database: u64,
    extra_in_database: u64,
    unexplained: u64,
}

#[derive(Deserialize)]
struct DateRange {
    from: Timestamp,
    to: Timestamp,
}

/// The comparisons that looked at part of the period, newest first, and how many seconds of what
/// was to be proved they read whole. Of a span that several looked at, the newest counts.
pub(super) async fn comparisons(
    ctx: &Context,
    source: SourceId,
    wanted: &[Window],
    period: Window,
) -> Result<(Vec<StatedComparison>, u64), StoreError> {
    let rows = ctx.within(ctx.store.comparisons(source, LOOKED_AT)).await?;
    let mut open = vec![period];
    let mut stated = Vec::new();
    for found in rows.iter().filter_map(read) {
        let Ok(span) = Window::new(found.from, found.to) else { continue };
        // What a newer one looked at already, an older one says nothing of.
        if !open.iter().any(|open| open.intersect(span).is_some()) {
            continue;
        }
        if found.is_whole {
            open = open.into_iter().flat_map(|open| open.minus(span)).collect();
        }
        stated.push(found);
    }
    let left =
        wanted.iter().flat_map(|wanted| open.iter().filter_map(|open| open.intersect(*wanted)));
    let compared = seconds(wanted.iter().copied()).saturating_sub(seconds(left));
    Ok((stated, compared))
}

fn read(row: &ComparisonRow) -> Option<StatedComparison> {
    let Summary { date_range, missing_in_database, extra_in_database, unexplained } =
        serde_json::from_str::<Report>(&row.response).ok()?.summary;
    Some(StatedComparison {
        run: RunId(row.run_id),
        at: Timestamp::from_millis(row.finished_at),
        from: date_range.from,
        to: date_range.to,
        is_whole: row.status == "success",
        missing: missing_in_database,
        extra: extra_in_database,
        unexplained,
    })
}
