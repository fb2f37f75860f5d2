//! What an operator sets for one ElevenLabs workspace.

use std::time::Duration;

use domain::{Capabilities, Tiers};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ConnectError;
use crate::http::budget::Rate;
use crate::setup::{BASE_URL, Question, SetUp};
use crate::webhooks;

/// The most conversations a page may hold, as published; more is refused.
const PAGE_SIZE_MAX: u32 = 100;

/// What a person must say.
pub(super) const SET_UP: SetUp = SetUp {
    questions: &[],
    optional: &[
        Question {
            key: "workspace",
            asks: "Which workspace the key belongs to, in your words; a source stays with its workspace",
            example: "default",
            found: "",
        },
        Question {
            found: "Only a workspace with data residency has one of its own, such as https://api.eu.residency.elevenlabs.io",
            ..BASE_URL
        },
    ],
    stays: &["workspace"],
    secret: Question {
        key: "token",
        asks: "API key of the workspace, with read access to ElevenAgents (convai_read)",
        example: "ELEVENLABS_API_KEY",
        found: "In the workspace: Developers › API keys. Restrict it to reading ElevenAgents",
    },
};

/// The settings of one connection. Every key has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Which workspace the key belongs to, in the operator's words. Part of the source's identity:
    /// a source whose key moves to another workspace is another source.
    #[serde(default = "workspace")]
    pub workspace: String,
    /// Where the API is. A workspace with data residency lives on a host of its own:
    /// `https://api.us.elevenlabs.io`, `https://api.eu.residency.elevenlabs.io`,
    /// `https://api.in.residency.elevenlabs.io` or `https://api.sg.residency.elevenlabs.io`.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// Where agents are to tell of their conversations (the post-call webhook). Nothing is changed
    /// at ElevenLabs; the doctor says which agents differ.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// Conversations per page; ElevenLabs publishes 100 as the most.
    #[serde(default = "page_size")]
    pub page_size: u32,
    /// Requests per ten seconds. ElevenLabs publishes no number; it says when there are too many.
    #[serde(default = "requests_per_10s")]
    pub requests_per_10s: u32,
    /// The longest window read in one walk. Pages of one walk come one after the other, and
    /// windows beside each other, so shorter windows read a long history faster.
    #[serde(default = "window_days_max")]
    pub window_days_max: u32,
    /// How much wider than its window a request is on both sides, because the start of a
    /// conversation that is being set up may still move.
    #[serde(default = "margin_seconds")]
    pub margin_seconds: u32,
    /// How old an instant must be before its window can be proved.
    #[serde(default = "lag_minutes")]
    pub lag_minutes: u32,
    /// How long after a call's start its analysis is asked for; then it is given up.
    #[serde(default = "patience_hours")]
    pub patience_hours: u32,
    /// Whether the list is asked for once more from each second on in which a page ends. It costs one
    /// request per page, and no call is lost should the cursor skip calls of one second, or pass
    /// over others because one was deleted meanwhile.
    #[serde(default = "yes")]
    pub checks_page_edges: bool,
    /// Whether a row that differs from the detail we hold (in its summary, duration or cost) means
    /// that the detail is old. `everycall doctor` says when it does not, and this must be false.
    #[serde(default = "yes")]
    pub rows_tell_changes: bool,
}

fn workspace() -> String {
    "default".to_owned()
}

fn base_url() -> String {
    "https://api.elevenlabs.io".to_owned()
}

const fn page_size() -> u32 {
    PAGE_SIZE_MAX
}

const fn requests_per_10s() -> u32 {
    200
}

const fn window_days_max() -> u32 {
    1
}

const fn margin_seconds() -> u32 {
    120
}

const fn lag_minutes() -> u32 {
    5
}

const fn patience_hours() -> u32 {
    24
}

const fn yes() -> bool {
    true
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workspace: workspace(),
            base_url: base_url(),
            webhook_url: None,
            page_size: page_size(),
            requests_per_10s: requests_per_10s(),
            window_days_max: window_days_max(),
            margin_seconds: margin_seconds(),
            lag_minutes: lag_minutes(),
            patience_hours: patience_hours(),
            checks_page_edges: yes(),
            rows_tell_changes: yes(),
        }
    }
}

impl Settings {
    /// What the settings let us promise.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            window_max: Duration::from_secs(u64::from(self.window_days_max) * 86_400),
            window_min: Duration::from_mins(10),
            // The list has no total, so no window is known to be too large before it is read.
            window_calls_max: u64::MAX,
            margin: Duration::from_secs(u64::from(self.margin_seconds)),
            lag: Duration::from_secs(u64::from(self.lag_minutes) * 60),
            tiers: Tiers::usual(),
            patience: Duration::from_secs(u64::from(self.patience_hours) * 3600),
        }
    }

    pub(super) fn rate(&self) -> Rate {
        Rate::AtMost {
            requests: self.requests_per_10s,
            interval: Duration::from_secs(10),
            per_day: u64::MAX,
        }
    }

    /// Where agents are to tell of their conversations.
    pub(super) fn webhook(&self) -> Result<Option<Url>, ConnectError> {
        webhooks::expected(self.webhook_url.as_deref())
    }

    /// The address of the API, with settings that cannot work refused.
    pub(super) fn checked(&self) -> Result<Url, ConnectError> {
        let refused = |why: String| Err(ConnectError::Setting { why });
        let at_least_one = [
            ("page_size", self.page_size),
            ("requests_per_10s", self.requests_per_10s),
            ("window_days_max", self.window_days_max),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return refused(format!("`{name}` must be at least 1"));
        }
        if self.page_size > PAGE_SIZE_MAX {
            let why = "`page_size` is more than 100, which ElevenLabs refuses";
            return refused(why.to_owned());
        }
        if self.workspace.trim().is_empty() {
            let why = "`workspace` is empty; give the workspace any name, or leave the key out";
            return refused(why.to_owned());
        }
        self.webhook()?;
        let not_an_address = || ConnectError::NotAnAddress { base_url: self.base_url.clone() };
        let url = Url::parse(&self.base_url).ok().filter(|url| !url.cannot_be_a_base());
        url.filter(Url::has_host).ok_or_else(not_an_address)
    }
}
