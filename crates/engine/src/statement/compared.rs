//! Which parts of a period were compared with the provider, and what that found.

use domain::{AccountId, RunId, SourceId, StatedComparison, Timestamp, Window};
use serde::Deserialize;
use serde::de::IgnoredAny;
use store::{AccountRow, ComparisonRow, StoreError};

use super::gather::millis;
use crate::Context;
use crate::place::is_told_of;

/// Comparisons looked through, the latest.
const LOOKED_AT: i64 = 500;

/// What of a kept report is stated.
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

/// Of which account is stated, and how it is found in reports that have its name only.
#[derive(Clone, Copy)]
struct Whose<'a> {
    account: AccountId,
    name: &'a str,
    /// Whether another account was ever called so.
    was_anothers: bool,
}

impl Report {
    /// Whether it is of all calls, or of this account's.
    fn is_of(&self, whose: Whose<'_>) -> bool {
        match (self.account_id, &self.account) {
            (Some(id), _) => id == whose.account,
            // Made by a program that did not write ids yet: where it may be another's, it is nobody's.
            (None, Some(name)) => !whose.was_anothers && name == whose.name,
            (None, None) => true,
        }
    }
}

/// The comparisons that looked at part of the period, newest first, and how many milliseconds of
/// what was to be proved they read whole. Of a span that several looked at, the newest counts.
pub(super) async fn comparisons(
    ctx: &Context,
    source: SourceId,
    account: &AccountRow,
    wanted: &[Window],
    period: Window,
) -> Result<(Vec<StatedComparison>, u64), StoreError> {
    let rows = ctx.within(ctx.store.comparisons(source, LOOKED_AT)).await?;
    let others = ctx.within(ctx.store.account_changes_of_others(account.id)).await?;
    let whose = Whose {
        account: account.id,
        name: &account.name,
        was_anothers: others.iter().any(|what| is_told_of(what, &account.name)),
    };
    let mut open = vec![period];
    let mut stated = Vec::new();
    for found in rows.iter().filter_map(|row| read(row, whose)) {
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

/// A comparison with the provider, of all calls or of the account's. A file that a person brought
/// and another source prove nothing of what its provider has.
fn read(row: &ComparisonRow, whose: Whose<'_>) -> Option<StatedComparison> {
    let report: Report = serde_json::from_str(&row.response).ok()?;
    let is_with_provider = report.file.is_none() && report.with_source.is_none();
    let is_meant = is_with_provider && report.is_of(whose);
    let Summary { date_range, missing_in_database, extra_in_database, unexplained } =
        is_meant.then_some(report.summary)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    const MAPLE: Whose<'_> = Whose { account: AccountId(7), name: "Maple", was_anothers: false };

    fn check(beside: &str, whose: Whose<'_>, is_stated: bool) {
        let response = format!(
            r#"{{"summary":{{"dateRange":{{"from":"2026-03-01T00:00:00Z","to":"2026-03-02T00:00:00Z"}},
            "missingInDatabase":0,"extraInDatabase":0,"unexplained":0}}{beside}}}"#
        );
        let row =
            ComparisonRow { run_id: 1, finished_at: 0, status: "success".to_owned(), response };
        assert_eq!(read(&row, whose).is_some(), is_stated, "{beside}");
    }

    #[test]
    fn only_comparisons_with_the_provider_are_stated() {
        check("", MAPLE, true);
        check(r#","file":{"name":"calls.csv"}"#, MAPLE, false);
        check(r#","withSource":{"name":"lines"}"#, MAPLE, false);
    }

    #[test]
    fn a_comparison_is_of_the_account_with_its_id_whatever_that_was_called() {
        check(r#","account":"Maple","accountId":7"#, MAPLE, true);
        check(r#","account":"Birch","accountId":7"#, MAPLE, true);
        check(r#","account":"Maple","accountId":8"#, MAPLE, false);
    }

    #[test]
    fn where_a_report_has_no_id_a_name_counts_that_was_never_anothers() {
        check(r#","account":"Maple""#, MAPLE, true);
        check(r#","account":"Cedar""#, MAPLE, false);
        check(r#","account":"Maple""#, Whose { was_anothers: true, ..MAPLE }, false);
    }
}
