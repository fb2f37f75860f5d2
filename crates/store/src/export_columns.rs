//! Which column of an exported file is what, as somebody said once.

use std::collections::BTreeMap;

use domain::{SourceId, Timestamp};

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

const FORGET: &str = "
DELETE FROM export_columns WHERE source_id = $1";

const SAY: &str = "
INSERT INTO export_columns (source_id, field, name, said_at) VALUES ($1, $2, $3, $4)";

const SAID: &str = "
SELECT field, name FROM export_columns WHERE source_id = $1 ORDER BY field";

impl Tx {
    /// Replaces what was said of the columns of a source's exports.
    pub async fn export_columns_say(
        &mut self,
        source: SourceId,
        columns: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(FORGET).bind(source.0).execute(&mut *db).await?;
            for (field, name) in columns {
                let query = sqlx::query(SAY).bind(source.0).bind(text(field)).bind(text(name));
                query.bind(now.as_millis()).execute(&mut *db).await?;
            }
            Ok(())
        })
    }
}

impl Store {
    /// What was said of the columns of a source's exports: field and column.
    pub async fn export_columns_said(
        &self,
        source: SourceId,
    ) -> Result<BTreeMap<String, String>, StoreError> {
        let rows: Vec<(String, String)> =
            either!(self.read(), |db| { sqlx::query_as(SAID).bind(source.0).fetch_all(db).await })?;
        Ok(rows.into_iter().collect())
    }
}
