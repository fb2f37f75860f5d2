//! Who asks, for a page or for the API.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::AccountId;
use domain::access::{Admitted, Area};
use domain::users::{NotTheirs, UserRole, admit_user};
use store::{Scope, TokenRow};

use crate::failure::Failure;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub user: i64,
    /// Their session's.
    pub session: i64,
    /// Their name.
    pub name: String,
    /// What they are.
    pub role: UserRole,
    /// The accounts a member may look at, by name.
    pub accounts: Vec<(AccountId, String)>,
    /// The one of them they look at.
    pub looks_at: Option<AccountId>,
    /// Whether they came by a password that somebody else chose.
    pub must_change_password: bool,
}

/// Whoever a request comes from, as far as it was let in.
#[derive(Debug, Clone)]
pub struct Guest {
    admitted: Admitted,
    who: Who,
    csrf: Arc<str>,
}

#[derive(Debug, Clone)]
enum Who {
    Nobody,
    Machine,
    Token { id: i64, name: String },
    Person(Arc<Person>),
}

/// An account that is not there, for whoever may look at none: ids begin at 1.
const NO_ACCOUNT: AccountId = AccountId(0);

impl Guest {
    /// Somebody who is not signed in.
    pub fn nobody() -> Self {
        let csrf = Arc::from("");
        Self { admitted: Admitted::Account(NO_ACCOUNT), who: Who::Nobody, csrf }
    }

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

    /// Somebody who is signed in, whose forms carry `csrf`.
    pub fn signed_in(person: Person, csrf: Arc<str>) -> Self {
        let admitted = admit_user(person.role, person.looks_at, Area::Accounts);
        let admitted = admitted.unwrap_or(Admitted::Account(NO_ACCOUNT));
        Self { admitted, who: Who::Person(Arc::new(person)), csrf }
    }

    /// Whoever is signed in.
    pub fn person(&self) -> Option<&Person> {
        match &self.who {
            Who::Person(person) => Some(person),
            Who::Nobody | Who::Machine | Who::Token { .. } => None,
        }
    }

    /// Whether they have a password that somebody else chose.
    pub fn must_change_password(&self) -> bool {
        self.person().is_some_and(|person| person.must_change_password)
    }

    /// Fails where this area is not theirs. Tokens were judged when they came.
    pub fn judge(&self, area: Area) -> Result<(), Failure> {
        let person = match &self.who {
            Who::Person(person) => person,
            Who::Machine | Who::Token { .. } => return Ok(()),
            Who::Nobody => return Err(Failure::NoRights),
        };
        match admit_user(person.role, person.looks_at, area) {
            Ok(_) => Ok(()),
            Err(NotTheirs::OperatorsOnly) => Err(Failure::NoRights),
            Err(NotTheirs::NoAccount) => Err(Failure::NoAccount),
        }
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
            Who::Person(person) => format!("user {}", person.name),
            Who::Machine => "somebody at this machine".to_owned(),
            Who::Nobody => "somebody who is not signed in".to_owned(),
        }
    }

    /// Whoever did something, as far as they may know: operators learn it of everybody, and others of
    /// themselves alone.
    pub fn may_know(&self, by: String) -> Option<String> {
        Some(by).filter(|by| self.may_see(Area::Operators) || *by == self.by())
    }

    /// The id of their token.
    pub fn token_id(&self) -> Option<i64> {
        match &self.who {
            Who::Token { id, .. } => Some(*id),
            Who::Nobody | Who::Machine | Who::Person(_) => None,
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
