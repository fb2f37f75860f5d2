//! Secrets that are given out once and kept as a hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// Random bytes in a secret: as many as its hash has.
pub const SECRET_BYTES: usize = 32;

/// The system has no randomness.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes: {why}")]
pub struct NoRandomness {
    /// What it says.
    pub why: String,
}

/// Bytes nobody can guess.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| NoRandomness { why: error.to_string() })?;
    Ok(bytes)
}

/// A secret of 256 random bits, in letters that stand in any header.
pub fn secret() -> Result<SecretString, NoRandomness> {
    Ok(URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?).into())
}

/// The hash under which a secret is kept. It has as much randomness as its hash, so there is nothing to
/// guess and nothing to slow down.
pub fn hashed(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// What forms of a session carry: made of its secret, and telling nothing of it.
pub fn csrf_of(secret: &SecretString) -> String {
    derived("csrf", secret)
}

/// What is made of a secret for one purpose: another for each, and telling nothing of it.
pub fn derived(what: &str, secret: &SecretString) -> String {
    let mut hash = Sha256::new();
    hash.update(b"everycall ");
    hash.update(what.as_bytes());
    hash.update(b"\0");
    hash.update(secret.expose_secret().as_bytes());
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

/// Letters that are not taken for one another, of which a code is made.
const LETTERS: &[u8; 32] = b"23456789abcdefghjkmnpqrstuvwxyz0";
/// Letters of a code: 80 random bits.
const CODE_LETTERS: usize = 16;

/// A code that a person reads and types: four times four letters, 80 random bits.
pub fn code() -> Result<SecretString, NoRandomness> {
    let bytes = random::<CODE_LETTERS>()?;
    let mut text = String::with_capacity(CODE_LETTERS + 3);
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[usize::from(byte % 32)]));
    }
    Ok(text.into())
}

/// A code as it may be typed: in any case, with other spaces and lines between its letters.
pub fn code_hash(typed: &str) -> [u8; 32] {
    let letters = typed.chars().filter(char::is_ascii_alphanumeric);
    hashed(&letters.map(|letter| letter.to_ascii_lowercase()).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = code().expect("it is random");
        let code = code.expose_secret();
        assert_eq!(code.len(), 19);
        let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
        assert_eq!(code_hash(&typed), code_hash(code));
        assert_ne!(code_hash(&code[1..]), code_hash(code));
    }

    #[test]
    fn what_forms_carry_is_not_the_secret_and_is_anothers_for_another() {
        let [one, two] = [secret().expect("it is random"), secret().expect("it is random")];
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(csrf_of(&one), csrf_of(&two));
        assert_eq!(csrf_of(&one), csrf_of(&one));
        assert!(!csrf_of(&one).contains(one.expose_secret()));
    }
}
