//! The requests of this provider: its only IO.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use domain::{ProviderCallId, ProviderKind, Timestamp, Window};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Settings;
use super::batches::{BatchPage, Recipients};
use super::errors::explain;
use super::hooks::{Hook, Webhook};
use super::wire::{AgentPage, ConversationPage, Next, Object, detailed};
use crate::http::Traffic;
use crate::http::budget::{Budgets, Standing};
use crate::http::{Answer, Failure, Http, Key, Misread, Request, body};
use crate::json::whole_number;
use crate::{ConnectError, Credential, ProviderAgents, RawRecord, SourceError, Tuning, Wait};

/// Agents per page, the most that is published.
const AGENTS_PER_PAGE: u32 = 100;

/// More pages of agents than anybody has.
const AGENT_PAGES_MAX: u64 = 1000;

/// The part of the API that is ElevenAgents.
const CONVAI: &str = "convai";

/// The end of the year 9999, later than any call.
const LATEST_SECONDS: i64 = 253_402_300_799;

/// A client of one workspace.
pub struct Client {
    http: Http,
    base: Url,
    key: SecretString,
    settings: Settings,
    tuning: Tuning,
}

/// A span of whole seconds, as ElevenLabs filters by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The last second before it, or its first: nobody says which.
    pub after: i64,
    /// The first second after it, or its last: nobody says which.
    pub before: i64,
}

impl Span {
    /// Wide enough for every call of a window, whether the bounds are inclusive or not.
    pub fn of(window: Window) -> Self {
        let after = window.from().as_millis().div_euclid(1000).saturating_sub(1);
        let before = window.to().as_millis().saturating_add(999).div_euclid(1000);
        Self::between(after, before)
    }

    /// Wide enough for every call of one second.
    pub fn at_second(second: i64) -> Self {
        Self::between(second.saturating_sub(1), second.saturating_add(1))
    }

    /// Between two seconds that can be written as dates.
    pub fn between(after: i64, before: i64) -> Self {
        let after = after.clamp(0, LATEST_SECONDS - 1);
        Self { after, before: before.clamp(after + 1, LATEST_SECONDS) }
    }
}

/// Which page of which calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing<'a> {
    /// Calls that began in this span; `None` for all there are.
    pub span: Option<Span>,
    /// Where the page before said that the list goes on; `None` for the first page.
    pub cursor: Option<&'a str>,
    /// Calls per page.
    pub page_size: u32,
    /// Newest first instead of oldest first.
    pub is_newest_first: bool,
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.cursor.is_some() { "more conversations" } else { "conversations" })?;
        let Some(Span { after, before }) = self.span else { return Ok(()) };
        let at = |second: i64| Timestamp::from_millis(second.saturating_mul(1000));
        write!(f, " from {} to {}", at(after), at(before))
    }
}

/// What one request needs.
struct Ask<'a> {
    name: String,
    area: &'static str,
    path: Vec<&'a str>,
    query: Vec<(&'static str, String)>,
}

impl<'a> Ask<'a> {
    fn plain<const N: usize>(name: &str, path: [&'a str; N]) -> Self {
        Self { name: name.to_owned(), area: CONVAI, path: path.to_vec(), query: Vec::new() }
    }
}

impl Client {
    /// What may be asked now, and how much of it was.
    pub fn standing(&self) -> Option<Standing> {
        self.http.standing()
    }

    /// What was asked so far, and how it was answered.
    pub fn traffic(&self) -> Traffic {
        self.http.traffic()
    }

