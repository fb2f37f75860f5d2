//! What an operator sets for one Teli organisation.
//!
//! Keys that begin with `assume_` are beliefs about what Teli's pages leave open; `doctor` prints
//! each, with what the connection shows about it.

use std::time::Duration;

use domain::{Capabilities, Tiers};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::ConnectError;
use crate::http::budget::Rate;
use crate::setup::{Question, SetUp};

/// What a person must say.
pub(super) const SET_UP: SetUp = SetUp {
    questions: &[
        Question {
            key: "base_url",
            asks: "Address of the API, as Teli gave it to you",
            example: "https://api.teli.ai",
            found: "Teli's pages show several addresses; ask for yours",
        },
        Question {
            key: "organization_id",
            asks: "Id of the organisation, in the form <milliseconds>x<18 digits>",
            example: "1700000000000x100000000000000000",
            found: "In the partner settings. Answers of Teli name the same organisation by a UUID; that one does not work",
        },
    ],
    optional: &[],
    stays: &["organization_id"],
    secret: Question {
        key: "token",
        asks: "API key of a user who may see the calls of the whole organisation",
        example: "TELI_API_KEY",
        found: "From Teli, for such a user; there is no narrower key",
    },
};

/// The most calls Teli documents for one answer.
const PAGE_SIZE_MAX: u32 = 100;

/// The settings of one connection. `base_url` and `organization_id` have no default: Teli's pages
/// show several addresses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the API is, as Teli gave it to you, such as `https://api.teli.ai`.
    pub base_url: String,
    /// The organisation, in the form `<milliseconds>x<18 digits>`.
    pub organization_id: String,
    /// A user to name in requests; not needed to read a whole organisation.
    #[serde(default)]
    pub user_id: Option<String>,
    /// Calls per answer; Teli documents 100 as the most.
    #[serde(default = "page_size")]
    pub page_size: u32,
    /// The statuses asked for. One that shows up beside them is asked for as well.
    #[serde(default = "statuses")]
    pub statuses: Vec<String>,
    /// The name of the parameter for the beginning of a window.
    #[serde(default = "start_parameter")]
    pub start_parameter: String,
    /// The name of the parameter for its end, which no page of Teli's spells out.
    #[serde(default = "end_parameter")]
    pub end_parameter: String,
    /// Believed: the lists by status hold every call between them. If not, the list without a
    /// status is read whole besides.
    #[serde(default = "yes")]
    pub assume_status_filter_exact: bool,
    /// Believed: what a window is compared with, where `tries_window_field` is off.
    #[serde(default)]
    pub assume_window_field: WindowField,
    /// Believed: lists are sorted newest first. If not, every full answer is cut and asked again.
    #[serde(default = "yes")]
    pub assume_newest_first: bool,
    /// How much wider than its window a request is on both sides, because nothing says whether
    /// the ends are inclusive.
    #[serde(default = "overlap_seconds")]
    pub overlap_seconds: u32,
    /// Whether it is tried out on a known call what a window is compared with.
    #[serde(default = "yes")]
    pub tries_window_field: bool,
    /// How long a call can be; counts where windows are compared with the creation of a call's
    /// record, which happens after its end.
    #[serde(default = "call_hours_max")]
    pub call_hours_max: u32,
    /// Whether every window is read a second time by the export and the two are compared.
    #[serde(default)]
    pub verify_with_export: bool,
    /// Requests at once, if the source allows as many; Teli publishes no limit.
    #[serde(default = "requests_at_once")]
    pub requests_at_once: u32,
    /// Requests per ten seconds; Teli publishes no limit.
    #[serde(default = "requests_per_10s")]
    pub requests_per_10s: u32,
    /// The longest window read in one walk.
    #[serde(default = "window_days_max")]
    pub window_days_max: u32,
    /// How old an instant must be before its window can be proved.
    #[serde(default = "lag_minutes")]
    pub lag_minutes: u32,
}

/// What the ends of a window are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowField {
    /// When the call began.
    #[default]
    StartTimestamp,
    /// When its record was made.
    CreatedAt,
}

impl WindowField {
    /// Its name at Teli and in the settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StartTimestamp => "start_timestamp",
            Self::CreatedAt => "created_at",
        }
    }
}

const fn yes() -> bool {
    true
}

const fn page_size() -> u32 {
    PAGE_SIZE_MAX
}

fn statuses() -> Vec<String> {
    ["ended", "error", "ongoing"].map(str::to_owned).to_vec()
}

