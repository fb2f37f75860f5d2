//! Calls of an account from or to a person's numbers, for whoever erases that person: found day by
//! day while nothing is locked, and looked at once more when everything is.

use std::collections::BTreeSet;

use domain::{AccountId, SourceId, Timestamp};
use sqlx::{AssertSqlSafe, FromRow, Row};

use super::slice::{Days, NEXT};
use crate::contacts::by_keys;
use crate::db::either;
use crate::explain::Explain;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// Whose calls, and from or to which numbers in E.164.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbers {
    /// The account they are placed with.
    pub account: AccountId,
    /// The numbers.
    pub phones: Vec<String>,
}

/// What was found of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithNumbers {
    /// Which source.
    pub source: SourceId,
    /// The last revision of it before anybody looked.
    revision: i64,
    /// The provider's ids of the calls.
    pub ids: BTreeSet<String>,
}

#[derive(FromRow)]
struct Numbered {
    provider_call_id: String,
    account_id: Option<i64>,
    from_e164: Option<String>,
    to_e164: Option<String>,
}

const REVISION: &str = "
SELECT COALESCE(MAX(revision), 0) FROM revisions WHERE source_id = $1";

// The indexes by number are led by source and day. `+ 0` keeps SQLite from comparing the day as a
// column of numbers, by which it would not look an expression up, and both from reading all calls of
// the account.
macro_rules! by_day {
    ($number:literal) => {
        concat!(
            "
WITH RECURSIVE days (day) AS (
    SELECT CAST($4 AS BIGINT) UNION ALL SELECT day + 1 FROM days WHERE day < $5
)
SELECT c.provider_call_id FROM days CROSS JOIN calls c
WHERE c.source_id = $1 AND c.occurred_at / 86400000 = days.day + 0
  AND c.",
            $number,
            " IS NOT NULL AND c.",
            $number,
            " = $2 AND c.account_id + 0 = $3"
        )
    };
}

const BY_NUMBER: [&str; 2] = [by_day!("to_e164"), by_day!("from_e164")];

macro_rules! numbered {
    ($which:literal) => {
        concat!(
            "
SELECT provider_call_id, account_id, from_e164, to_e164 FROM calls WHERE ",
            $which
        )
    };
}

// `+ 0` keeps the planner from going by the source alone, see docs/decisions/0006.
const BY_ID: &str = numbered!("source_id + 0 = $1 AND provider_call_id IN ");
const SINCE: &str = numbered!("source_id = $1 AND revision > $2");

impl Store {
    /// The calls of a source with these numbers. Reads no others, so that it takes as long as there
    /// are days, and not calls.
    pub async fn calls_with_numbers(
        &self,
        source: SourceId,
        numbers: &Numbers,
    ) -> Result<WithNumbers, StoreError> {
        // The revision first: what changes while we look is of a later one.
        let (revision,): (i64,) = either!(self.read(), |db| {
            sqlx::query_as(REVISION).bind(source.0).fetch_one(db).await
        })?;
        let (mut ids, mut days) = (BTreeSet::new(), Days::from(Timestamp::MIN.as_millis()));
        while let Some(from) = days.looks_from() {
            let (next,): (Option<i64>,) = either!(self.read(), |db| {
                let query = sqlx::query_as(NEXT).bind(source.0).bind(from);
                query.bind(Timestamp::MAX.as_millis()).fetch_one(db).await
            })?;
            days.goes_to(next);
            let Some(some_days) = days.next() else { break };
            for phone in &numbers.phones {
                ids.extend(
                    self.numbers_on_days(source, (numbers.account, phone), some_days).await?,
                );
            }
        }
        Ok(WithNumbers { source, revision, ids })
    }

    async fn numbers_on_days(
        &self,
        source: SourceId,
        (account, phone): (AccountId, &str),
        (first, last): (i64, i64),
    ) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for statement in BY_NUMBER {
            let ids: Vec<(String,)> = either!(self.read(), |db| {
                let query = sqlx::query_as(statement).bind(source.0).bind(text(phone));
                query.bind(account.0).bind(first).bind(last).fetch_all(db).await
            })?;
            found.extend(ids.into_iter().map(|(id,)| id));
        }
        Ok(found)
    }

    /// By what the database finds calls to and from a number, in its own words: whoever erases one
    /// person must not read everybody's calls.
    pub async fn calls_with_numbers_plans(
        &self,
        source: SourceId,
        account: AccountId,
        phone: &str,
    ) -> Result<[Vec<String>; 2], StoreError> {
        let Explain { words, column } = Explain::of(self.engine());
        let mut plans = [Vec::new(), Vec::new()];
        for (statement, plan) in BY_NUMBER.iter().zip(&mut plans) {
            either!(self.read(), |db| {
                let sql = AssertSqlSafe(format!("{words} {statement}"));
                let query = sqlx::query(sql).bind(source.0).bind(text(phone));
                let rows = query.bind(account.0).bind(0_i64).bind(3_i64).fetch_all(db).await?;
                for row in rows {
                    plan.push(row.try_get(column)?);
                }
            });
        }
        Ok(plans)
    }
}

impl Tx {
    /// What was found as it is now: those that still have the number and the account, and those that
    /// have come since.
    pub async fn calls_still_with_numbers(
        &mut self,
        found: &WithNumbers,
        numbers: &Numbers,
    ) -> Result<BTreeSet<String>, StoreError> {
        let ids: Vec<String> = found.ids.iter().cloned().collect();
        let source = found.source.0;
        let rows: Result<Vec<Numbered>, StoreError> =
            either!(self.conn(), |db| by_keys!(db, Numbered, BY_ID, [source], &ids, ""));
        let mut rows = rows?;
        let since: Vec<Numbered> = either!(self.conn(), |db| {
            sqlx::query_as(SINCE).bind(source).bind(found.revision).fetch_all(db).await
        })?;
        rows.extend(since);
        let theirs = rows.into_iter().filter(|row| row.is_of(numbers));
        Ok(theirs.map(|row| row.provider_call_id).collect())
    }
}

impl Numbered {
    fn is_of(&self, numbers: &Numbers) -> bool {
        let has = |number: &Option<String>| {
            number.as_ref().is_some_and(|number| numbers.phones.contains(number))
        };
        self.account_id == Some(numbers.account.0) && (has(&self.from_e164) || has(&self.to_e164))
    }
}
