//! What is asked, said and told of accounts.

use domain::Timestamp;
use engine::place::{AccountEdit, AccountError, tied_by};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{AccountChangeRow, AccountRow, Scope};

use crate::api::asked::{Told, country};
use crate::api::instant::{DayOrInstant, Instant};
use crate::failure::Failure;
use crate::guest::Guest;

/// Which accounts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountsAsked {
    /// Those that were put away, too.
    #[serde(default)]
    pub(super) archived: bool,
    /// Go on after this one: what the page before named as its next.
    pub(super) after: Option<i64>,
    /// How many, from 1 to 500; 50 where it is not said.
    #[schemars(range(min = 1, max = 500))]
    pub(super) limit: Option<u32>,
}

/// A page of accounts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Accounts {
    /// By id.
    pub(super) accounts: Vec<AccountFacts>,
    /// What to ask for as `after` to get the next page; none on the last.
    pub(super) next: Option<i64>,
}

/// An account, and how much is in it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountFacts {
    pub(super) id: i64,
    pub(super) name: String,
    /// What it is called in another system.
    pub(super) external_id: Option<String>,
    /// The country of its contacts' numbers that are written without one.
    pub(super) country: Option<String>,
    /// Calls before this instant are left out.
    #[schemars(with = "Option<Instant>")]
    pub(super) calls_reset_at: Option<Timestamp>,
    /// When it was put away.
    #[schemars(with = "Option<Instant>")]
    pub(super) archived_at: Option<Timestamp>,
    /// Calls placed with it.
    pub(super) calls: i64,
    /// Agents assigned to it now.
    pub(super) agents: i64,
    /// Its contacts, without those merged into others and those erased.
    pub(super) contacts: i64,
}

/// An account with its history.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountWhole {
    #[serde(flatten)]
    pub(super) account: AccountFacts,
    /// How it was changed as a whole, oldest first.
    pub(super) history: Vec<AccountChange>,
}

/// One change of an account as a whole.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountChange {
    #[schemars(with = "Instant")]
    pub(super) at: Timestamp,
    /// Who did it; for operators, and where it was whoever asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
    pub(super) what: String,
    pub(super) calls_moved: i64,
}

/// What is said of an account; what is not said stays as it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSaid {
    #[schemars(length(min = 1))]
    pub(super) name: Option<String>,
    /// What it is called in another system.
    pub(super) external_id: Option<String>,
    /// The country of numbers written without one, in two letters.
    #[schemars(extend("pattern" = "^[A-Za-z]{2}$"), example = &"US")]
    pub(super) country: Option<String>,
    /// Leave out calls before this day or instant; null counts all again.
    #[serde(default)]
    #[schemars(with = "Option<DayOrInstant>")]
    pub(super) calls_reset_at: Told<Timestamp>,
}

/// That an account is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Deleted {
    pub(super) id: i64,
    pub(super) deleted: bool,
}

impl AccountSaid {
    /// What is to change.
    pub(super) fn edit(self) -> Result<AccountEdit, Failure> {
        Ok(AccountEdit {
            name: self.name,
            external_id: self.external_id,
            country: country(self.country.as_deref())?,
            counts_from: match self.calls_reset_at {
                Told::Nothing => None,
                Told::Null => Some(Timestamp::MIN),
                Told::This(at) => Some(at),
            },
            is_archived: None,
        })
    }
}

impl AccountFacts {
    /// Reads how much is in it at `now`.
    pub(super) async fn load(
        state: &crate::State,
        row: AccountRow,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let used = state.store.account_uses(Scope::Account(row.id), now).await?;
        let used = used.first().copied().unwrap_or_default();
        Ok(Self {
            id: row.id.0,
            name: row.name,
            external_id: row.external_id,
            country: row.country.map(|country| country.as_str().to_owned()),
            calls_reset_at: row.calls_reset_at,
            archived_at: row.archived_at,
            calls: used.calls,
            agents: used.agents,
            contacts: used.contacts,
        })
    }
}

impl AccountChange {
    /// As far as whoever asks may know it.
    pub(super) fn of(guest: &Guest, row: AccountChangeRow) -> Self {
        let AccountChangeRow { changed_at, changed_by, what, moved: calls_moved } = row;
        let (at, by) = (Timestamp::from_millis(changed_at), guest.may_know(changed_by));
        Self { at, by, what, calls_moved }
    }
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let sentence = error.to_string();
        match error {
            AccountError::NoAccount { .. } => Self::NotFound { what: "account" },
            AccountError::NoName => Self::Unusable { sentence },
            AccountError::NameTaken { .. } | AccountError::IdTaken { .. } => {
                Self::Conflict { sentence }
            }
            AccountError::Tied { name, ties } => {
                let ties: Vec<String> = tied_by(&ties)
                    .into_iter()
                    .map(|(count, what)| {
                        format!("{count} {what}{}", if count == 1 { "" } else { "s" })
                    })
                    .collect();
                let ties = ties.join(", ");
                let sentence = format!("{name} has {ties}. It can be archived, and keeps them");
                Self::Conflict { sentence }
            }
            AccountError::Store(error) => error.into(),
        }
    }
}
