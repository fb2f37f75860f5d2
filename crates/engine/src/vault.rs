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

/// What is sealed: an app's present pair of tokens, or the secret a person gave.
const PAIR: &[u8] = b"";
const SECRET: &[u8] = b"secret of ";

/// What a sealed text is bound to: that it is this of this source.
fn bound(what: &[u8], source: SourceId) -> Vec<u8> {
    [what, &source.0.to_be_bytes()].concat()
}

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

    /// What opens a source's door, sealed for it alone.
    pub fn seal_secret(
        &self,
        source: SourceId,
        secret: &SecretString,
    ) -> Result<Vec<u8>, VaultError> {
        self.seal(&bound(SECRET, source), secret.expose_secret().as_bytes())
    }

    /// What opens a source's door.
    pub fn open_secret(&self, source: SourceId, sealed: &[u8]) -> Result<SecretString, VaultError> {
        let text = self.open(&bound(SECRET, source), sealed)?;
        let text = String::from_utf8(text).map_err(|_quotes| VaultError {
            why: "the stored credential opens and is no text".to_owned(),
        })?;
        Ok(SecretString::from(text))
    }

    /// Sealed text, bound to what it is for: it opens nowhere else.
    fn seal(&self, aad: &[u8], text: &[u8]) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|error| VaultError { why: error.to_string() })?;
        let sealed = ChaCha20Poly1305::new(&self.0)
            .encrypt(Nonce::from_slice(&nonce), Payload { msg: text, aad })
            .map_err(|_opaque| VaultError { why: "it could not be sealed".to_owned() })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let wrong_key = || {
            VaultError {
            why: "the stored credential does not open with this key. Put back the key file it was sealed with, or sign in to the provider again".to_owned(),
        }
        };
        let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(wrong_key)?;
        ChaCha20Poly1305::new(&self.0)
            .decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad })
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
        let text = self.key.open(&bound(PAIR, self.source), &sealed)?;
        AtRest::read(&text).map(Some)
    }

    async fn save(&self, pair: &TokenPair) -> Result<(), VaultError> {
        let sealed = self.key.seal(&bound(PAIR, self.source), &AtRest::write(pair)?)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_source_with_its_key_alone() {
        let [one, two] = [VaultKey::new([1; 32]), VaultKey::new([2; 32])];
        let sealed = one.seal_secret(SourceId(1), &SecretString::from("pit-secret"));
        let sealed = sealed.expect("there is randomness");
        assert!(!sealed.windows(10).any(|part| part == b"pit-secret"));
        let opened = one.open_secret(SourceId(1), &sealed).expect("it is its own");
        assert_eq!(opened.expose_secret(), "pit-secret");
        assert!(one.open_secret(SourceId(2), &sealed).is_err());
        assert!(one.open(&bound(PAIR, SourceId(1)), &sealed).is_err());
        assert!(one.open_secret(SourceId(1), &sealed[..5]).is_err());
        let wrong = two.open_secret(SourceId(1), &sealed).err().map(|error| error.to_string());
        assert!(wrong.is_some_and(|why| why.contains("does not open with this key")));
    }
}
