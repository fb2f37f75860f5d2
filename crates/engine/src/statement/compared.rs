//! Which parts of a period were compared with the provider, and what that found.

use domain::{SourceId, StatedComparison, Window};
use store::{ComparisonRow, StoreError};

use super::gather::millis;
use crate::Context;
use crate::compare::latest::{LOOKED_AT, kept};

/// The comparisons that looked at part of the period, newest first, and how many milliseconds of
/// what was to be proved they read whole. Of a span that several looked at, the newest counts.
pub(super) async fn comparisons(
    ctx: &Context,
    source: SourceId,
    account: &str,
    wanted: &[Window],
    period: Window,
) -> Result<(Vec<StatedComparison>, u64), StoreError> {
    let rows = ctx.within(ctx.store.comparisons(source, None, LOOKED_AT)).await?;
    let mut open = vec![period];
    let mut stated = Vec::new();
    for found in rows.iter().filter_map(|row| read(row, account)) {
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
    let compared = millis(wanted.iter().copied()).saturating_sub(millis(left));
    Ok((stated, compared))
}

/// A comparison with the provider, of all calls or of the account's.
fn read(row: &ComparisonRow, account: &str) -> Option<StatedComparison> {
    let kept = kept(row)?;
    kept.account.is_none_or(|name| name == account).then_some(kept.found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(beside: &str, is_stated: bool) {
        let response = format!(
            r#"{{"summary":{{"dateRange":{{"from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z"}},
            "missingInDatabase":0,"extraInDatabase":0,"unexplained":0}}{beside}}}"#
        );
        let row =
            ComparisonRow { run_id: 1, finished_at: 0, status: "success".to_owned(), response };
        assert_eq!(read(&row, "Maple").is_some(), is_stated, "{beside}");
    }

    #[test]
    fn only_comparisons_with_the_provider_are_stated() {
        check("", true);
        check(r#","account":"Maple""#, true);
        check(r#","account":"Cedar""#, false);
        check(r#","file":{"name":"calls.csv"}"#, false);
        check(r#","withSource":{"name":"lines"}"#, false);
    }
}
