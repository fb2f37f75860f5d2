//! The requests of this provider: its only IO.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use domain::{ProviderCallId, ProviderKind, Timestamp, Window};

use super::Settings;
use super::settings::Channel;
use super::wire::{self, ExportPage, SearchPage, ThreadPage};
use crate::highlevel::door::{Ask, Door, House, OLDER_VERSION, is_error_body, is_unknown_id};
use crate::highlevel::errors::{Scope, explain};
use crate::http::Traffic;
use crate::http::budget::{Budgets, Standing};
use crate::http::{Answer, Failure, body};
use crate::{ConnectError, Credential, ProviderAgent, SourceError, Tuning, Wait};

/// Threads and messages of a thread per page, the most that is known to work.
pub(super) const PER_PAGE: usize = 100;

/// A client of one sub-account.
pub struct Client {
    door: Door,
    settings: Settings,
    tuning: Tuning,
}

/// Which messages, and in which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Messages from here on.
    pub from: Option<Timestamp>,
    /// Messages up to here.
    pub to: Option<Timestamp>,
    /// Of which kind.
    pub channel: Channel,
    /// By when they were last written instead of when they were made.
    pub by_updated: bool,
    /// Newest first instead of oldest first.
    pub is_newest_first: bool,
    /// Messages per page.
    pub limit: u32,
}

impl Listing {
    /// Calls of a span, oldest first.
    pub fn of(window: Window, channel: Channel, limit: u32) -> Self {
        let (from, to) = (Some(window.from()), Some(window.to()));
        Self { from, to, channel, by_updated: false, is_newest_first: false, limit }
    }

