//! `everycall accounts`: the tenants calls belong to.

use anyhow::Result;
use clap::{Args, Subcommand};

use super::site::Site;
use super::waiting::quoted;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table};

/// List the accounts calls belong to, or add one
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Accounts {
    #[command(subcommand)]
    command: Option<Command>,
    /// Print one JSON object per account
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add an account
    Add {
        /// What it is called
        name: String,
    },
}

/// Lists them, or adds one.
pub async fn run(site: &Site, arguments: Accounts) -> Result<Exit> {
    match arguments.command {
        None => list(site, arguments.json).await,
        Some(Command::Add { name }) => add(site, name.trim()).await,
    }
}

async fn list(site: &Site, json: bool) -> Result<Exit> {
    let desk = site.look().await?;
    let accounts = desk.ctx.store.accounts_list().await?;
    if json {
        output::print_json_lines(accounts.iter().map(|account| {
            serde_json::json!({
                "id": account.id, "name": account.name, "callsResetAt": account.calls_reset_at,
            })
        }))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["account", "counts calls from"]);
    for account in accounts {
        let from =
            account.calls_reset_at.map_or_else(|| "the first".to_owned(), |at| at.to_string());
        table.row([account.name, from]);
    }
    let none = format!("There is no account yet; add one: {} accounts add NAME", site.here());
    output::print(&table.text_or(&none))?;
    Ok(Exit::Done)
}

async fn add(site: &Site, name: &str) -> Result<Exit> {
    if name.is_empty() {
        return Err(Mistake::new("an account needs a name", "accounts add NAME").into());
    }
    let desk = site.look().await?;
    if desk.ctx.store.account_by_name(name).await?.is_some() {
        output::print(&format!("There is an account “{name}” already; nothing was changed."))?;
        return Ok(Exit::Done);
    }
    let mut tx = desk.ctx.store.begin().await?;
    tx.account_ensure(name, desk.ctx.now()).await?;
    tx.commit().await?;
    let next = format!("{} assign AGENT --account {}", site.here(), quoted(name));
    output::print(&format!(
        "Added the account “{name}”. Give it calls: {}",
        Style::of_stdout().command(&next)
    ))?;
    Ok(Exit::Done)
}
