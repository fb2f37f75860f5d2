//! Why a comparison could not be made.

use domain::Timestamp;
use store::StoreError;

use super::file::FileTrouble;
use crate::sync::SyncError;

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is to be repaired could not be read.
    #[error(transparent)]
    Repair(#[from] SyncError),
    /// The file is to blame.
    #[error(transparent)]
    File(#[from] FileTrouble),
    /// Nothing of the file lies in the span.
    #[error(
        "no call of {file} lies in the span that was asked for. Leave out --from and --to to compare all of it"
    )]
    NothingInSpan {
        /// Which file.
        file: String,
    },
    /// A source has nothing to say of itself.
    #[error(
        "`{source_name}` cannot be compared with itself. Name another source that saw its calls"
    )]
    WithItself {
        /// Which source.
        source_name: String,
    },
    /// Somebody else is comparing this source.
    #[error("{what} is comparing `{source_name}` already. Wait for it to finish")]
    AlreadyRunning {
        /// Which source.
        source_name: String,
        /// Who.
        what: String,
    },
    /// There is nothing to compare yet.
    #[error(
        "what happened since {from} is too young to be compared: the provider's list of it is not yet whole. Ask again later"
    )]
    TooYoung {
        /// Where the span begins.
        from: Timestamp,
    },
    /// Nothing has happened there.
    #[error(
        "the span begins at {from}, which is in the future; it is {now}. Choose a span that has passed, or correct the account's reset date"
    )]
    Future {
        /// Where the span begins.
        from: Timestamp,
        /// What the clock shows.
        now: Timestamp,
    },
    /// The rules of the source give nothing to the account.
    #[error(
        "account {account} gets no calls from `{source_name}`: no agent, number or campaign of it is assigned to that account. Assign one with `everycall assign`, or name another source"
    )]
    NothingOfThisSource {
        /// Which account.
        account: String,
        /// Which source.
        source_name: String,
    },
}
