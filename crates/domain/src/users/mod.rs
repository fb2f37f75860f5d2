//! People who sign in: their names and passwords, how long a session holds, and when a name is
//! locked because somebody guesses.

mod address;
mod password;

use std::time::Duration;

use crate::access::{Admitted, Area};
use crate::{AccountId, Timestamp};

pub use address::{EmailAddress, NotAnAddress};
pub use password::{PASSWORD_LETTERS_MAX, PASSWORD_LETTERS_MIN, WeakPassword, judge_password};

/// What a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserRole {
    /// Somebody who runs all of it.
    Operator,
    /// Somebody of some accounts.
    Member,
}

impl UserRole {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Member => "member",
        }
    }
}

impl std::str::FromStr for UserRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "operator" => Ok(Self::Operator),
            "member" => Ok(Self::Member),
            _ => Err(format!("the role `{text}` of a user")),
        }
    }
}

/// Letters of a name, at most.
const NAME_LETTERS_MAX: usize = 100;

/// A text that nobody can sign in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name is an e-mail address or one word of at most {NAME_LETTERS_MAX} letters")]
pub struct NotAName;

/// The name a person signs in with: an e-mail address or one word, in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(String);

impl UserName {
    /// Reads what a person types.
    pub fn new(typed: &str) -> Result<Self, NotAName> {
        let name = typed.trim();
        let is_one_word = !name.chars().any(|letter| letter.is_whitespace() || letter.is_control());
        let count = name.chars().count();
        if (1..=NAME_LETTERS_MAX).contains(&count) && is_one_word {
            return Ok(Self(name.to_owned()));
        }
        Err(NotAName)
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one name have in common.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

/// How long a session holds without being used.
pub const SESSION_IDLE_MAX: Duration = Duration::from_hours(12);
/// How long a session holds at all.
pub const SESSION_MAX: Duration = Duration::from_hours(30 * 24);

/// The first instant at which a session no longer holds.
pub fn session_ends(begun_at: Timestamp, last_seen_at: Timestamp) -> Timestamp {
    (begun_at + SESSION_MAX).min(last_seen_at + SESSION_IDLE_MAX)
}

/// How long somebody may take at an identity provider.
pub const TRIP_MAX: Duration = Duration::from_mins(10);

/// Wrong passwords in a row that lock nothing yet.
const TRIES_FREE: u32 = 4;
const LOCK_FIRST: Duration = Duration::from_mins(1);
const LOCK_MAX: Duration = Duration::from_hours(1);

/// How long a name is locked after so many wrong passwords in a row: a minute after the fifth, and
/// twice as long after each further one, up to an hour.
pub fn locked_for(failures: u32) -> Option<Duration> {
    let doublings = failures.checked_sub(TRIES_FREE + 1)?;
    let factor = 1_u32.checked_shl(doublings.min(16)).unwrap_or(u32::MAX);
    Some(LOCK_FIRST.saturating_mul(factor).min(LOCK_MAX))
}

/// Why somebody who signed in does not get a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotTheirs {
    /// It is for operators.
    OperatorsOnly,
    /// They have no account that they could look at.
    NoAccount,
}

/// What somebody who signed in may see of an area; `looks_at` is the account a member looks at.
pub fn admit_user(
    role: UserRole,
    looks_at: Option<AccountId>,
    area: Area,
) -> Result<Admitted, NotTheirs> {
    match (role, area, looks_at) {
        (UserRole::Operator, ..) => Ok(Admitted::All),
        (UserRole::Member, Area::Operators, _) => Err(NotTheirs::OperatorsOnly),
        (UserRole::Member, Area::Accounts, Some(account)) => Ok(Admitted::Account(account)),
        (UserRole::Member, Area::Accounts, None) => Err(NotTheirs::NoAccount),
    }
}

#[cfg(test)]
mod tests;
