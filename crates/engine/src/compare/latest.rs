//! Comparisons with the provider as they were kept, and the latest of a source.

use domain::{AccountId, RunId, SourceId, StatedComparison, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;
use store::{ComparisonRow, Store, StoreError};

/// Comparisons looked through, the latest.
pub(crate) const LOOKED_AT: i64 = 500;

/// How many are read at once where the first of them usually is the one.
const AT_ONCE: i64 = 4;

/// What the latest comparisons of a source with its provider found, over all of its calls.
#[derive(Debug, Clone, Default)]
pub struct Latest {
    /// The newest that read its span whole.
    pub whole: Option<StatedComparison>,
    /// The newest after it, which could not look at everything; its numbers are of what it saw.
    pub not_whole: Option<StatedComparison>,
}

/// The latest of a source.
pub async fn latest(store: &Store, source: SourceId) -> Result<Latest, StoreError> {
    let (mut latest, mut before, mut looked_at) = (Latest::default(), None, 0);
    while looked_at < LOOKED_AT {
        let rows = store.comparisons(source, before, AT_ONCE).await?;
        for kept in rows.iter().filter_map(kept).filter(|kept| kept.account.is_none()) {
            if kept.found.is_whole {
                latest.whole = Some(kept.found);
                return Ok(latest);
            }
            latest.not_whole.get_or_insert(kept.found);
        }
        let Some(last) = rows.last() else { break };
        before = Some(RunId(last.run_id));
        looked_at += AT_ONCE;
    }
    Ok(latest)
}

/// A comparison with the provider that was kept.
pub(crate) struct Kept {
    /// Of whose calls; none where they are the source's, whoever's they are.
    pub account: Option<String>,
    pub account_id: Option<AccountId>,
    pub found: StatedComparison,
}

/// What of a kept report is told elsewhere.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    summary: Summary,
    account: Option<String>,
    account_id: Option<AccountId>,
    file: Option<IgnoredAny>,
    with_source: Option<IgnoredAny>,
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

/// One with the provider. A file that a person brought and another source prove nothing of what its
/// provider has.
pub(crate) fn kept(row: &ComparisonRow) -> Option<Kept> {
    let report: Report = serde_json::from_str(&row.response).ok()?;
    let is_with_provider = report.file.is_none() && report.with_source.is_none();
    let Summary { date_range, missing_in_database, extra_in_database, unexplained } =
        is_with_provider.then_some(report.summary)?;
    let found = StatedComparison {
        run: RunId(row.run_id),
        at: Timestamp::from_millis(row.finished_at),
        from: date_range.from,
        to: date_range.to,
        is_whole: row.status == "success",
        missing: missing_in_database,
        extra: extra_in_database,
        unexplained,
    };
    Some(Kept { account: report.account, account_id: report.account_id, found })
}
