//! What an operator sets for one Twilio account.

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
        key: "account_sid",
        asks: "SID of the account or subaccount (Twilio Console, Account Info): AC and 32 hex digits",
        example: "AC00000000000000000000000000000000",
        found: "Twilio Console › Account Info. A subaccount has a SID of its own and is a source of its own",
    }],
    optional: &[
        Question {
            key: "api_key_sid",
            asks: "SID of the API key whose secret is given above, where it is not the Auth Token",
            example: "SK00000000000000000000000000000000",
            found: "Twilio Console › Account › API keys & tokens",
        },
        Question {
            key: "parent_account_sid",
            asks: "SID of the main account, where its Auth Token is to open this subaccount",
            example: "AC00000000000000000000000000000000",
            found: "Twilio Console of the main account › Account Info",
        },
        Question { found: "Regions have addresses of their own", ..BASE_URL },
    ],
    stays: &["account_sid"],
    secret: Question {
        key: "token",
        asks: "Auth Token of the account (Twilio Console, Account Info)",
        example: "TWILIO_TOKEN",
        found: "Twilio Console › Account Info. Or the secret of an API key, which may do less, with its SID below",
    },
};

/// The most calls Twilio puts on one page.
pub(super) const PAGE_SIZE_MAX: u32 = 1000;

/// Every status of a call resource.
const STATUSES: [&str; 8] =
    ["queued", "ringing", "in-progress", "canceled", "failed", "busy", "no-answer", "completed"];

/// The settings of one connection. Only `account_sid` has no default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The account or subaccount, `AC…`. Each subaccount is a source of its own.
    pub account_sid: String,
    /// The API key, `SK…`, whose secret the token is. Without it the token is the account's own
    /// Auth Token.
    #[serde(default)]
    pub api_key_sid: Option<String>,
    /// The main account, where `account_sid` is a subaccount that the main account's Auth Token is
    /// to open. Without it a subaccount is opened by its own token.
    #[serde(default)]
    pub parent_account_sid: Option<String>,
    /// Where the API is; regions have addresses of their own.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// Where Voice Insights is, such as `https://insights.twilio.com`; without it nothing is
    /// counted a second time.
    #[serde(default)]
    pub insights_url: Option<String>,
    /// Where numbers are to tell of their calls (their status callback). Nothing is changed at
    /// Twilio; the doctor says which numbers differ.
    #[serde(default)]
    pub webhook_url: Option<String>,
    /// Calls per page; Twilio documents 1000 as the most.
    #[serde(default = "page_size")]
    pub page_size: u32,
    /// Requests in flight at once, at most: Twilio limits an account by these, and does not say
    /// how many it allows.
    #[serde(default = "requests_at_once")]
    pub requests_at_once: usize,
    /// Requests per ten seconds. Twilio publishes no such limit; this one is ours.
    #[serde(default = "requests_per_10s")]
    pub requests_per_10s: u32,
    /// The longest window read in one walk.
    #[serde(default = "window_days_max")]
    pub window_days_max: u32,
    /// Whether `StartTime` filters by the second. While it is false, whole days in UTC are asked
    /// for and cut by each call's own time, because Twilio's own pages contradict each other.
    #[serde(default)]
    pub trusts_seconds: bool,
    /// Statuses listed without a filter on time as well, because a call that was never dialled has
    /// no start and is believed to be hidden by that filter. Empty for none.
    #[serde(default = "swept_statuses")]
    pub swept_statuses: Vec<String>,
    /// Whether those lists may be left once they are older than the window. Twilio lists the
    /// newest first, and does not promise it.
    #[serde(default = "yes")]
    pub trusts_order: bool,
    /// Whether recordings are listed beside calls: a list for each window, and one for each call
    /// that is asked for by its SID.
    #[serde(default = "yes")]
    pub reads_recordings: bool,
    /// How much wider than its window a request is on both sides.
    #[serde(default = "margin_minutes")]
    pub margin_minutes: u32,
    /// How old an instant must be before its window can be proved: a new call may take a while to
    /// appear.
    #[serde(default = "lag_minutes")]
    pub lag_minutes: u32,
    /// For how many hours after a call its ending, price or recording is asked for.
    #[serde(default = "patience_hours")]
    pub patience_hours: u32,
}

fn base_url() -> String {
    "https://api.twilio.com".to_owned()
}

const fn page_size() -> u32 {
    PAGE_SIZE_MAX
}

const fn requests_at_once() -> usize {
    4
}

const fn requests_per_10s() -> u32 {
    100
}

const fn window_days_max() -> u32 {
    7
}

fn swept_statuses() -> Vec<String> {
    STATUSES[..5].iter().map(|status| (*status).to_owned()).collect()
}

const fn yes() -> bool {
    true
}

const fn margin_minutes() -> u32 {
    5
}