fn start_parameter() -> String {
    "start_date".to_owned()
}

fn end_parameter() -> String {
    "end_date".to_owned()
}

const fn overlap_seconds() -> u32 {
    1
}

const fn call_hours_max() -> u32 {
    4
}

const fn requests_at_once() -> u32 {
    2
}

const fn requests_per_10s() -> u32 {
    50
}

const fn window_days_max() -> u32 {
    31
}

const fn lag_minutes() -> u32 {
    10
}

impl Settings {
    /// The defaults for one organisation.
    pub fn new(base_url: impl Into<String>, organization_id: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            organization_id: organization_id.into(),
            user_id: None,
            page_size: page_size(),
            statuses: statuses(),
            start_parameter: start_parameter(),
            end_parameter: end_parameter(),
            assume_status_filter_exact: true,
            assume_window_field: WindowField::default(),
            assume_newest_first: true,
            overlap_seconds: overlap_seconds(),
            tries_window_field: true,
            call_hours_max: call_hours_max(),
            verify_with_export: false,
            requests_at_once: requests_at_once(),
            requests_per_10s: requests_per_10s(),
            window_days_max: window_days_max(),
            lag_minutes: lag_minutes(),
        }
    }

    /// What the settings let us promise, given what windows are compared with; `None` is unknown.
    pub(super) fn capabilities(&self, compared: Option<WindowField>) -> Capabilities {
        let hours = |hours: u64| Duration::from_hours(hours);
        let margin = match compared {
            Some(WindowField::StartTimestamp) => self.overlap(),
            Some(WindowField::CreatedAt) | None => self.overlap().max(self.call_length_max()),
        };
        let tiers = [hours(2), hours(24), hours(48), hours(7 * 24), hours(35 * 24)];
        Capabilities {
            window_max: hours(u64::from(self.window_days_max) * 24),
            window_min: hours(1),
            // The walk itself cuts, and there is no total to compare with.
            window_calls_max: u64::MAX,
            margin,
            lag: Duration::from_secs(u64::from(self.lag_minutes) * 60),
            tiers: Tiers::new([vec![Duration::from_mins(15)], tiers.to_vec()].concat()),
            // Analysis, extracted fields and recording come after the call, or never.
            patience: hours(72),
        }
    }

    /// How much wider than what it is about a request is.
    pub(super) fn overlap(&self) -> Duration {
        Duration::from_secs(u64::from(self.overlap_seconds))
    }

    /// How long a call can be.
    pub(super) fn call_length_max(&self) -> Duration {
        Duration::from_hours(u64::from(self.call_hours_max))
    }

    pub(super) fn rate(&self) -> Rate {
        let interval = Duration::from_secs(10);
        Rate::AtMost { requests: self.requests_per_10s, interval, per_day: u64::MAX }
    }

    /// The address of the API, with settings that cannot work refused.
    pub(super) fn checked(&self) -> Result<Url, ConnectError> {
        let refuse = |why: String| Err(ConnectError::Setting { why });
        let at_least_one = [
            ("page_size", self.page_size),
            ("overlap_seconds", self.overlap_seconds),
            ("call_hours_max", self.call_hours_max),
            ("requests_at_once", self.requests_at_once),
            ("requests_per_10s", self.requests_per_10s),
            ("window_days_max", self.window_days_max),
        ];
        if let Some((name, _)) = at_least_one.iter().find(|(_, value)| *value == 0) {
            return refuse(format!("`{name}` must be at least 1"));
        }
        if self.page_size > PAGE_SIZE_MAX {
            return refuse(format!(
                "`page_size` is {}, and Teli documents {PAGE_SIZE_MAX} as the most: a longer answer \
                 would be cut without a word",
                self.page_size
            ));
        }
        let texts = [
            ("organization_id", &self.organization_id),
            ("start_parameter", &self.start_parameter),
            ("end_parameter", &self.end_parameter),
        ];
        if let Some((name, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
            return refuse(format!("`{name}` is empty"));
        }
        if self.statuses.is_empty() || self.statuses.iter().any(|word| word.trim().is_empty()) {
            return refuse(
                "`statuses` must name at least one status, and none of them empty".to_owned(),
            );
        }
        let not_an_address = || ConnectError::NotAnAddress { base_url: self.base_url.clone() };
        let url = Url::parse(&self.base_url).ok().filter(|url| !url.cannot_be_a_base());
        url.filter(Url::has_host).ok_or_else(not_an_address)
    }
}
