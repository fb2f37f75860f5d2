//! The ledger. Its rules are in `domain`; here it is read, and written row by row.

use domain::{Coverage, Covered, Level, Mark, RunId, SourceId, Timestamp, Window};

use crate::db::either;
use crate::text::text_opt;
use crate::{Store, StoreError, Tx};

#[derive(sqlx::FromRow)]
struct Row {
    window_from: i64,
    window_to: i64,
    level: String,
    mark: Option<String>,
    mark_detail: Option<String>,
    listed: Option<i64>,
    provider_total: Option<i64>,
    run_id: i64,
    checked_at: i64,
    tried_at: Option<i64>,
}

const LOAD: &str = "
SELECT window_from, window_to, level, mark, mark_detail, listed, provider_total, run_id, checked_at,
       tried_at
FROM coverage WHERE source_id = $1 AND stream = 'calls' AND facet = ''
ORDER BY window_from";

// Neighbours are read too, because they may merge.
const TOUCHING: &str = "
SELECT window_from, window_to, level, mark, mark_detail, listed, provider_total, run_id, checked_at,
       tried_at
FROM coverage WHERE source_id = $1 AND stream = 'calls' AND facet = ''
  AND window_from <= $3 AND window_to >= $2
ORDER BY window_from";

const DELETE: &str = "
DELETE FROM coverage WHERE source_id = $1 AND stream = 'calls' AND facet = '' AND window_from = $2";

const INSERT: &str = "
INSERT INTO coverage
    (source_id, stream, facet, window_from, window_to, level, mark, mark_detail, listed,
     provider_total, run_id, checked_at, tried_at)
VALUES ($1, 'calls', '', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

impl Store {
    /// The whole ledger of a source.
    pub async fn coverage_load(&self, source: SourceId) -> Result<Coverage, StoreError> {
        let rows: Vec<Row> =
            either!(self.read(), |db| sqlx::query_as(LOAD).bind(source.0).fetch_all(db).await)?;
        let rows: Result<Vec<Covered>, StoreError> = rows.into_iter().map(Row::read).collect();
        Ok(Coverage::from_rows(rows?))
    }
}

impl Tx {
    /// Writes what was learnt about a window, together with the data it speaks of.
    pub async fn coverage_mark(
        &mut self,
        source: SourceId,
        new: Covered,
    ) -> Result<(), StoreError> {
        self.coverage_write(source, new.window, |ledger| ledger.mark(new)).await
    }

    /// Says of what was settled in a window by this instant that it was compared with the provider
    /// since. Whoever calls this holds up who reads the source, and writes its ledger under a lease.
    pub async fn coverage_compared(
        &mut self,
        source: SourceId,
        window: Window,
        by: Timestamp,
    ) -> Result<(), StoreError> {
        self.coverage_write(source, window, |ledger| ledger.compared(window, by)).await
    }

    /// Takes the proof of a window back, because something in it could not be kept.
    pub async fn coverage_reopen(
        &mut self,
        source: SourceId,
        new: Covered,
    ) -> Result<(), StoreError> {
        self.coverage_write(source, new.window, |ledger| ledger.reopen(new)).await
    }

    async fn coverage_write(
        &mut self,
        source: SourceId,
        window: Window,
        write: impl FnOnce(&mut Coverage),
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            let touching: Vec<Row> = sqlx::query_as(TOUCHING)
                .bind(source.0)
                .bind(window.from().as_millis())
                .bind(window.to().as_millis())
                .fetch_all(&mut *db)
                .await?;
            let before: Result<Vec<Covered>, StoreError> =
                touching.into_iter().map(Row::read).collect();
            let before = before?;
            let mut ledger = Coverage::from_rows(before.iter().cloned());
            write(&mut ledger);
            let after = ledger.into_rows();

            for row in before.iter().filter(|row| !after.contains(row)) {
                let from = row.window.from().as_millis();
                sqlx::query(DELETE).bind(source.0).bind(from).execute(&mut *db).await?;
            }
            for row in after.iter().filter(|row| !before.contains(row)) {
                let (mark, detail) = written(row.mark.as_ref());
                sqlx::query(INSERT)
                    .bind(source.0)
                    .bind(row.window.from().as_millis())
                    .bind(row.window.to().as_millis())
                    .bind(level_name(row.level))
                    .bind(mark)
                    .bind(text_opt(detail))
                    .bind(row.listed.and_then(|n| i64::try_from(n).ok()))
                    .bind(row.provider_total.and_then(|n| i64::try_from(n).ok()))
                    .bind(row.run.0)
                    .bind(row.checked_at.as_millis())
                    .bind(row.tried_at.map(Timestamp::as_millis))
                    .execute(&mut *db)
                    .await?;
            }
            Ok(())
        })
    }
}

impl Row {
    fn read(self) -> Result<Covered, StoreError> {
        let nonsense = |what: String| StoreError::Nonsense { what };
        let from = Timestamp::from_millis(self.window_from);
        let window = Window::new(from, Timestamp::from_millis(self.window_to))
            .map_err(|error| nonsense(error.to_string()))?;
        let detail = self.mark_detail.unwrap_or_default();
        let mark = match self.mark.as_deref() {
            None => None,
            Some("empty") => Some(Mark::Empty),
            Some("possibly_truncated") => Some(Mark::PossiblyTruncated(detail)),
            Some("unreachable") => Some(Mark::Unreachable(detail)),
            Some(other) => return Err(nonsense(format!("the mark `{other}`"))),
        };
        Ok(Covered {
            window,
            level: level(&self.level)
                .ok_or_else(|| nonsense(format!("the level `{}`", self.level)))?,
            mark,
            listed: self.listed.and_then(|n| u64::try_from(n).ok()),
            provider_total: self.provider_total.and_then(|n| u64::try_from(n).ok()),
            run: RunId(self.run_id),
            checked_at: Timestamp::from_millis(self.checked_at),
            tried_at: self.tried_at.map(Timestamp::from_millis),
        })
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Unproven => "unproven",
        Level::Listed => "listed",
        Level::Settled => "settled",
        Level::Compared => "compared",
    }
}

fn level(name: &str) -> Option<Level> {
    let all = [Level::Unproven, Level::Listed, Level::Settled, Level::Compared];
    all.into_iter().find(|level| level_name(*level) == name)
}

fn written(mark: Option<&Mark>) -> (Option<&'static str>, Option<&str>) {
    match mark {
        None => (None, None),
        Some(Mark::Empty) => (Some("empty"), None),
        Some(Mark::PossiblyTruncated(detail)) => (Some("possibly_truncated"), Some(detail)),
        Some(Mark::Unreachable(detail)) => (Some("unreachable"), Some(detail)),
    }
}
