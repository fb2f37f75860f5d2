//! Calls of several sources in one list.

use domain::SourceId;
use sqlx::QueryBuilder;

use super::CallFilter;
use super::filter::conditions;
use super::list::{CallRow, columns};
use crate::db::either;
use crate::{Store, StoreError};

// A source at a time, since each has its calls in order.
const OF_SOURCE: &str = "
SELECT * FROM (SELECT c.source_id, c.occurred_at, c.provider_call_id FROM calls c WHERE ";
const AND_OF_SOURCE: &str = "
UNION ALL
SELECT * FROM (SELECT c.source_id, c.occurred_at, c.provider_call_id FROM calls c WHERE ";
pub(super) const IN_ORDER: &str = " ORDER BY c.occurred_at DESC, c.provider_call_id DESC LIMIT ";

// `CROSS JOIN` keeps SQLite from walking all calls.
pub(super) const ACROSS: &str = concat!(
    ")\nSELECT ",
    columns!("places p\nCROSS JOIN calls c"),
    "
WHERE c.provider_call_id = p.provider_call_id AND c.source_id = p.source_id
ORDER BY p.occurred_at DESC, p.provider_call_id DESC",
);

pub(super) const THE_FIRST: &str =
    ") of_all ORDER BY occurred_at DESC, provider_call_id DESC LIMIT ";

/// SQLite puts together at most 500 lists, and whoever looks for a number makes two of each.
pub(super) const SOURCES_AT_ONCE: usize = 200;

impl Store {
    /// Calls are in order within a source, for an index over all of them would cost every write: of
    /// each the first places are read from its index, and of those the first calls.
    pub(super) async fn page_across(
        &self,
        sources: &[SourceId],
        filter: &CallFilter,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        let mut rows = Vec::new();
        for sources in sources.chunks(SOURCES_AT_ONCE) {
            rows.extend(self.page_of_some(sources, filter, count).await?);
        }
        if sources.len() > SOURCES_AT_ONCE {
            rows.sort_by(|a: &CallRow, b| b.place().cmp(&a.place()));
            rows.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        }
        Ok(rows)
    }

    async fn page_of_some(
        &self,
        sources: &[SourceId],
        filter: &CallFilter,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let mut list = QueryBuilder::new("WITH places AS (SELECT * FROM (");
            for (nth, source) in sources.iter().enumerate() {
                let one = CallFilter { source: Some(*source), ..filter.clone() };
                list.push(if nth == 0 { OF_SOURCE } else { AND_OF_SOURCE });
                conditions!(list, &one);
                list.push(IN_ORDER).push_bind(count).push(") of_source");
            }
            list.push(THE_FIRST).push_bind(count).push(ACROSS);
            list.build_query_as().fetch_all(db).await
        })?)
    }
}
