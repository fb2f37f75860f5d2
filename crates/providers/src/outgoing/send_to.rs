//! To whom: an address that takes posted JSON, or one that takes mail.

use std::fmt;
use std::str::FromStr;

use lettre::Address;
use url::Url;

use crate::http::ensure_safe;

/// To whom something is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendTo {
    /// To a program, as posted JSON.
    Post(Url),
    /// To a person, as mail.
    Mail(Address),
}

/// A text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{text}” is neither an https address nor a mail address; plain http is only for this machine itself"
)]
pub struct NoAddress {
    /// What was written.
    pub text: String,
}

impl FromStr for SendTo {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let text = text.trim();
        let none = || NoAddress { text: text.to_owned() };
        if text.contains("://") {
            let url = Url::parse(text).map_err(|_unreadable| none())?;
            let has_user = !url.username().is_empty() || url.password().is_some();
            if has_user || ensure_safe(&url).is_err() {
                return Err(none());
            }
            return Ok(Self::Post(url));
        }
        text.parse().map(Self::Mail).map_err(|_unreadable| none())
    }
}

impl fmt::Display for SendTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Post(url) => url.fmt(f),
            Self::Mail(address) => address.fmt(f),
        }
    }
}
