//! The requests of this provider: its only IO.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::{ProviderCallId, ProviderKind, Timestamp, Window};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Settings;
use super::errors::{Scope, explain, is_cured_by_new_token};
use super::oauth::{App, OAuth};
use super::wire::{AgentPage, CallPage, identify};
use crate::http::budget::Budgets;
use crate::http::{Answer, Failure, Http, Key, Misread, Request, body};
use crate::{ConnectError, Credential, ProviderAgent, RawRecord, SourceError, Tuning, Wait};

/// Locations are an older part of the API.
const LOCATION_VERSION: &str = "2021-07-28";

/// Agents per page, the most that is documented.
const AGENTS_PER_PAGE: u64 = 50;

/// The last page of agents there can be.
const AGENT_PAGES_MAX: u64 = 5000;

/// A client of one sub-account.
pub struct Client {
    http: Arc<Http>,
    base: Url,
    door: Door,
    settings: Settings,
    tuning: Tuning,
}

enum Door {
    Private(SecretString),
    OAuth(OAuth),
}

/// Which page of which calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Calls of this span; `None` for all there are.
    pub window: Option<Window>,
    /// Which page, from 1.
    pub page: u64,
    /// Calls per page.
    pub page_size: u32,
    /// Newest first instead of oldest first.
    pub is_newest_first: bool,
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.window {
            Some(window) => write!(f, "call logs of {window}, page {}", self.page),
            None => write!(f, "call logs, page {}", self.page),
        }
    }
}

/// What one request needs.
struct Ask<'a> {
    name: String,
    path: &'a [&'a str],
    query: Vec<(&'static str, String)>,
    version: &'a str,
    scope: Scope,
}

impl Client {
    /// A client with these settings. Nothing is sent yet.
    pub fn new(
        settings: Settings,
        credential: Credential,
        tuning: Tuning,
        wait: Arc<dyn Wait>,
        budgets: &Budgets,
    ) -> Result<Self, ConnectError> {
        let base = settings.checked()?;
        let rate = tuning.rate.unwrap_or_else(|| settings.rate());
        // HighLevel counts per token, or per app and sub-account.
        let counted_by: Vec<&str> = match &credential {
            Credential::PrivateToken(token) => vec![token.expose_secret()],
            Credential::OAuth { client_id, .. } => vec![client_id, &settings.location_id],
            Credential::Password { .. } => return Err(wrong(&credential)),
        };
        let budget = budgets.of(&counted_by, rate, tuning.concurrency);
        let http = Arc::new(Http::new(&base, tuning.limits(), wait, budget)?);
        let door = match credential {
            Credential::PrivateToken(token) => Door::Private(token),
            Credential::OAuth { client_id, client_secret, refresh_token, vault } => {
                let app = App { client_id, client_secret, refresh_token, vault };
                Door::OAuth(OAuth::new(app, at(&base, &["oauth", "token"]), http.clone()))
            }
            given @ Credential::Password { .. } => return Err(wrong(&given)),
        };
        Ok(Self { http, base, door, settings, tuning })
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How patient and fast it is.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// The clock it waits by.
    pub fn now(&self) -> Timestamp {
        self.http.now()
    }

    /// One page of calls.
    pub async fn calls(&self, listing: Listing) -> Result<CallPage, SourceError> {
        self.get(self.calls_ask(listing), |answer| body::read_json(&answer.body, CallPage::split))
            .await
    }

    /// One page of calls, and the provider's clock.
    pub async fn calls_and_clock(
        &self,
        listing: Listing,
    ) -> Result<(CallPage, Option<Timestamp>), SourceError> {
        let read = |answer: &Answer| {
            let page = body::read_json(&answer.body, CallPage::split)?;
            Ok((page, answer.server_time))
        };
        self.get(self.calls_ask(listing), read).await
    }

    fn calls_ask(&self, listing: Listing) -> Ask<'_> {
        let sort = if listing.is_newest_first { "descend" } else { "ascend" };
        let mut query = vec![
            ("locationId", self.settings.location_id.clone()),
            ("sortBy", "createdAt".to_owned()),
            ("sort", sort.to_owned()),
            ("page", listing.page.to_string()),
            ("pageSize", listing.page_size.to_string()),
        ];
        if let Some(window) = listing.window {
            // Instants before 1970 are no dates to HighLevel, and no call is as old.
            let from = window.from().as_millis().max(0);
            let to = window.to().as_millis().max(from + 1).min(LATEST_MILLIS);
            query.push(("startDate", from.to_string()));
            query.push(("endDate", to.to_string()));
        }
        Ask {
            name: listing.to_string(),
            path: &["voice-ai", "dashboard", "call-logs"],
            query,
            version: &self.settings.api_version,
            scope: Scope::CALL_LOGS,
        }
    }

