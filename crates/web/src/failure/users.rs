//! What a person is told when nothing was done about a user.

use engine::secret::NoRandomness;
use engine::users::UserError;

use super::Failure;

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        let sentence = error.to_string();
        match error {
            UserError::NoName(_)
            | UserError::NoAddress(_)
            | UserError::Weak(_)
            | UserError::SeesAll { .. } => Self::Unusable { sentence },
            UserError::NameTaken { .. }
            | UserError::AddressTaken { .. }
            | UserError::NotFirst
            | UserError::LastOperator { .. } => Self::Conflict { sentence },
            UserError::NoUser { .. } => Self::NotFound { what: "user" },
            UserError::NoAccount { .. } => Self::NotFound { what: "account" },
            UserError::NoHash { why } => Self::Defect { detail: why },
            UserError::NoRandomness(error) => error.into(),
            UserError::Store(error) => error.into(),
        }
    }
}

impl From<NoRandomness> for Failure {
    fn from(error: NoRandomness) -> Self {
        Self::Defect { detail: error.to_string() }
    }
}
