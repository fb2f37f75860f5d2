//! A password on its way in: asked for, read, or made; never an argument.

use std::io::{self, BufRead as _, IsTerminal as _};

use anyhow::Result;
use clap::Args;
use domain::users::UserName;
use engine::users::{UserError, chosen, made, password};
use secrecy::{ExposeSecret as _, SecretString};

use crate::commands::site::Site;
use crate::mistake::Mistake;
use crate::output::{self, Style};

/// Where a password comes from.
#[derive(Debug, Args)]
pub struct Secret {
    /// Make a password and show it this once; they choose their own when they first sign in
    #[arg(long)]
    generate: bool,
}

/// A password, hashed; and as it is, where nobody knows it yet.
pub struct Chosen {
    /// Its hash.
    pub hash: String,
    /// What is to be shown.
    pub shown: Option<SecretString>,
}

/// Why there is no password.
pub enum Refused {
    /// It is refused.
    User(UserError),
    /// Nothing could be read.
    Unread(io::Error),
    /// The two that were typed are not the same.
    Differs,
}

impl Secret {
    /// The password for somebody of this name.
    pub fn read(&self, name: &UserName) -> Result<Chosen, Refused> {
        if self.generate {
            let secret = made().map_err(Refused::User)?;
            let hash = password::hash(&secret).map_err(Refused::User)?;
            return Ok(Chosen { hash, shown: Some(secret) });
        }
        let typed = typed(name).map_err(Refused::Unread)?.ok_or(Refused::Differs)?;
        let hash = chosen(&typed, name).map_err(Refused::User)?;
        Ok(Chosen { hash, shown: None })
    }
}

/// What somebody types twice, or what comes through a pipe; nothing where the two differ.
fn typed(name: &UserName) -> io::Result<Option<SecretString>> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let first = rpassword::prompt_password(format!("Password for {}: ", name.as_str()))?;
        let again = rpassword::prompt_password("The same again: ")?;
        return Ok((first == again).then(|| first.into()));
    }
    let mut line = String::new();
    stdin.lock().read_line(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(Some(line.strip_suffix('\r').unwrap_or(line).into()))
}

impl Chosen {
    /// Shows it, where nobody knows it yet.
    pub fn show(&self) -> Result<()> {
        let Some(secret) = &self.shown else { return Ok(()) };
        let secret = Style::of_stdout().bold(secret.expose_secret());
        output::print(&format!(
            "This is the only time the password is shown; they choose their own when they sign \
             in:\n\n  {secret}\n"
        ))?;
        Ok(())
    }
}

/// What to do where there is no password.
pub fn refused(site: &Site, refused: Refused) -> anyhow::Error {
    match refused {
        Refused::User(error) => super::refusal(site, error),
        Refused::Differs => {
            Mistake::new("the two passwords are not the same", "Run it again").into()
        }
        Refused::Unread(error) => Mistake::new(
            format!("no password could be read: {error}"),
            "Type it when asked, or send it as the first line of standard input",
        )
        .into(),
    }
}
