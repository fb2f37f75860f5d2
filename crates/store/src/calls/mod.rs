//! Calls: what we know, what is new, and lists for people.

mod across;
mod awaiting;
mod changed;
mod filter;
mod known;
mod list;
mod moves;
mod number;
mod of_account;
mod revision;
mod slice;
mod told;
mod with_numbers;
mod write;

use domain::{ProviderCallId, SourceId};

pub use awaiting::AwaitingCall;
pub use changed::{ChangedCall, ChangedCalls, ChangedError};
pub use filter::{CallFilter, Place};
pub use known::KnownCall;
pub use list::CallRow;
pub use of_account::OfAccount;
pub use slice::{Of, Part, PlacedCall, Slice};
pub use told::HeldCall;
pub use with_numbers::{Numbers, WithNumbers};
pub use write::{NewCall, parts};
pub(crate) use write::{Written, written};

/// What a call is known by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// The source that has it.
    pub source: SourceId,
    /// The provider's id.
    pub id: ProviderCallId,
}
