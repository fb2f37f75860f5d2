//! Who asks, for a page or for the API.

use std::sync::Arc;

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
    who: Who,
    csrf: Arc<str>,
}

#[derive(Debug, Clone)]
enum Who {
    Machine,
    Token { id: i64, name: String },
}

impl Guest {
    /// Somebody at this machine, where nobody has to sign in: they are the operator. What they send
    /// carries `csrf`, which pages elsewhere cannot read.
    pub fn at_this_machine(csrf: Arc<str>) -> Self {
        Self { admitted: Admitted::All, who: Who::Machine, csrf }
    }

    /// Whoever holds this token.
    pub fn with(admitted: Admitted, token: &TokenRow) -> Self {
        let who = Who::Token { id: token.token_id, name: token.name.clone() };
        Self { admitted, who, csrf: Arc::from("") }
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
        match &self.who {
            Who::Token { name, .. } => format!("token {name}"),
            Who::Machine => "somebody at this machine".to_owned(),
        }
    }

    /// The id of their token.
    pub fn token_id(&self) -> Option<i64> {
        match &self.who {
            Who::Token { id, .. } => Some(*id),
            Who::Machine => None,
        }
    }

    /// What their forms carry; nothing where they come with a token.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Guest {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let guest = parts.extensions.get::<Self>().cloned();
        guest.ok_or_else(|| Failure::Defect { detail: "a route without a door".to_owned() })
    }
}
