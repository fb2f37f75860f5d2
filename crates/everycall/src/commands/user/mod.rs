//! `everycall user`: people who sign in to the dashboard.

mod change;
mod identity;
mod secret;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::Timestamp;
use domain::users::{UserName, UserRole};
use engine::users::{UserAsked, UserError, add as user_add, known};
use serde_json::{Value, json};
use store::{GrantRow, IdentityRow, UserRow};

use super::assign::account;
use super::site::Site;
use super::waiting::quoted;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table, instant};
use crate::wiring::Desk;

/// Add people who sign in, shut them out, and give them passwords and accounts
///
/// A password is asked for without showing it, or read from the first line of standard input; it is
/// never an argument.
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List(List),
    Disable(change::Disable),
    Enable(change::Enable),
    Password(change::Password),
    Unlock(change::Unlock),
    Grant(change::Grant),
    Revoke(change::Revoke),
    Address(identity::Address),
    Unlink(identity::Unlink),
}

/// Add somebody
#[derive(Debug, Args)]
struct Add {
    /// The name they sign in with: an e-mail address or one word
    name: String,
    /// They run all of it and see every account [default: a member of the accounts named]
    #[arg(long, conflicts_with = "accounts")]
    operator: bool,
    /// An account they may look at; more than one may be named
    #[arg(long = "account", value_name = "NAME")]
    accounts: Vec<String>,
    #[command(flatten)]
    secret: secret::Secret,
}

/// List everybody
#[derive(Debug, Args)]
struct List {
    /// Print one JSON object per user
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub async fn run(site: &Site, arguments: User) -> Result<Exit> {
    match arguments.command {
        Command::Add(arguments) => add(site, arguments).await,
        Command::List(arguments) => list(site, &arguments).await,
        Command::Disable(arguments) => change::disable(site, &arguments).await,
        Command::Enable(arguments) => change::enable(site, &arguments).await,
        Command::Password(arguments) => change::password(site, &arguments).await,
        Command::Unlock(arguments) => change::unlock(site, &arguments).await,
        Command::Grant(arguments) => change::grant(site, &arguments).await,
        Command::Revoke(arguments) => change::revoke(site, &arguments).await,
        Command::Address(arguments) => identity::address(site, &arguments).await,
        Command::Unlink(arguments) => identity::unlink(site, &arguments).await,
    }
}

async fn add(site: &Site, arguments: Add) -> Result<Exit> {
    let Add { name, operator, accounts, secret } = arguments;
    let desk = site.look().await?;
    let name = UserName::new(&name).map_err(|error| refusal(site, error.into()))?;
    let mut ids = Vec::new();
    for named in &accounts {
        ids.push(account(site, &desk, named.trim()).await?.id);
    }
    if desk.ctx.store.user_by_name(&name).await?.is_some() {
        let name = name.as_str().to_owned();
        return Err(refusal(site, UserError::NameTaken { name }));
    }
    let chosen = secret.read(&name).map_err(|error| secret::refused(site, error))?;
    let asked = UserAsked {
        name: &name,
        role: if operator { UserRole::Operator } else { UserRole::Member },
        accounts: &ids,
        password_hash: &chosen.hash,
        is_temporary: chosen.shown.is_some(),
        is_first: false,
    };
    let store = Site::on_behalf(&desk, "Add a user");
    let added = user_add(&store, &asked, &environment::user(), desk.ctx.now()).await;
    let row = added.map_err(|error| refusal(site, error))?;
    let grants = desk.ctx.store.user_accounts(Some(row.user_id)).await?;
    output::print(&format!(
        "Added {}, {}.",
        Style::of_stdout().bold(&row.name),
        is(&row, &grants)?
    ))?;
    chosen.show()?;
    Ok(Exit::Done)
}

async fn list(site: &Site, arguments: &List) -> Result<Exit> {
    let desk = site.look().await?;
    let (rows, now) = (desk.ctx.store.users_list().await?, desk.ctx.now());
    let grants = desk.ctx.store.user_accounts(None).await?;
    if arguments.json {
        let known = desk.ctx.store.identities_list().await?;
        let rows = rows.iter().map(|row| as_json(row, (&grants, &known), now));
        let rows = rows.collect::<Result<Vec<_>>>();
        output::print_json_lines(rows?)?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["user", "is", "state", "last signed in", "added", "by"]);
    for row in rows {
        let last = row.last_sign_in_at.map_or_else(|| "never".to_owned(), instant);
        let (is, state) = (is(&row, &grants)?, state(&row, now).to_owned());
        table.row([row.name, is, state, last, instant(row.created_at), row.created_by]);
    }
    let none =
        format!("There is nobody yet; add the first: {} user add NAME --operator", site.here());
    output::print(&table.text_or(&none))?;
    Ok(Exit::Done)
}

/// What somebody is, and of which accounts.
fn is(row: &UserRow, grants: &[GrantRow]) -> Result<String> {
    let own: Vec<&str> = own(row, grants).collect();
    Ok(match row.role()? {
        UserRole::Operator => "an operator".to_owned(),
        UserRole::Member if own.is_empty() => "a member of no account".to_owned(),
        UserRole::Member => format!("a member of {}", own.join(", ")),
    })
}

fn own<'g>(row: &UserRow, grants: &'g [GrantRow]) -> impl Iterator<Item = &'g str> {
    let user = row.user_id;
    grants.iter().filter(move |grant| grant.user_id == user).map(|grant| grant.account.as_str())
}

