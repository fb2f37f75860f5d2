//! What changed since a bookmark: calls as they are now, and calls that left the account.

use domain::{Bookmark, ReadTo, Revised, SourceId};
use sqlx::{QueryBuilder, Row as _};

use super::across::SOURCES_AT_ONCE;
use super::list::{CallRow, columns};
use crate::db::either;
use crate::explain::Explain;
use crate::text::text;
use crate::{Scope, Store, StoreError};

/// A call that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedCall {
    /// The source that has it.
    pub source: String,
    /// The provider's id.
    pub provider_call_id: String,
    /// As it is now; nothing where it left the account.
    pub call: Option<CallRow>,
    source_id: SourceId,
    revision: i64,
    turn: i64,
}

/// A page of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedCalls {
    /// In the order in which they are to be taken.
    pub calls: Vec<ChangedCall>,
    /// Where to go on.
    pub next: Bookmark,
    /// Whether there are more already.
    pub has_more: bool,
}

/// Why changes cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ChangedError {
    /// The bookmark is ahead of this database.
    #[error(
        "this bookmark is of another database, or of this one before an older copy was put back"
    )]
    Ahead,
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(sqlx::FromRow)]
struct Head {
    source_id: i64,
    name: String,
    revision: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    turn: i64,
    revision: i64,
    #[sqlx(flatten)]
    call: CallRow,
}

#[derive(sqlx::FromRow)]
struct Departure {
    turn: i64,
    revision: i64,
    provider_call_id: String,
}

/// Of a source: its turn, and from which place up to which revision it is read.
struct Stretch<'h> {
    turn: usize,
    head: &'h Head,
    from: (i64, String),
}

// Everything of these revisions is there: they were given out in order.
const HEADS: &str = "
SELECT s.source_id, s.name, COALESCE(r.revision, 0) AS revision
FROM sources s LEFT JOIN revisions r ON r.source_id = s.source_id";

// `CROSS JOIN` keeps SQLite from walking all calls.
const AS_THEY_ARE: &str = concat!(
    ")\nSELECT p.turn, p.revision, ",
    columns!("places p\nCROSS JOIN calls c"),
    "
WHERE c.provider_call_id = p.provider_call_id AND c.source_id = p.source_id"
);
const IN_TURN: &str = "
ORDER BY p.turn, p.revision, p.provider_call_id";

const FIRST: &str = ") of_all ORDER BY turn, revision, provider_call_id LIMIT ";

// What came back since is told as it is.
const AND_NOT_BACK: &str = "
AND NOT EXISTS (SELECT 1 FROM calls b WHERE b.provider_call_id = c.provider_call_id
                AND b.source_id = c.source_id AND b.account_id = c.account_id)";

// Of other sources whoever sees one account is told nothing, not even that they are there.
const SEEN: &str = "
SELECT s.source_id FROM sources s
WHERE EXISTS (SELECT 1 FROM calls c WHERE c.account_id = $1 AND c.source_id = s.source_id)
   OR EXISTS (SELECT 1 FROM departures d WHERE d.account_id = $1 AND d.source_id = s.source_id)";

/// Writes the places of the first changes of each source.
macro_rules! places {
    ($query:ident, $table:literal, $stretches:expr, $account:expr, $and:expr, $count:expr) => {
        for (nth, Stretch { turn, head, from: (revision, id) }) in $stretches.iter().enumerate() {
            $query.push(if nth == 0 { "\n" } else { "\nUNION ALL\n" });
            $query.push(format!(
                "SELECT * FROM (SELECT CAST({turn} AS BIGINT) AS turn, c.source_id, c.revision,
                 c.provider_call_id FROM {} c WHERE c.source_id = ",
                $table
            ));
            $query.push_bind(head.source_id);
            if let Some(account) = $account {
                $query.push(" AND c.account_id = ").push_bind(account);
            }
            $query.push(" AND (c.revision, c.provider_call_id) >= (").push_bind(*revision);
            $query.push(", ").push_bind(text(id)).push(") AND c.revision <= ");
            $query.push_bind(head.revision).push($and);
            $query.push(" ORDER BY c.revision, c.provider_call_id LIMIT ");
            $query.push_bind($count).push(") of_source");
        }
    };
}

