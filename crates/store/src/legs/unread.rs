//! How far the aliases of calls stored before there were any have been read.

use domain::SourceId;

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

const PLACE: &str = "
SELECT before_at, before_id FROM aliases_unread WHERE source_id = $1";

const MOVE: &str = "
UPDATE aliases_unread SET before_at = $2, before_id = $3 WHERE source_id = $1";

const DONE: &str = "
DELETE FROM aliases_unread WHERE source_id = $1";

impl Store {
    /// The place in time order, time and id, before which calls may have unread aliases; `None`
    /// when there are none.
    pub async fn aliases_unread(
        &self,
        source: SourceId,
    ) -> Result<Option<(i64, String)>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_as(PLACE).bind(source.0).fetch_optional(db).await
        })?)
    }
}

impl Tx {
    /// Says how far they are read now; `None` when that is all.
    pub async fn aliases_read_to(
        &mut self,
        source: SourceId,
        place: Option<(i64, &str)>,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            match place {
                Some((at, id)) => {
                    sqlx::query(MOVE).bind(source.0).bind(at).bind(text(id)).execute(db).await?;
                }
                None => {
                    sqlx::query(DONE).bind(source.0).execute(db).await?;
                }
            }
            Ok(())
        })
    }
}
