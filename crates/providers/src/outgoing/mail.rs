//! Mail, handed to the one server that is configured.

use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::{Letter, NotSent};

const PATIENCE: Duration = Duration::from_secs(15);

/// How the way to the server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// From the first byte, usually on port 465.
    Tls,
    /// From the first command on, usually on port 587; without it nothing is sent.
    StartTls,
    /// Not at all: for this machine itself.
    None,
}

/// The server that takes our mail.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept private.
    pub encryption: Encryption,
    /// Who we say we are.
    pub from: Address,
    /// The user and the password that open it, where it asks for them.
    pub login: Option<(String, SecretString)>,
}

impl Mail {
    pub(super) async fn send(&self, to: &Address, letter: &Letter) -> Result<(), NotSent> {
        let message = self.message(to, letter).map_err(NotSent::Ever)?;
        let transport = self.transport().map_err(NotSent::Ever)?;
        match tokio::time::timeout(PATIENCE * 2, transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(NotSent::Ever(said(&error))),
            Ok(Err(error)) => Err(NotSent::Now(said(&error))),
            Err(_elapsed) => Err(NotSent::Now("the mail server did not answer in time".to_owned())),
        }
    }

    fn message(&self, to: &Address, letter: &Letter) -> Result<Message, String> {
        let mailbox = |address: &Address| Mailbox::new(None, address.clone());
        Message::builder()
            .from(mailbox(&self.from))
            .to(mailbox(to))
            .subject(&letter.subject)
            .message_id(Some(format!("<{}@{}>", letter.id, self.from.domain())))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text.clone())
            .map_err(|error| format!("no mail can be made of it: {error}"))
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        type Smtp = AsyncSmtpTransport<Tokio1Executor>;
        let builder = match self.encryption {
            Encryption::Tls => Smtp::relay(&self.host),
            Encryption::StartTls => Smtp::starttls_relay(&self.host),
            Encryption::None => Ok(Smtp::builder_dangerous(&self.host)),
        };
        let builder =
            builder.map_err(|error| format!("{} is no mail server: {error}", self.host))?;
        let mut builder = builder.port(self.port).timeout(Some(PATIENCE));
        if let Some((user, password)) = &self.login {
            let password = password.expose_secret().to_owned();
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(builder.build())
    }
}

fn said(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("the mail server answered {code}"),
        None if error.is_timeout() => "the mail server did not answer in time".to_owned(),
        None => "the mail server cannot be reached".to_owned(),
    }
}
