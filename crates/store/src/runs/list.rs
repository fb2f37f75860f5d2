//! Runs for people.

use std::time::Duration;

use domain::{PastRun, RunAccounts, RunId, RunKind, RunStatus, SourceId, Timestamp};

use crate::db::either;
use crate::{Store, StoreError};

/// A run as listed. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `runs`, documented in the schema")]
pub struct RunRow {
    pub run_id: i64,
    pub source_id: i64,
    pub source: String,
    pub kind: String,
    pub status: String,
    pub parameters: String,
    pub response: Option<String>,
    pub error: Option<String>,
    pub hint: Option<String>,
    pub started_at: i64,
    pub finished_at: Option<i64>,
    pub listed: i64,
    pub new: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub repeated: i64,
    pub set_aside: i64,
    pub failed: i64,
    pub waiting: i64,
    pub excluded: i64,
    pub skip_reasons: String,
    pub pages: i64,
    pub windows_planned: i64,
    pub windows_proved: i64,
    pub needs_person: i64,
    pub peak_bytes: Option<i64>,
}

impl RunRow {
    /// Where every record of the run went.
    pub fn accounts(&self) -> RunAccounts {
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        RunAccounts {
            listed: count(self.listed),
            new: count(self.new),
            updated: count(self.updated),
            unchanged: count(self.unchanged),
            repeated: count(self.repeated),
            set_aside: count(self.set_aside),
            failed: count(self.failed),
        }
    }
}

macro_rules! columns {
    () => {
        "SELECT r.run_id, r.source_id, s.name AS source, r.kind, r.status, r.parameters, r.response,
       r.error, r.hint, r.started_at, r.finished_at, r.listed, r.new, r.updated, r.unchanged,
       r.repeated, r.set_aside, r.failed, r.waiting, r.excluded, r.skip_reasons, r.pages,
       r.windows_planned, r.windows_proved, r.needs_person, r.peak_bytes
FROM runs r JOIN sources s ON s.source_id = r.source_id"
    };
}

const LIST: &str = concat!(
    columns!(),
    "
WHERE (CAST($1 AS BIGINT) IS NULL OR r.source_id = $1)
ORDER BY r.run_id DESC LIMIT $2"
);

const BEFORE: &str = concat!(
    columns!(),
    "
WHERE (CAST($1 AS BIGINT) IS NULL OR r.source_id = $1) AND r.run_id < $2
  AND (CAST($3 AS TEXT) IS NULL OR r.kind = $3) AND (CAST($4 AS TEXT) IS NULL OR r.status = $4)
ORDER BY r.run_id DESC LIMIT $5"
);

const GET: &str = concat!(columns!(), "\nWHERE r.run_id = $1");

const LATEST: &str = concat!(
    columns!(),
    "
WHERE r.source_id = $1 AND r.kind <> 'diagnostic' AND r.kind <> 'import'
ORDER BY r.run_id DESC LIMIT 1"
);

// From the newest back, so that old runs are not walked.
const NEW: &str = "
SELECT CAST(COALESCE(SUM(new), 0) AS BIGINT) FROM
    (SELECT new, started_at FROM runs WHERE source_id = $1 ORDER BY run_id DESC LIMIT 1000) latest
WHERE started_at >= $2";

// What is usual is told by the latest runs that came to a good end.
const DURATIONS: &str = "
SELECT finished_at - started_at FROM runs
WHERE source_id = $1 AND kind = $2 AND status = 'success' AND finished_at IS NOT NULL
ORDER BY run_id DESC LIMIT 20";

const PAST: &str = "
SELECT kind, started_at, finished_at, status, needs_person, has_more FROM runs
WHERE source_id = $1 AND kind <> 'diagnostic' AND kind <> 'import'
ORDER BY run_id DESC LIMIT $2";

// Of what somebody asked for, the newest that did not fail. Comparisons and imports say nothing about
// when a source is read next.
const OF_SCHEDULE: &str = "
WITH latest AS (
    SELECT run_id FROM (SELECT run_id FROM runs WHERE source_id = $1 AND kind = 'auto'
                        ORDER BY run_id DESC LIMIT $2) own
    UNION ALL
    SELECT run_id FROM (SELECT run_id FROM runs WHERE source_id = $1 AND kind = 'manual'
                        AND status <> 'failed' ORDER BY run_id DESC LIMIT 1) asked
    UNION ALL
    SELECT run_id FROM (SELECT run_id FROM runs WHERE source_id = $1 AND kind = 'repair'
                        AND status <> 'failed' ORDER BY run_id DESC LIMIT 1) mended
    UNION ALL
    SELECT run_id FROM (SELECT run_id FROM runs WHERE source_id = $1 AND kind = 'backfill'
                        AND status <> 'failed' ORDER BY run_id DESC LIMIT 1) history
)
SELECT r.kind, r.started_at, r.finished_at, r.status, r.needs_person, r.has_more
FROM latest l JOIN runs r ON r.run_id = l.run_id ORDER BY r.run_id DESC";

