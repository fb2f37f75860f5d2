//! Setting up a source in the dashboard: what a person says is tried out at the provider first, and kept
//! with its secret sealed.
//!
//! A source that was set up rests until somebody lets it go on, so that nothing is read before a person
//! has seen what trying it out taught.

mod answers;
mod change;
mod error;
mod office;

use domain::{ProviderKind, Timestamp};
use providers::{Credential, ProviderSettings};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use store::{SetUpRow, SourceRow, Store, StoreError};

pub use providers::setup::{Question, SetUp};

pub use answers::Answers;
pub use change::ChangeAsked;
pub use error::SetUpError;
pub use office::{Configured, KeyOf, KeyUse, Office, Tried, manner};

use crate::vault::VaultKey;

/// The longest name of a source.
const NAME_MAX: usize = 100;

/// A source that somebody wants to be read.
pub struct SetUpAsked {
    /// What they call it.
    pub name: String,
    /// What kind of system it is.
    pub provider: ProviderKind,
    /// What they say of it.
    pub answers: Answers,
    /// What opens the door.
    pub secret: SecretString,
}

/// Whether a source can be called so.
pub fn is_name(name: &str) -> bool {
    let is_fit = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    !name.is_empty() && name.chars().count() <= NAME_MAX && name.chars().all(is_fit)
}

/// A secret without blanks around it and without a `Bearer` before it, as people copy it.
pub fn bare(secret: &str) -> &str {
    let text = secret.trim();
    match text.get(..7) {
        Some(prefix) if prefix.eq_ignore_ascii_case("bearer ") => text[7..].trim(),
        _ => text,
    }
}

/// A secret as it is sent, or why it is none.
fn secret_of(provider: ProviderKind, typed: &SecretString) -> Result<SecretString, SetUpError> {
    let secret = bare(typed.expose_secret());
    if secret.is_empty() {
        return Err(SetUpError::NoSecret { asks: SetUp::of(provider).secret.asks });
    }
    if secret.contains(char::is_whitespace) || secret.contains(char::is_control) {
        return Err(SetUpError::NotOneWord);
    }
    Ok(SecretString::from(secret))
}

/// What it takes to connect to a source that was set up in the dashboard.
pub fn opened(
    row: &SetUpRow,
    provider: ProviderKind,
    key: &VaultKey,
) -> Result<(ProviderSettings, Credential), SetUpError> {
    let settings = settings_of(row, provider)?;
    let sealed = row.sealed.as_deref().unwrap_or_default();
    let secret = key.open_secret(domain::SourceId(row.source_id), sealed)?;
    Ok((settings, SetUp::of(provider).credential(secret)))
}

/// What the provider of a source that was set up in the dashboard knows, without its secret.
pub fn settings_of(row: &SetUpRow, provider: ProviderKind) -> Result<ProviderSettings, SetUpError> {
    Ok(SetUp::settings(provider, &answers::said_of(row)?)?)
}

/// Lets a source rest, or go on. Doing it twice is doing it once.
pub async fn pause(
    store: &Store,
    source: &SourceRow,
    rests: bool,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    if tx.source_pause(source.id, rests, by, now).await? {
        tx.audit_about(target(&source.name), &json!({ "rests": rests }));
        tx.commit().await?;
    }
    Ok(())
}

fn target(name: &str) -> String {
    format!("source {name}")
}
