//! Calls on their way to another account, written many at a time.

use std::borrow::Cow;

use domain::{Placement, SourceId};
use sqlx::{AssertSqlSafe, PgConnection, SqliteConnection};

use super::write::{Written, written};
use crate::batch::marks;
use crate::db::either;
use crate::text::text;
use crate::{StoreError, Tx};

const MOVE: &str = "UPDATE calls
SET placement = ?, agent_id = ?, account_id = ?, reason = ?, decided_by = ?, revision = ?
WHERE source_id = ? AND provider_call_id IN ";

const MOVE_POSTGRES: &str = "
UPDATE calls
SET placement = $1, agent_id = $2, account_id = $3, reason = $4, decided_by = $5, revision = $6
WHERE source_id + 0 = $7 AND provider_call_id = ANY($8)";

// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
const SET_CAMPAIGN: &str = "
UPDATE calls SET campaign = $1, revision = $2
WHERE source_id + 0 = $3 AND provider_call_id = $4 AND campaign IS NULL AND erased_at IS NULL";

const IDS_MAX: usize = 512;

/// A statement that moves calls, with everything but their ids.
macro_rules! moving {
    ($sql:expr, ($source:expr, $revision:expr), $to:expr) => {{
        let Written { placement, agent, account, reason, decided_by } = written($to);
        let query = sqlx::query($sql).bind(placement).bind(agent).bind(account);
        query.bind(reason).bind(decided_by).bind($revision).bind($source.0)
    }};
}

/// Where calls can be moved. Only PostgreSQL takes many ids as one value.
trait Moves {
    async fn moved(
        &mut self,
        at: (SourceId, i64),
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError>;
}

impl Moves for SqliteConnection {
    async fn moved(
        &mut self,
        (source, revision): (SourceId, i64),
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError> {
        for piece in ids.chunks(IDS_MAX) {
            // Few lengths make few statements; naming an id twice changes nothing.
            let count = piece.len().next_power_of_two();
            let sql = format!("{MOVE}({})", marks(count));
            let mut query = moving!(AssertSqlSafe(sql), (source, revision), to);
            for id in piece.iter().chain(std::iter::repeat_n(&piece[0], count - piece.len())) {
                query = query.bind(text(id));
            }
            query.execute(&mut *self).await?;
        }
        Ok(())
    }
}

impl Moves for PgConnection {
    async fn moved(
        &mut self,
        (source, revision): (SourceId, i64),
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError> {
        let ids: Vec<Cow<'_, str>> = ids.iter().map(|id| text(id)).collect();
        moving!(MOVE_POSTGRES, (source, revision), to).bind(ids).execute(self).await?;
        Ok(())
    }
}

impl Tx {
    /// Writes the campaigns of calls that were stored before campaigns were read.
    pub async fn calls_campaigns_set(
        &mut self,
        source: SourceId,
        campaigns: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        if campaigns.is_empty() {
            return Ok(());
        }
        let revision = self.revision(source).await?;
        either!(self.conn(), |db| {
            for (id, campaign) in campaigns {
                let query = sqlx::query(SET_CAMPAIGN).bind(text(campaign)).bind(revision);
                query.bind(source.0).bind(text(id)).execute(&mut *db).await?;
            }
        });
        Ok(())
    }

    /// Writes one new placement of many calls; the calls themselves are untouched.
    pub async fn calls_move(
        &mut self,
        source: SourceId,
        to: Placement,
        ids: &[&str],
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let at = (source, self.revision(source).await?);
        either!(self.conn(), |db| db.moved(at, to, ids).await)
    }
}
