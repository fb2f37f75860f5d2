//! What an operator sets for the calls of one HighLevel sub-account.

use std::time::Duration;

use domain::{Capabilities, Tiers};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ConnectError;
use crate::http::budget::Rate;
use crate::setup::{BASE_URL, Question, SetUp};
use crate::webhooks;

/// What a person must say.
pub(super) const SET_UP: SetUp = SetUp {
    questions: &[Question {
        key: "location_id",
        asks: "Id of the sub-account; it stands in the address of its pages: …/location/THIS/dashboard",
        example: "ve9EPM428h8vShlRW1KT",
        found: "Open the sub-account in a browser and copy it from the address",
    }],
    optional: &[BASE_URL],
    stays: &["location_id"],
    secret: Question {
        key: "token",
        asks: "Private integration token with the scopes conversations.readonly, conversations/message.readonly and users.readonly",
        example: "HIGHLEVEL_TOKEN",
        found: "In the sub-account: Settings › Private Integrations › Create. It begins with pit- and is shown once; an agency's token does not open a sub-account",
    },
};

/// The settings of one connection. Only `location_id` has no default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The sub-account.
    pub location_id: String,
    /// Where the API is.
    pub base_url: String,
    /// Where the app's webhooks are to lead. HighLevel's API does not show it; the doctor says what
    /// to look at.
    pub webhook_url: Option<String>,
    /// The `Version` header; anything HighLevel does not publish is refused with 401.
    pub api_version: String,
    /// How calls are found. Only the export can be proved whole.
    pub reads: Reads,
    /// Which messages the export is asked for. `"call"` is tried out once a day against `"all"`, and
    /// everything is read until it has shown that it holds more than plain calls.
    pub channel: Channel,
    /// Messages per page, 10 or more. One description says at most 500, another 1000.
    pub page_size: u32,
    /// Pages that may wait to be taken before no more are asked for.
    pub pages_ahead: u32,
    /// After how long a cursor is not used any more; HighLevel lets it die after 120 seconds.
    pub cursor_seconds: u32,
    /// Which time HighLevel's ranges filter. With `"updated"` a request has no end, because a call
    /// may be written again at any time later.
    pub filters_by: FiltersBy,
    /// Whether the export's total counts the very messages it lists.
    pub counts_total: bool,
    /// Whether a run also brings what was written since the ledger's newest proof, however old
    /// the call.
    pub reads_changes: bool,
    /// How far behind the ledger's newest proof changes are read again: a message may be indexed long
    /// after the time it says it was written.
    pub changes_overlap_minutes: u32,
    /// Pages of changed messages read in one run. A run that reaches it says so, and proves no
    /// window newer than the ledger has.
    pub changes_pages_max: u32,
    /// Whether users are listed, to give agents their names; needs the scope `users.readonly`.
    pub lists_users: bool,
    /// Requests per ten seconds; HighLevel publishes 100 and we stay below.
    pub requests_per_10s: Option<u32>,
    /// Requests per day; HighLevel publishes 200,000 and we stay below.
    pub requests_per_day: Option<u64>,
    /// The longest window read in one walk.
    pub window_days_max: u32,
    /// A window with more messages is split before it is read. Below 10,000, where search engines
    /// stop counting.
    pub window_calls_max: u64,
    /// How much wider than its window a request is on both sides, because HighLevel does not say
    /// in which zone it reads the ends.
    pub margin_hours: u32,
    /// Whether ranges are tried out on known calls, once a day. The channel always is.
    pub tries_ranges: bool,
    /// How old an instant must be before its window can be proved.
    pub lag_minutes: u32,
    /// For how long after a call its transcription is asked for.
    pub patience_hours: u32,
}

/// How calls are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reads {
    /// By the export of all messages.
    Export,
    /// By searching threads: a way out where the export is not to be had. Never proved.
    Search,
}

