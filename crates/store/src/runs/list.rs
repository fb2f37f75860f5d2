//! Runs for people.

use domain::{RunAccounts, RunId, SourceId};

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
       r.windows_planned, r.windows_proved
FROM runs r JOIN sources s ON s.source_id = r.source_id"
    };
}

const LIST: &str = concat!(
    columns!(),
    "
WHERE (CAST($1 AS BIGINT) IS NULL OR r.source_id = $1)
ORDER BY r.run_id DESC LIMIT $2"
);

const GET: &str = concat!(columns!(), "\nWHERE r.run_id = $1");

impl Store {
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

    /// One run.
    pub async fn run_get(&self, run: RunId) -> Result<Option<RunRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(GET).bind(run.0).fetch_optional(db).await)?)
    }
}