/// Writes the statement that reads calls of an account that left it.
macro_rules! departed {
    ($query:ident, $stretches:expr, $account:expr, $count:expr) => {
        $query.push("SELECT turn, revision, provider_call_id FROM (");
        places!($query, "departures", $stretches, $account, AND_NOT_BACK, $count);
        $query.push(FIRST).push_bind($count);
    };
}

/// Writes the statement that reads changed calls.
macro_rules! changed {
    ($query:ident, $stretches:expr, $account:expr, $count:expr) => {
        $query.push("WITH places AS (SELECT * FROM (");
        places!($query, "calls", $stretches, $account, "", $count);
        $query.push(FIRST).push_bind($count).push(AS_THEY_ARE);
        // Between two looks at it, a call may have left.
        if let Some(account) = $account {
            $query.push(" AND c.account_id = ").push_bind(account);
        }
        $query.push(IN_TURN);
    };
}

impl Store {
    /// The next `count` calls at most that changed since a bookmark, as they are now, and those that
    /// left the account. Nothing that changed is missed; what changes meanwhile may come twice.
    pub async fn calls_changed(
        &self,
        scope: Scope,
        since: &Bookmark,
        count: usize,
    ) -> Result<ChangedCalls, ChangedError> {
        let heads = self.heads().await?;
        if self.is_ahead(scope, since, &heads).await? {
            return Err(ChangedError::Ahead);
        }
        let stretches = stretches(&heads, since);
        // One more than asked for tells whether there are more, and whether a revision was torn.
        let enough = count.saturating_add(1);
        let mut calls: Vec<ChangedCall> = Vec::new();
        for some in stretches.chunks(SOURCES_AT_ONCE) {
            if calls.len() < enough {
                let left = i64::try_from(enough - calls.len()).unwrap_or(i64::MAX);
                calls.extend(self.changed_of(scope, some, left).await?);
            }
        }
        let unread = calls.get(count).map(ChangedCall::revised);
        let next = since.after(calls.iter().take(count).map(ChangedCall::revised), unread);
        let has_more = unread.is_some();
        calls.truncate(count);
        Ok(ChangedCalls { calls, next, has_more })
    }

    /// Whether a bookmark is ahead of a source in which this scope has or had calls.
    async fn is_ahead(
        &self,
        scope: Scope,
        since: &Bookmark,
        heads: &[Head],
    ) -> Result<bool, StoreError> {
        let ahead = ahead(since, heads);
        let Some(account) = scope.account().filter(|_| !ahead.is_empty()) else {
            return Ok(!ahead.is_empty());
        };
        let seen: Vec<i64> = either!(self.read(), |db| {
            sqlx::query_scalar(SEEN).bind(account).fetch_all(db).await
        })?;
        Ok(ahead.iter().any(|source| seen.contains(&source.0)))
    }

    async fn heads(&self) -> Result<Vec<Head>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(HEADS).fetch_all(db).await)?)
    }

    async fn changed_of(
        &self,
        scope: Scope,
        stretches: &[Stretch<'_>],
        count: i64,
    ) -> Result<Vec<ChangedCall>, StoreError> {
        let account = scope.account();
        let rows: Vec<Row> = either!(self.read(), |db| {
            let mut query = QueryBuilder::new("");
            changed!(query, stretches, account, count);
            query.build_query_as().fetch_all(db).await
        })?;
        let mut all: Vec<ChangedCall> = rows.into_iter().map(Row::changed).collect();
        if account.is_some() {
            let left: Vec<Departure> = either!(self.read(), |db| {
                let mut query = QueryBuilder::new("");
                departed!(query, stretches, account, count);
                query.build_query_as().fetch_all(db).await
            })?;
            all.extend(left.into_iter().filter_map(|left| left.changed(stretches)));
            all.sort_by(|a, b| a.place().cmp(&b.place()));
            all.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        }
        Ok(all)
    }
}

