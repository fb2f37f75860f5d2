//! By what an identity provider knows somebody.

use anyhow::Result;
use clap::Args;
use domain::users::EmailAddress;
use engine::users::identity::{set_address, unlink as user_unlink};

use super::{named, refusal};
use crate::commands::site::Site;
use crate::mistake::Exit;
use crate::output;

/// Enter the address under which the identity provider knows somebody; they are signed out everywhere
///
/// Whoever comes with it first, verified, is linked; from then on the address does not count.
#[derive(Debug, Args)]
pub struct Address {
    /// Their name
    name: String,
    /// The e-mail address
    #[arg(required_unless_present = "none", conflicts_with = "none")]
    email: Option<String>,
    /// Take the address away: they come in by their password alone
    #[arg(long)]
    none: bool,
}

/// Forget whom the identity provider means by somebody; whoever comes next with the address is linked
#[derive(Debug, Args)]
pub struct Unlink {
    /// Their name
    name: String,
}

pub async fn address(site: &Site, arguments: &Address) -> Result<Exit> {
    let desk = site.look().await?;
    let user = named(site, &desk, &arguments.name).await?;
    let email = arguments.email.as_deref().map(EmailAddress::new).transpose();
    let email = email.map_err(|error| refusal(site, error.into()))?;
    let store = Site::on_behalf(&desk, "Enter a user's address at the identity provider");
    let changed = set_address(&store, &user, email.as_ref(), 0).await;
    let changed = changed.map_err(|error| refusal(site, error))?;
    let name = &user.name;
    output::print(&match (changed, &email) {
        (false, _) => format!("{name} is entered so already; nothing was changed."),
        (true, None) => format!("{name} comes in by a password alone now."),
        (true, Some(email)) => {
            format!(
                "Whoever has {} at the identity provider comes in as {name} now.",
                email.as_str()
            )
        }
    })?;
    Ok(Exit::Done)
}

pub async fn unlink(site: &Site, arguments: &Unlink) -> Result<Exit> {
    let desk = site.look().await?;
    let user = named(site, &desk, &arguments.name).await?;
    let store = Site::on_behalf(&desk, "Unlink a user from the identity provider");
    let changed = user_unlink(&store, &user, 0).await.map_err(|error| refusal(site, error))?;
    let name = &user.name;
    output::print(&if changed {
        format!("{name} is linked to nobody now.")
    } else {
        format!("{name} is linked to nobody; nothing was changed.")
    })?;
    Ok(Exit::Done)
}
