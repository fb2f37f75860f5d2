//! How every source goes: its latest runs, its last success, who reads it, and how late its calls were
//! found. Each is one statement for all sources.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Found, Lateness, PastRun, SourceId, Timestamp};

use sqlx::{AssertSqlSafe, Row};

use crate::db::either;
use crate::explain::Explain;
use crate::runs::past_run;
use crate::work::LEASE_MAX;
use crate::{Store, StoreError};

const DAY: Duration = Duration::from_hours(24);

/// How one source goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthRow {
    /// The runs that decide when it is read next, as [`Store::runs_of_schedule`] has them.
    pub runs: Vec<PastRun>,
    /// When a run of it last came to a good end.
    pub succeeded_at: Option<Timestamp>,
    /// Until when somebody reads it, unless they report again.
    pub held_until: Option<Timestamp>,
    /// Since when it rests.
    pub paused_at: Option<Timestamp>,
    /// How late its calls were found.
    pub lateness: Lateness,
}

// From each run of the schedule to the one before it, by the index, so that old runs are not walked.
const RUNS: &str = "
WITH RECURSIVE own (source_id, run_id, place) AS (
    SELECT s.source_id, (SELECT r.run_id FROM runs r
                         WHERE r.source_id = s.source_id AND r.kind = 'auto'
                         ORDER BY r.run_id DESC LIMIT 1), CAST(1 AS BIGINT)
    FROM sources s
    UNION ALL
    SELECT l.source_id, (SELECT r.run_id FROM runs r
                         WHERE r.source_id = l.source_id AND r.kind = 'auto' AND r.run_id < l.run_id
                         ORDER BY r.run_id DESC LIMIT 1), l.place + 1
    FROM own l WHERE l.run_id IS NOT NULL AND l.place < $1
), latest (run_id) AS (
    SELECT run_id FROM own
    UNION ALL
    SELECT (SELECT r.run_id FROM runs r
            WHERE r.source_id = s.source_id AND r.kind = 'manual' AND r.status <> 'failed'
            ORDER BY r.run_id DESC LIMIT 1) FROM sources s
    UNION ALL
    SELECT (SELECT r.run_id FROM runs r
            WHERE r.source_id = s.source_id AND r.kind = 'repair' AND r.status <> 'failed'
            ORDER BY r.run_id DESC LIMIT 1) FROM sources s
    UNION ALL
    SELECT (SELECT r.run_id FROM runs r
            WHERE r.source_id = s.source_id AND r.kind = 'backfill' AND r.status <> 'failed'
            ORDER BY r.run_id DESC LIMIT 1) FROM sources s
)
SELECT r.source_id, r.kind, r.started_at, r.finished_at, r.status, r.needs_person, r.has_more
FROM latest l JOIN runs r ON r.run_id = l.run_id
ORDER BY r.source_id, r.run_id DESC";

// An index has the runs that came to a good end, and no others.
const STANDING: &str = "
SELECT s.source_id, s.paused_at,
       (SELECT r.finished_at FROM runs r
        WHERE r.source_id = s.source_id AND r.status = 'success'
          AND r.kind <> 'diagnostic' AND r.kind <> 'import'
        ORDER BY r.run_id DESC LIMIT 1),
       (SELECT w.lease_until FROM work w
        WHERE w.key = 'source/' || CAST(s.source_id AS TEXT)
          AND w.holder IS NOT NULL AND w.lease_until > $1)
FROM sources s";

// From each source to its days, so that the days of years are not walked.
const LATENESS: &str = "
SELECT s.source_id, d.is_late, d.tier_ms, d.age_ms, CAST(SUM(d.calls) AS BIGINT)
FROM sources s CROSS JOIN lateness d
WHERE d.source_id = s.source_id AND d.day >= $1
GROUP BY s.source_id, d.is_late, d.tier_ms, d.age_ms";

type RawRun = (i64, String, i64, Option<i64>, String, i64, i64);
type RawStanding = (i64, Option<i64>, Option<i64>, Option<i64>);

impl Store {
    /// How every source goes at `now`, with so many of its latest runs, and how late its calls were
    /// found since the day of `since`. Tiers' own readings are not counted.
    pub async fn sources_health(
        &self,
        (runs, since): (i64, Timestamp),
        now: Timestamp,
    ) -> Result<BTreeMap<SourceId, HealthRow>, StoreError> {
        let standing: Vec<RawStanding> = either!(self.read(), |db| {
            sqlx::query_as(STANDING).bind(now.as_millis()).fetch_all(db).await
        })?;
        let past: Vec<RawRun> =
            either!(self.read(), |db| sqlx::query_as(RUNS).bind(runs).fetch_all(db).await)?;
        let day = since.floor_to(DAY).as_millis();
        let found: Vec<(i64, i64, i64, i64, i64)> =
            either!(self.read(), |db| sqlx::query_as(LATENESS).bind(day).fetch_all(db).await)?;
        let at = |millis: Option<i64>| millis.map(Timestamp::from_millis);
        let mut health = BTreeMap::new();
        for (source, paused, succeeded, held) in standing {
            let (paused_at, succeeded_at) = (at(paused), at(succeeded));
            let held_until = at(held).filter(|until| *until <= now + LEASE_MAX);
            let row = HealthRow { succeeded_at, held_until, paused_at, ..HealthRow::default() };
            health.insert(SourceId(source), row);
        }
        for (source, kind, began, ended, status, needs_person, has_more) in past {
            let Some(row) = health.get_mut(&SourceId(source)) else { continue };
            row.runs.push(past_run((kind, began, ended, status, needs_person, has_more))?);
        }
        for (source, is_late, tier, age, calls) in found {
            let Some(row) = health.get_mut(&SourceId(source)) else { continue };
            let found = Found {
                is_late: is_late != 0,
                tier: (tier > 0).then(|| span(tier)),
                age: span(age),
            };
            row.lateness.found.insert(found, number(calls));
        }
        Ok(health)
    }

    /// By what the database finds the above, in its own words.
    pub async fn sources_health_plan(&self) -> Result<Vec<String>, StoreError> {
        let Explain { words, column } = Explain::of(self.engine());
        let mut plan = Vec::new();
        for statement in [RUNS, STANDING, LATENESS] {
            either!(self.read(), |db| {
                let sql = AssertSqlSafe(format!("{words} {statement}"));
                for row in sqlx::query(sql).bind(8_i64).fetch_all(db).await? {
                    plan.push(row.try_get::<String, _>(column)?);
                }
            });
        }
        Ok(plan)
    }
}

fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(number(millis))
}
