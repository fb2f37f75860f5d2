//! Why a source was not set up.

use providers::setup::NotSaid;
use providers::{ConnectError, VaultError};
use store::StoreError;

/// Why a source was not set up, or not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// Nobody can call it so.
    #[error("a source is called by letters, digits, `-` and `_`")]
    NoName,
    /// There is one of this name.
    #[error("there is a source “{name}” already, which reads something else; choose another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Its history would begin later than now.
    #[error("its history cannot begin in the future")]
    Future,
    /// It would never be read.
    #[error("it is read every so many minutes, at least 1")]
    Never,
    /// The account is not there.
    #[error("the account that is to get its agents is not there any more")]
    NoAccount,
    /// There is no secret.
    #[error("{asks}: nothing is said there")]
    NoSecret {
        /// What was asked.
        asks: &'static str,
    },
    /// The secret is more than one.
    #[error("what opens the door is one word, without spaces in it; copy nothing but it")]
    NotOneWord,
    /// Something was said that makes no settings.
    #[error(transparent)]
    NotSaid(#[from] NotSaid),
    /// Nobody can be asked there.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The key that seals cannot be used, or opens nothing.
    #[error("what opens its door cannot be sealed or opened: {why}")]
    Key {
        /// Why, and what to do.
        why: String,
    },
    /// Nobody here can ask its provider.
    #[error("{why}")]
    NotConnected {
        /// Why, and what to do.
        why: String,
    },
    /// It is configured elsewhere.
    #[error(
        "source “{name}” is set up in the configuration file, which says where its secret is; change it there"
    )]
    Configured {
        /// Its name.
        name: String,
    },
    /// What is part of what the source is was to change.
    #[error(
        "{asks}: this stays, because calls and proof that are there would mean something else; set up another source"
    )]
    Stays {
        /// What was asked.
        asks: &'static str,
    },
    /// What is said now is of something else.
    #[error(
        "the source reads “{was}”, and this would read “{is}”, so that calls of two would mix; set up another source"
    )]
    AnotherSource {
        /// What it reads.
        was: String,
        /// What it would read.
        is: String,
    },
    /// The secret must be said again.
    #[error(
        "{asks}: type it again, because “{changed}” is another now, and the one that is kept goes nowhere else"
    )]
    SecretAgain {
        /// What was asked as the secret.
        asks: &'static str,
        /// What is answered differently.
        changed: &'static str,
    },
    /// It was changed while somebody was about to change it.
    #[error("source “{name}” was changed meanwhile; look at it again")]
    ChangedMeanwhile {
        /// Its name.
        name: String,
    },
    /// The provider takes too long.
    #[error("the provider did not answer all our questions within {seconds} seconds")]
    TooSlow {
        /// How long was waited.
        seconds: u64,
    },
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VaultError> for SetUpError {
    fn from(error: VaultError) -> Self {
        Self::Key { why: error.why }
    }
}
