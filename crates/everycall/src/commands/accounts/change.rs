//! Adding an account, changing it, putting it away and taking it away.

use anyhow::Result;
use clap::Args;
use domain::{Country, Timestamp};
use engine::place::{
    AccountEdit, AccountError, add_account, change_account, delete_account, preview_account,
};
use serde_json::{Value, json};
use store::{AccountRow, AccountUse, Scope};

use super::{list, refusal};
use crate::commands::assign::{Telling, account};
use crate::commands::contacts::country;
use crate::commands::site::Site;
use crate::commands::waiting::quoted;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, count};
use crate::wiring::Desk;

/// Add an account; one that is there already as you say is left as it is
#[derive(Debug, Args)]
pub struct Add {
    /// What it is called
    name: String,
    /// What it is called in another system
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The country of its contacts' numbers that are written without one
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<Country>,
    /// Leave out calls before this day or instant (UTC) [default: count all]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    reset_date: Option<Timestamp>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Change the name, country or reset date of an account
///
/// Calls before the reset date stay and are shown, and are counted as excluded with the reason
/// `outside_reset_date`. Moving the date moves exactly the calls between the two dates.
#[derive(Debug, Args)]
pub struct Change {
    /// What it is called
    name: String,
    /// What it is called from now on
    #[arg(long = "name", value_name = "NAME")]
    new_name: Option<String>,
    /// What it is called in another system
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The country of its contacts' numbers that are written without one
    #[arg(long, value_name = "CODE", value_parser = country)]
    country: Option<Country>,
    /// Leave out calls before this day or instant (UTC)
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    reset_date: Option<Timestamp>,
    /// Count its calls from the first again
    #[arg(long, conflicts_with = "reset_date")]
    no_reset_date: bool,
    #[command(flatten)]
    telling: Telling,
}

/// An account, and how it is told what was done.
#[derive(Debug, Args)]
pub struct Named {
    /// What it is called
    name: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Adds one.
pub async fn add(site: &Site, arguments: Add) -> Result<Exit> {
    let Add { name, external_id, country, reset_date, json } = arguments;
    let desk = site.look().await?;
    let edit = AccountEdit {
        name: Some(name),
        external_id,
        country,
        counts_from: reset_date,
        ..AccountEdit::default()
    };
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let account = match add_account(store, &edit, &environment::user(), now).await {
        Ok(account) => account,
        Err(AccountError::NameTaken { name }) => {
            return there_already(site, &desk, &name, &edit, json).await;
        }
        Err(error) => return Err(refusal(site, error)),
    };
    if json {
        output::print_json(&added(&account, AccountUse::default(), true))?;
        return Ok(Exit::Done);
    }
    let name = &account.name;
    let next = format!("{} assign AGENT --account {}", site.here(), quoted(name));
    output::print(&format!(
        "Added the account “{name}”. Give it calls: {}",
        Style::of_stdout().command(&next)
    ))?;
    Ok(Exit::Done)
}

/// Nothing is to be done where it is as was asked for, and adding does not change it where it is not.
async fn there_already(
    site: &Site,
    desk: &Desk,
    name: &str,
    edit: &AccountEdit,
    json: bool,
) -> Result<Exit> {
    let account = account(site, desk, name).await?;
    if !edit.is_so(&account) {
        let sentence = format!("there is an account “{name}” already, and it is not as you say");
        let change = format!("{} accounts change {}{}", site.here(), quoted(name), options(edit));
        return Err(Mistake::missing(sentence, format!("To change it: {change}")).into());
    }
    if json {
        let (scope, now) = (Scope::Account(account.id), desk.ctx.now());
        let used = desk.ctx.store.account_uses(scope, now).await?;
        output::print_json(&added(&account, used.first().copied().unwrap_or_default(), false))?;
    } else {
        output::print(&format!("There is an account “{name}” already; nothing was changed."))?;
    }
    Ok(Exit::Done)
}

/// An account, and whether it was added just now.
fn added(account: &AccountRow, used: AccountUse, is_new: bool) -> Value {
    let mut added = list::as_json(account, used);
    added["changed"] = is_new.into();
    added
}

/// What was asked for beside the name, as it is typed.
fn options(edit: &AccountEdit) -> String {
    let options = [
        ("external-id", edit.external_id.as_deref().map(quoted)),
        ("country", edit.country.map(|country| country.as_str().to_owned())),
        ("reset-date", edit.counts_from.map(|from| from.to_string())),
    ];
    let options = options.into_iter().filter_map(|(name, value)| Some((name, value?)));
    options.map(|(name, value)| format!(" --{name} {value}")).collect::<Vec<String>>().concat()
}

/// Changes one.
pub async fn change(site: &Site, arguments: Change) -> Result<Exit> {
    let Change { name, new_name, external_id, country, reset_date, no_reset_date, telling } =
        arguments;
    let counts_from = if no_reset_date { Some(Timestamp::MIN) } else { reset_date };
    let edit =
        AccountEdit { name: new_name, external_id, country, counts_from, ..AccountEdit::default() };
    if edit == AccountEdit::default() {
        let hint = "Say what: --name, --external-id, --country, --reset-date or --no-reset-date";
        return Err(Mistake::new("nothing is to change", hint).into());
    }
    let desk = site.look().await?;
    let account = account(site, &desk, name.trim()).await?;
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let done = if telling.is_preview() {
        preview_account(store, account.id, &edit, now).await.map(Some)
    } else {
        change_account(store, account.id, &edit, &environment::user(), now).await
    };
    let moved = done.map_err(|error| refusal(site, error))?;
    let name = edit.name.as_deref().map_or(account.name.as_str(), str::trim);
    let sentence = match moved.map(count) {
        Some(calls) if telling.is_preview() => {
            format!("Would change {name} and move {calls} calls. Nothing was changed.")
        }
        Some(calls) if counts_from.is_some() => format!("Changed {name}: {calls} calls moved."),
        Some(_) => format!("Changed {name}."),
        None => format!("{name} is so already; nothing was changed."),
    };
    telling.tell(moved, &sentence)
}

/// Puts one away, or takes it out again.
pub async fn archive(site: &Site, arguments: Named, is_archived: bool) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, arguments.name.trim()).await?;
    let edit = AccountEdit { is_archived: Some(is_archived), ..AccountEdit::default() };
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let done = change_account(store, account.id, &edit, &environment::user(), now).await;
    let changed = done.map_err(|error| refusal(site, error))?.is_some();
    let used = store.account_uses(Scope::Account(account.id), now).await?;
    let agents = used.first().map_or(0, |used| used.agents);
    if arguments.json {
        let json = json!({
            "name": account.name, "changed": changed, "archived": is_archived, "agents": agents,
        });
        output::print_json(&json)?;
        return Ok(Exit::Done);
    }
    let name = &account.name;
    let sentence = match (changed, is_archived) {
        (true, true) => format!("Archived {name}."),
        (true, false) => format!("{name} is in use again."),
        (false, true) => format!("{name} is archived already; nothing was changed."),
        (false, false) => format!("{name} is in use; nothing was changed."),
    };
    output::print(&sentence)?;
    if is_archived && agents > 0 {
        let here = site.here();
        let of = if agents == 1 { "1 agent".to_owned() } else { format!("{agents} agents") };
        output::print(&format!(
            "It still gets the calls of {of}; `{here} agents` names them, and `{here} unassign AGENT` ends that."
        ))?;
    }
    Ok(Exit::Done)
}

/// Takes one away.
pub async fn delete(site: &Site, arguments: Named) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, arguments.name.trim()).await?;
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let deleted = delete_account(store, account.id, &environment::user(), now).await;
    deleted.map_err(|error| refusal(site, error))?;
    if arguments.json {
        output::print_json(&json!({ "name": account.name, "deleted": true }))?;
    } else {
        output::print(&format!("Deleted the account {}.", account.name))?;
    }
    Ok(Exit::Done)
}
