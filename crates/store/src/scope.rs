//! Who is asking. No query over calls can be made without saying so.

use domain::AccountId;

/// Whose calls a read may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    Operator,
    /// One account's.
    Account(AccountId),
}

impl Scope {
    /// The account to which a query is narrowed; bound as `CAST($n AS BIGINT)`.
    pub(crate) fn account(self) -> Option<i64> {
        match self {
            Self::Operator => None,
            Self::Account(account) => Some(account.0),
        }
    }
}