    /// A client with these settings. Nothing is sent yet.
    pub fn new(
        settings: Settings,
        credential: Credential,
        tuning: Tuning,
        wait: Arc<dyn Wait>,
        budgets: &Budgets,
    ) -> Result<Self, ConnectError> {
        let base = settings.checked()?;
        let Credential::PrivateToken(key) = credential else {
            return Err(credential.refused_by(
                ProviderKind::Elevenlabs,
                "an API key, as `token_env` or `token_file`",
            ));
        };
        let rate = tuning.rate.unwrap_or_else(|| settings.rate());
        let budget = budgets.of(&[key.expose_secret()], rate, tuning.concurrency);
        let http = Http::new(&base, tuning.limits(), wait, budget)?;
        Ok(Self { http, base, key, settings, tuning })
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How patient and fast it is.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// Where the API is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The clock it waits by.
    pub fn now(&self) -> Timestamp {
        self.http.now()
    }

    /// One page of conversations.
    pub async fn conversations(
        &self,
        listing: Listing<'_>,
    ) -> Result<ConversationPage, SourceError> {
        Ok(self.conversations_and_clock(listing).await?.0)
    }

    /// One page of conversations, and the provider's clock.
    pub async fn conversations_and_clock(
        &self,
        listing: Listing<'_>,
    ) -> Result<(ConversationPage, Option<Timestamp>), SourceError> {
        let sort = if listing.is_newest_first { "desc" } else { "asc" };
        let mut query = vec![
            ("page_size", listing.page_size.to_string()),
            ("sort_direction", sort.to_owned()),
            // Without its summary a row would not show that an analysis was made anew.
            ("summary_mode", "include".to_owned()),
        ];
        if let Some(Span { after, before }) = listing.span {
            query.push(("call_start_after_unix", after.to_string()));
            query.push(("call_start_before_unix", before.to_string()));
        }
        query.extend(listing.cursor.map(|cursor| ("cursor", cursor.to_owned())));
        let ask =
            Ask { name: listing.to_string(), area: CONVAI, path: vec!["conversations"], query };
        let read = |answer: &Answer| {
            let page = body::read_json(&answer.body, ConversationPage::split)?;
            Ok((page, answer.server_time))
        };
        self.get(&ask, read).await.map_err(explain)
    }

    /// One conversation by its id, in one request.
    pub async fn conversation(
        &self,
        id: &ProviderCallId,
    ) -> Result<Option<RawRecord>, SourceError> {
        let ask = Ask::plain("conversation by id", ["conversations", &id.0]);
        let read = |answer: &Answer| body::read_json(&answer.body, |body| detailed(body, id));
        match self.get(&ask, read).await {
            Ok(record) => Ok(Some(record)),
            Err(Failure::Refused(refusal)) if refusal.is_unknown_thing() => Ok(None),
            Err(failure) => Err(explain(failure)),
        }
    }

    /// All agents. Pages are read until the list ends, or names a page that was read before.
    pub async fn agents(&self) -> Result<ProviderAgents, SourceError> {
        let mut all = ProviderAgents::default();
        let (mut cursor, mut cursors) = (None::<String>, HashSet::new());
        for page in 1..=AGENT_PAGES_MAX {
            let mut query = vec![("page_size", AGENTS_PER_PAGE.to_string())];
            query.extend(cursor.take().map(|cursor| ("cursor", cursor)));
            let ask = Ask {
                name: format!("agents, page {page}"),
                area: CONVAI,
                path: vec!["agents"],
                query,
            };
            let read = |answer: &Answer| body::read_json(&answer.body, AgentPage::read);
            let listed = self.get(&ask, read).await.map_err(explain)?;
            all.agents.extend(listed.agents);
            match listed.next {
                Next::At(next) if cursors.insert(next.clone()) => cursor = Some(next),
                last => {
                    all.is_whole = matches!(last, Next::End);
                    break;
                }
            }
        }
        Ok(all)
    }

    /// How many conversations are going on now.
    pub async fn live_count(&self) -> Result<Option<u64>, SourceError> {
        let ask = Ask::plain("count of running conversations", ["analytics", "live-count"]);
        let read = |answer: &Answer| {
            body::read_json(&answer.body, |body| {
                let counted: Object<'_> = serde_json::from_slice(body)?;
                Ok(counted.get("count").and_then(whole_number))
            })
        };
        self.get(&ask, read).await.map_err(explain)
    }

    /// The newest batch calls.
    pub async fn batches(&self) -> Result<BatchPage, SourceError> {
        let ask = Ask::plain("batch calls", ["batch-calling", "workspace"]);
        let read = |answer: &Answer| body::read_json(&answer.body, BatchPage::read);
        self.get(&ask, read).await.map_err(explain)
    }

    /// What became of the recipients of one batch call.
    pub async fn recipients(&self, batch_id: &str) -> Result<Recipients, SourceError> {
        let ask = Ask::plain("batch call by id", ["batch-calling", batch_id]);
        let read = |answer: &Answer| body::read_json(&answer.body, Recipients::read);
        self.get(&ask, read).await.map_err(explain)
    }

    /// The webhooks of the workspace, used or not.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, SourceError> {
        let ask = Ask {
            area: "workspace",
            query: vec![("include_usages", "true".to_owned())],
            ..Ask::plain("webhooks", ["webhooks"])
        };
        let read = |answer: &Answer| body::read_json(&answer.body, Webhook::all);
        self.get(&ask, read).await.map_err(explain)
    }

    /// Which webhook every agent of the workspace uses that has none of its own.
    pub async fn workspace_hook(&self) -> Result<Hook, SourceError> {
        let ask = Ask::plain("settings of the workspace", ["settings"]);
        let read = |answer: &Answer| body::read_json(&answer.body, Hook::of_workspace);
        self.get(&ask, read).await.map_err(explain)
    }

    /// Which webhook an agent has of its own.
    pub async fn agent_hook(&self, agent_id: &str) -> Result<Hook, SourceError> {
        let ask = Ask::plain("agent by id", ["agents", agent_id]);
        let read = |answer: &Answer| body::read_json(&answer.body, Hook::of_agent);
        self.get(&ask, read).await.map_err(explain)
    }

    async fn get<T>(
        &self,
        ask: &Ask<'_>,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, Failure> {
        let mut url = at(&self.base, &[&[ask.area], ask.path.as_slice()].concat());
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&ask.query);
        }
        let request = Request {
            name: ask.name.clone(),
            url,
            headers: vec![("accept", "application/json".to_owned())],
            key: Some(Key::Header("xi-api-key", self.key.clone())),
            form: None,
        };
        self.http.send(&request, read).await
    }
}

/// Where something of ElevenAgents is.
pub fn address(base: &Url, path: &[&str]) -> Url {
    at(base, &[&[CONVAI], path].concat())
}

fn at(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().push("v1").extend(path);
    }
    url
}
