//! What an operator sets for one HighLevel sub-account.

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
        asks: "Private integration token with the scopes voice-ai-dashboard.readonly, voice-ai-agents.readonly and locations.readonly",
        example: "HIGHLEVEL_TOKEN",
        found: "In the sub-account: Settings › Private Integrations › Create. It begins with pit- and is shown once; an agency's token does not open a sub-account",
    },
};

/// The settings of one connection. Only `location_id` has no default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The sub-account.
    pub location_id: String,
    /// Where the API is.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// Where the app's webhooks are to lead. HighLevel's API does not show it; the doctor says what
    /// to look at.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// The `Version` header; anything HighLevel does not publish is refused with 401.
    #[serde(default = "api_version")]
    pub api_version: String,
    /// Calls per page; HighLevel documents 50 as the most.
    #[serde(default = "page_size")]
    pub page_size: u32,
    /// Pages of one window that are asked for, or wait to be taken, at once.
    #[serde(default = "pages_ahead")]
    pub pages_ahead: u32,
    /// Requests per ten seconds; HighLevel publishes 100 and we stay below.
    #[serde(default)]
    pub requests_per_10s: Option<u32>,
    /// Requests per day; HighLevel publishes 200,000 and we stay below.
    #[serde(default)]
    pub requests_per_day: Option<u64>,
    /// The longest window read in one walk.
    #[serde(default = "window_days_max")]
    pub window_days_max: u32,
    /// A window with more calls is split before it is read.
    #[serde(default = "window_calls_max")]
    pub window_calls_max: u64,
    /// How much wider than its window a request is on both sides, because HighLevel does not say
    /// in which zone it reads the ends.
    #[serde(default = "margin_hours")]
    pub margin_hours: u32,
    /// Whether ranges are tried out on a known call, to make requests less wide.
    #[serde(default = "tries_ranges")]
    pub tries_ranges: bool,
    /// How old an instant must be before its window can be proved.
    #[serde(default = "lag_minutes")]
    pub lag_minutes: u32,
}

const fn tries_ranges() -> bool {
    true
}

fn base_url() -> String {
    "https://services.leadconnectorhq.com".to_owned()
}

fn api_version() -> String {
    "2021-04-15".to_owned()
}

const fn page_size() -> u32 {
    50
}

/// As many as a credential may have under way by default, so that one window alone can use it up.
const fn pages_ahead() -> u32 {
    16
}

const fn window_days_max() -> u32 {
    31
}

const fn window_calls_max() -> u64 {
    50_000
}

const fn margin_hours() -> u32 {
    26
}

const fn lag_minutes() -> u32 {
    10
}

impl Settings {
    /// The defaults for one sub-account.
    pub fn new(location_id: impl Into<String>) -> Self {
        Self {
            location_id: location_id.into(),
            base_url: base_url(),
            webhook_url: None,
            api_version: api_version(),
            page_size: page_size(),
            pages_ahead: pages_ahead(),
            requests_per_10s: None,
            requests_per_day: None,
            window_days_max: window_days_max(),
            window_calls_max: window_calls_max(),
            margin_hours: margin_hours(),
            tries_ranges: tries_ranges(),
            lag_minutes: lag_minutes(),
        }
    }

    /// What the settings let us promise.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            window_max: Duration::from_secs(u64::from(self.window_days_max) * 86_400),
            window_min: Duration::from_hours(1),
            window_calls_max: self.window_calls_max,
            margin: self.margin(),
            lag: Duration::from_secs(u64::from(self.lag_minutes) * 60),
            tiers: Tiers::usual(),
            // Nothing is asked for by id: what comes late changes the list itself.
            patience: Duration::ZERO,
        }
    }

    pub(super) fn margin(&self) -> Duration {
        Duration::from_secs(u64::from(self.margin_hours) * 3600)
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
        let at_least_one = [
            ("page_size", u64::from(self.page_size)),
            ("pages_ahead", u64::from(self.pages_ahead)),
            ("requests_per_10s", self.requests_per_10s.map_or(1, u64::from)),
            ("requests_per_day", self.requests_per_day.unwrap_or(1)),
            ("window_days_max", u64::from(self.window_days_max)),
            ("window_calls_max", self.window_calls_max),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return Err(ConnectError::Setting { why: format!("`{name}` must be at least 1") });
        }
        if self.location_id.trim().is_empty() {
            let why = "`location_id` is empty; it is the id of the sub-account".to_owned();
            return Err(ConnectError::Setting { why });
        }
        self.webhook()?;
        let not_an_address = || ConnectError::NotAnAddress { base_url: self.base_url.clone() };
        let url = Url::parse(&self.base_url).ok().filter(|url| !url.cannot_be_a_base());
        url.filter(Url::has_host).ok_or_else(not_an_address)
    }
}
