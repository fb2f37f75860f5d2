//! Requests that were named by whoever sent them: what was answered, so that it can be answered
//! again without doing anything again.

use std::time::Duration;

use domain::Timestamp;

use crate::db::either;
use crate::text::text;
use crate::{StoreError, Tx};

/// What was answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status of the answer.
    pub status: u16,
    /// Its body.
    pub body: Vec<u8>,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTaken {
    /// For this request, which may begin.
    Ours,
    /// For the same request, which was answered.
    Answered(KeptAnswer),
    /// For the same request, which is under way.
    UnderWay,
    /// For another request.
    Another,
}

/// How long a name stands for one request.
const KEPT: Duration = Duration::from_hours(24);

/// How long a request can be under way; one that was begun before that has died.
const UNDER_WAY_MAX: Duration = Duration::from_mins(10);

// One that died is begun again by whoever names the same.
const TAKE: &str = "
INSERT INTO idempotency_keys (token_id, key, request_hash, begun_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (token_id, key) DO UPDATE SET begun_at = excluded.begun_at
WHERE idempotency_keys.status IS NULL AND idempotency_keys.request_hash = excluded.request_hash
  AND idempotency_keys.begun_at <= $5";

const LOOK: &str = "
SELECT request_hash, status, body FROM idempotency_keys WHERE token_id = $1 AND key = $2";

const ANSWER: &str = "
UPDATE idempotency_keys SET status = $3, body = $4 WHERE token_id = $1 AND key = $2";

const FREE: &str = "
DELETE FROM idempotency_keys WHERE token_id = $1 AND key = $2 AND status IS NULL";

const FORGET: &str = "
DELETE FROM idempotency_keys WHERE begun_at <= $1";

type Found = (Vec<u8>, Option<i64>, Option<Vec<u8>>);

impl Tx {
    /// Takes a name for a request, or says what it stands for. Names older than a day are forgotten.
    pub async fn idempotency_take(
        &mut self,
        (token, key): (i64, &str),
        request_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<KeyTaken, StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(FORGET).bind((now - KEPT).as_millis()).execute(&mut *db).await?;
            let query = sqlx::query(TAKE).bind(token).bind(text(key)).bind(&request_hash[..]);
            let query = query.bind(now.as_millis()).bind((now - UNDER_WAY_MAX).as_millis());
            if query.execute(&mut *db).await?.rows_affected() == 1 {
                return Ok(KeyTaken::Ours);
            }
            let (hash, status, body): Found =
                sqlx::query_as(LOOK).bind(token).bind(text(key)).fetch_one(db).await?;
            if hash != request_hash {
                return Ok(KeyTaken::Another);
            }
            let status = status.and_then(|status| u16::try_from(status).ok());
            Ok(status.map_or(KeyTaken::UnderWay, |status| {
                KeyTaken::Answered(KeptAnswer { status, body: body.unwrap_or_default() })
            }))
        })
    }

    /// Keeps what was answered.
    pub async fn idempotency_answer(
        &mut self,
        (token, key): (i64, &str),
        answer: &KeptAnswer,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(ANSWER).bind(token).bind(text(key));
            query.bind(i64::from(answer.status)).bind(&answer.body[..]).execute(db).await?;
            Ok(())
        })
    }

    /// Lets go of a name whose request came to nothing, so that it can be sent again.
    pub async fn idempotency_free(&mut self, (token, key): (i64, &str)) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(FREE).bind(token).bind(text(key)).execute(db).await?;
            Ok(())
        })
    }
}
