//! `everycall contacts`: the people on the other side of calls.

mod change;
mod import;
mod list;
mod merge;
mod show;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::{ContactId, Country};
use engine::contacts::{ContactError, sweep};

use super::site::Site;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, count};

/// List contacts, show one with its history, add, change, import, merge or erase them
///
/// Numbers are shown whole: this is the operator's own terminal. They never go into a log.
#[derive(Debug, Args)]
pub struct Contacts {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
    Show(show::Show),
    Add(change::Add),
    Change(change::Change),
    Import(import::Import),
    Merge(merge::Merge),
    Unmerge(merge::Unmerge),
    Erase(merge::Erase),
    Sweep(Sweep),
}

/// Look again at every call that waits for its contact; a scheduler runs this every ten minutes
#[derive(Debug, Args)]
struct Sweep {
    /// Of this source only [default: all]
    source: Option<String>,
    /// Print one JSON object per source
    #[arg(long)]
    json: bool,
}

/// How a command that writes is asked to behave.
#[derive(Debug, Args)]
struct Writing {
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub async fn run(site: &Site, arguments: Contacts) -> Result<Exit> {
    match arguments.command {
        Command::List(list) => list::run(site, list).await,
        Command::Show(show) => show::run(site, show).await,
        Command::Add(add) => change::add(site, add).await,
        Command::Change(change) => change::change(site, change).await,
        Command::Import(import) => import::run(site, import).await,
        Command::Merge(merge) => merge::merge(site, merge).await,
        Command::Unmerge(unmerge) => merge::unmerge(site, unmerge).await,
        Command::Erase(erase) => merge::erase(site, erase).await,
        Command::Sweep(arguments) => swept(site, arguments).await,
    }
}

async fn swept(site: &Site, arguments: Sweep) -> Result<Exit> {
    let desk = site.look().await?;
    for source in desk.known_or_all(arguments.source.as_deref()).await? {
        let swept = sweep(&desk.ctx.store, source.id, desk.ctx.now()).await?;
        if arguments.json {
            output::tell_json(&serde_json::json!({
                "source": source.name, "looked": swept.looked, "moved": swept.moved,
            }));
        } else if swept.looked > 0 {
            output::tell(&format!(
                "{}: {} calls wait for their contact, {} of them no longer do.",
                source.name,
                count(swept.looked),
                count(swept.moved)
            ));
        }
    }
    Ok(Exit::Done)
}

fn contact_id(text: &str) -> Result<ContactId, String> {
    text.parse().map(ContactId).map_err(|_not_a_number| {
        "a contact is named by its number, as `everycall contacts list` shows it".to_owned()
    })
}

/// A country, as it is typed.
pub fn country(text: &str) -> Result<Country, String> {
    Country::new(text).ok_or_else(|| "a country is two letters, such as US".to_owned())
}

/// What to do about a contact that cannot be changed so.
fn refusal(site: &Site, error: ContactError) -> anyhow::Error {
    let here = site.here();
    let hint = match &error {
        ContactError::Store(_) => return error.into(),
        ContactError::NoContact { .. } => format!("`{here} contacts list` lists them"),
        ContactError::WasMerged { contact, into } => {
            format!("Name {into} instead, or take it apart: {here} contacts unmerge {contact}")
        }
        ContactError::NotMerged { contact } => {
            format!("`{here} contacts show {contact}` says what it is made of")
        }
        ContactError::WasErased { .. } => "What is erased does not come back".to_owned(),
        ContactError::Itself { .. } => "Name two contacts".to_owned(),
        ContactError::TwoAccounts { .. } => "Each account has its own contacts".to_owned(),
        ContactError::IdTaken { holder, .. } => {
            format!("If they are one person: {here} contacts merge {holder} CONTACT")
        }
    };
    Mistake::missing(error.to_string(), hint).into()
}
