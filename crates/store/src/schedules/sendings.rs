//! What is told of scheduled comparisons, to whom, and what came of it.

use domain::{JobId, SourceId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// What is told to one address of one job. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `schedule_sendings`, documented in the schema")]
pub struct SendingRow {
    pub job_id: i64,
    pub send_to: String,
    pub status: String,
    pub attempts: i64,
    pub next_at: Option<i64>,
    pub tried_at: Option<i64>,
    pub error: Option<String>,
}

/// What is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueSending {
    /// Of which job.
    pub job: JobId,
    /// Of which source.
    pub source: SourceId,
    /// To whom.
    pub send_to: String,
    /// How often it was tried.
    pub attempts: i64,
}

/// What came of trying.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It is there.
    Whole,
    /// It is tried again.
    Again {
        /// When.
        at: Timestamp,
        /// What the other side said.
        error: String,
    },
    /// It is tried no more.
    Never {
        /// What the other side said.
        error: String,
    },
}

const ADD: &str = "
INSERT INTO schedule_sendings (job_id, send_to, status, next_at) VALUES ($1, $2, 'waiting', $3)
ON CONFLICT (job_id, send_to) DO NOTHING";

const DUE: &str = "
SELECT t.job_id, j.source_id, t.send_to, t.attempts
FROM schedule_sendings t JOIN jobs j ON j.job_id = t.job_id
WHERE t.next_at IS NOT NULL AND t.next_at <= $1
ORDER BY t.next_at LIMIT 50";

// Whoever has counted the attempt is the one who makes it.
const TAKE: &str = "
UPDATE schedule_sendings SET attempts = attempts + 1, next_at = $4, tried_at = $5
WHERE job_id = $1 AND send_to = $2 AND attempts = $3 AND status = 'waiting'";

const ENDED: &str = "
UPDATE schedule_sendings SET status = $3, next_at = $4, error = $5
WHERE job_id = $1 AND send_to = $2 AND status = 'waiting'";

const OF: &str = "
SELECT job_id, send_to, status, attempts, next_at, tried_at, error
FROM schedule_sendings WHERE job_id = $1 ORDER BY send_to";

impl Tx {
    /// Writes down that a job is to be told to these addresses.
    pub async fn sendings_add(
        &mut self,
        job: JobId,
        send_to: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for address in send_to {
                let query = sqlx::query(ADD).bind(job.0).bind(text(address));
                query.bind(now.as_millis()).execute(&mut *db).await?;
            }
            Ok(())
        })
    }

    /// Takes one to send. Returns whether nobody else has; if nothing is heard of it until
    /// `until`, it is sent again.
    pub async fn sending_take(
        &mut self,
        due: &DueSending,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(TAKE).bind(due.job.0).bind(text(&due.send_to));
            let query = query.bind(due.attempts).bind(until.as_millis()).bind(now.as_millis());
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Writes down what came of it.
    pub async fn sending_ended(&mut self, due: &DueSending, sent: &Sent) -> Result<(), StoreError> {
        let (status, next, error) = match sent {
            Sent::Whole => ("sent", None, None),
            Sent::Again { at, error } => ("waiting", Some(at.as_millis()), Some(text(error))),
            Sent::Never { error } => ("failed", None, Some(text(error))),
        };
        either!(self.conn(), |db| {
            let query = sqlx::query(ENDED).bind(due.job.0).bind(text(&due.send_to));
            query.bind(status).bind(next).bind(error).execute(db).await?;
            Ok(())
        })
    }
}

impl Store {
    /// What is to be sent by now, the longest due first.
    pub async fn sendings_due(&self, now: Timestamp) -> Result<Vec<DueSending>, StoreError> {
        let rows: Vec<(i64, i64, String, i64)> = either!(self.read(), |db| {
            sqlx::query_as(DUE).bind(now.as_millis()).fetch_all(db).await
        })?;
        let due = |(job, source, send_to, attempts)| DueSending {
            job: JobId(job),
            source: SourceId(source),
            send_to,
            attempts,
        };
        Ok(rows.into_iter().map(due).collect())
    }

    /// What was sent of a job, and what was not.
    pub async fn sendings_of(&self, job: JobId) -> Result<Vec<SendingRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(OF).bind(job.0).fetch_all(db).await)?)
    }
}
