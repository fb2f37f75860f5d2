//! `[mail]` and `[sending]`: what others are told with of scheduled comparisons.

use std::fs;
use std::path::{Path, PathBuf};

use providers::outgoing::{Encryption, MailAddress, Outgoing};
use secrecy::SecretString;
use serde::Deserialize;

use super::environment;
use crate::mistake::Mistake;

/// `[mail]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// The server; without one there is no mail.
    pub host: Option<String>,
    pub port: u16,
    /// `starttls`, `tls` or `none`.
    pub encryption: String,
    pub from: Option<String>,
    pub user: Option<String>,
    pub password_env: Option<String>,
    pub password_file: Option<PathBuf>,
}

/// `[sending]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sending {
    pub secret_env: Option<String>,
    pub secret_file: Option<PathBuf>,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            host: None,
            port: 587,
            encryption: "starttls".to_owned(),
            from: None,
            user: None,
            password_env: None,
            password_file: None,
        }
    }
}

impl Mail {
    /// Refuses what could never be sent with.
    pub fn check(&self) -> Result<(), Mistake> {
        self.encryption().and_then(|encryption| {
            let Some(host) = &self.host else { return Ok(()) };
            self.from(host)?;
            let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
            if encryption == Encryption::None && !is_here {
                return Err(Mistake::new(
                    format!("[mail] encryption = \"none\" would send mail to {host} in the clear"),
                    "Use \"starttls\" or \"tls\"; \"none\" is for a server on this machine itself",
                ));
            }
            Ok(())
        })
    }

    fn encryption(&self) -> Result<Encryption, Mistake> {
        match self.encryption.as_str() {
            "starttls" => Ok(Encryption::StartTls),
            "tls" => Ok(Encryption::Tls),
            "none" => Ok(Encryption::None),
            other => Err(Mistake::new(
                format!("[mail] encryption = \"{other}\" is not known"),
                "Use \"starttls\" (usually port 587), \"tls\" (usually port 465) or \"none\"",
            )),
        }
    }

    fn from(&self, host: &str) -> Result<MailAddress, Mistake> {
        let from = self.from.as_deref().unwrap_or_default();
        from.parse().map_err(|_unreadable| {
            Mistake::new(
                format!("[mail] sends through {host}, and from = \"{from}\" is no mail address"),
                "Write the address that mail comes from, such as from = \"everycall@example.com\"",
            )
        })
    }

    fn server(&self, folder: &Path) -> Result<Option<providers::outgoing::Mail>, Mistake> {
        let Some(host) = self.host.clone() else { return Ok(None) };
        let password = secret(
            folder,
            ("[mail]", "password"),
            self.password_env.as_deref(),
            self.password_file.as_deref(),
        )?;
        let login = match (self.user.clone(), password) {
            (Some(user), Some(password)) => Some((user, password)),
            (None, None) => None,
            _ => {
                return Err(Mistake::new(
                    "[mail] has only one of user and password",
                    "Give both, the password as password_env or password_file, or leave both out",
                ));
            }
        };
        let (encryption, from) = (self.encryption()?, self.from(&host)?);
        Ok(Some(providers::outgoing::Mail { host, port: self.port, encryption, from, login }))
    }
}

/// What others are told with.
pub fn outgoing(folder: &Path, mail: &Mail, sending: &Sending) -> Result<Outgoing, Mistake> {
    let place = ("[sending]", "secret");
    let secret =
        secret(folder, place, sending.secret_env.as_deref(), sending.secret_file.as_deref())?;
    Ok(Outgoing { secret, mail: mail.server(folder)? })
}

/// The secret in a variable or a file, where one of the two is named.
pub(super) fn secret(
    folder: &Path,
    (section, key): (&str, &str),
    env: Option<&str>,
    file: Option<&Path>,
) -> Result<Option<SecretString>, Mistake> {
    let (place, text) = match (env, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let sentence = format!("{section} has both `{key}_env` and `{key}_file`");
            return Err(Mistake::new(sentence, "Keep one of the two"));
        }
        // What stands there may be the secret itself, so it is not repeated.
        (Some(name), None) => {
            (format!("the variable that {section} {key}_env names"), environment::read(name))
        }
        (None, Some(path)) => {
            let path = folder.join(path);
            (format!("the file {}", path.display()), fs::read_to_string(&path).ok())
        }
    };
    match text.as_deref().map(str::trim) {
        Some(text) if !text.is_empty() => Ok(Some(SecretString::from(text))),
        _ => Err(Mistake::new(
            format!("{place} is not set, cannot be read or is empty"),
            format!("Put the {key} into it, or take the setting out of {section}"),
        )),
    }
}
