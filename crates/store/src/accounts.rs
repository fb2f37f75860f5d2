//! Accounts: the tenants calls belong to.

use domain::{AccountId, Country, Timestamp};

use crate::db::either;
use crate::text::{text, text_opt};
use crate::{Scope, Store, StoreError, Tx};

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Its id.
    pub id: AccountId,
    /// Its name, unique.
    pub name: String,
    /// What it is called in another system, unique.
    pub external_id: Option<String>,
    /// The country of numbers written without one, where it was said.
    pub country: Option<Country>,
    /// Calls before this instant are excluded.
    pub calls_reset_at: Option<Timestamp>,
    /// When it was put away.
    pub archived_at: Option<Timestamp>,
}

/// How much there is in an account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountUse {
    /// Which.
    pub account_id: i64,
    /// Calls placed with it.
    pub calls: i64,
    /// Agents assigned to it at the time asked for.
    pub agents: i64,
    /// Its contacts, without those merged into others and those erased.
    pub contacts: i64,
}

/// What keeps an account from being deleted: whatever names it, also what no longer holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountTies {
    /// Calls placed with it.
    pub calls: i64,
    /// Its contacts.
    pub contacts: i64,
    /// Assignments of agents.
    pub assignments: i64,
    /// Rules of sources.
    pub rules: i64,
    /// Sources whose new agents are assigned to it.
    pub sources: i64,
    /// Tokens of the API for it.
    pub tokens: i64,
    /// Users who may look at it.
    pub users: i64,
    /// Schedules of comparisons for it.
    pub schedules: i64,
}

/// A change of an account as a whole.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountChangeRow {
    /// When, in milliseconds since 1970.
    pub changed_at: i64,
    /// By whom.
    pub changed_by: String,
    /// What, as a sentence.
    pub what: String,
    /// How many calls moved because of it.
    pub moved: i64,
}

type Raw = (i64, String, Option<String>, Option<String>, Option<i64>, Option<i64>);

fn account((id, name, external_id, country, reset, archived): Raw) -> AccountRow {
    AccountRow {
        id: AccountId(id),
        name,
        external_id,
        country: country.as_deref().and_then(Country::new),
        calls_reset_at: reset.map(Timestamp::from_millis),
        archived_at: archived.map(Timestamp::from_millis),
    }
}

macro_rules! accounts {
    ($which:literal) => {
        concat!(
            "
SELECT account_id, name, external_id, country, calls_reset_at, archived_at FROM accounts ",
            $which
        )
    };
}

const BY_NAME: &str = accounts!("WHERE name = $1");
const BY_EXTERNAL_ID: &str = accounts!("WHERE external_id IS NOT NULL AND external_id = $1");
const BY_ID: &str = accounts!("WHERE account_id = $1");
const LIST: &str = accounts!("ORDER BY name");

const ENSURE: &str = "
INSERT INTO accounts (name, created_at) VALUES ($1, $2)
ON CONFLICT (name) DO NOTHING";

const CHANGE: &str = "
UPDATE accounts
SET name = $2, country = $3, calls_reset_at = $4, archived_at = $5, external_id = $6
WHERE account_id = $1";

const DELETE: &str = "
DELETE FROM accounts WHERE account_id = $1";

// SQLite uses a partial index only where its condition is repeated word for word.
const USES: &str = "
SELECT a.account_id,
       (SELECT COUNT(*) FROM calls c
        WHERE c.account_id IS NOT NULL AND c.account_id = a.account_id) AS calls,
       (SELECT COUNT(DISTINCT s.agent_id) FROM assignments s
        WHERE s.account_id = a.account_id AND s.ended_at IS NULL
          AND s.valid_from <= $2 AND s.valid_to > $2) AS agents,
       (SELECT COUNT(*) FROM contacts k
        WHERE k.account_id = a.account_id AND k.merged_into IS NULL AND k.erased_at IS NULL) AS contacts
FROM accounts a
WHERE CAST($1 AS BIGINT) IS NULL OR a.account_id = $1
ORDER BY a.name";

const TIES: &str = "
SELECT (SELECT COUNT(*) FROM calls WHERE account_id IS NOT NULL AND account_id = $1) AS calls,
       (SELECT COUNT(*) FROM contacts WHERE account_id = $1) AS contacts,
       (SELECT COUNT(*) FROM assignments WHERE account_id = $1) AS assignments,
       (SELECT COUNT(*) FROM rules WHERE account_id = $1) AS rules,
       (SELECT COUNT(*) FROM sources WHERE auto_account_id = $1) AS sources,
       (SELECT COUNT(*) FROM api_tokens WHERE account_id IS NOT NULL AND account_id = $1) AS tokens,
       (SELECT COUNT(*) FROM user_accounts WHERE account_id = $1) AS users,
       (SELECT COUNT(*) FROM schedules WHERE account_id IS NOT NULL AND account_id = $1) AS schedules";

