//! Keys, published as RFC 7517 and RFC 7518 have it, and tokens signed as RFC 7515 has it. They are made
//! for each run of the tests.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::OsRng;
use rsa::sha2::Sha256;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};

use super::{CLIENT_SECRET, Twist};

static FIRST: LazyLock<RsaPrivateKey> = LazyLock::new(made);
static SECOND: LazyLock<RsaPrivateKey> = LazyLock::new(made);
static CURVE: LazyLock<EcdsaKeyPair> = LazyLock::new(|| {
    let (by, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let made = EcdsaKeyPair::generate_pkcs8(by, &random).expect("there is randomness");
    EcdsaKeyPair::from_pkcs8(by, made.as_ref(), &random).expect("it is one")
});

fn made() -> RsaPrivateKey {
    RsaPrivateKey::new(&mut OsRng, 2048).expect("there is randomness")
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key with its name.
#[derive(Clone, Copy)]
pub enum Key {
    Rsa(&'static str, &'static LazyLock<RsaPrivateKey>),
    Curve,
}

impl Key {
    pub fn first() -> Self {
        Self::Rsa("first", &FIRST)
    }

    pub fn second() -> Self {
        Self::Rsa("second", &SECOND)
    }

    pub fn curve() -> Self {
        Self::Curve
    }

    /// As it is published.
    pub fn published(self) -> Value {
        match self {
            Self::Rsa(name, key) => json!({
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": name,
                "n": encoded(&key.n().to_bytes_be()), "e": encoded(&key.e().to_bytes_be()),
            }),
            Self::Curve => {
                // SEC 1: a four, and the two coordinates.
                let point = CURVE.public_key().as_ref();
                json!({
                    "kty": "EC", "use": "sig", "alg": "ES256", "kid": "curve", "crv": "P-256",
                    "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
                })
            }
        }
    }

    /// A token that says this, with what it does otherwise.
    pub fn token(self, claims: &Value, twist: Option<Twist>) -> String {
        let (name, by) = match self {
            Self::Rsa(name, _) => (name, "RS256"),
            Self::Curve => ("curve", "ES256"),
        };
        let header = match twist {
            Some(Twist::Unsigned) => json!({ "alg": "none", "typ": "JWT" }),
            Some(Twist::ByClientSecret) => json!({ "alg": "HS256", "typ": "JWT" }),
            Some(Twist::UnknownKey) => json!({ "alg": by, "typ": "JWT", "kid": "nobodys" }),
            _ => json!({ "alg": by, "typ": "JWT", "kid": name }),
        };
        let said = [header.to_string(), claims.to_string()].map(|text| encoded(text.as_bytes()));
        let said = said.join(".");
        let signature = match twist {
            Some(Twist::Unsigned) => Vec::new(),
            Some(Twist::ByClientSecret) => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
                ring::hmac::sign(&key, said.as_bytes()).as_ref().to_vec()
            }
            Some(Twist::Signature) => self.signature("something else"),
            Some(Twist::Key) => Self::second().signature(&said),
            _ => self.signature(&said),
        };
        format!("{said}.{}", encoded(&signature))
    }

    fn signature(self, said: &str) -> Vec<u8> {
        match self {
            Self::Rsa(_, key) => {
                SigningKey::<Sha256>::new(RsaPrivateKey::clone(key)).sign(said.as_bytes()).to_vec()
            }
            Self::Curve => {
                let signed = CURVE.sign(&SystemRandom::new(), said.as_bytes());
                signed.expect("there is randomness").as_ref().to_vec()
            }
        }
    }
}