    /// The newest messages there are.
    pub fn newest(channel: Channel, limit: u32) -> Self {
        let (from, to) = (None, None);
        Self { from, to, channel, by_updated: false, is_newest_first: true, limit }
    }
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.by_updated { "changed messages" } else { "message export" })?;
        match (self.from, self.to) {
            (Some(from), Some(to)) => write!(f, " of {from}..{to}"),
            (Some(from), None) => write!(f, " since {from}"),
            _ => Ok(()),
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
            provider: ProviderKind::HighlevelConversations,
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

    /// A page of the export; `cursor` is what the page before named.
    pub async fn export(
        &self,
        listing: Listing,
        page: u64,
        cursor: Option<&str>,
    ) -> Result<ExportPage, Failure> {
        let ask = self.export_ask(listing, page, cursor);
        let read = |answer: &Answer| body::read_json(&answer.body, ExportPage::read);
        self.door.get_or_refusal(&ask, read).await
    }

    /// A first page of the export, and the provider's clock.
    pub async fn export_and_clock(
        &self,
        listing: Listing,
    ) -> Result<(ExportPage, Option<Timestamp>), SourceError> {
        let read = |answer: &Answer| {
            let page = body::read_json(&answer.body, ExportPage::read)?;
            Ok((page, answer.server_time))
        };
        self.door.get(self.export_ask(listing, 1, None), read).await
    }

    /// A first page of the export.
    pub async fn export_first(&self, listing: Listing) -> Result<ExportPage, SourceError> {
        Ok(self.export_and_clock(listing).await?.0)
    }

    fn export_ask(&self, listing: Listing, page: u64, cursor: Option<&str>) -> Ask<'_> {
        let sort_by = if listing.by_updated { "updatedAt" } else { "createdAt" };
        let order = if listing.is_newest_first { "desc" } else { "asc" };
        let mut query = vec![
            ("locationId", self.settings.location_id.clone()),
            ("limit", listing.limit.to_string()),
            ("sortBy", sort_by.to_owned()),
            ("sortOrder", order.to_owned()),
        ];
        if listing.channel == Channel::Call {
            query.push(("channel", "Call".to_owned()));
        }
        // Whole instants in UTC: the zone of a bare day is not documented.
        query.extend(listing.from.map(|from| ("startDate", instant(from))));
        query.extend(listing.to.map(|to| ("endDate", instant(to))));
        query.extend(cursor.map(|cursor| ("cursor", cursor.to_owned())));
        Ask {
            name: format!("{listing}, page {page}"),
            path: &["conversations", "messages", "export"],
            query,
            version: &self.settings.api_version,
            scope: Scope::MESSAGES,
        }
    }

    /// A page of threads, by their last message, oldest first, after this value of theirs.
    pub async fn threads(&self, after: i64) -> Result<SearchPage, SourceError> {
        let ask = Ask {
            name: "conversation search".to_owned(),
            path: &["conversations", "search"],
            query: vec![
                ("locationId", self.settings.location_id.clone()),
                ("limit", PER_PAGE.to_string()),
                ("sortBy", "last_message_date".to_owned()),
                ("sort", "asc".to_owned()),
                ("startAfterDate", after.to_string()),
            ],
            version: &self.settings.api_version,
            scope: Scope::CONVERSATIONS,
        };
        self.door.get(ask, |answer| body::read_json(&answer.body, SearchPage::read)).await
    }

    /// A page of one thread, newest first, after this message of it.
    pub async fn thread(&self, id: &str, last: Option<&str>) -> Result<ThreadPage, SourceError> {
        let mut query = vec![("limit", PER_PAGE.to_string())];
        query.extend(last.map(|last| ("lastMessageId", last.to_owned())));
        let ask = Ask {
            name: "messages of a conversation".to_owned(),
            path: &["conversations", id, "messages"],
            query,
            version: &self.settings.api_version,
            scope: Scope::MESSAGES,
        };
        self.door.get(ask, |answer| body::read_json(&answer.body, ThreadPage::read)).await
    }

    /// One message, out of its envelope; `None` when HighLevel does not know it.
    pub async fn message(&self, id: &ProviderCallId) -> Result<Option<Bytes>, SourceError> {
        let ask = Ask {
            name: "message by id".to_owned(),
            path: &["conversations", "messages", &id.0],
            query: Vec::new(),
            version: &self.settings.api_version,
            scope: Scope::MESSAGES,
        };
        let read = |answer: &Answer| {
            body::read_json(&answer.body, |body| {
                let message = wire::one(body)?;
                let found = std::str::from_utf8(&message).ok();
                let found = found.and_then(|json| wire::Message::read(json).ok()?.id().ok());
                match found {
                    Some(found) if found == *id => Ok(message),
                    None if !is_error_body(body) => Ok(message),
                    _ => Err(serde::de::Error::custom("another message")),
                }
            })
        };
        match self.door.get_or_refusal(&ask, read).await {
            Ok(message) => Ok(Some(message)),
            Err(Failure::Refused(refusal)) if is_unknown_id(&refusal) => Ok(None),
            Err(failure) => Err(explain(failure, ask.scope)),
        }
    }

    /// What was said in a call; `None` while there is nothing.
    pub async fn transcription(&self, id: &ProviderCallId) -> Result<Option<Bytes>, SourceError> {
        let location = &self.settings.location_id;
        let ask = Ask {
            name: "transcription".to_owned(),
            path: &["conversations", "locations", location, "messages", &id.0, "transcription"],
            query: Vec::new(),
            version: &self.settings.api_version,
            scope: Scope::MESSAGES,
        };
        let read = |answer: &Answer| body::read_json(&answer.body, wire::transcription);
        match self.door.get_or_refusal(&ask, read).await {
            // How a transcription that is not there is refused is not documented.
            Err(Failure::Refused(refusal)) if is_not_there(refusal.status, &refusal.said) => {
                Ok(None)
            }
            answered => answered.map_err(|failure| explain(failure, ask.scope)),
        }
    }

    /// The users of the sub-account.
    pub async fn users(&self) -> Result<Vec<ProviderAgent>, SourceError> {
        let ask = Ask {
            name: "users".to_owned(),
            path: &["users", ""],
            query: vec![("locationId", self.settings.location_id.clone())],
            version: OLDER_VERSION,
            scope: Scope::USERS,
        };
        self.door.get(ask, |answer| body::read_json(&answer.body, wire::users)).await
    }

    /// Whether the sub-account can be read.
    pub async fn location(&self) -> Result<(), SourceError> {
        self.door.location(&self.settings.location_id).await
    }
}

fn is_not_there(status: u16, said: &str) -> bool {
    let said = said.to_lowercase();
    let is_about_us = ["cannot get", "location", "version"].iter().any(|word| said.contains(word));
    matches!(status, 400 | 404 | 422) && !is_about_us
}

/// An instant as HighLevel's examples write it. What it has no words for is the nearest it has.
fn instant(at: Timestamp) -> String {
    let millis = at.as_millis().clamp(0, LATEST_MILLIS);
    let instant = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
    format!("{instant:.3}")
}

/// The end of the year 9998, later than any call.
const LATEST_MILLIS: i64 = 253_370_764_799_999;