/// A run as the schedule sees it: kind, begin, end, status, whether it needs a person and has more.
type RawPast = (String, i64, Option<i64>, String, i64, i64);

/// Reads such a row.
pub(crate) fn past_run(row: RawPast) -> Result<PastRun, StoreError> {
    let (kind, started_at, finished_at, status, needs_person, has_more) = row;
    let nonsense = |what| StoreError::Nonsense { what };
    Ok(PastRun {
        kind: kind.parse().map_err(nonsense)?,
        started_at: Timestamp::from_millis(started_at),
        finished_at: finished_at.map(Timestamp::from_millis),
        status: status.parse().map_err(nonsense)?,
        needs_person: needs_person != 0,
        has_more: has_more != 0,
    })
}

impl Store {
    /// How long the latest good runs of a kind took, at most twenty.
    pub async fn runs_durations(
        &self,
        source: SourceId,
        kind: RunKind,
    ) -> Result<Vec<Duration>, StoreError> {
        let millis: Vec<i64> = either!(self.read(), |db| {
            sqlx::query_scalar(DURATIONS).bind(source.0).bind(kind.as_str()).fetch_all(db).await
        })?;
        let duration = |millis| Duration::from_millis(u64::try_from(millis).unwrap_or(0));
        Ok(millis.into_iter().map(duration).collect())
    }

    /// The latest run that read a source; comparisons and imports do not.
    pub async fn run_latest(&self, source: SourceId) -> Result<Option<RunRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(LATEST).bind(source.0).fetch_optional(db).await
        })?)
    }

    /// The latest runs that read a source, newest first, whoever wanted them.
    pub async fn runs_past(
        &self,
        source: SourceId,
        count: i64,
    ) -> Result<Vec<PastRun>, StoreError> {
        self.past(PAST, source, count).await
    }

    /// The runs that decide when a source is read next, newest first: the latest of the schedule, so
    /// many of them, and of what somebody asked for the latest that did not fail.
    pub async fn runs_of_schedule(
        &self,
        source: SourceId,
        count: i64,
    ) -> Result<Vec<PastRun>, StoreError> {
        self.past(OF_SCHEDULE, source, count).await
    }

    async fn past(
        &self,
        sql: &'static str,
        source: SourceId,
        count: i64,
    ) -> Result<Vec<PastRun>, StoreError> {
        let rows: Vec<RawPast> = either!(self.read(), |db| {
            sqlx::query_as(sql).bind(source.0).bind(count).fetch_all(db).await
        })?;
        rows.into_iter().map(past_run).collect()
    }

    /// The latest runs, newest first, of one source or of all.
    pub async fn runs_list(
        &self,
        source: Option<SourceId>,
        count: i64,
    ) -> Result<Vec<RunRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(LIST).bind(source.map(|s| s.0)).bind(count).fetch_all(db).await
        })?)
    }

    /// Runs of a source, a kind and a status, or of all, newest first, before the given one.
    pub async fn runs_before(
        &self,
        (source, kind, status): (Option<SourceId>, Option<RunKind>, Option<RunStatus>),
        before: Option<RunId>,
        count: i64,
    ) -> Result<Vec<RunRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(BEFORE).bind(source.map(|source| source.0));
            let query = query.bind(before.map_or(i64::MAX, |run| run.0));
            let query = query.bind(kind.map(RunKind::as_str));
            query.bind(status.map(RunStatus::as_str)).bind(count).fetch_all(db).await
        })?)
    }

    /// How many new calls the runs of a source brought that began at `since` or later; of the latest
    /// thousand runs.
    pub async fn runs_new(&self, source: SourceId, since: Timestamp) -> Result<u64, StoreError> {
        let new: i64 = either!(self.read(), |db| {
            sqlx::query_scalar(NEW).bind(source.0).bind(since.as_millis()).fetch_one(db).await
        })?;
        Ok(u64::try_from(new).unwrap_or(0))
    }

    /// One run.
    pub async fn run_get(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(GET).bind(run.0).fetch_optional(db).await)?)
    }
}
