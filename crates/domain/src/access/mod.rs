//! Who may do what over HTTP: the terms of a token against what a request needs.

mod pace;

use crate::{AccountId, Timestamp};

pub use pace::Pace;

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Somebody who runs all of it.
    Operator,
    /// Somebody of one account.
    Member(AccountId),
}

/// What a token was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Whose it is.
    pub role: Role,
    /// Whether it may change anything.
    pub may_write: bool,
    /// First instant at which it no longer holds.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// What serves all accounts: sources, runs, agents, rules.
    Operators,
    /// What belongs to accounts, of which each sees its own.
    Accounts,
}

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// What it is about.
    pub area: Area,
    /// Whether it changes anything.
    pub writes: bool,
}

/// What an admitted request may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// What is everybody's.
    All,
    /// What is this account's.
    Account(AccountId),
}

/// Why a request is not admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody gave this token out.
    #[error("this token was never given out")]
    Unknown,
    /// It was taken back.
    #[error("this token was revoked at {at}")]
    Revoked {
        /// When.
        at: Timestamp,
    },
    /// Its time is over.
    #[error("this token expired at {at}")]
    Expired {
        /// Since when.
        at: Timestamp,
    },
    /// It may look and not touch.
    #[error("this token may read and not write")]
    MayNotWrite,
    /// It is a member's, and this is for operators.
    #[error("this is for operators, and this token is that of one account")]
    OperatorsOnly,
    /// It is that of another account.
    #[error("this token was not given out for this account")]
    AccountNotGranted,
}

/// Judges a request that came with a token; `terms` are none where nobody knows it.
///
/// What is wrong with the token itself comes first, so that one that no longer holds tells nothing
/// of what it could do.
pub fn admit(terms: Option<&Terms>, needs: Needs, now: Timestamp) -> Result<Admitted, Refused> {
    let terms = terms.ok_or(Refused::Unknown)?;
    if let Some(at) = terms.revoked_at {
        return Err(Refused::Revoked { at });
    }
    if let Some(at) = terms.expires_at.filter(|at| *at <= now) {
        return Err(Refused::Expired { at });
    }
    let admitted = match (terms.role, needs.area) {
        (Role::Operator, _) => Admitted::All,
        (Role::Member(account), Area::Accounts) => Admitted::Account(account),
        (Role::Member(_), Area::Operators) => return Err(Refused::OperatorsOnly),
    };
    if needs.writes && !terms.may_write {
        return Err(Refused::MayNotWrite);
    }
    Ok(admitted)
}

impl Admitted {
    /// Whether something of this account may be seen.
    pub fn to(self, account: AccountId) -> Result<(), Refused> {
        match self {
            Self::Account(own) if own != account => Err(Refused::AccountNotGranted),
            Self::All | Self::Account(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
