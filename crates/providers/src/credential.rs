//! What opens a provider's door, and where tokens that change are kept.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use domain::{ProviderKind, Timestamp};
use secrecy::SecretString;

use crate::ConnectError;

/// What opens a provider's door.
#[derive(Clone)]
pub enum Credential {
    /// A token a person made; it does not expire by itself.
    PrivateToken(SecretString),
    /// A user's password; the user's name is no secret and stands in the settings.
    Password {
        /// Of the main door.
        password: SecretString,
        /// Of a second door beside it, where the provider has one.
        api_password: Option<SecretString>,
    },
    /// An app's tokens, renewed as they expire.
    OAuth {
        /// The app.
        client_id: String,
        /// The app's secret.
        client_secret: SecretString,
        /// The refresh token the installation gave. Each use replaces it, so what the vault holds
        /// goes first.
        refresh_token: SecretString,
        /// Where the present pair is kept.
        vault: Arc<dyn TokenVault>,
    },
}

/// Keeps the present token pair of one credential, across restarts.
#[async_trait]
pub trait TokenVault: Send + Sync {
    /// The pair saved last.
    async fn load(&self) -> Result<Option<TokenPair>, VaultError>;

    /// Saves a pair durably: once this returns, a crash does not lose it.
    async fn save(&self, pair: &TokenPair) -> Result<(), VaultError>;
}

/// An access token and what renews it.
#[derive(Debug, Clone)]
pub struct TokenPair {
    /// Opens the door.
    pub access_token: SecretString,
    /// Brings the next pair, once.
    pub refresh_token: SecretString,
    /// When the access token stops working.
    pub expires_at: Timestamp,
}

/// The vault could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the token vault failed: {why}")]
pub struct VaultError {
    /// A sentence without the token.
    pub why: String,
}

impl Credential {
    /// The sentence for a provider that `takes` something else.
    pub fn refused_by(&self, provider: ProviderKind, takes: &'static str) -> ConnectError {
        let given = match self {
            Self::PrivateToken(_) => "a token",
            Self::Password { .. } => "a password",
            Self::OAuth { .. } => "OAuth",
        };
        ConnectError::WrongCredential { provider: provider.title(), given, takes }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateToken(_) => "PrivateToken([secret])",
            Self::Password { .. } => "Password([secret])",
            Self::OAuth { .. } => "OAuth([secret])",
        })
    }
}