/// Which messages the export is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// `channel=Call`.
    Call,
    /// Every message; those that are no calls are left out here.
    All,
}

/// Which time a range filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiltersBy {
    /// When the message was made.
    Added,
    /// When it was last written.
    Updated,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            location_id: String::new(),
            base_url: "https://services.leadconnectorhq.com".to_owned(),
            webhook_url: None,
            api_version: "2021-04-15".to_owned(),
            reads: Reads::Export,
            channel: Channel::Call,
            page_size: 500,
            pages_ahead: 40,
            cursor_seconds: 110,
            filters_by: FiltersBy::Added,
            counts_total: true,
            reads_changes: true,
            changes_overlap_minutes: 360,
            changes_pages_max: 400,
            lists_users: true,
            requests_per_10s: None,
            requests_per_day: None,
            window_days_max: 31,
            window_calls_max: 9_000,
            margin_hours: 26,
            tries_ranges: true,
            lag_minutes: 10,
            patience_hours: 72,
        }
    }
}

impl Settings {
    /// The defaults for one sub-account.
    pub fn new(location_id: impl Into<String>) -> Self {
        Self { location_id: location_id.into(), ..Self::default() }
    }

    /// What the settings let us promise.
    pub fn capabilities(&self) -> Capabilities {
        let hours = |hours: u32| Duration::from_secs(u64::from(hours) * 3600);
        let window_max = hours(self.window_days_max.saturating_mul(24));
        // A search compares every message's own time, and halving its windows proves nothing.
        let (margin, window_min) = match self.reads {
            Reads::Export => (hours(self.margin_hours), Duration::from_hours(1)),
            Reads::Search => (Duration::ZERO, window_max),
        };
        Capabilities {
            window_max,
            window_min,
            window_calls_max: self.window_calls_max,
            margin,
            lag: Duration::from_secs(u64::from(self.lag_minutes) * 60),
            tiers: Tiers::usual(),
            patience: hours(self.patience_hours),
        }
    }

    pub(super) fn changes_overlap(&self) -> Duration {
        Duration::from_secs(u64::from(self.changes_overlap_minutes) * 60)
    }

    pub(super) fn rate(&self) -> Rate {
        Rate::AtMost {
            requests: self.requests_per_10s.unwrap_or(90),
            interval: Duration::from_secs(10),
            per_day: self.requests_per_day.unwrap_or(190_000),
        }
    }

    /// Where the app's webhooks are to lead.
    pub(super) fn webhook(&self) -> Result<Option<Url>, ConnectError> {
        webhooks::expected(self.webhook_url.as_deref())
    }

    /// The address of the API, with settings that cannot work refused.
    pub(super) fn checked(&self) -> Result<Url, ConnectError> {
        let refused = |why: String| Err(ConnectError::Setting { why });
        let at_least_one = [
            ("pages_ahead", u64::from(self.pages_ahead)),
            ("cursor_seconds", u64::from(self.cursor_seconds)),
            ("changes_pages_max", u64::from(self.changes_pages_max)),
            ("requests_per_10s", self.requests_per_10s.map_or(1, u64::from)),
            ("requests_per_day", self.requests_per_day.unwrap_or(1)),
            ("window_days_max", u64::from(self.window_days_max)),
            ("window_calls_max", self.window_calls_max),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return refused(format!("`{name}` must be at least 1"));
        }
        if self.page_size < 10 {
            return refused("`page_size` must be at least 10; HighLevel refuses less".to_owned());
        }
        if self.location_id.trim().is_empty() {
            return refused("`location_id` is empty; it is the id of the sub-account".to_owned());
        }
        self.webhook()?;
        let not_an_address = || ConnectError::NotAnAddress { base_url: self.base_url.clone() };
        let url = Url::parse(&self.base_url).ok().filter(|url| !url.cannot_be_a_base());
        url.filter(Url::has_host).ok_or_else(not_an_address)
    }
}