const fn lag_minutes() -> u32 {
    10
}

const fn patience_hours() -> u32 {
    72
}

impl Settings {
    /// The defaults for one account.
    pub fn new(account_sid: impl Into<String>) -> Self {
        Self {
            account_sid: account_sid.into(),
            api_key_sid: None,
            parent_account_sid: None,
            base_url: base_url(),
            insights_url: None,
            webhook_url: None,
            page_size: page_size(),
            requests_at_once: requests_at_once(),
            requests_per_10s: requests_per_10s(),
            window_days_max: window_days_max(),
            trusts_seconds: false,
            swept_statuses: swept_statuses(),
            trusts_order: yes(),
            reads_recordings: yes(),
            margin_minutes: margin_minutes(),
            lag_minutes: lag_minutes(),
            patience_hours: patience_hours(),
        }
    }

    /// What the settings let us promise.
    pub fn capabilities(&self) -> Capabilities {
        Capabilities {
            window_max: Duration::from_hours(24 * u64::from(self.window_days_max)),
            // Where whole days are asked for, half a day asks for as much.
            window_min: Duration::from_hours(if self.trusts_seconds { 1 } else { 24 }),
            // Without a total there is nothing to split by; a walk holds one page at a time.
            window_calls_max: u64::MAX,
            margin: Duration::from_mins(u64::from(self.margin_minutes)),
            lag: Duration::from_mins(u64::from(self.lag_minutes)),
            tiers: Tiers::usual(),
            patience: Duration::from_hours(u64::from(self.patience_hours)),
        }
    }

    /// Whose secret the token is.
    pub(super) fn user(&self) -> &str {
        let other = self.api_key_sid.as_ref().or(self.parent_account_sid.as_ref());
        other.unwrap_or(&self.account_sid)
    }

    pub(super) fn rate(&self) -> Rate {
        Rate::AtMost {
            requests: self.requests_per_10s,
            interval: Duration::from_secs(10),
            per_day: u64::MAX,
        }
    }

    /// The addresses of the API and of Insights, with settings that cannot work refused.
    pub(super) fn checked(&self) -> Result<(Url, Option<Url>), ConnectError> {
        if let Some(why) = self.mistake() {
            return Err(ConnectError::Setting { why });
        }
        self.webhook()?;
        let insights = self.insights_url.as_deref().map(address).transpose()?;
        Ok((address(&self.base_url)?, insights))
    }

    /// Where numbers are to tell of their calls.
    pub(super) fn webhook(&self) -> Result<Option<Url>, ConnectError> {
        webhooks::expected(self.webhook_url.as_deref())
    }

    fn mistake(&self) -> Option<String> {
        // What stands in the wrong place may be a secret, so it is not repeated.
        if !is_sid(&self.account_sid, "AC") {
            return Some("`account_sid` is not an account SID: AC and 32 hex digits".to_owned());
        }
        if self.api_key_sid.as_deref().is_some_and(|sid| !is_sid(sid, "SK")) {
            return Some("`api_key_sid` is not an API key SID: SK and 32 hex digits".to_owned());
        }
        if self.parent_account_sid.as_deref().is_some_and(|sid| !is_sid(sid, "AC")) {
            let why = "`parent_account_sid` is not an account SID: AC and 32 hex digits";
            return Some(why.to_owned());
        }
        if self.parent_account_sid.is_some() && self.api_key_sid.is_some() {
            let why = "`parent_account_sid` goes with the main account's Auth Token, and \
                `api_key_sid` with a key's secret; take one of them out";
            return Some(why.to_owned());
        }
        if !(1..=PAGE_SIZE_MAX).contains(&self.page_size) {
            return Some(format!("`page_size` must be from 1 to {PAGE_SIZE_MAX}"));
        }
        let is_unknown = |status: &&String| !STATUSES.contains(&status.as_str());
        if let Some(unknown) = self.swept_statuses.iter().find(is_unknown) {
            let all = STATUSES.join(", ");
            return Some(format!("`swept_statuses` has `{unknown}`; there is: {all}"));
        }
        let at_least_one = [
            ("requests_at_once", self.requests_at_once == 0),
            ("requests_per_10s", self.requests_per_10s == 0),
            ("window_days_max", self.window_days_max == 0),
        ];
        let zero = at_least_one.iter().find(|(_, is_zero)| *is_zero);
        zero.map(|(name, _)| format!("`{name}` must be at least 1"))
    }
}

fn is_sid(text: &str, prefix: &str) -> bool {
    let digits = text.strip_prefix(prefix).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn address(text: &str) -> Result<Url, ConnectError> {
    let url = Url::parse(text).ok().filter(|url| !url.cannot_be_a_base() && url.has_host());
    url.ok_or_else(|| ConnectError::NotAnAddress { base_url: text.to_owned() })
}
