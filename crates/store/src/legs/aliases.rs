//! Aliases on their way in, and as they are held.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use domain::{Alias, SourceId};
use sqlx::{AssertSqlSafe, Row as _};

use crate::batch::pieces;
use crate::db::either;
use crate::explain::Explain;
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

/// A day, a source, a call's id, a kind and an id, as `OF_CALLS` lists them.
type Held = (i64, i64, String, String, String);

const IDS_MAX: usize = 256;

const DELETE: &str = "
DELETE FROM aliases
WHERE day = $1 AND provider_call_id = $2 AND source_id = $3 AND kind = $4 AND alias_id = $5";

// Each pair of a day and an id is looked up by the key; a list of pairs after IN would make SQLite
// read the whole table. Two sources may have a call of one id.
const OF_CALLS: &str = "
SELECT DISTINCT a.day, a.source_id, a.provider_call_id, a.kind, a.alias_id
FROM wanted w CROSS JOIN aliases a
WHERE a.day = w.day AND a.provider_call_id = w.id
ORDER BY a.provider_call_id, a.source_id, a.kind, a.alias_id";

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
                let mut query = sqlx::query_as(of_calls(piece.len()));
                for (day, id) in piece {
                    query = query.bind(*day).bind(text(id));
                }
                held.extend(query.fetch_all(&mut *db).await?);
            }
            let ours = held.iter().filter(|(_, of, ..)| *of == source.0);
            let held: HashSet<Row> = ours.map(row).collect();
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

/// The statement for so many calls, each a day and an id.
fn of_calls(count: usize) -> AssertSqlSafe<String> {
    let pair = |n| format!("(${}, ${})", 1 + 2 * n, 2 + 2 * n);
    let pairs = (0..count).map(pair).collect::<Vec<_>>().join(",");
    AssertSqlSafe(format!("WITH wanted (day, id) AS (VALUES {pairs}){OF_CALLS}"))
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
    let (day, _, call, kind, id) = held;
    Row { day: *day, call: call.into(), kind: kind.into(), id: id.into() }
}

impl Store {
    /// What calls of these times and ids say of their other names, whichever source they are of.
    pub async fn aliases_of(
        &self,
        calls: &[(i64, &str)],
    ) -> Result<HashMap<(SourceId, String), Vec<Alias>>, StoreError> {
        let mut found: HashMap<(SourceId, String), Vec<Alias>> = HashMap::new();
        for piece in pieces(calls, IDS_MAX) {
            let rows: Vec<Held> = either!(self.read(), |db| {
                let mut query = sqlx::query_as(of_calls(piece.len()));
                for (at, id) in piece {
                    query = query.bind(day(*at)).bind(text(id));
                }
                query.fetch_all(db).await
            })?;
            for (_, source, call, kind, id) in rows {
                found.entry((SourceId(source), call)).or_default().push(Alias { kind, id });
            }
        }
        Ok(found)
    }

    /// By what the database finds the names of two calls, in its own words: whoever looks up a few
    /// must not read the others.
    pub async fn aliases_plan(&self) -> Result<Vec<String>, StoreError> {
        let Explain { words, column } = Explain::of(self.engine());
        either!(self.read(), |db| {
            let sql = AssertSqlSafe(format!("{words} {}", of_calls(2).0));
            let query = sqlx::query(sql).bind(1_i64).bind("a").bind(2_i64).bind("b");
            let rows = query.fetch_all(db).await?;
            let lines: Result<Vec<String>, sqlx::Error> =
                rows.iter().map(|row| row.try_get(column)).collect();
            Ok(lines?)
        })
    }
}
