//! What was learnt by examining a connection, latest look only.

use domain::{SourceId, Timestamp};

use crate::db::either;
use crate::text::{text, text_opt};
use crate::{Store, StoreError, Tx};

/// One thing learnt.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ProbeRow {
    /// What was looked at.
    pub name: String,
    /// `right`, `notable` or `wrong`.
    pub outcome: String,
    /// A sentence for a person.
    pub sentence: String,
    /// What to do about it.
    pub hint: Option<String>,
}

const SAVE: &str = "
INSERT INTO probes (source_id, name, outcome, sentence, hint, checked_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (source_id, name) DO UPDATE
SET outcome = excluded.outcome, sentence = excluded.sentence, hint = excluded.hint,
    checked_at = excluded.checked_at";

const LIST: &str = "
SELECT name, outcome, sentence, hint FROM probes WHERE source_id = $1 ORDER BY name";

impl Tx {
    /// Writes down what was learnt.
    pub async fn probes_save(
        &mut self,
        source: SourceId,
        probes: &[ProbeRow],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            for probe in probes {
                sqlx::query(SAVE)
                    .bind(source.0)
                    .bind(text(&probe.name))
                    .bind(text(&probe.outcome))
                    .bind(text(&probe.sentence))
                    .bind(text_opt(probe.hint.as_deref()))
                    .bind(now.as_millis())
                    .execute(&mut *db)
                    .await?;
            }
            Ok(())
        })
    }
}

impl Store {
    /// What is known about a source's connection.
    pub async fn probes_list(&self, source: SourceId) -> Result<Vec<ProbeRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(LIST).bind(source.0).fetch_all(db).await)?)
    }
}
