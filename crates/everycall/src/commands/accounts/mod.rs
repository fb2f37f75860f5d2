//! `everycall accounts`: the tenants calls belong to.

mod change;
mod import;
mod list;
mod show;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::Timestamp;
use engine::place::{AccountError, tied_by};
use store::AccountRow;

use super::site::Site;
use super::waiting::quoted;
use crate::mistake::{Exit, Mistake};
use crate::output::count;

/// List the accounts calls belong to, add, change, import, archive or delete them
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Accounts {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: list::List,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(change::Add),
    Show(show::Show),
    Change(change::Change),
    Import(import::Import),
    /// Put an account away: it is no longer listed, and is given nothing new
    ///
    /// What is in it stays, and its assignments hold: calls that are its own go on to be placed with
    /// it and lose nobody. `everycall accounts unarchive` undoes it.
    Archive(change::Named),
    /// Take an account out of the archive
    Unarchive(change::Named),
    /// Delete an account in which nothing is and never was
    Delete(change::Named),
}

/// Lists them, or does what was asked.
pub async fn run(site: &Site, arguments: Accounts) -> Result<Exit> {
    match arguments.command {
        None => list::run(site, arguments.list).await,
        Some(Command::Add(add)) => change::add(site, add).await,
        Some(Command::Show(show)) => show::run(site, show).await,
        Some(Command::Change(change)) => change::change(site, change).await,
        Some(Command::Import(import)) => import::run(site, import).await,
        Some(Command::Archive(named)) => change::archive(site, named, true).await,
        Some(Command::Unarchive(named)) => change::archive(site, named, false).await,
        Some(Command::Delete(named)) => change::delete(site, named).await,
    }
}

/// From when on the calls of an account count, for a person.
fn counts_from(account: &AccountRow) -> String {
    account.calls_reset_at.map_or_else(|| "the first".to_owned(), |at: Timestamp| at.to_string())
}

/// What to do about an account that cannot be changed so.
fn refusal(site: &Site, error: AccountError) -> anyhow::Error {
    let here = site.here();
    match error {
        AccountError::Store(error) => error.into(),
        AccountError::NoAccount { .. } => {
            Mistake::missing(error.to_string(), format!("`{here} accounts` lists them")).into()
        }
        AccountError::NoName => Mistake::new(error.to_string(), "accounts add NAME").into(),
        AccountError::NameTaken { .. } | AccountError::IdTaken { .. } => {
            Mistake::missing(error.to_string(), "Choose another one").into()
        }
        AccountError::Tied { name, ties } => {
            let parts: Vec<String> = tied_by(&ties)
                .into_iter()
                .map(|(number, what)| {
                    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
                })
                .collect();
            let sentence = format!("{name} has {}", parts.join(", "));
            let hint = format!(
                "It can be put away instead, and keeps them: {here} accounts archive {}",
                quoted(&name)
            );
            Mistake::missing(sentence, hint).into()
        }
    }
}
