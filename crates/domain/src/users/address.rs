//! The e-mail address under which an identity provider knows somebody.

/// Letters of an address, at most: what a mail server takes (RFC 5321, 4.5.3.1.3).
const LETTERS_MAX: usize = 254;

/// A text that is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no e-mail address, such as ann@example.com")]
pub struct NotAnAddress;

/// An e-mail address, in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads what a person types, or an identity provider says.
    pub fn new(typed: &str) -> Result<Self, NotAnAddress> {
        let address = typed.trim();
        let is_one_word = !address.chars().any(|it| it.is_whitespace() || it.is_control());
        let has_sides = address
            .rsplit_once('@')
            .is_some_and(|(who, domain)| !who.is_empty() && !domain.is_empty());
        if is_one_word && has_sides && address.len() <= LETTERS_MAX {
            return Ok(Self(address.to_owned()));
        }
        Err(NotAnAddress)
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one address have in common.
    ///
    /// Of ASCII alone: other letters have small forms that are those of ASCII (the sign of kelvin is
    /// a small k), so that another's mailbox could be taken for this one.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}
