//! The accounts, and how much there is in each.

use std::collections::HashMap;

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use store::{AccountRow, AccountUse, Scope};

use super::counts_from;
use crate::commands::site::Site;
use crate::mistake::Exit;
use crate::output::{self, Table, count};

/// How they are listed.
#[derive(Debug, Args)]
pub struct List {
    /// Those that were put away, too
    #[arg(long)]
    archived: bool,
    /// Print one JSON object per account
    #[arg(long)]
    json: bool,
}

/// Lists them.
pub async fn run(site: &Site, arguments: List) -> Result<Exit> {
    let desk = site.look().await?;
    let rows = desk.ctx.store.account_uses(Scope::Operator, desk.ctx.now()).await?;
    let by_id: HashMap<i64, AccountUse> =
        rows.into_iter().map(|row| (row.account_id, row)).collect();
    let all = desk.ctx.store.accounts_list().await?;
    let is_shown = |account: &AccountRow| arguments.archived || account.archived_at.is_none();
    let (shown, hidden): (Vec<_>, Vec<_>) = all.into_iter().partition(is_shown);
    let used = |account: &AccountRow| by_id.get(&account.id.0).copied().unwrap_or_default();
    if arguments.json {
        output::print_json_lines(shown.iter().map(|account| as_json(account, used(account))))?;
        return Ok(Exit::Done);
    }
    let mut header = vec!["account", ">calls", ">agents", ">contacts", "counts calls from"];
    header.extend(arguments.archived.then_some("archived"));
    let mut table = Table::new(&header);
    for account in &shown {
        let AccountUse { calls, agents, contacts, .. } = used(account);
        let mut row = vec![account.name.clone(), count(calls), count(agents), count(contacts)];
        row.push(counts_from(account));
        let archived = account.archived_at.map_or_else(String::new, |at| at.to_string());
        row.extend(arguments.archived.then_some(archived));
        table.row(row);
    }
    let here = site.here();
    let none = if hidden.is_empty() {
        format!("There is no account yet; add one: {here} accounts add NAME")
    } else {
        "Every account is archived.".to_owned()
    };
    output::print(&table.text_or(&none))?;
    if !hidden.is_empty() {
        let are =
            if hidden.len() == 1 { "1 is".to_owned() } else { format!("{} are", hidden.len()) };
        output::print(&format!("\n{are} archived and not shown: {here} accounts --archived"))?;
    }
    Ok(Exit::Done)
}

/// An account, as its users' programs read it.
pub fn as_json(account: &AccountRow, used: AccountUse) -> Value {
    json!({
        "id": account.id, "name": account.name, "externalId": account.external_id, "country": account.country,
        "callsResetAt": account.calls_reset_at, "archivedAt": account.archived_at,
        "calls": used.calls, "agents": used.agents, "contacts": used.contacts,
    })
}
