//! Changing one user.

use anyhow::Result;
use clap::Args;
use domain::users::UserName;
use engine::users::{set_disabled, set_granted, set_password, unlock as user_unlock};
use store::NewPassword;

use super::{account, named, refusal, secret};
use crate::commands::site::Site;
use crate::mistake::Exit;
use crate::output;

/// Shut somebody out; they are signed out at once
#[derive(Debug, Args)]
pub struct Disable {
    /// Their name
    name: String,
}

/// Let somebody in again who was shut out
#[derive(Debug, Args)]
pub struct Enable {
    /// Their name
    name: String,
}

/// Give somebody another password; they are signed out everywhere
#[derive(Debug, Args)]
pub struct Password {
    /// Their name
    name: String,
    #[command(flatten)]
    secret: secret::Secret,
}

/// Let somebody try again who is locked after wrong passwords
#[derive(Debug, Args)]
pub struct Unlock {
    /// Their name
    name: String,
}

/// Let a member look at an account
#[derive(Debug, Args)]
pub struct Grant {
    /// Their name
    name: String,
    /// The account's name
    account: String,
}

/// Keep a member from an account
#[derive(Debug, Args)]
pub struct Revoke {
    /// Their name
    name: String,
    /// The account's name
    account: String,
}

pub async fn disable(site: &Site, arguments: &Disable) -> Result<Exit> {
    switch(site, &arguments.name, true).await
}

pub async fn enable(site: &Site, arguments: &Enable) -> Result<Exit> {
    switch(site, &arguments.name, false).await
}

async fn switch(site: &Site, name: &str, is_disabled: bool) -> Result<Exit> {
    let desk = site.look().await?;
    let user = named(site, &desk, name).await?;
    let what = if is_disabled { "Shut a user out" } else { "Let a user in again" };
    let store = Site::on_behalf(&desk, what);
    let changed = set_disabled(&store, &user, is_disabled, desk.ctx.now()).await;
    let changed = changed.map_err(|error| refusal(site, error))?;
    let is = if is_disabled { "is shut out" } else { "may sign in" };
    output::print(&told(&user.name, is, changed))?;
    Ok(Exit::Done)
}

pub async fn password(site: &Site, arguments: &Password) -> Result<Exit> {
    let desk = site.look().await?;
    let user = named(site, &desk, &arguments.name).await?;
    let name = UserName::new(&user.name).map_err(|error| refusal(site, error.into()))?;
    let chosen = arguments.secret.read(&name).map_err(|error| secret::refused(site, error))?;
    let store = Site::on_behalf(&desk, "Give a user another password");
    let is_temporary = chosen.shown.is_some();
    let new = NewPassword { hash: &chosen.hash, is_temporary, instead_of: None };
    let set = set_password(&store, &user, new, 0, desk.ctx.now()).await;
    set.map_err(|error| refusal(site, error))?;
    output::print(&format!("{} has another password and is signed out everywhere.", user.name))?;
    chosen.show()?;
    Ok(Exit::Done)
}

pub async fn unlock(site: &Site, arguments: &Unlock) -> Result<Exit> {
    let desk = site.look().await?;
    let user = named(site, &desk, &arguments.name).await?;
    let changed = user_unlock(&Site::on_behalf(&desk, "Unlock a user"), &user).await;
    let changed = changed.map_err(|error| refusal(site, error))?;
    output::print(&told(&user.name, "may try again", changed))?;
    Ok(Exit::Done)
}

pub async fn grant(site: &Site, arguments: &Grant) -> Result<Exit> {
    set(site, (&arguments.name, &arguments.account), true).await
}

pub async fn revoke(site: &Site, arguments: &Revoke) -> Result<Exit> {
    set(site, (&arguments.name, &arguments.account), false).await
}

async fn set(site: &Site, (name, of): (&str, &str), is_granted: bool) -> Result<Exit> {
    let desk = site.look().await?;
    let user = named(site, &desk, name).await?;
    let account = account(site, &desk, of.trim()).await?;
    let (what, is) = if is_granted {
        ("Let a user look at an account", format!("may look at {}", account.name))
    } else {
        ("Keep a user from an account", format!("may not look at {}", account.name))
    };
    let store = Site::on_behalf(&desk, what);
    let changed = set_granted(&store, &user, account.id, is_granted).await;
    let changed = changed.map_err(|error| refusal(site, error))?;
    output::print(&told(&user.name, &is, changed))?;
    Ok(Exit::Done)
}

fn told(name: &str, is: &str, changed: bool) -> String {
    if changed {
        format!("{name} {is} now.")
    } else {
        format!("{name} {is} already; nothing was changed.")
    }
}
