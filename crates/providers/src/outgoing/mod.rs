//! What we tell others by ourselves: posted JSON and mail. Whatever it is, it is small, has a limit of
//! time, and what comes of it is told to whoever sends.

mod mail;
mod post;
mod send_to;
#[cfg(test)]
mod tests;

use domain::Timestamp;
use secrecy::SecretString;

pub use lettre::Address as MailAddress;
pub use mail::{Encryption, Mail};
pub use send_to::{NoAddress, SendTo};

/// What is needed to tell others.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    /// What posted JSON is signed with.
    pub secret: Option<SecretString>,
    /// The server that takes our mail.
    pub mail: Option<Mail>,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is about, on one line.
    pub subject: String,
    /// For people.
    pub text: String,
    /// For programs.
    pub json: String,
    /// The same each time it is sent, so that whoever gets it twice knows.
    pub id: String,
}

/// Why nothing was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// It may be otherwise later.
    #[error("{0}")]
    Now(String),
    /// It would be the same again.
    #[error("{0}")]
    Ever(String),
}

impl Outgoing {
    /// Tells it.
    pub async fn send(&self, to: &SendTo, letter: &Letter, now: Timestamp) -> Result<(), NotSent> {
        match (to, &self.mail) {
            (SendTo::Post(url), _) => post::post(url, letter, self.secret.as_ref(), now).await,
            (SendTo::Mail(address), Some(mail)) => mail.send(address, letter).await,
            (SendTo::Mail(_), None) => Err(NotSent::Ever(
                "no mail server is configured where it was to be sent from; add [mail]".to_owned(),
            )),
        }
    }
}
