//! The way into one sub-account: where requests go, what opens the door, and one retry of a
//! request whose token was no longer good.

use std::sync::Arc;

use domain::{ProviderKind, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::errors::{Scope, explain, is_cured_by_new_token};
use super::oauth::{App, OAuth};
use crate::http::Traffic;
use crate::http::budget::{Budgets, Rate, Standing};
use crate::http::{Answer, Failure, Http, Key, Misread, Refusal, Request};
use crate::{ConnectError, Credential, SourceError, Tuning, Wait};

/// The version of the API that its older parts, such as locations and users, are asked with.
pub const OLDER_VERSION: &str = "2021-07-28";

/// The door of one sub-account.
pub struct Door {
    http: Arc<Http>,
    base: Url,
    lock: Lock,
}

enum Lock {
    Private(SecretString),
    OAuth(OAuth),
}

/// Whose door it is.
pub struct House<'a> {
    /// Which provider asks; named when a credential is of the wrong kind.
    pub provider: ProviderKind,
    /// Where the API is.
    pub base: Url,
    /// The sub-account.
    pub location_id: &'a str,
    /// How fast, unless the tuning says otherwise.
    pub rate: Rate,
}

/// What one request needs.
pub struct Ask<'a> {
    /// What errors and logs call it. Never holds a person's data.
    pub name: String,
    /// The segments of its path.
    pub path: &'a [&'a str],
    /// Its query.
    pub query: Vec<(&'static str, String)>,
    /// The `Version` header.
    pub version: &'a str,
    /// The right it needs.
    pub scope: Scope,
}

impl Door {
    /// What may be asked now, and how much of it was.
    pub fn standing(&self) -> Option<Standing> {
        self.http.standing()
    }

    /// What was asked so far, and how it was answered.
    pub fn traffic(&self) -> Traffic {
        self.http.traffic()
    }

    /// A door that a credential opens. Nothing is sent yet.
    pub fn new(
        house: House<'_>,
        credential: Credential,
        tuning: &Tuning,
        wait: Arc<dyn Wait>,
        budgets: &Budgets,
    ) -> Result<Self, ConnectError> {
        let House { provider, base, location_id, rate } = house;
        let rate = tuning.rate.unwrap_or(rate);
        let wrong =
            |given: &Credential| given.refused_by(provider, "a private integration token or OAuth");
        // HighLevel counts per token, or per app and sub-account.
        let counted_by: Vec<&str> = match &credential {
            Credential::PrivateToken(token) => vec![token.expose_secret()],
            Credential::OAuth { client_id, .. } => vec![client_id, location_id],
            Credential::Password { .. } => return Err(wrong(&credential)),
        };
        let budget = budgets.of(&counted_by, rate, tuning.concurrency);
        let http = Arc::new(Http::new(&base, tuning.limits(), wait, budget)?);
        let lock = match credential {
            Credential::PrivateToken(token) => Lock::Private(token),
            Credential::OAuth { client_id, client_secret, refresh_token, vault } => {
                let app = App { client_id, client_secret, refresh_token, vault };
                Lock::OAuth(OAuth::new(app, at(&base, &["oauth", "token"]), http.clone()))
            }
            given @ Credential::Password { .. } => return Err(wrong(&given)),
        };
        Ok(Self { http, base, lock })
    }

    /// Whether an app opens it, and not a token a person made.
    pub fn is_of_app(&self) -> bool {
        matches!(self.lock, Lock::OAuth(_))
    }

    /// The clock it waits by.
    pub fn now(&self) -> Timestamp {
        self.http.now()
    }

    /// Asks until `read` has understood an answer, and puts a no into words.
    pub async fn get<T>(
        &self,
        ask: Ask<'_>,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, SourceError> {
        let scope = ask.scope;
        self.get_or_refusal(&ask, read).await.map_err(|failure| explain(failure, scope))
    }

    /// The same, where the caller knows what a no may mean.
    pub async fn get_or_refusal<T>(
        &self,
        ask: &Ask<'_>,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, Failure> {
        let mut request = self.request(ask);
        let oauth = match &self.lock {
            Lock::Private(token) => {
                request.key = Some(Key::Bearer(token.clone()));
                return self.http.send(&request, read).await;
            }
            Lock::OAuth(oauth) => oauth,
        };
        let token = oauth.token().await.map_err(Failure::Source)?;
        request.key = Some(Key::Bearer(token.clone()));
        match self.http.send(&request, &read).await {
            Err(Failure::Refused(refusal)) if is_cured_by_new_token(&refusal) => {
                let next = oauth.token_after(&token).await.map_err(Failure::Source)?;
                request.key = Some(Key::Bearer(next));
                self.http.send(&request, &read).await
            }
            answered => answered,
        }
    }

    /// Whether the sub-account itself can be read.
    pub async fn location(&self, location_id: &str) -> Result<(), SourceError> {
        let ask = Ask {
            name: "location".to_owned(),
            path: &["locations", location_id],
            query: Vec::new(),
            version: OLDER_VERSION,
            scope: Scope::LOCATION,
        };
        self.get(ask, |_answer| Ok(())).await
    }

    fn request(&self, ask: &Ask<'_>) -> Request {
        let mut url = at(&self.base, ask.path);
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        let headers =
            vec![("accept", "application/json".to_owned()), ("version", ask.version.to_owned())];
        Request { name: ask.name.clone(), url, headers, key: None, form: None }
    }
}

/// An address below another; every segment is escaped.
pub fn at(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// What HighLevel answers for an id it does not know is not documented, so each way is taken in
/// which it says so itself.
pub fn is_unknown_id(refusal: &Refusal) -> bool {
    let said = refusal.said.to_lowercase();
    let is_about_the_id = !said.contains("cannot get") && !said.contains("location");
    match refusal.status {
        400 | 422 => is_about_the_id && said.contains("not found"),
        _ => is_about_the_id && refusal.is_unknown_thing(),
    }
}

/// Whether a body with a good status is an error all the same.
pub fn is_error_body(body: &[u8]) -> bool {
    !crate::http::said(body).starts_with("no ")
}
