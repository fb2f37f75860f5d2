//! Who was on the other side of a call: from what the call says and which contacts there are, to
//! one contact, a new one, or the reason why nobody can tell.
//!
//! A name never identifies anybody; a number that several contacts have is a reason, not a guess.

use serde::{Deserialize, Serialize};

mod caller;
mod external;
mod fields;
mod identify;
mod policy;

pub use caller::Caller;
pub use external::{ExternalId, ExternalKind};
pub use fields::ContactFields;
pub use identify::{Candidate, Candidates, Identified, identify};
pub use policy::ContactPolicy;

/// By what a call was found to be a contact's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// An id of the person that the call names.
    ExternalId,
    /// The person's number.
    Phone,
}

impl FoundBy {
    /// Its name in database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ExternalId => "external_id",
            Self::Phone => "phone",
        }
    }
}

#[cfg(test)]
mod tests;
