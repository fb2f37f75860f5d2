//! Hashes of passwords: argon2id, with what OWASP asks for at least.
//!
//! One takes some ten milliseconds and 19 MiB on purpose, so whoever serves many bounds how many are
//! made at once.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};

use super::UserError;
use crate::secret::random;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn argon() -> Result<Argon2<'static>, UserError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| UserError::NoHash { why: error.to_string() })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash under which a password is kept, as a PHC string.
pub fn hash(password: &SecretString) -> Result<String, UserError> {
    let (password, salt) = (password.expose_secret().as_bytes(), random::<16>()?);
    let hashed = argon()?.hash_password_with_salt(password, &salt);
    let hashed: PasswordHash =
        hashed.map_err(|error| UserError::NoHash { why: error.to_string() })?;
    Ok(hashed.to_string())
}

/// Whether a password is the one that was hashed so. Without a hash it takes as long and is not.
pub fn is_right(password: &SecretString, hash: Option<&str>) -> Result<bool, UserError> {
    let password = password.expose_secret().as_bytes();
    let Some(hash) = hash else {
        let mut unused = [0; 32];
        let done = argon()?.hash_password_into(password, &[0; 16], &mut unused);
        done.map_err(|error| UserError::NoHash { why: error.to_string() })?;
        return Ok(false);
    };
    Ok(argon()?.verify_password(password, hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_its_hash_is_never_the_same() {
        let (right, wrong) = (SecretString::from("four words do well"), SecretString::from("no"));
        let [one, two] = [hash(&right).expect("it is made"), hash(&right).expect("it is made")];
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two);
        assert!(is_right(&right, Some(&one)).expect("it is judged"));
        assert!(!is_right(&wrong, Some(&one)).expect("it is judged"));
        assert!(!is_right(&right, None).expect("it is judged"));
        assert!(!is_right(&right, Some("no hash")).expect("it is judged"));
    }
}
