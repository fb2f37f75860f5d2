//! Which passwords are refused: short ones, the name, and those everybody tries first.

/// Letters of a password, at least.
pub const PASSWORD_LETTERS_MIN: usize = 12;
/// Letters of a password, at most: more would only cost time.
pub const PASSWORD_LETTERS_MAX: usize = 200;
/// Letters that must be left when the name is taken out.
const LETTERS_BESIDE_NAME: usize = 8;

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is short.
    #[error(
        "a password has at least {PASSWORD_LETTERS_MIN} letters; several words are easy to keep in mind"
    )]
    TooShort,
    /// It is very long.
    #[error("a password has at most {PASSWORD_LETTERS_MAX} letters")]
    TooLong,
    /// It is the name, or little more.
    #[error("a password must not be made of the name")]
    LikeTheName,
    /// It is one that everybody tries.
    #[error("this password is among those that are tried first; choose another")]
    Common,
}

/// The most common ones that are long enough, in lower case.
const COMMON: [&str; 40] = [
    "000000000000",
    "111111111111",
    "123123123123",
    "1234567890123",
    "12345678901234",
    "123456789012345",
    "1234567890123456",
    "123456789abc",
    "1234567890ab",
    "123456789012",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "abc123abc123",
    "abcd12345678",
    "abcdefghijkl",
    "abcdefghijklm",
    "administrator",
    "administrator1",
    "adminadminadmin",
    "changeme1234",
    "changemenow1",
    "changemeplease",
    "correcthorsebatterystaple",
    "iloveyou1234",
    "letmein12345",
    "letmeinletmein",
    "passw0rd1234",
    "password1234",
    "password12345",
    "password123456",
    "password123!",
    "passwordpassword",
    "qazwsxedcrfv",
    "qwerty123456",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
    "welcome12345",
];

/// Judges a password that somebody with this name chooses. There are no rules of composition.
pub fn judge_password(password: &str, name: &str) -> Result<(), WeakPassword> {
    let letters = password.chars().count();
    if letters < PASSWORD_LETTERS_MIN {
        return Err(WeakPassword::TooShort);
    }
    if letters > PASSWORD_LETTERS_MAX {
        return Err(WeakPassword::TooLong);
    }
    let (password, name) = (password.to_lowercase(), name.to_lowercase());
    let before_at = name.split('@').next().unwrap_or_default();
    let is_like = |name: &str| {
        // A name of one or two letters stands in many words.
        let rest = password.replace(name, "");
        name.chars().count() > 2 && rest != password && rest.chars().count() < LETTERS_BESIDE_NAME
    };
    if is_like(&name) || is_like(before_at) {
        return Err(WeakPassword::LikeTheName);
    }
    if COMMON.contains(&password.trim()) {
        return Err(WeakPassword::Common);
    }
    Ok(())
}
