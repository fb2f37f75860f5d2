//! Calls from or to a number, found day by day.

use domain::SourceId;
use sqlx::QueryBuilder;

use super::CallFilter;
use super::across::{ACROSS, SOURCES_AT_ONCE, THE_FIRST};
use super::filter::conditions;
use super::list::CallRow;
use crate::db::either;
use crate::legs::day;
use crate::text::text;
use crate::{Store, StoreError};

// Of each source the last place of its index before an instant.
const NEWEST: &str = "
SELECT MAX((SELECT MAX(c.occurred_at) FROM calls c
            WHERE c.source_id = s.source_id AND c.occurred_at >= $1 AND c.occurred_at < $2))
FROM sources s
WHERE CAST($3 AS BIGINT) IS NULL OR s.source_id = $3";

const DAYS: &str = "
WITH RECURSIVE days (day) AS (
    SELECT CAST(";

// The indexes by number are led by source and day. `+ 0` keeps SQLite from comparing the day as a
// column of numbers, by which it would not look an expression up.
const ON_A_DAY: &str = "SELECT c.source_id, c.occurred_at, c.provider_call_id
FROM days CROSS JOIN calls c WHERE c.occurred_at / 86400000 = days.day + 0 AND ";

/// How many days are looked through at first, how many times as many each time after that, and at
/// most: few calls are read of a number that has many, and few statements made for one that has none.
const STRETCH: i64 = 4;
const GROWTH: i64 = 4;
const STRETCH_MAX: i64 = 1_024;

const DAY_MS: i64 = 86_400_000;

impl Store {
    /// Calls of these sources from or to a number, newest first. Days in which nobody called are
    /// jumped over, however far back or ahead a single call lies.
    pub(super) async fn page_of_number(
        &self,
        sources: &[SourceId],
        number: &str,
        filter: &CallFilter,
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        let (from, mut before) = filter.ends();
        let (mut rows, mut stretch) = (Vec::new(), STRETCH);
        while (rows.len() as i64) < count {
            let Some(newest) = self.newest(filter.source, (from, before)).await? else { break };
            let days = (day(newest).saturating_sub(stretch - 1), day(newest));
            let mut found = Vec::new();
            for sources in sources.chunks(SOURCES_AT_ONCE) {
                found.extend(self.on_days(sources, number, filter, days, count).await?);
            }
            found.sort_by(|a: &CallRow, b| b.place().cmp(&a.place()));
            rows.extend(found);
            (before, stretch) =
                (days.0.saturating_mul(DAY_MS), (stretch * GROWTH).min(STRETCH_MAX));
        }
        rows.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        Ok(rows)
    }

    /// When the last call of a source, or of all, happened within a span.
    async fn newest(
        &self,
        source: Option<SourceId>,
        (from, before): (i64, i64),
    ) -> Result<Option<i64>, StoreError> {
        let (newest,): (Option<i64>,) = either!(self.read(), |db| {
            sqlx::query_as(NEWEST)
                .bind(from)
                .bind(before)
                .bind(source.map(|source| source.0))
                .fetch_one(db)
                .await
        })?;
        Ok(newest)
    }

    async fn on_days(
        &self,
        sources: &[SourceId],
        number: &str,
        filter: &CallFilter,
        (from, to): (i64, i64),
        count: i64,
    ) -> Result<Vec<CallRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let mut list = QueryBuilder::new(DAYS);
            list.push_bind(from)
                .push(" AS BIGINT) UNION ALL SELECT day + 1 FROM days WHERE day < ");
            list.push_bind(to).push("), places AS (SELECT * FROM (\n");
            for (nth, source) in sources.iter().enumerate() {
                let one = CallFilter { source: Some(*source), ..filter.clone() };
                list.push(if nth == 0 { "" } else { "\nUNION ALL\n" }).push(ON_A_DAY);
                list.push("c.to_e164 IS NOT NULL AND c.to_e164 = ").push_bind(text(number));
                list.push(" AND ");
                conditions!(list, &one, " + 0");
                list.push("\nUNION ALL\n").push(ON_A_DAY);
                list.push("c.from_e164 IS NOT NULL AND c.from_e164 = ").push_bind(text(number));
                list.push(" AND COALESCE(c.to_e164, '') <> ").push_bind(text(number));
                list.push(" AND ");
                conditions!(list, &one, " + 0");
            }
            list.push(THE_FIRST).push_bind(count).push(ACROSS);
            list.build_query_as().fetch_all(db).await
        })?)
    }
}
