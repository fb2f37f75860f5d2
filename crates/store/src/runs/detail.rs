//! What a run said, which pages it read, and which calls it could not place or read.

use domain::{RunId, Timestamp};

use sqlx::QueryBuilder;

use crate::batch::pieces;
use crate::db::either;
use crate::text::{text, text_opt};
use crate::{Store, StoreError, Tx};

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LogLine {
    /// Its place in the log.
    pub seq: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Which phase of the run: `INIT`, `DATE`, `API`, `FILTER`, `PROCESS`, `SAVE`, `SKIP`, `ERROR`,
    /// `COMPLETE` or `LOG`.
    pub phase: String,
    /// `info`, `warn` or `error`.
    pub level: String,
    /// What happened.
    pub message: String,
    /// How long it took.
    pub duration_ms: Option<i64>,
}

/// A page that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPage {
    /// Its place among the run's pages.
    pub seq: i64,
    /// The window it was read for.
    pub window: domain::Window,
    /// Its number, from 1.
    pub page: i64,
    /// Records it held.
    pub listed: i64,
    /// The total the provider gave with it.
    pub provider_total: Option<i64>,
    /// How long it took.
    pub duration_ms: i64,
}

/// A page as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `run_pages`, as in `NewPage`")]
pub struct PageRow {
    pub seq: i64,
    pub window_from: i64,
    pub window_to: i64,
    pub page: i64,
    pub listed: i64,
    pub provider_total: Option<i64>,
    pub duration_ms: i64,
}

/// A call that could not be placed, or a record that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSkip {
    /// Its place among the run's skips.
    pub seq: i64,
    /// The provider's id, if it has a readable one.
    pub provider_call_id: Option<String>,
    /// Why, as a name.
    pub reason: String,
    /// Why, as a sentence.
    pub detail: String,
    /// The provider's id of the agent.
    pub provider_agent_id: Option<String>,
    /// When the call happened.
    pub occurred_at: Option<Timestamp>,
}

/// A skip as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `run_skips`, as in `NewSkip`")]
pub struct SkipRow {
    pub seq: i64,
    pub provider_call_id: Option<String>,
    pub reason: String,
    pub detail: String,
    pub provider_agent_id: Option<String>,
    pub occurred_at: Option<i64>,
}

const LOG_ADD: &str = "
INSERT INTO run_logs (run_id, seq, at, phase, level, message, duration_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

const LOG: &str = "
SELECT seq, at, phase, level, message, duration_ms FROM run_logs WHERE run_id = $1 ORDER BY seq";

const PAGE_ADD: &str = "
INSERT INTO run_pages
    (run_id, seq, window_from, window_to, page, listed, provider_total, duration_ms) ";

const PAGES: &str = "
SELECT seq, window_from, window_to, page, listed, provider_total, duration_ms
FROM run_pages WHERE run_id = $1 ORDER BY seq";

const SKIP_ADD: &str = "
INSERT INTO run_skips
    (run_id, seq, provider_call_id, reason, detail, provider_agent_id, occurred_at) ";

const SKIPS: &str = "
SELECT seq, provider_call_id, reason, detail, provider_agent_id, occurred_at
FROM run_skips WHERE run_id = $1 ORDER BY seq";

impl Tx {
    /// Adds lines to a run's log.
    pub async fn run_log_add(&mut self, run: RunId, lines: &[LogLine]) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for line in lines {
                sqlx::query(LOG_ADD)
                    .bind(run.0)
                    .bind(line.seq)
                    .bind(line.at)
                    .bind(text(&line.phase))
                    .bind(text(&line.level))
                    .bind(text(&line.message))
                    .bind(line.duration_ms)
                    .execute(&mut *db)
                    .await?;
            }
            Ok(())
        })
    }

    /// Adds pages a run has read.
    pub async fn run_pages_add(&mut self, run: RunId, pages: &[NewPage]) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for piece in pieces(pages, 64) {
                let mut insert = QueryBuilder::new(PAGE_ADD);
                insert.push_values(piece, |mut row, page| {
                    row.push_bind(run.0)
                        .push_bind(page.seq)
                        .push_bind(page.window.from().as_millis())
                        .push_bind(page.window.to().as_millis())
                        .push_bind(page.page)
                        .push_bind(page.listed)
                        .push_bind(page.provider_total)
                        .push_bind(page.duration_ms);
                });
                insert.build().execute(&mut *db).await?;
            }
            Ok(())
        })
    }

    /// Adds calls a run could not place and records it could not read.
    pub async fn run_skips_add(&mut self, run: RunId, skips: &[NewSkip]) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for piece in pieces(skips, 64) {
                let mut insert = QueryBuilder::new(SKIP_ADD);
                insert.push_values(piece, |mut row, skip| {
                    row.push_bind(run.0)
                        .push_bind(skip.seq)
                        .push_bind(text_opt(skip.provider_call_id.as_deref()))
                        .push_bind(text(&skip.reason))
                        .push_bind(text(&skip.detail))
                        .push_bind(text_opt(skip.provider_agent_id.as_deref()))
                        .push_bind(skip.occurred_at.map(Timestamp::as_millis));
                });
                insert.build().execute(&mut *db).await?;
            }
            Ok(())
        })
    }
}

impl Store {
    /// A run's log.
    pub async fn run_log(&self, run: RunId) -> Result<Vec<LogLine>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LOG).bind(run.0).fetch_all(db).await)?)
    }

    /// The pages a run has read.
    pub async fn run_pages(&self, run: RunId) -> Result<Vec<PageRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(PAGES).bind(run.0).fetch_all(db).await)?)
    }

    /// The calls a run could not place and the records it could not read, as far as it kept them.
    pub async fn run_skips(&self, run: RunId) -> Result<Vec<SkipRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(SKIPS).bind(run.0).fetch_all(db).await)?)
    }
}
