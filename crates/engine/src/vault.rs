//! Rotating credentials at rest: sealed with a key that is not in the database.

use std::sync::Arc;

use async_trait::async_trait;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use domain::{SourceId, Timestamp};
use providers::{TokenPair, TokenVault, VaultError, Wait};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use store::Store;

const NONCE_BYTES: usize = 12;

/// The key credentials are sealed with.
#[derive(Clone)]
pub struct VaultKey(Key);

impl VaultKey {
    /// From 32 bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes.into())
    }

    /// A new random key.
    pub fn random() -> Result<[u8; 32], VaultError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| VaultError { why: error.to_string() })?;
        Ok(bytes)
    }

    /// Sealed text, bound to its source: it opens nowhere else.
    fn seal(&self, source: SourceId, text: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| VaultError { why: error.to_string() })?;
        let aad = source.0.to_be_bytes();
        let sealed = ChaCha20Poly1305::new(&self.0)
            .encrypt(Nonce::from_slice(&nonce), Payload { msg: text, aad: &aad })
            .map_err(|_opaque| VaultError { why: "it could not be sealed".to_owned() })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, source: SourceId, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let wrong_key = || {
            VaultError {
            why: "the stored credential does not open with this key. Put back the key file it was sealed with, or sign in to the provider again".to_owned(),
        }
        };
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(wrong_key)?;
        let aad = source.0.to_be_bytes();
        ChaCha20Poly1305::new(&self.0)
            .decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad: &aad })
            .map_err(|_opaque| wrong_key())
    }
}

/// The vault of one source.
pub struct SourceVault {
    store: Store,
    source: SourceId,
    key: VaultKey,
    wait: Arc<dyn Wait>,
}

impl SourceVault {
    /// The vault of `source` in `store`.
    pub fn new(store: Store, source: SourceId, key: VaultKey, wait: Arc<dyn Wait>) -> Self {
        Self { store, source, key, wait }
    }
}

#[async_trait]
impl TokenVault for SourceVault {
    async fn load(&self) -> Result<Option<TokenPair>, VaultError> {
        let sealed = self.store.credential_load(self.source).await.map_err(|error| lost(&error))?;
        let Some(sealed) = sealed else { return Ok(None) };
        let text = self.key.open(self.source, &sealed)?;
        AtRest::read(&text).map(Some)
    }

    async fn save(&self, pair: &TokenPair) -> Result<(), VaultError> {
        let sealed = self.key.seal(self.source, &AtRest::write(pair)?)?;
        let mut tx = self.store.begin().await.map_err(|error| lost(&error))?;
        let now = self.wait.now();
        tx.credential_save(self.source, &sealed, now).await.map_err(|error| lost(&error))?;
        tx.commit().await.map_err(|error| lost(&error))
    }
}

/// The text that is sealed.
#[derive(Serialize, Deserialize)]
struct AtRest {
    access_token: String,
    refresh_token: String,
    expires_at_ms: i64,
}

impl AtRest {
    fn write(pair: &TokenPair) -> Result<Vec<u8>, VaultError> {
        let text = Self {
            access_token: pair.access_token.expose_secret().to_owned(),
            refresh_token: pair.refresh_token.expose_secret().to_owned(),
            expires_at_ms: pair.expires_at.as_millis(),
        };
        serde_json::to_vec(&text).map_err(|error| VaultError { why: error.to_string() })
    }

    fn read(text: &[u8]) -> Result<TokenPair, VaultError> {
        // serde's message could quote the text, so it is not passed on.
        let read: Self = serde_json::from_slice(text).map_err(|_quotes| VaultError {
            why: "the stored credential opens and makes no sense".to_owned(),
        })?;
        Ok(TokenPair {
            access_token: SecretString::from(read.access_token),
            refresh_token: SecretString::from(read.refresh_token),
            expires_at: Timestamp::from_millis(read.expires_at_ms),
        })
    }
}

fn lost(error: &store::StoreError) -> VaultError {
    VaultError { why: error.to_string() }
}
