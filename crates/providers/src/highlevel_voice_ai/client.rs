//! The requests of this provider: its only IO.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::{ProviderCallId, ProviderKind, Timestamp, Window};

use super::Settings;
use super::wire::{AgentPage, CallPage, record};
use crate::highlevel::door::{Ask, Door, House, is_error_body, is_unknown_id};
use crate::highlevel::errors::{Scope, explain};
use crate::http::Traffic;
use crate::http::budget::{Budgets, Standing};
use crate::http::{Answer, Failure, body};
use crate::{
    ConnectError, Credential, ProviderAgent, ProviderAgents, RawRecord, SourceError, Tuning, Wait,
};

/// Agents per page, the most that is documented.
const AGENTS_PER_PAGE: u64 = 50;

/// The last page of agents there can be.
const AGENT_PAGES_MAX: u64 = 5000;

/// A client of one sub-account.
pub struct Client {
    door: Door,
    settings: Settings,
    tuning: Tuning,
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
    /// Calls of this kind only; without one HighLevel lists what it does not document.
    pub kind: Option<CallKind>,
}

/// What HighLevel tells calls apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// By customers.
    Live,
    /// To try an agent out.
    Trial,
}

impl CallKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "LIVE",
            Self::Trial => "TRIAL",
        }
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            Some(kind) => format!("{} call logs", kind.as_str()),
            None => "call logs".to_owned(),
        };
        match self.window {
            Some(window) => write!(f, "{what} of {window}, page {}", self.page),
            None => write!(f, "{what}, page {}", self.page),
        }
    }
}

impl Client {
    /// What may be asked now, and how much of it was.
    pub fn standing(&self) -> Option<Standing> {
        self.door.standing()
    }

    /// What was asked so far, and how it was answered.
    pub fn traffic(&self) -> Traffic {
        self.door.traffic()
    }

    /// A client with these settings. Nothing is sent yet.
    pub fn new(
        settings: Settings,
        credential: Credential,
        tuning: Tuning,
        wait: Arc<dyn Wait>,
        budgets: &Budgets,
    ) -> Result<Self, ConnectError> {
        let house = House {
            provider: ProviderKind::HighlevelVoiceAi,
            base: settings.checked()?,
            location_id: &settings.location_id,
            rate: settings.rate(),
        };
        let door = Door::new(house, credential, &tuning, wait, budgets)?;
        Ok(Self { door, settings, tuning })
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How patient and fast it is.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// Whether an app opens the sub-account, and not a token a person made.
    pub fn is_of_app(&self) -> bool {
        self.door.is_of_app()
    }

    /// The clock it waits by.
    pub fn now(&self) -> Timestamp {
        self.door.now()
    }

    /// One page of calls.
    pub async fn calls(&self, listing: Listing) -> Result<CallPage, SourceError> {
        self.door
            .get(self.calls_ask(listing), |answer| body::read_json(&answer.body, CallPage::split))
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
        self.door.get(self.calls_ask(listing), read).await
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
        if let Some(kind) = listing.kind {
            query.push(("callType", kind.as_str().to_owned()));
        }
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
        match self.door.get_or_refusal(&ask, read).await {
            Ok(record) => Ok(Some(record)),
            Err(Failure::Refused(refusal)) if is_unknown_id(&refusal) => Ok(None),
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
        self.door.get(ask, |answer| body::read_json(&answer.body, AgentPage::read)).await
    }

    /// All agents. Pages are read until the total is reached by a short page, or one brings
    /// nothing new.
    pub async fn agents(&self) -> Result<ProviderAgents, SourceError> {
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
        let is_whole = agents.len() as u64 == total;
        if !is_whole {
            let listed = agents.len();
            tracing::warn!(listed, total, "HighLevel says {total} agents and lists {listed}");
        }
        Ok(ProviderAgents { agents, is_whole })
    }

    /// Whether the sub-account can be read.
    pub async fn location(&self) -> Result<(), SourceError> {
        self.door.location(&self.settings.location_id).await
    }
}

/// The end of the year 9999, later than any call.
const LATEST_MILLIS: i64 = 253_402_300_799_999;

/// A record that stands alone. It must be the one that was asked for.
fn one(body: &Bytes, id: &ProviderCallId) -> serde_json::Result<RawRecord> {
    let raw: &serde_json::value::RawValue = serde_json::from_slice(body)?;
    let record = record(body, raw);
    match &record.identity {
        Ok(identity) if identity.id == *id => {}
        Err(_) if !is_error_body(body) => {}
        _ => return Err(serde::de::Error::custom("another record")),
    }
    Ok(record)
}
