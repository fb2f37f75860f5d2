//! Calls as a comparison reads them: a window whole, or single ones by id.

use std::time::Duration;

use domain::{Direction, Phone, ProviderCallId, SourceId, Timestamp, Told, Window};
use sqlx::QueryBuilder;

use crate::db::either;
use crate::text::text;
use crate::{Scope, Store, StoreError};

/// A call of ours as it is compared, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCall {
    /// What is compared.
    pub told: Told,
    /// `placed`, `waiting` or `excluded`.
    pub placement: String,
    /// Why.
    pub reason: String,
    /// Whose it is.
    pub account_id: Option<i64>,
    /// Whether its numbers and words were erased for good.
    pub is_erased: bool,
}

impl AsRef<Told> for HeldCall {
    fn as_ref(&self) -> &Told {
        &self.told
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    provider_call_id: String,
    occurred_at: i64,
    status: String,
    duration_ms: Option<i64>,
    direction: Option<String>,
    from_raw: Option<String>,
    from_e164: Option<String>,
    to_raw: Option<String>,
    to_e164: Option<String>,
    provider_agent_id: Option<String>,
    placement: String,
    reason: String,
    account_id: Option<i64>,
    erased_at: Option<i64>,
}

macro_rules! columns {
    () => {
        "
SELECT provider_call_id, occurred_at, COALESCE(status_heard, status) AS status, duration_ms, direction, from_raw, from_e164, to_raw, to_e164,
       provider_agent_id, placement, reason, account_id, erased_at
FROM calls "
    };
}

const BETWEEN: &str = concat!(
    columns!(),
    "WHERE source_id = $1 AND occurred_at >= $2 AND occurred_at < $3
  AND (CAST($4 AS BIGINT) IS NULL OR account_id = $4)
ORDER BY occurred_at, provider_call_id"
);

// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
const BY_ID: &str = concat!(columns!(), "WHERE source_id + 0 = ");

const IDS_MAX: usize = 256;

impl Store {
    /// Every call of a source inside a window, oldest first.
    pub async fn calls_held(
        &self,
        scope: Scope,
        source: SourceId,
        window: Window,
    ) -> Result<Vec<HeldCall>, StoreError> {
        let rows: Vec<Row> = either!(self.read(), |db| {
            sqlx::query_as(BETWEEN)
                .bind(source.0)
                .bind(window.from().as_millis())
                .bind(window.to().as_millis())
                .bind(scope.account())
                .fetch_all(db)
                .await
        })?;
        rows.into_iter().map(held).collect()
    }

    /// These calls of a source, wherever in time they are. Those we do not have are absent.
    pub async fn calls_held_by_id(
        &self,
        scope: Scope,
        source: SourceId,
        ids: &[&ProviderCallId],
    ) -> Result<Vec<HeldCall>, StoreError> {
        let mut found = Vec::new();
        for piece in ids.chunks(IDS_MAX) {
            let rows: Vec<Row> = either!(self.read(), |db| {
                let mut query = QueryBuilder::new(BY_ID);
                query.push_bind(source.0).push(" AND provider_call_id IN (");
                let mut list = query.separated(", ");
                for id in piece {
                    list.push_bind(text(&id.0));
                }
                query.push(")");
                if let Some(account) = scope.account() {
                    query.push(" AND account_id = ").push_bind(account);
                }
                query.build_query_as().fetch_all(db).await
            })?;
            found.extend(rows);
        }
        found.into_iter().map(held).collect()
    }
}

fn held(row: Row) -> Result<HeldCall, StoreError> {
    let status = row.status.parse().map_err(|what| StoreError::Nonsense { what })?;
    let phone = |raw: Option<String>, e164| raw.map(|raw| Phone { raw, e164 });
    let millis = |duration: i64| u64::try_from(duration).unwrap_or(0);
    Ok(HeldCall {
        told: Told {
            id: ProviderCallId(row.provider_call_id),
            at: Timestamp::from_millis(row.occurred_at),
            status,
            duration: row.duration_ms.map(millis).map(Duration::from_millis),
            direction: Direction::ALL
                .into_iter()
                .find(|it| row.direction.as_deref() == Some(it.as_str())),
            from: phone(row.from_raw, row.from_e164),
            to: phone(row.to_raw, row.to_e164),
            agent: row.provider_agent_id,
        },
        placement: row.placement,
        reason: row.reason,
        account_id: row.account_id,
        is_erased: row.erased_at.is_some(),
    })
}
