//! Tokens of a marketplace app: renewed before they expire, by one request at a time.
//!
//! HighLevel's refresh token works once. Its use brings a new pair, and if that pair is lost
//! the app must be installed again. So all requests share one renewal, the new pair is saved
//! before anybody uses it, and a caller that goes away leaves the renewal for the next to finish.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use domain::Timestamp;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::http::{Failure, Http, Refusal, Request, body};
use crate::{SourceError, TokenPair, TokenVault};

/// A token this close to its end is not used any more.
const RENEW_BEFORE: Duration = Duration::from_mins(1);

/// How long another process may take to save what it got.
const OTHERS_SAVE_WITHIN: Duration = Duration::from_secs(2);

/// How long a token lasts when the answer does not say: HighLevel's day, less an hour.
const LIFETIME: Duration = Duration::from_hours(23);

const REQUEST: &str = "token renewal";

/// The tokens of one installation.
pub struct OAuth {
    shared: Arc<Installation>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    pair: Option<TokenPair>,
    renewal: Option<Renewal>,
}

type Renewal = Shared<BoxFuture<'static, Result<TokenPair, SourceError>>>;

struct Installation {
    http: Arc<Http>,
    token_url: Url,
    client_id: String,
    client_secret: SecretString,
    configured: SecretString,
    vault: Arc<dyn TokenVault>,
    /// A pair that could not be saved yet. It is not used, and not thrown away either: the token
    /// it came for is spent.
    unsaved: Mutex<Option<TokenPair>>,
}

/// The app and the installation, as configured.
pub struct App {
    /// The app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// The refresh token of the installation.
    pub refresh_token: SecretString,
    /// Where the present pair is kept.
    pub vault: Arc<dyn TokenVault>,
}

impl OAuth {
    /// Tokens from `token_url`.
    pub fn new(app: App, token_url: Url, http: Arc<Http>) -> Self {
        let App { client_id, client_secret, refresh_token: configured, vault } = app;
        let unsaved = Mutex::default();
        let shared =
            Installation { http, token_url, client_id, client_secret, configured, vault, unsaved };
        Self { shared: Arc::new(shared), state: Mutex::default() }
    }

    /// A token that works for a while yet.
    pub async fn token(&self) -> Result<SecretString, SourceError> {
        self.token_other_than(None).await
    }

    /// A token other than the one that was refused.
    pub async fn token_after(&self, refused: &SecretString) -> Result<SecretString, SourceError> {
        self.token_other_than(Some(refused)).await
    }