/// The lines of a plan.
macro_rules! plan_of {
    ($db:expr, $query:ident, $column:expr) => {{
        let rows = $query.build().fetch_all($db).await?;
        let lines: Result<Vec<String>, sqlx::Error> =
            rows.iter().map(|row| row.try_get($column)).collect();
        lines?
    }};
}

impl Store {
    /// By what the database finds changes of all sources, and what left an account, in its own words:
    /// whoever asks every few seconds must not read what has not changed.
    pub async fn calls_changed_plans(
        &self,
        scope: Scope,
        since: &Bookmark,
        count: i64,
    ) -> Result<[Vec<String>; 2], StoreError> {
        let Explain { words, column } = Explain::of(self.engine());
        let heads = self.heads().await?;
        let (stretches, account) = (stretches(&heads, since), scope.account());
        either!(self.read(), |db| {
            let mut query = QueryBuilder::new(format!("{words} "));
            changed!(query, stretches, account, count);
            let changed = plan_of!(db, query, column);
            let mut query = QueryBuilder::new(format!("{words} "));
            departed!(query, stretches, account, count);
            Ok([changed, plan_of!(db, query, column)])
        })
    }
}

/// What is left to read of each source, in turn; sources of which nothing is are left out.
fn stretches<'h>(heads: &'h [Head], since: &Bookmark) -> Vec<Stretch<'h>> {
    let ids = heads.iter().map(|head| SourceId(head.source_id)).collect();
    let stretch = |(turn, id)| {
        let head = head_of(id, heads)?;
        let from = match since.of(id) {
            None => (0, String::new()),
            // The first text after an id: no stored text holds U+0000.
            Some(to) => match &to.call {
                Some(call) => (to.revision, format!("{call}\u{1}")),
                None => (to.revision.saturating_add(1), String::new()),
            },
        };
        (from.0 <= head.revision).then_some(Stretch { turn, head, from })
    };
    since.in_turn(ids).into_iter().enumerate().filter_map(stretch).collect()
}

fn head_of(id: SourceId, heads: &[Head]) -> Option<&Head> {
    heads.iter().find(|head| head.source_id == id.0)
}

/// The sources of which a bookmark is ahead, there or not.
fn ahead(since: &Bookmark, heads: &[Head]) -> Vec<SourceId> {
    let is_ahead = |(id, to): &(SourceId, &ReadTo)| {
        head_of(*id, heads).is_none_or(|head| head.revision < to.revision)
    };
    since.sources().filter(is_ahead).map(|(id, _)| id).collect()
}

impl Row {
    fn changed(self) -> ChangedCall {
        let Self { turn, revision, call } = self;
        ChangedCall {
            source: call.source.clone(),
            provider_call_id: call.provider_call_id.clone(),
            source_id: SourceId(call.source_id),
            revision,
            turn,
            call: Some(call),
        }
    }
}

impl Departure {
    fn changed(self, stretches: &[Stretch<'_>]) -> Option<ChangedCall> {
        let Self { turn, revision, provider_call_id } = self;
        let of = stretches.iter().find(|stretch| i64::try_from(stretch.turn) == Ok(turn))?;
        let (source, source_id) = (of.head.name.clone(), SourceId(of.head.source_id));
        Some(ChangedCall { source, provider_call_id, call: None, source_id, revision, turn })
    }
}

impl ChangedCall {
    fn place(&self) -> (i64, i64, &str) {
        (self.turn, self.revision, &self.provider_call_id)
    }

    fn revised(&self) -> Revised<'_> {
        Revised { source: self.source_id, revision: self.revision, call: &self.provider_call_id }
    }
}