fn state(row: &UserRow, now: Timestamp) -> &'static str {
    match row {
        row if row.disabled_at.is_some() => "shut out",
        row if row.is_locked(now) => "locked",
        row if row.password_is_temporary != 0 => "is to choose a password",
        _ => "may sign in",
    }
}

fn as_json(
    row: &UserRow,
    (grants, known): (&[GrantRow], &[IdentityRow]),
    now: Timestamp,
) -> Result<Value> {
    let known = known.iter().find(|known| known.user_id == row.user_id);
    Ok(json!({
        "name": row.name, "role": row.role()?.as_str(), "state": state(row, now),
        "accounts": own(row, grants).collect::<Vec<_>>(), "createdAt": instant(row.created_at),
        "createdBy": row.created_by, "lastSignInAt": row.last_sign_in_at.map(instant),
        "lockedUntil": row.locked_until.map(instant), "disabledAt": row.disabled_at.map(instant),
        "address": known.map(|known| known.email.as_str()),
        "linkedAt": known.and_then(|known| known.linked_at).map(instant),
    }))
}

/// Whoever is called so.
async fn named(site: &Site, desk: &Desk, typed: &str) -> Result<UserRow> {
    let name = UserName::new(typed).map_err(|error| refusal(site, error.into()))?;
    known(&desk.ctx.store, &name).await.map_err(|error| refusal(site, error))
}

/// What to do where nothing was done about a user.
fn refusal(site: &Site, error: UserError) -> anyhow::Error {
    let sentence = error.to_string();
    let here = site.here();
    match error {
        UserError::Store(error) => error.into(),
        UserError::NoName(_) | UserError::NoAddress(_) => {
            Mistake::new(sentence, "Such as: ann@example.com").into()
        }
        UserError::AddressTaken { .. } => {
            Mistake::missing(sentence, format!("`{here} user list --json` says whose it is")).into()
        }
        UserError::Weak(_) => Mistake::new(sentence, "Run it again with another password").into(),
        UserError::NameTaken { .. } => Mistake::missing(sentence, "Choose another name").into(),
        UserError::NoUser { .. } => {
            Mistake::missing(sentence, format!("`{here} user list` lists them")).into()
        }
        UserError::NoAccount { .. } => {
            Mistake::missing(sentence, format!("`{here} accounts` lists them")).into()
        }
        UserError::LastOperator { .. } => {
            Mistake::missing(sentence, format!("{here} user add NAME --operator")).into()
        }
        UserError::SeesAll { ref name } => {
            let hint = format!("Members are given accounts: {here} user add {}", quoted(name));
            Mistake::new(sentence, hint).into()
        }
        UserError::NotFirst | UserError::NoHash { .. } | UserError::NoRandomness(_) => error.into(),
    }
}
