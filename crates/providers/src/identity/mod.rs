//! An identity provider: whoever else says who somebody is, by OpenID Connect (the authorization code
//! flow with PKCE).
//!
//! Nothing is asked of it until somebody wants to come in by it, so that a service starts and goes on
//! while it is down. What it publishes is kept for an hour, and asked for again when a token names a
//! key nobody knows.

mod known;
mod token;
mod wire;

use std::time::Duration;

use domain::Timestamp;
use openidconnect::core::{CoreClient, CoreResponseType};
use openidconnect::{
    AuthenticationFlow, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::http::HttpError;
use known::Known;
use wire::Wire;

/// The longest everything may take that is asked between two pages.
const PATIENCE: Duration = Duration::from_secs(15);

/// How we are known to an identity provider.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its name, which is an address; compared letter by letter with what it says itself.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// What shows that it is us.
    pub client_secret: SecretString,
    /// What is asked for beside `openid`.
    pub scopes: Vec<String>,
    /// The address it sends people back to.
    pub back: String,
}

/// What binds one sign-in to one browser: made anew for each, and never used again.
#[derive(Debug)]
pub struct Trip {
    /// Comes back in the address.
    pub state: SecretString,
    /// Comes back in the token.
    pub nonce: SecretString,
    /// Shows that whoever redeems the code began the trip.
    pub verifier: SecretString,
}

/// Who somebody is, as an issuer vouches.
#[derive(Clone, PartialEq, Eq)]
pub struct Vouched {
    /// Who says it.
    pub issuer: String,
    /// Its own name of them, which is never another's.
    pub subject: String,
    /// Their address, if it says one.
    pub email: Option<String>,
    /// Whether it made sure that the address is theirs.
    pub is_email_verified: bool,
}

impl std::fmt::Debug for Vouched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vouched").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Why nobody knows who it is. What is told holds nothing secret and nothing of the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// It may answer later.
    #[error("the identity provider cannot be reached: {why}")]
    Unreachable {
        /// At what, and how.
        why: String,
    },
    /// It answers otherwise than OpenID Connect has it.
    #[error("the identity provider answers what is not understood: {why}")]
    Misanswered {
        /// At what, and how.
        why: String,
    },
    /// It understood and said no.
    #[error("the identity provider refused: {why}")]
    Refused {
        /// Its code of it.
        why: String,
    },
    /// What it gave is not for us, not for this sign-in, or not from it.
    #[error("the token is not to be trusted: {why}")]
    Untrusted {
        /// What is wrong with it.
        why: &'static str,
    },
}

/// An identity provider we are registered with.
pub struct IdentityProvider {
    registration: Registration,
    issuer: IssuerUrl,
    back: RedirectUrl,
    wire: Wire,
    known: Known,
}

impl std::fmt::Debug for IdentityProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityProvider")
            .field("issuer", &self.issuer.as_str())
            .finish_non_exhaustive()
    }
}

impl IdentityProvider {
    /// The one we are registered with. Nothing is asked of it yet.
    pub fn new(registration: Registration) -> Result<Self, HttpError> {
        let unread = |address: &str| HttpError::NotAnAddress { base: address.to_owned() };
        let issuer = IssuerUrl::new(registration.issuer.clone())
            .map_err(|_unreadable| unread(&registration.issuer))?;
        let back = RedirectUrl::new(registration.back.clone())
            .map_err(|_unreadable| unread(&registration.back))?;
        let wire = Wire::to(issuer.url())?;
        Ok(Self { registration, issuer, back, wire, known: Known::default() })
    }

    /// Its name.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Looks whether it publishes what is needed.
    pub async fn look(&self, now: Timestamp) -> Result<(), IdentityError> {
        within(async {
            let known = self.known.renew(&self.issuer, &self.wire, now).await?;
            let to = known.metadata.authorization_endpoint().url();
            self.wire.ensure_fit(to).map_err(|error| misanswered("where people sign in", &error))
        })
        .await
    }

    /// Where a browser is sent so that the identity provider asks who it is.
    pub async fn address(&self, trip: &Trip, now: Timestamp) -> Result<Url, IdentityError> {
        within(async {
            let known = self.known.get(&self.issuer, &self.wire, now).await?;
            let to = known.metadata.authorization_endpoint().url();
            self.wire
                .ensure_fit(to)
                .map_err(|error| misanswered("where people sign in", &error))?;
            let verifier = PkceCodeVerifier::new(trip.verifier.expose_secret().to_owned());
            let client = CoreClient::from_provider_metadata(
                known.metadata.clone(),
                ClientId::new(self.registration.client_id.clone()),
                None,
            )
            .set_redirect_uri(self.back.clone());
            let (state, nonce) = (trip.state.clone(), trip.nonce.clone());
            let (address, _state, _nonce) = client
                .authorize_url(
                    AuthenticationFlow::<CoreResponseType>::AuthorizationCode,
                    move || CsrfToken::new(state.expose_secret().to_owned()),
                    move || Nonce::new(nonce.expose_secret().to_owned()),
                )
                .add_scopes(self.registration.scopes.iter().cloned().map(Scope::new))
                .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
                .url();
            Ok(address)
        })
        .await
    }

    /// Who came back from this trip with this code.
    pub async fn identity(
        &self,
        code: &SecretString,
        trip: &Trip,
        now: Timestamp,
    ) -> Result<Vouched, IdentityError> {
        within(async {
            let known = self.known.get(&self.issuer, &self.wire, now).await?;
            let token = self.redeem(&known, code, trip).await?;
            let vouched = match self.read(&known, &token, trip, now) {
                Err(token::Untold::NewKey) => {
                    let known = self.known.renew(&self.issuer, &self.wire, now).await?;
                    self.read(&known, &token, trip, now)?
                }
                read => read?,
            };
            Ok(self.with_address(&known, &token, vouched).await)
        })
        .await
    }

    fn id(&self) -> ClientId {
        ClientId::new(self.registration.client_id.clone())
    }

    fn secret(&self) -> ClientSecret {
        ClientSecret::new(self.registration.client_secret.expose_secret().to_owned())
    }
}

async fn within<T>(
    asking: impl Future<Output = Result<T, IdentityError>>,
) -> Result<T, IdentityError> {
    let late = || IdentityError::Unreachable { why: "it takes too long".to_owned() };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_elapsed| Err(late()))
}

fn misanswered(at: &str, error: &dyn std::error::Error) -> IdentityError {
    IdentityError::Misanswered { why: format!("{at}: {error}") }
}
