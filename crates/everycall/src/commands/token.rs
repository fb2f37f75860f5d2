//! `everycall token`: the secrets that open the API.

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use domain::Timestamp;
use domain::access::Role;
use engine::access::{TokenAsked, TokenError, token_add, token_revoke};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::TokenRow;

use super::assign::account;
use super::site::Site;
use super::waiting::quoted;
use crate::config::environment;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table, instant};

/// Give out, list or revoke the tokens that open the API
///
/// A program sends one as `Authorization: Bearer TOKEN`. The API is documented at
/// /api/v1/openapi.json of `everycall serve`.
#[derive(Debug, Args)]
pub struct Token {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Add(Add),
    List(List),
    Revoke(Revoke),
}

/// Give out a token; its secret is shown this once and never again
#[derive(Debug, Args)]
struct Add {
    /// What it is called; it is told by this name in the history of what it changed
    name: String,
    /// For this account only, which sees its own calls and contacts [default: an operator's, sees all]
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// It may change things too
    #[arg(long)]
    write: bool,
    /// It ends after so many days [default: never]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    expires: Option<u32>,
    /// Print one JSON object, with the secret in it
    #[arg(long)]
    json: bool,
}

/// List the tokens, those included that no longer hold
#[derive(Debug, Args)]
struct List {
    /// Print one JSON object per token
    #[arg(long)]
    json: bool,
}

/// Take a token back, from the next request on
#[derive(Debug, Args)]
struct Revoke {
    /// What it is called
    name: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub async fn run(site: &Site, arguments: Token) -> Result<Exit> {
    match arguments.command {
        Command::Add(arguments) => add(site, arguments).await,
        Command::List(arguments) => list(site, arguments).await,
        Command::Revoke(arguments) => revoke(site, arguments).await,
    }
}

async fn add(site: &Site, arguments: Add) -> Result<Exit> {
    let Add { name, account: of, write: may_write, expires, json } = arguments;
    let desk = site.look().await?;
    let role = match &of {
        Some(of) => Role::Member(account(site, &desk, of.trim()).await?.id),
        None => Role::Operator,
    };
    let now = desk.ctx.now();
    let days = expires.map(|days| Duration::from_hours(24 * u64::from(days)));
    let asked = TokenAsked { name, role, may_write, expires_at: days.map(|days| now + days) };
    let given =
        token_add(&Site::on_behalf(&desk, "Give out a token"), &asked, &environment::user(), now)
            .await;
    let (row, secret) = given.map_err(|error| refusal(site, error))?;
    let secret = secret.expose_secret();
    if json {
        let mut told = as_json(&row, now);
        told["token"] = secret.into();
        output::print_json(&told)?;
        return Ok(Exit::Done);
    }
    let style = Style::of_stdout();
    let ends = row.expires_at.map_or_else(String::new, |at| format!(", until {}", instant(at)));
    output::print(&format!(
        "Gave out {} for {}, to {}{ends}. This is the only time its secret is shown:\n\n  {}\n\n{}",
        style.bold(&row.name),
        whose(&row),
        does(&row),
        style.bold(secret),
        style.dim(&format!("{} token revoke {} takes it back", site.here(), quoted(&row.name)))
    ))?;
    Ok(Exit::Done)
}

async fn list(site: &Site, arguments: List) -> Result<Exit> {
    let desk = site.look().await?;
    let now = desk.ctx.now();
    let rows = desk.ctx.store.tokens_list().await?;
    if arguments.json {
        output::print_json_lines(rows.iter().map(|row| as_json(row, now)))?;
        return Ok(Exit::Done);
    }
    let mut table = Table::new(&["token", "for", "may", "state", "given out", "by", "last used"]);
    for row in rows {
        let state = match (state(&row, now), row.revoked_at.or(row.expires_at)) {
            ("holds", Some(until)) => format!("holds until {}", instant(until)),
            (state, Some(at)) if state != "holds" => format!("{state} {}", instant(at)),
            (state, _) => state.to_owned(),
        };
        let used = row.last_used_at.map_or_else(|| "never".to_owned(), instant);
        let (may, given) = (does(&row).to_owned(), instant(row.created_at));
        table.row([row.name.clone(), whose(&row), may, state, given, row.created_by, used]);
    }
    let none = format!("There is no token yet; give one out: {} token add NAME", site.here());
    output::print(&table.text_or(&none))?;
    Ok(Exit::Done)
}

async fn revoke(site: &Site, arguments: Revoke) -> Result<Exit> {
    let desk = site.look().await?;
    let name = arguments.name.trim();
    let (store, now) = (Site::on_behalf(&desk, "Revoke a token"), desk.ctx.now());
    let revoked = token_revoke(&store, name, &environment::user(), now).await;
    let changed = revoked.map_err(|error| refusal(site, error))?;
    if arguments.json {
        output::print_json(&json!({ "name": name, "changed": changed, "state": "revoked" }))?;
        return Ok(Exit::Done);
    }
    let sentence = if changed {
        format!("Revoked {name}; its next request is refused.")
    } else {
        format!("{name} was revoked already; nothing was changed.")
    };
    output::print(&sentence)?;
    Ok(Exit::Done)
}

fn whose(row: &TokenRow) -> String {
    row.account.clone().unwrap_or_else(|| "an operator".to_owned())
}

fn does(row: &TokenRow) -> &'static str {
    if row.terms().may_write { "read and write" } else { "read" }
}

fn state(row: &TokenRow, now: Timestamp) -> &'static str {
    let terms = row.terms();
    match (terms.revoked_at, terms.expires_at) {
        (Some(_), _) => "revoked",
        (None, Some(at)) if at <= now => "expired",
        (None, _) => "holds",
    }
}

fn as_json(row: &TokenRow, now: Timestamp) -> Value {
    json!({
        "name": row.name, "role": if row.account_id.is_some() { "member" } else { "operator" },
        "account": row.account, "mayWrite": row.terms().may_write, "state": state(row, now),
        "createdAt": instant(row.created_at), "createdBy": row.created_by,
        "expiresAt": row.expires_at.map(instant), "lastUsedAt": row.last_used_at.map(instant),
        "revokedAt": row.revoked_at.map(instant), "revokedBy": row.revoked_by,
    })
}

/// What to do about a token that cannot be given out or taken back.
fn refusal(site: &Site, error: TokenError) -> anyhow::Error {
    let sentence = error.to_string();
    match error {
        TokenError::Store(error) => error.into(),
        TokenError::NoName => Mistake::new(sentence, "Such as: crm-import").into(),
        TokenError::EndsBefore { .. } => Mistake::new(sentence, "Choose a later end").into(),
        TokenError::NameTaken { .. } => Mistake::missing(sentence, "Choose another name").into(),
        TokenError::NoAccount { .. } => {
            Mistake::missing(sentence, format!("`{} accounts` lists them", site.here())).into()
        }
        TokenError::NoToken { .. } => {
            Mistake::missing(sentence, format!("`{} token list` lists them", site.here())).into()
        }
        TokenError::NoRandomness(_) => {
            Mistake::missing(sentence, "No token can be made without them").into()
        }
    }
}