    /// One call by its id.
    pub async fn call(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        let ask = Ask {
            name: "call log by id".to_owned(),
            path: &["voice-ai", "dashboard", "call-logs", &id.0],
            query: vec![("locationId", self.settings.location_id.clone())],
            version: &self.settings.api_version,
            scope: Scope::CALL_LOGS,
        };
        let read = |answer: &Answer| body::read_json(&answer.body, |body| one(body, id));
        match self.get_or_refusal(&ask, read).await {
            Ok(record) => Ok(Some(record)),
            Err(Failure::Refused(refusal)) if is_unknown_call(refusal.status, &refusal.said) => {
                Ok(None)
            }
            Err(failure) => Err(explain(failure, ask.scope)),
        }
    }

    /// One page of agents.
    pub async fn agents_page(&self, page: u64) -> Result<AgentPage, SourceError> {
        let ask = Ask {
            name: format!("agents, page {page}"),
            path: &["voice-ai", "agents"],
            query: vec![
                ("locationId", self.settings.location_id.clone()),
                ("page", page.to_string()),
                ("pageSize", AGENTS_PER_PAGE.to_string()),
            ],
            version: &self.settings.api_version,
            scope: Scope::AGENTS,
        };
        self.get(ask, |answer| body::read_json(&answer.body, AgentPage::read)).await
    }

    /// All agents. Pages are read until the total is reached by a short page, or one brings
    /// nothing new.
    pub async fn agents(&self) -> Result<Vec<ProviderAgent>, SourceError> {
        let mut agents: Vec<ProviderAgent> = Vec::new();
        let mut known = HashSet::new();
        let (mut entries, mut total) = (0, 0);
        for page in 1..=AGENT_PAGES_MAX {
            let listed = self.agents_page(page).await?;
            let (on_page, before) = (listed.entries as u64, agents.len());
            entries += on_page;
            total = listed.total;
            let new = |agent: &ProviderAgent| known.insert(agent.provider_agent_id.clone());
            agents.extend(listed.agents.into_iter().filter(new));
            let is_complete = entries >= total && on_page < AGENTS_PER_PAGE;
            if is_complete || agents.len() == before {
                break;
            }
        }
        if agents.len() as u64 != total {
            let listed = agents.len();
            tracing::warn!(listed, total, "HighLevel says {total} agents and lists {listed}");
        }
        Ok(agents)
    }

    /// Whether the sub-account can be read.
    pub async fn location(&self) -> Result<(), SourceError> {
        let ask = Ask {
            name: "location".to_owned(),
            path: &["locations", &self.settings.location_id],
            query: Vec::new(),
            version: LOCATION_VERSION,
            scope: Scope::LOCATION,
        };
        self.get(ask, |_answer| Ok(())).await
    }

    async fn get<T>(
        &self,
        ask: Ask<'_>,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, SourceError> {
        let scope = ask.scope;
        self.get_or_refusal(&ask, read).await.map_err(|failure| explain(failure, scope))
    }

    async fn get_or_refusal<T>(
        &self,
        ask: &Ask<'_>,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, Failure> {
        let mut request = self.request(ask);
        let oauth = match &self.door {
            Door::Private(token) => {
                request.key = Some(Key::Bearer(token.clone()));
                return self.http.send(&request, read).await;
            }
            Door::OAuth(oauth) => oauth,
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

fn wrong(given: &Credential) -> ConnectError {
    given.refused_by(ProviderKind::HighlevelVoiceAi, "a private integration token or OAuth")
}

/// The end of the year 9999, later than any call.
const LATEST_MILLIS: i64 = 253_402_300_799_999;

fn at(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// A record that stands alone. It must be the one that was asked for.
fn one(body: &Bytes, id: &ProviderCallId) -> serde_json::Result<RawRecord> {
    let record: &serde_json::value::RawValue = serde_json::from_slice(body)?;
    let identity = identify(record.get());
    match &identity {
        Ok(identity) if identity.id == *id => {}
        Err(_) if !is_error_body(body) => {}
        _ => return Err(serde::de::Error::custom("another record")),
    }
    Ok(RawRecord { identity, bytes: body.slice_ref(record.get().as_bytes()) })
}

fn is_error_body(body: &[u8]) -> bool {
    !crate::http::said(body).starts_with("no ")
}

/// What HighLevel answers for an id it does not know is not documented, so each way is taken.
fn is_unknown_call(status: u16, said: &str) -> bool {
    let said = said.to_lowercase();
    let is_about_the_call = !said.contains("cannot get") && !said.contains("location");
    match status {
        404 => is_about_the_call,
        400 | 422 => is_about_the_call && said.contains("not found"),
        _ => false,
    }
}
