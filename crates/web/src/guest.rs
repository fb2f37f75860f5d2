//! Who asks, for a page or for the API.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::AccountId;
use domain::access::{Admitted, Area};
use store::{Scope, TokenRow};

use crate::failure::Failure;

/// Whoever a request comes from, as far as it was let in.
#[derive(Debug, Clone)]
pub struct Guest {
    admitted: Admitted,
    token: Option<(i64, String)>,
}

impl Guest {
    /// Somebody at this machine, without a token. There is no sign-in, so they are the operator; they
    /// read and nothing else.
    pub fn at_this_machine() -> Self {
        Self { admitted: Admitted::All, token: None }
    }

    /// Whoever holds this token.
    pub fn with(admitted: Admitted, token: &TokenRow) -> Self {
        Self { admitted, token: Some((token.token_id, token.name.clone())) }
    }

    /// Whose calls they see.
    pub fn scope(&self) -> Scope {
        match self.admitted {
            Admitted::All => Scope::Operator,
            Admitted::Account(account) => Scope::Account(account),
        }
    }

    /// The one account they see, if it is one.
    pub fn account(&self) -> Option<AccountId> {
        match self.admitted {
            Admitted::All => None,
            Admitted::Account(account) => Some(account),
        }
    }

    /// Whether pages of this area are theirs to see.
    pub fn may_see(&self, area: Area) -> bool {
        matches!((area, self.admitted), (Area::Accounts, _) | (_, Admitted::All))
    }

    /// Fails where something of this account is asked for by somebody who does not see it, as if it
    /// were not there.
    pub fn sees(&self, account: AccountId, what: &'static str) -> Result<(), Failure> {
        self.admitted.to(account).map_err(|_not_theirs| Failure::NotFound { what })
    }

    /// How the history of what they change tells them.
    pub fn by(&self) -> String {
        match &self.token {
            Some((_, name)) => format!("token {name}"),
            None => "somebody at this machine".to_owned(),
        }
    }

    /// The id of their token.
    pub fn token_id(&self) -> Option<i64> {
        self.token.as_ref().map(|(id, _)| *id)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Guest {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let guest = parts.extensions.get::<Self>().cloned();
        guest.ok_or_else(|| Failure::Defect { detail: "a route without a door".to_owned() })
    }
}
