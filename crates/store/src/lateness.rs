//! How late calls were found, counted by day in the transaction that writes them.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Found, Lateness, SourceId, Timestamp};

use crate::db::either;
use crate::{Store, StoreError, Tx};

const DAY: Duration = Duration::from_hours(24);

const ADD: &str = "
INSERT INTO lateness (source_id, day, is_late, tier_ms, age_ms, calls) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (source_id, day, is_late, tier_ms, age_ms)
DO UPDATE SET calls = lateness.calls + excluded.calls";

const ADD_REREAD: &str = "
INSERT INTO rereads (source_id, day, tier_ms, windows) VALUES ($1, $2, $3, 1)
ON CONFLICT (source_id, day, tier_ms) DO UPDATE SET windows = rereads.windows + excluded.windows";

const LOAD: &str = "
SELECT is_late, tier_ms, age_ms, CAST(SUM(calls) AS BIGINT) FROM lateness
WHERE source_id = $1 AND day >= $2
GROUP BY is_late, tier_ms, age_ms";

const LOAD_REREADS: &str = "
SELECT tier_ms, CAST(SUM(windows) AS BIGINT) FROM rereads
WHERE source_id = $1 AND day >= $2
GROUP BY tier_ms";

impl Store {
    /// How late the calls of a source were found since the day of this instant.
    pub async fn lateness_load(
        &self,
        source: SourceId,
        since: Timestamp,
    ) -> Result<Lateness, StoreError> {
        let day = since.floor_to(DAY).as_millis();
        let found: Vec<(i64, i64, i64, i64)> = either!(self.read(), |db| {
            sqlx::query_as(LOAD).bind(source.0).bind(day).fetch_all(db).await
        })?;
        let rereads: Vec<(i64, i64)> = either!(self.read(), |db| {
            sqlx::query_as(LOAD_REREADS).bind(source.0).bind(day).fetch_all(db).await
        })?;
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        let span = |millis: i64| Duration::from_millis(number(millis));
        let found = found.into_iter().map(|(is_late, tier, age, calls)| {
            let tier = (tier > 0).then(|| span(tier));
            (Found { is_late: is_late != 0, tier, age: span(age) }, number(calls))
        });
        let rereads = rereads.into_iter().map(|(tier, windows)| (span(tier), number(windows)));
        Ok(Lateness { found: found.collect(), rereads: rereads.collect() })
    }
}

impl Tx {
    /// Counts new calls by how late they were found.
    pub async fn lateness_add(
        &mut self,
        source: SourceId,
        now: Timestamp,
        found: &BTreeMap<Found, u64>,
    ) -> Result<(), StoreError> {
        let day = now.floor_to(DAY).as_millis();
        for (Found { is_late, tier, age }, calls) in found {
            let tier = tier.map_or(0, millis);
            let calls = i64::try_from(*calls).unwrap_or(i64::MAX);
            either!(self.conn(), |db| {
                let query = sqlx::query(ADD).bind(source.0).bind(day).bind(i64::from(*is_late));
                query.bind(tier).bind(millis(*age)).bind(calls).execute(db).await?;
            });
        }
        Ok(())
    }

    /// Counts a window that a settle tier has read again.
    pub async fn reread_add(
        &mut self,
        source: SourceId,
        now: Timestamp,
        tier: Duration,
    ) -> Result<(), StoreError> {
        let day = now.floor_to(DAY).as_millis();
        either!(self.conn(), |db| {
            sqlx::query(ADD_REREAD).bind(source.0).bind(day).bind(millis(tier)).execute(db).await?;
        });
        Ok(())
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
