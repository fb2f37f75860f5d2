//! Schedules themselves.

use domain::{AccountId, SourceId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// A schedule. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `schedules`, documented in the schema")]
pub struct ScheduleRow {
    pub schedule_id: i64,
    pub name: String,
    pub source_id: i64,
    pub source: String,
    pub account_id: Option<i64>,
    pub account: Option<String>,
    pub cron: String,
    pub time_zone: String,
    pub span_days: i64,
    pub repairs: i64,
    /// A JSON list.
    pub send_to: String,
    pub is_paused: i64,
    pub counts_from: i64,
    pub created_at: i64,
    pub created_by: String,
    /// The newest occurrence that was asked for.
    pub last_due_at: Option<i64>,
}

/// A schedule to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSchedule<'s> {
    /// What it is called.
    pub name: &'s str,
    /// What is compared.
    pub source: SourceId,
    /// Whose calls; the source's where it is none.
    pub account: Option<AccountId>,
    /// When, as crontab(5) writes it.
    pub cron: &'s str,
    /// By the clock of which zone.
    pub time_zone: &'s str,
    /// How much, back from when it is due.
    pub span_days: u32,
    /// Whether what is found is repaired.
    pub repairs: bool,
    /// To whom it is told, as a JSON list.
    pub send_to: &'s str,
    /// Who made it.
    pub by: &'s str,
}

macro_rules! schedules {
    ($which:literal) => {
        concat!(
            "
SELECT d.schedule_id, d.name, d.source_id, s.name AS source, d.account_id, a.name AS account, d.cron,
       d.time_zone, d.span_days, d.repairs, d.send_to, d.is_paused, d.counts_from, d.created_at,
       d.created_by, (SELECT MAX(j.due_at) FROM jobs j WHERE j.schedule_id = d.schedule_id) AS last_due_at
FROM schedules d JOIN sources s ON s.source_id = d.source_id
LEFT JOIN accounts a ON a.account_id = d.account_id ",
            $which
        )
    };
}

const LIST: &str = schedules!("ORDER BY d.name");
const BY_NAME: &str = schedules!("WHERE d.name = $1");
const BY_ID: &str = schedules!("WHERE d.schedule_id = $1");

const ADD: &str = "
INSERT INTO schedules (name, source_id, account_id, cron, time_zone, span_days, repairs, send_to,
    counts_from, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
ON CONFLICT (name) DO NOTHING";

const REMOVE: &str = "
DELETE FROM schedules WHERE schedule_id = $1";

// What came while it was paused is not made up for.
const PAUSE: &str = "
UPDATE schedules SET is_paused = $2, counts_from = $3 WHERE schedule_id = $1 AND is_paused <> $2";

impl Tx {
    /// Keeps a schedule. Returns whether its name was free.
    pub async fn schedule_add(
        &mut self,
        new: &NewSchedule<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(ADD).bind(text(new.name)).bind(new.source.0);
            let query = query.bind(new.account.map(|account| account.0));
            let query = query.bind(text(new.cron)).bind(text(new.time_zone));
            let query = query.bind(i64::from(new.span_days)).bind(i64::from(new.repairs));
            let query = query.bind(text(new.send_to)).bind(now.as_millis()).bind(text(new.by));
            Ok(query.execute(db).await?.rows_affected() == 1)
        })
    }

    /// Takes a schedule away; its jobs stay. Returns whether it was there.
    pub async fn schedule_remove(&mut self, schedule: i64) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            Ok(sqlx::query(REMOVE).bind(schedule).execute(db).await?.rows_affected() == 1)
        })
    }

    /// Pauses a schedule, or lets it go on from now. Returns whether that was news.
    pub async fn schedule_pause(
        &mut self,
        schedule: i64,
        pauses: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        either!(self.conn(), |db| {
            let query = sqlx::query(PAUSE).bind(schedule).bind(i64::from(pauses));
            Ok(query.bind(now.as_millis()).execute(db).await?.rows_affected() == 1)
        })
    }
}

impl Store {
    /// Every schedule, by name.
    pub async fn schedules_list(&self) -> Result<Vec<ScheduleRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?)
    }

    /// The schedule of this name.
    pub async fn schedule_by_name(&self, name: &str) -> Result<Option<ScheduleRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(BY_NAME).bind(text(name)).fetch_optional(db).await
        })?)
    }

    /// The schedule of this id.
    pub async fn schedule_get(&self, schedule: i64) -> Result<Option<ScheduleRow>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(BY_ID).bind(schedule).fetch_optional(db).await
        })?)
    }
}