const ABOUT: &str = "
UPDATE changes SET account_id = $2 WHERE change_id = $1";

const HISTORY: &str = "
SELECT h.changed_at, h.changed_by, h.what,
       (SELECT COUNT(*) FROM placements p WHERE p.change_id = h.change_id) AS moved
FROM changes h
WHERE h.account_id IS NOT NULL AND h.account_id = $1
ORDER BY h.change_id";

const OF_OTHERS: &str = "
SELECT what FROM changes WHERE account_id IS NOT NULL AND account_id <> $1 ORDER BY change_id";

impl Tx {
    /// The account of this name, made if there is none.
    pub async fn account_ensure(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<AccountRow, StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(ENSURE).bind(text(name)).bind(now.as_millis()).execute(&mut *db).await?;
            Ok(account(sqlx::query_as(BY_NAME).bind(text(name)).fetch_one(db).await?))
        })
    }

    /// The account of this id.
    pub async fn account_get(&mut self, id: AccountId) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<Raw> = either!(self.conn(), |db| {
            sqlx::query_as(BY_ID).bind(id.0).fetch_optional(db).await
        })?;
        Ok(row.map(account))
    }

    /// The account of this name.
    pub async fn account_named(&mut self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<Raw> = either!(self.conn(), |db| {
            sqlx::query_as(BY_NAME).bind(text(name)).fetch_optional(db).await
        })?;
        Ok(row.map(account))
    }

    /// The account that another system calls so.
    pub async fn account_by_external_id(
        &mut self,
        id: &str,
    ) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<Raw> = either!(self.conn(), |db| {
            sqlx::query_as(BY_EXTERNAL_ID).bind(text(id)).fetch_optional(db).await
        })?;
        Ok(row.map(account))
    }

    /// Writes an account as it is now. Whoever moves its reset date has locked the rules of every
    /// source, and writes down in the same transaction which calls to place again.
    pub async fn account_change(&mut self, row: &AccountRow) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(CHANGE)
                .bind(row.id.0)
                .bind(text(&row.name))
                .bind(row.country.as_ref().map(Country::as_str))
                .bind(row.calls_reset_at.map(Timestamp::as_millis))
                .bind(row.archived_at.map(Timestamp::as_millis))
                .bind(text_opt(row.external_id.as_deref()))
                .execute(db)
                .await?;
            Ok(())
        })
    }

    /// What names an account.
    pub async fn account_ties(&mut self, id: AccountId) -> Result<AccountTies, StoreError> {
        Ok(either!(self.conn(), |db| sqlx::query_as(TIES).bind(id.0).fetch_one(db).await)?)
    }

    /// Takes away an account that nothing names.
    pub async fn account_delete(&mut self, id: AccountId) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(DELETE).bind(id.0).execute(db).await?;
            Ok(())
        })
    }

    /// Says which account a change was about.
    pub async fn change_about(
        &mut self,
        change: i64,
        account: AccountId,
    ) -> Result<(), StoreError> {
        either!(self.conn(), |db| {
            sqlx::query(ABOUT).bind(change).bind(account.0).execute(db).await?;
            Ok(())
        })
    }
}

impl Store {
    /// The account of this name.
    pub async fn account_by_name(&self, name: &str) -> Result<Option<AccountRow>, StoreError> {
        let row: Option<Raw> = either!(self.read(), |db| sqlx::query_as(BY_NAME)
            .bind(text(name))
            .fetch_optional(db)
            .await)?;
        Ok(row.map(account))
    }

    /// Every account, by name.
    pub async fn accounts_list(&self) -> Result<Vec<AccountRow>, StoreError> {
        let rows: Vec<Raw> = either!(self.read(), |db| sqlx::query_as(LIST).fetch_all(db).await)?;
        Ok(rows.into_iter().map(account).collect())
    }

    /// How much there is in each account at `now`, by name.
    pub async fn account_uses(
        &self,
        scope: Scope,
        now: Timestamp,
    ) -> Result<Vec<AccountUse>, StoreError> {
        Ok(either!(self.read(), |db| {
            let query = sqlx::query_as(USES).bind(scope.account()).bind(now.as_millis());
            query.fetch_all(db).await
        })?)
    }

    /// How an account as a whole was changed, oldest first.
    pub async fn account_history(
        &self,
        id: AccountId,
    ) -> Result<Vec<AccountChangeRow>, StoreError> {
        Ok(either!(self.read(), |db| sqlx::query_as(HISTORY).bind(id.0).fetch_all(db).await)?)
    }

    /// How all other accounts, those that are gone too, were changed as a whole: a sentence each.
    pub async fn account_changes_of_others(
        &self,
        id: AccountId,
    ) -> Result<Vec<String>, StoreError> {
        Ok(either!(self.read(), |db| {
            sqlx::query_scalar(OF_OTHERS).bind(id.0).fetch_all(db).await
        })?)
    }
}
