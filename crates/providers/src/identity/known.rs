//! What an identity provider publishes: where it is asked what, and its keys.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;
use openidconnect::core::CoreProviderMetadata;
use openidconnect::{DiscoveryError, IssuerUrl};

use super::IdentityError;
use super::wire::{NoAnswer, Wire};

/// How long it holds.
const HOLDS: Duration = Duration::from_hours(1);

/// What was last read of it.
#[derive(Default)]
pub(super) struct Known(Mutex<Option<Arc<Published>>>);

/// What it publishes, as of an instant.
pub(super) struct Published {
    pub(super) metadata: CoreProviderMetadata,
    read_at: Timestamp,
}

impl Known {
    /// What is known, read again where it is old.
    pub(super) async fn get(
        &self,
        issuer: &IssuerUrl,
        wire: &Wire,
        now: Timestamp,
    ) -> Result<Arc<Published>, IdentityError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match kept.filter(|kept| now < kept.read_at + HOLDS) {
            Some(kept) => Ok(kept),
            None => self.renew(issuer, wire, now).await,
        }
    }

    /// What it publishes now.
    pub(super) async fn renew(
        &self,
        issuer: &IssuerUrl,
        wire: &Wire,
        now: Timestamp,
    ) -> Result<Arc<Published>, IdentityError> {
        let read = CoreProviderMetadata::discover_async(issuer.clone(), wire).await;
        let metadata = read.map_err(|error| unread(&error))?;
        let published = Arc::new(Published { metadata, read_at: now });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&published));
        Ok(published)
    }
}

/// Bodies are not repeated, for nobody knows what is in them.
fn unread(error: &DiscoveryError<NoAnswer>) -> IdentityError {
    let misanswered = |why: &str| IdentityError::Misanswered { why: why.to_owned() };
    match error {
        DiscoveryError::Request(
            no @ (NoAnswer::Late | NoAnswer::Unconnected | NoAnswer::Broken),
        ) => IdentityError::Unreachable { why: no.to_string() },
        DiscoveryError::Request(no) => misanswered(&no.to_string()),
        DiscoveryError::Response(status, ..) if status.is_server_error() => {
            IdentityError::Unreachable { why: format!("it answered {}", status.as_u16()) }
        }
        DiscoveryError::Response(status, ..) if status.is_success() => {
            misanswered("what it publishes is not JSON")
        }
        DiscoveryError::Response(status, ..) => {
            misanswered(&format!("it answered {} where it should publish", status.as_u16()))
        }
        DiscoveryError::Parse(_) => misanswered("what it publishes lacks what it should have"),
        DiscoveryError::Validation(_) => misanswered("it calls itself by another name"),
        _ => misanswered("what it publishes cannot be read"),
    }
}