    async fn token_other_than(
        &self,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, SourceError> {
        let renewal = {
            let mut state = self.state();
            let usable = state.pair.as_ref().filter(|pair| self.shared.is_usable(pair, refused));
            if let Some(pair) = usable {
                return Ok(pair.access_token.clone());
            }
            state.renewal.get_or_insert_with(|| renewal(&self.shared, refused)).clone()
        };
        let outcome = renewal.clone().await;
        let mut state = self.state();
        if state.renewal.as_ref().is_some_and(|present| present.ptr_eq(&renewal)) {
            state.renewal = None;
            if let Ok(pair) = &outcome {
                state.pair = Some(pair.clone());
            }
        }
        outcome.map(|pair| pair.access_token)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn renewal(installation: &Arc<Installation>, refused: Option<&SecretString>) -> Renewal {
    let (installation, refused) = (installation.clone(), refused.cloned());
    async move { installation.renew(refused.as_ref()).await }.boxed().shared()
}

impl Installation {
    fn is_usable(&self, pair: &TokenPair, refused: Option<&SecretString>) -> bool {
        let is_refused = refused.is_some_and(|token| same(token, &pair.access_token));
        !is_refused && pair.expires_at > self.http.now() + RENEW_BEFORE
    }

    /// The pair in the vault if it is good, or a new one, saved.
    async fn renew(&self, refused: Option<&SecretString>) -> Result<TokenPair, SourceError> {
        self.save_unsaved().await?;
        let kept = self.load().await?;
        if let Some(pair) = kept.as_ref().filter(|pair| self.is_usable(pair, refused)) {
            return Ok(pair.clone());
        }
        let Some(kept) = kept else {
            return self.exchange_and_save(&self.configured).await.map_err(explain);
        };
        let refusal = match self.exchange_and_save(&kept.refresh_token).await {
            Ok(pair) => return Ok(pair),
            Err(Failure::Refused(refusal)) if is_dead_grant(&refusal) => refusal,
            Err(failure) => return Err(explain(failure)),
        };
        // Another process may have renewed at the same moment, and be about to save its pair; or
        // a person installed the app again.
        self.http.wait(OTHERS_SAVE_WITHIN).await;
        let now_kept = self.load().await?.filter(|pair| self.is_usable(pair, refused));
        if let Some(pair) = now_kept {
            return Ok(pair);
        }
        if same(&kept.refresh_token, &self.configured) {
            return Err(explain(Failure::Refused(refusal)));
        }
        self.exchange_and_save(&self.configured).await.map_err(explain)
    }

    async fn load(&self) -> Result<Option<TokenPair>, SourceError> {
        self.vault.load().await.map_err(|error| vault_failed(&error.why))
    }

    async fn exchange_and_save(&self, refresh_token: &SecretString) -> Result<TokenPair, Failure> {
        let text = |text: &str| SecretString::from(text);
        let form = vec![
            ("client_id", text(&self.client_id)),
            ("client_secret", self.client_secret.clone()),
            ("grant_type", text("refresh_token")),
            ("refresh_token", refresh_token.clone()),
            ("user_type", text("Location")),
        ];
        let request = Request {
            name: REQUEST.to_owned(),
            url: self.token_url.clone(),
            headers: vec![("accept", "application/json".to_owned())],
            key: None,
            form: Some(form),
        };
        let now = self.http.now();
        let read = |body: &Bytes| pair(body, refresh_token, now);
        let pair = self.http.send(&request, |answer| body::read_json(&answer.body, read)).await?;
        *self.unsaved() = Some(pair.clone());
        self.save_unsaved().await.map_err(Failure::Source)?;
        tracing::info!("Renewed an access token");
        Ok(pair)
    }

    async fn save_unsaved(&self) -> Result<(), SourceError> {
        let Some(pair) = self.unsaved().clone() else { return Ok(()) };
        self.vault.save(&pair).await.map_err(|error| vault_failed(&error.why))?;
        *self.unsaved() = None;
        Ok(())
    }

    fn unsaved(&self) -> MutexGuard<'_, Option<TokenPair>> {
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}

fn vault_failed(why: &str) -> SourceError {
    let what = format!("the token pair could not be kept ({why})");
    SourceError::Unavailable { request: REQUEST.to_owned(), what, attempts: 1, wait: None }
}

/// Both spellings are documented, one per version of the API.
#[derive(Deserialize)]
struct Granted<'a> {
    #[serde(borrow, alias = "accessToken")]
    access_token: Cow<'a, str>,
    #[serde(borrow, alias = "refreshToken")]
    refresh_token: Option<Cow<'a, str>>,
    #[serde(alias = "expiresIn")]
    expires_in: Option<u64>,
}

fn pair(body: &Bytes, used: &SecretString, now: Timestamp) -> serde_json::Result<TokenPair> {
    let granted: Granted<'_> = serde_json::from_slice(body)?;
    let lifetime = granted.expires_in.map_or(LIFETIME, Duration::from_secs);
    let next = granted.refresh_token.map(|token| SecretString::from(token.as_ref()));
    Ok(TokenPair {
        access_token: SecretString::from(granted.access_token.as_ref()),
        refresh_token: next.unwrap_or_else(|| used.clone()),
        expires_at: now + lifetime,
    })
}

fn is_dead_grant(refusal: &Refusal) -> bool {
    refusal.said.to_lowercase().contains("invalid grant")
}

fn explain(failure: Failure) -> SourceError {
    let refusal = match failure {
        Failure::Source(error) => return error,
        Failure::Refused(refusal) => refusal,
    };
    let is_dead = is_dead_grant(&refusal);
    let is_inactive = refusal.said.to_lowercase().contains("location is not active");
    let Refusal { request, status, said } = refusal;
    let said = format!("{status} {said}");
    if is_inactive {
        let hint = "The sub-account is paused or unpaid. The refresh token is kept and works \
            again once it is active"
            .to_owned();
        return SourceError::NotPermitted { request, said, hint };
    }
    let hint = if is_dead {
        "The refresh token is expired or was used elsewhere: install the app again in the \
         sub-account and set the new refresh token"
    } else {
        "Check the app's client id and client secret"
    };
    SourceError::Unauthorised { request, said, hint: hint.to_owned() }
}
