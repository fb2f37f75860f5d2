//! Who does what right now: leases that run out, and fences that keep a former holder out.

use std::time::Duration;

use domain::Timestamp;

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// The right to do one piece of work, until it runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which work.
    pub key: String,
    /// Whose: random per process start, so that a restarted process is somebody else.
    pub holder: String,
    /// Grows with every change of holder.
    pub fence: i64,
}

/// What came of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is ours.
    Granted(Lease),
    /// Somebody else has it.
    Held {
        /// What they say they are doing.
        what: String,
        /// Until when, unless they report again.
        until: Timestamp,
    },
}

/// No lease is as long. One that is was told by a clock that was ahead, and is nobody's any more: whoever
/// lives has told another since.
pub(crate) const LEASE_MAX: Duration = Duration::from_hours(24);

// The condition stands outside any subquery, so it is judged on the row as it is when locked.
const CLAIM: &str = "
INSERT INTO work (key, holder, what, fence, lease_until, claimed_at) VALUES ($1, $2, $3, 1, $4, $5)
ON CONFLICT (key) DO UPDATE
SET holder = excluded.holder, what = excluded.what, fence = work.fence + 1,
    lease_until = excluded.lease_until, claimed_at = excluded.claimed_at
WHERE work.holder IS NULL OR work.lease_until <= excluded.claimed_at OR work.lease_until > $6
RETURNING fence";

const HELD: &str = "
SELECT what, lease_until FROM work WHERE key = $1";

const HOLDER: &str = "
SELECT lease_until FROM work
WHERE key = $1 AND holder IS NOT NULL AND lease_until > $2 AND lease_until <= $3";

const EXTEND: &str = "
UPDATE work SET lease_until = $4 WHERE key = $1 AND holder = $2 AND fence = $3";

const HOLD: &str = "
UPDATE work SET lease_until = lease_until WHERE key = $1";

const DESCRIBE: &str = "
UPDATE work SET what = $4 WHERE key = $1 AND holder = $2 AND fence = $3";

// The row stays, because its fence must keep growing.
const RELEASE: &str = "
UPDATE work SET holder = NULL, lease_until = 0 WHERE key = $1 AND holder = $2 AND fence = $3";

impl Store {
    /// Until when somebody holds a piece of work, unless they report again; `None` when nobody does.
    pub async fn work_held(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let row: Option<(i64,)> = either!(self.read(), |db| sqlx::query_as(HOLDER)
            .bind(text(key))
            .bind(now.as_millis())
            .bind((now + LEASE_MAX).as_millis())
            .fetch_optional(db)
            .await)?;
        Ok(row.map(|(until,)| Timestamp::from_millis(until)))
    }

    /// Claims a piece of work until `until`, a day from `now` at most, unless somebody else holds it.
    pub async fn work_claim(
        &self,
        key: &str,
        holder: &str,
        what: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let mut tx = self.begin().await?;
        let claim = either!(tx.conn(), |db| {
            let fence: Option<(i64,)> = sqlx::query_as(CLAIM)
                .bind(text(key))
                .bind(text(holder))
                .bind(text(what))
                .bind(until.as_millis())
                .bind(now.as_millis())
                .bind((now + LEASE_MAX).as_millis())
                .fetch_optional(&mut *db)
                .await?;
            if let Some((fence,)) = fence {
                Claim::Granted(Lease { key: key.to_owned(), holder: holder.to_owned(), fence })
            } else {
                let (what, until): (String, i64) =
                    sqlx::query_as(HELD).bind(text(key)).fetch_one(db).await?;
                Claim::Held { what, until: Timestamp::from_millis(until) }
            }
        });
        tx.commit().await?;
        Ok(claim)
    }

    /// Says that we are alive: the lease now lasts until `until`.
    pub async fn work_heartbeat(&self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.work_extend(lease, until).await?;
        tx.commit().await
    }

    /// Gives the work back, whether it is done or not. Giving back what was lost is no error.
    pub async fn work_release(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        either!(tx.conn(), |db| {
            sqlx::query(RELEASE)
                .bind(text(&lease.key))
                .bind(text(&lease.holder))
                .bind(lease.fence)
                .execute(db)
                .await?;
        });
        tx.commit().await
    }
}

impl Tx {
    /// Extends the lease inside a transaction that writes under it: the fence. When the lease
    /// was lost, the error makes the caller drop everything it was about to write.
    pub async fn work_extend(&mut self, lease: &Lease, until: Timestamp) -> Result<(), StoreError> {
        let rows = either!(self.conn(), |db| {
            sqlx::query(EXTEND)
                .bind(text(&lease.key))
                .bind(text(&lease.holder))
                .bind(lease.fence)
                .bind(until.as_millis())
                .execute(db)
                .await?
                .rows_affected()
        });
        held(rows, lease)
    }

    /// Lets whoever does this work write nothing under its lease until this transaction ends, nor this
    /// one before theirs has ended.
    pub async fn work_hold(&mut self, key: &str) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(HOLD).bind(text(key)).execute(db).await?;
        });
        Ok(())
    }

    /// Says what is being done under the lease.
    pub async fn work_describe(&mut self, lease: &Lease, what: &str) -> Result<(), StoreError> {
        let rows = either!(self.conn(), |db| {
            sqlx::query(DESCRIBE)
                .bind(text(&lease.key))
                .bind(text(&lease.holder))
                .bind(lease.fence)
                .bind(text(what))
                .execute(db)
                .await?
                .rows_affected()
        });
        held(rows, lease)
    }
}

fn held(rows: u64, lease: &Lease) -> Result<(), StoreError> {
    if rows == 1 { Ok(()) } else { Err(StoreError::LeaseLost { key: lease.key.clone() }) }
}
