//! Rotating credentials at rest: sealed with a key that is not in the database.

use std::sync::Arc;

use async_trait::async_trait;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use domain::SourceId;
use providers::{TokenVault, Tokens, VaultError, Wait};
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
        let wrong_key = || VaultError {
            why: "the stored credential does not open with this key. Put back the key file it was sealed with, or sign in to the provider again".to_owned(),
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
    async fn load(&self) -> Result<Option<Tokens>, VaultError> {
        let sealed = self.store.credential_load(self.source).await.map_err(lost)?;
        let Some(sealed) = sealed else { return Ok(None) };
        let text = self.key.open(self.source, &sealed)?;
        Tokens::from_json(&text).map(Some)
    }

    async fn save(&self, tokens: &Tokens) -> Result<(), VaultError> {
        let sealed = self.key.seal(self.source, &tokens.to_json())?;
        let mut tx = self.store.begin().await.map_err(lost)?;
        let now = self.wait.now();
        tx.credential_save(self.source, &sealed, now).await.map_err(lost)?;
        tx.commit().await.map_err(lost)
    }
}

fn lost(error: store::StoreError) -> VaultError {
    VaultError { why: error.to_string() }
}
