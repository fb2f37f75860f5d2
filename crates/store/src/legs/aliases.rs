//! Aliases on their way in, and as they are held.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use domain::{Alias, SourceId};
use sqlx::AssertSqlSafe;

use crate::batch::pieces;
use crate::db::either;
use crate::insert::{Insert, Inserts};
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// What a call that is new or changed says of its other names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAliases<'c> {
    /// The provider's id of the call.
    pub provider_call_id: Cow<'c, str>,
    /// When it is, in milliseconds since 1970.
    pub at: i64,
    /// When it was so far; nothing where nothing was said of it before.
    pub at_before: Option<i64>,
    /// The names, each once, and of kinds that join only.
    pub aliases: Vec<Cow<'c, Alias>>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Row<'r> {
    day: i64,
    call: Cow<'r, str>,
    kind: Cow<'r, str>,
    id: Cow<'r, str>,
}

/// A day, a call's id, a kind and an id, as `HELD` lists them.
type Held = (i64, String, String, String);

const IDS_MAX: usize = 256;

const DELETE: &str = "
DELETE FROM aliases
WHERE day = $1 AND provider_call_id = $2 AND source_id = $3 AND kind = $4 AND alias_id = $5";

// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
const HELD: &str = "
SELECT day, provider_call_id, kind, alias_id FROM aliases
WHERE source_id + 0 = $1 AND (day, provider_call_id) IN ";

/// The day of an instant in milliseconds, as `aliases` is led by.
pub(crate) const fn day(at: i64) -> i64 {
    const MILLIS: i64 = 24 * 60 * 60 * 1000;
    at / MILLIS
}

impl Tx {
    /// Keeps what calls say of their other names, many per statement.
    ///
    /// Of a call that was here before, a kind it says again replaces what it said of that kind;
    /// kinds it says nothing of stay, at the call's time as it is now. What is held already is not
    /// written again.
    pub async fn aliases_write(
        &mut self,
        source: SourceId,
        calls: &[NewAliases<'_>],
    ) -> Result<(), StoreError> {
        if calls.is_empty() {
            return Ok(());
        }
        let changed = || calls.iter().filter_map(|call| Some((call, call.at_before?)));
        let keys: Vec<(i64, &str)> =
            changed().map(|(call, before)| (day(before), &*call.provider_call_id)).collect();
        either!(self.conn(), |db| {
            let mut held: Vec<Held> = Vec::new();
            for piece in pieces(&keys, IDS_MAX) {
                let sql = format!("{HELD}({})", keyed(2, piece.len()));
                let mut query = sqlx::query_as(AssertSqlSafe(sql)).bind(source.0);
                for (day, id) in piece {
                    query = query.bind(*day).bind(text(id));
                }
                held.extend(query.fetch_all(&mut *db).await?);
            }
            let held: HashSet<Row> = held.iter().map(row).collect();
            let wanted = wanted(changed().map(|(call, _)| call), &held);
            for row in held.difference(&wanted) {
                sqlx::query(DELETE)
                    .bind(row.day)
                    .bind(&*row.call)
                    .bind(source.0)
                    .bind(&*row.kind)
                    .bind(&*row.id)
                    .execute(&mut *db)
                    .await?;
            }
            let new = calls.iter().filter(|call| call.at_before.is_none()).flat_map(rows);
            let mut rows: Vec<Row> = new.chain(wanted.difference(&held).cloned()).collect();
            rows.sort_unstable();
            let insert = Insert::into("aliases", &rows)
                .same_number("source_id", source.0)
                .number("day", |row| row.day)
                .each_text("provider_call_id", |row| &*row.call)
                .text("kind", |row| &*row.kind)
                .text("alias_id", |row| &*row.id)
                .on_conflict("\nON CONFLICT DO NOTHING");
            db.insert(insert).await
        })
    }
}

/// What is to be held of calls that were here before: all they say, and of what is held the kinds
/// they do not say again.
fn wanted<'r>(
    changed: impl Iterator<Item = &'r NewAliases<'r>>,
    held: &HashSet<Row<'r>>,
) -> HashSet<Row<'r>> {
    let mut of_call: HashMap<&str, Vec<&Row>> = HashMap::new();
    for row in held {
        of_call.entry(&*row.call).or_default().push(row);
    }
    let mut wanted = HashSet::new();
    for call in changed {
        let said: Vec<Row> = rows(call).collect();
        let kept = of_call.get(&*text(&call.provider_call_id)).into_iter().flatten();
        let kept = kept.filter(|held| said.iter().all(|row| row.kind != held.kind));
        wanted.extend(kept.map(|row| Row { day: day(call.at), ..(*row).clone() }));
        wanted.extend(said);
    }
    wanted
}

/// `VALUES ($first, …), …`: days with ids of calls.
fn keyed(first: usize, count: usize) -> String {
    let pair = |n| format!("(${}, ${})", first + 2 * n, first + 2 * n + 1);
    format!("VALUES {}", (0..count).map(pair).collect::<Vec<_>>().join(","))
}

fn rows<'r>(call: &'r NewAliases<'_>) -> impl Iterator<Item = Row<'r>> {
    call.aliases.iter().map(|alias| Row {
        day: day(call.at),
        call: text(&call.provider_call_id),
        kind: text(&alias.kind),
        id: text(&alias.id),
    })
}

fn row(held: &Held) -> Row<'_> {
    let (day, call, kind, id) = held;
    Row { day: *day, call: call.into(), kind: kind.into(), id: id.into() }
}

const OF_CALLS: &str = "
SELECT source_id, provider_call_id, kind, alias_id FROM aliases WHERE (day, provider_call_id) IN ";

impl Store {
    /// What calls of these times and ids say of their other names, whichever source they are of.
    pub(crate) async fn aliases_of(
        &self,
        calls: &[(i64, &str)],
    ) -> Result<HashMap<(SourceId, String), Vec<Alias>>, StoreError> {
        let mut found: HashMap<(SourceId, String), Vec<Alias>> = HashMap::new();
        for piece in pieces(calls, IDS_MAX) {
            let keys = keyed(1, piece.len());
            let sql =
                format!("{OF_CALLS}({keys}) ORDER BY provider_call_id, source_id, kind, alias_id");
            let rows: Vec<(i64, String, String, String)> = either!(self.read(), |db| {
                let mut query = sqlx::query_as(AssertSqlSafe(sql));
                for (at, id) in piece {
                    query = query.bind(day(*at)).bind(text(id));
                }
                query.fetch_all(db).await
            })?;
            for (source, call, kind, id) in rows {
                found.entry((SourceId(source), call)).or_default().push(Alias { kind, id });
            }
        }
        Ok(found)
    }
}
