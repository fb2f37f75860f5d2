//! Signing with Ed25519, over a form of the document that does not depend on how it was written.

use domain::Statement;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The key statements are signed with.
pub struct SigningKey(Ed25519KeyPair);

/// What its signatures are checked with: 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// A statement with its signature.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// What is stated.
    pub statement: Statement,
    /// By whom.
    signature: Signature,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Signature {
    /// Always `Ed25519`.
    algorithm: String,
    /// Over what: always [`OVER`].
    over: String,
    public_key: String,
    value: String,
}

const ALGORITHM: &str = "Ed25519";
const OVER: &str = "`statement` as JSON by RFC 8785";

/// Why a document is not the signed statement it should be.
#[derive(Debug, thiserror::Error)]
pub enum NotSigned {
    /// It is something else.
    #[error("this is no statement of completeness: {why}")]
    Nothing {
        /// In the reader's words.
        why: String,
    },
    /// Somebody else signed it.
    #[error("it is signed with the key {is}, and not with {should}: somebody else made it")]
    OtherKey {
        /// With which.
        is: String,
        /// And should have been with which.
        should: String,
    },
    /// It was changed, or never signed.
    #[error("its signature does not fit: it was changed after it was signed")]
    Changed,
    /// It was signed, and cannot be true.
    #[error("it is signed and contradicts itself: {}", said.join("; "))]
    Contradicts {
        /// In what.
        said: Vec<String>,
    },
}

impl SigningKey {
    /// From 32 random bytes.
    pub fn new(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        Self(pair.expect("any 32 bytes are a seed"))
    }

    /// What its signatures are checked with.
    pub fn public(&self) -> PublicKey {
        let bytes: [u8; 32] = self.0.public_key().as_ref().try_into().expect("it has 32 bytes");
        PublicKey(bytes)
    }

    /// Signs a statement.
    pub fn sign(&self, statement: Statement) -> Signed {
        let value = domain::hex(self.0.sign(&signed_bytes(&statement)).as_ref());
        let (algorithm, over) = (ALGORITHM.to_owned(), OVER.to_owned());
        let public_key = self.public().hex();
        Signed { statement, signature: Signature { algorithm, over, public_key, value } }
    }
}

impl PublicKey {
    /// From 64 hex digits.
    pub fn read(text: &str) -> Option<Self> {
        Some(Self(domain::unhex(text.trim())?.try_into().ok()?))
    }

    /// As 64 hex digits.
    pub fn hex(&self) -> String {
        domain::hex(&self.0)
    }
}

impl Signed {
    /// Reads a document, and checks that it was signed and not changed since, with this key where
    /// one is named.
    pub fn read(text: &str, key: Option<&PublicKey>) -> Result<Self, NotSigned> {
        let read: Result<Self, _> = serde_json::from_str(text);
        let signed = read.map_err(|error| NotSigned::Nothing { why: error.to_string() })?;
        let nothing = |why: &str| NotSigned::Nothing { why: why.to_owned() };
        if signed.signature.algorithm != ALGORITHM || signed.signature.over != OVER {
            return Err(nothing("its signature is of a kind this program does not know"));
        }
        let by = signed.signed_by().ok_or_else(|| nothing("its key is not 64 hex digits"))?;
        if let Some(should) = key.filter(|key| **key != by) {
            return Err(NotSigned::OtherKey { is: by.hex(), should: should.hex() });
        }
        let value = domain::unhex(&signed.signature.value);
        let value = value.ok_or_else(|| nothing("its signature is not in hex"))?;
        UnparsedPublicKey::new(&ED25519, &by.0)
            .verify(&signed_bytes(&signed.statement), &value)
            .map_err(|_says_no_more| NotSigned::Changed)?;
        Ok(signed)
    }

    /// The key it says it was signed with.
    pub fn signed_by(&self) -> Option<PublicKey> {
        PublicKey::read(&self.signature.public_key)
    }

    /// The document.
    pub fn text(&self) -> String {
        // A struct of numbers and texts always has a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// The bytes that are signed.
fn signed_bytes(statement: &Statement) -> Vec<u8> {
    let mut text = String::new();
    canonical(&serde_json::json!(statement), &mut text);
    text.into_bytes()
}

/// JSON by RFC 8785 of a value without fractions: no space, and names in the order of their UTF-16.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (nth, name) in names.into_iter().enumerate() {
                text.push_str(if nth > 0 { "," } else { "" });
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(&fields[name], text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (nth, value) in values.iter().enumerate() {
                text.push_str(if nth > 0 { "," } else { "" });
                canonical(value, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn the_signed_form_is_the_same_however_a_document_was_written() {
        let read = |text: &str| serde_json::from_str(text).expect("the test writes JSON");
        let mut one = String::new();
        canonical(
            &read("{ \"b\": [1, {\"z\":null,\"a\":\"\\u00e9\\n\"}], \"a\": true }"),
            &mut one,
        );
        assert_eq!(one, "{\"a\":true,\"b\":[1,{\"a\":\"é\\n\",\"z\":null}]}");
    }
}
