//! The other witnesses of a call, found by index in both directions.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::legs::{Witness, conversations};
use domain::{ProviderCallId, ProviderKind, SourceId};
use sqlx::QueryBuilder;

use crate::db::either;
use crate::legs::day;
use crate::text::text;
use crate::{CallKey, Scope, Store, StoreError};

/// A call as a witness of a conversation, for people.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "columns of `calls`, documented in the schema")]
pub struct LegRow {
    pub source_id: i64,
    pub source: String,
    pub provider: String,
    pub provider_call_id: String,
    pub occurred_at: i64,
    pub duration_ms: Option<i64>,
    pub direction: Option<String>,
    pub status: String,
}

// Days and names are few: each pair of them is looked up by itself.
const SAYING: &str = "
SELECT DISTINCT provider_call_id FROM aliases WHERE day IN (";

// Ids are looked up before calls are, and not joined: where statistics are young, PostgreSQL would
// go through all calls instead. For the same reason `+ 0` keeps the planner from going by the
// source or the account, see docs/decisions/0006.
const BY_ID: &str = "
SELECT c.source_id, s.name AS source, s.provider, c.provider_call_id, c.occurred_at,
       c.duration_ms, c.direction, c.status
FROM calls c
JOIN sources s ON s.source_id = c.source_id + 0
WHERE c.provider_call_id IN (";

/// A conversation has a handful of witnesses. These bounds keep a provider that gives one id to
/// everything from making one look read everything.
const WITNESSES_MAX: usize = 200;
const ROUNDS_MAX: usize = 8;

/// The days on which calls may say a call's name: a day to both sides is more than the witnesses of
/// one conversation differ by, in a wrong zone too.
fn days_around(at: i64) -> impl Iterator<Item = i64> {
    day(at) - 1..=day(at) + 1
}

impl Store {
    /// The other witnesses of the conversation a call is part of, oldest first.
    ///
    /// What does not lie in the scope is neither shown nor gone through: a leg that only another
    /// account's call ties to this one is not found.
    pub async fn legs_of(&self, scope: Scope, call: &CallKey) -> Result<Vec<LegRow>, StoreError> {
        let mut found: HashMap<(i64, String), (LegRow, Witness)> = HashMap::new();
        let mut asked: HashSet<String> = HashSet::new();
        let mut names = vec![call.id.0.clone()];
        // Until the call itself is found, nobody knows when others could have said its name.
        let mut days = BTreeSet::new();
        for round in 0..=ROUNDS_MAX {
            let mut rows = self.legs_said(scope, &names, &days).await?;
            let is_asked =
                |row: &LegRow| key(row) == (call.source.0, text(&call.id.0).into_owned());
            if round == 0 && !rows.iter().any(is_asked) {
                return Ok(Vec::new());
            }
            if round > 0 {
                asked.extend(names);
            }
            rows.retain(|row| !found.contains_key(&key(row)));
            let calls: Vec<(i64, &str)> =
                rows.iter().map(|row| (row.occurred_at, row.provider_call_id.as_str())).collect();
            let mut aliases = self.aliases_of(&calls).await?;
            names = Vec::new();
            for row in rows {
                let key = key(&row);
                days.extend(days_around(row.occurred_at));
                let said = aliases.remove(&(SourceId(key.0), key.1.clone())).unwrap_or_default();
                names.extend(said.iter().map(|alias| alias.id.clone()));
                names.push(key.1.clone());
                let witness = Witness {
                    source: SourceId(key.0),
                    id: ProviderCallId(key.1.clone()),
                    provider: provider(&row)?,
                    aliases: said,
                };
                found.entry(key).or_insert((row, witness));
            }
            names.retain(|name| !asked.contains(name));
            names.sort_unstable();
            names.dedup();
            if names.is_empty() || found.len() >= WITNESSES_MAX {
                break;
            }
        }
        Ok(others(found, call))
    }

    /// Calls of these ids, and calls of these days that say one of them as another name of theirs.
    async fn legs_said(
        &self,
        scope: Scope,
        names: &[String],
        days: &BTreeSet<i64>,
    ) -> Result<Vec<LegRow>, StoreError> {
        let saying = if days.is_empty() { Vec::new() } else { self.saying(names, days).await? };
        let ids: BTreeSet<&String> = names.iter().chain(&saying).collect();
        Ok(either!(self.read(), |db| {
            let mut query = QueryBuilder::new(BY_ID);
            let mut list = query.separated(", ");
            for id in &ids {
                list.push_bind(text(id));
            }
            query.push(")");
            if let Some(account) = scope.account() {
                query.push(" AND c.account_id + 0 = ").push_bind(account);
            }
            query.push(" ORDER BY c.provider_call_id, c.source_id LIMIT ");
            query.push_bind(WITNESSES_MAX as i64).build_query_as().fetch_all(db).await
        })?)
    }

    /// Ids of calls of these days that say one of these names.
    async fn saying(
        &self,
        names: &[String],
        days: &BTreeSet<i64>,
    ) -> Result<Vec<String>, StoreError> {
        let ids: Vec<(String,)> = either!(self.read(), |db| {
            let mut query = QueryBuilder::new(SAYING);
            let mut list = query.separated(", ");
            for day in days {
                list.push_bind(*day);
            }
            query.push(") AND alias_id IN (");
            let mut list = query.separated(", ");
            for name in names {
                list.push_bind(text(name));
            }
            query.push(") ORDER BY provider_call_id LIMIT ").push_bind(WITNESSES_MAX as i64);
            query.build_query_as().fetch_all(db).await
        })?;
        Ok(ids.into_iter().map(|(id,)| id).collect())
    }
}

/// The conversation with this call, by the one rule, without the call.
fn others(found: HashMap<(i64, String), (LegRow, Witness)>, call: &CallKey) -> Vec<LegRow> {
    let own = (call.source.0, text(&call.id.0).into_owned());
    let (rows, witnesses): (Vec<LegRow>, Vec<Witness>) = found.into_values().unzip();
    let same = |witness: &&Witness| (witness.source.0, &witness.id.0) == (own.0, &own.1);
    let joined = conversations(&witnesses).into_iter().find(|calls| calls.iter().any(same));
    let joined: HashSet<(i64, &str)> = joined
        .into_iter()
        .flatten()
        .map(|witness| (witness.source.0, witness.id.0.as_str()))
        .collect();
    let is_other = |row: &LegRow| {
        key(row) != own && joined.contains(&(row.source_id, row.provider_call_id.as_str()))
    };
    let mut legs: Vec<LegRow> = rows.into_iter().filter(is_other).collect();
    legs.sort_by_key(|row| (row.occurred_at, key(row)));
    legs
}

fn key(row: &LegRow) -> (i64, String) {
    (row.source_id, row.provider_call_id.clone())
}

fn provider(row: &LegRow) -> Result<ProviderKind, StoreError> {
    row.provider.parse().map_err(|unknown: domain::UnknownProvider| StoreError::Nonsense {
        what: unknown.to_string(),
    })
}
