//! The demo's operator, who signs in with a password made for this demo.

use anyhow::Result;
use domain::users::{UserName, UserRole};
use engine::users::{UserAsked, add as user_add, made, password};
use secrecy::SecretString;

use crate::config::environment;
use crate::wiring::Desk;

/// Their name.
pub const NAME: &str = "demo";

/// Adds them, and gives their password.
pub async fn add(desk: &Desk) -> Result<SecretString> {
    let (name, secret) = (UserName::new(NAME)?, made()?);
    let asked = UserAsked {
        name: &name,
        role: UserRole::Operator,
        accounts: &[],
        password_hash: &password::hash(&secret)?,
        is_temporary: false,
        is_first: false,
    };
    user_add(&desk.ctx.store, &asked, &environment::user(), desk.ctx.now()).await?;
    Ok(secret)
}
