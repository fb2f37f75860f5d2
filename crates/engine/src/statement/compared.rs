//! Which parts of a period were compared with the provider, and what that found.

use domain::{AccountId, SourceId, StatedComparison, Window};
use store::{AccountRow, ComparisonRow, StoreError};

use super::gather::millis;
use crate::Context;
use crate::compare::latest::{Kept, LOOKED_AT, kept};
use crate::place::is_told_of;

/// Of which account is stated, and how it is found in reports that have its name only.
#[derive(Clone, Copy)]
struct Whose<'a> {
    account: AccountId,
    name: &'a str,
    /// Whether another account was ever called so.
    was_anothers: bool,
}

impl Whose<'_> {
    /// Whether a comparison is of all calls, or of this account's.
    fn has(self, kept: &Kept) -> bool {
        match (kept.account_id, &kept.account) {
            (Some(id), _) => id == self.account,
            // Made by a program that did not write ids yet: where it may be another's, it is nobody's.
            (None, Some(name)) => !self.was_anothers && name == self.name,
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
    let rows = ctx.within(ctx.store.comparisons(source, None, LOOKED_AT)).await?;
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

/// A comparison with the provider, of all calls or of the account's.
fn read(row: &ComparisonRow, whose: Whose<'_>) -> Option<StatedComparison> {
    let kept = kept(row)?;
    whose.has(&kept).then_some(kept.found)
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
