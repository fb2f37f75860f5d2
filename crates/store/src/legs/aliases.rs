//! Aliases on their way in, and as they are held.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use domain::{Alias, SourceId};
use sqlx::{AssertSqlSafe, QueryBuilder};

use crate::batch::{pieces, placeholders};
use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// What a call that is new or changed says of its other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAliases<'c> {
    /// The provider's id of the call.
    pub provider_call_id: Cow<'c, str>,
    /// Whether nothing was said of it before.
    pub is_new: bool,
    /// The names, each once, and of kinds that join only.
    pub aliases: Vec<Cow<'c, Alias>>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Row<'r> {
    call: Cow<'r, str>,
    kind: Cow<'r, str>,
    id: Cow<'r, str>,
}

/// A call's id, a kind and an id, as `HELD` and `OF_CALLS` list them.
type Held = (String, String, String);

const IDS_MAX: usize = 256;

const DELETE: &str = "
DELETE FROM aliases
WHERE provider_call_id = $1 AND source_id = $2 AND kind = $3 AND alias_id = $4";

impl Tx {
    /// Keeps what calls say of their other names, many per statement.
    ///
    /// Of a call that was here before, a kind it says again replaces what it said of that kind;
    /// kinds it says nothing of stay. What is held already is not written again.
    pub async fn aliases_write(
        &mut self,
        source: SourceId,
        calls: &[NewAliases<'_>],
    ) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let changed: Vec<&NewAliases> = calls.iter().filter(|call| !call.is_new).collect();
        let ids: Vec<&str> = changed.iter().map(|call| &*call.provider_call_id).collect();
        either!(self.conn(), |db| {
            let mut held: Vec<Held> = Vec::new();
            for piece in pieces(&ids, IDS_MAX) {
                let sql = held_sql(piece.len());
                let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(source.0);
                for id in piece {
                    query = query.bind(text(id));
                }
                held.extend(query.fetch_all(&mut *db).await?);
            }
            let said: HashSet<Row> = changed.iter().flat_map(|call| rows(call)).collect();
            let kinds: HashSet<(&str, &str)> =
                said.iter().map(|row| (&*row.call, &*row.kind)).collect();
            let held: HashSet<Row> = held.iter().map(row).collect();
            // No longer said: another id took its place.
            let gone =
                held.difference(&said).filter(|row| kinds.contains(&(&*row.call, &*row.kind)));
            for row in gone {
                sqlx::query(DELETE)
                    .bind(&*row.call)
                    .bind(source.0)
                    .bind(&*row.kind)
                    .bind(&*row.id)
                    .execute(&mut *db)
                    .await?;
            }
            let new = calls.iter().filter(|call| call.is_new).flat_map(rows);
            let mut rows: Vec<Row> = new.chain(said.difference(&held).cloned()).collect();
            rows.sort_unstable_by(|a, b| a.call.cmp(&b.call));
            let insert = Insert::into("aliases", &rows)
                .same_number("source_id", source.0)
                .text("provider_call_id", |row| &*row.call)
                .text("kind", |row| &*row.kind)
                .text("alias_id", |row| &*row.id)
                .on_conflict("\nON CONFLICT DO NOTHING");
            db.insert(insert).await
        })
    }
}

/// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
fn held_sql(count: usize) -> String {
    format!(
        "SELECT provider_call_id, kind, alias_id FROM aliases
         WHERE source_id + 0 = $1 AND provider_call_id IN ({})",
        placeholders(2, count)
    )
}

fn rows<'r>(call: &'r NewAliases<'_>) -> impl Iterator<Item = Row<'r>> {
    call.aliases.iter().map(|alias| Row {
        call: text(&call.provider_call_id),
        kind: text(&alias.kind),
        id: text(&alias.id),
    })
}

fn row(held: &Held) -> Row<'_> {
    let (call, kind, id) = held;
    Row { call: call.into(), kind: kind.into(), id: id.into() }
}

const OF_CALLS: &str = "
SELECT source_id, provider_call_id, kind, alias_id FROM aliases WHERE provider_call_id IN (";

impl Store {
    /// What calls of these ids say of their other names, whichever source they are of.
    pub(crate) async fn aliases_of(
        &self,
        ids: &[&str],
    ) -> Result<HashMap<(SourceId, String), Vec<Alias>>, StoreError> {
        let mut found: HashMap<(SourceId, String), Vec<Alias>> = HashMap::new();
        for piece in ids.chunks(IDS_MAX) {
            let rows: Vec<(i64, String, String, String)> = either!(self.read(), |db| {
                let mut query = QueryBuilder::new(OF_CALLS);
                let mut list = query.separated(", ");
                for id in piece {
                    list.push_bind(text(id));
                }
                query.push(") ORDER BY provider_call_id, source_id, kind, alias_id");
                query.build_query_as().fetch_all(db).await
            })?;
            for (source, call, kind, id) in rows {
                found.entry((SourceId(source), call)).or_default().push(Alias { kind, id });
            }
        }
        Ok(found)
    }
}
