//! One account: what is in it, and how it was changed.

use anyhow::Result;
use clap::Args;
use serde_json::json;
use store::{AccountChangeRow, Scope};

use super::{counts_from, list};
use crate::commands::assign::account;
use crate::commands::site::Site;
use crate::mistake::Exit;
use crate::output::{self, Style, count, instant};

/// Show an account with its history
#[derive(Debug, Args)]
pub struct Show {
    /// What it is called
    name: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Shows it.
pub async fn run(site: &Site, arguments: Show) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, arguments.name.trim()).await?;
    let store = &desk.ctx.store;
    let used = store.account_uses(Scope::Account(account.id), desk.ctx.now()).await?;
    let used = used.first().copied().unwrap_or_default();
    let history = store.account_history(account.id).await?;
    if arguments.json {
        let mut shown = list::as_json(&account, used);
        shown["history"] = history.iter().map(change_as_json).collect();
        output::print_json(&shown)?;
        return Ok(Exit::Done);
    }
    let style = Style::of_stdout();
    let country = account.country.as_ref().map_or("not said", domain::Country::as_str);
    let mut lines = vec![
        style.bold(&account.name),
        format!("  calls        {}", count(used.calls)),
        format!("  agents       {}", count(used.agents)),
        format!("  contacts     {}", count(used.contacts)),
        format!("  counts from  {}", counts_from(&account)),
        format!("  country      {country}"),
    ];
    lines.extend(account.external_id.iter().map(|id| format!("  external id  {id}")));
    lines.extend(account.archived_at.map(|at| format!("  archived     {at}")));
    lines.extend((!history.is_empty()).then(String::new));
    lines.extend(history.iter().map(change_line));
    output::print(&lines.join("\n"))?;
    Ok(Exit::Done)
}

fn change_line(change: &AccountChangeRow) -> String {
    let moved = match change.moved {
        0 => String::new(),
        moved => format!(": {} calls moved", count(moved)),
    };
    let AccountChangeRow { changed_by, what, .. } = change;
    format!("  {}  {changed_by} {what}{moved}", instant(change.changed_at))
}

fn change_as_json(change: &AccountChangeRow) -> serde_json::Value {
    json!({
        "at": instant(change.changed_at), "by": change.changed_by, "what": change.what,
        "callsMoved": change.moved,
    })
}
