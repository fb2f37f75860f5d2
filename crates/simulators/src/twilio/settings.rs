//! Switches for what the published description leaves open, and for what a deployment varies.
//!
//! Section numbers are those of the provider contract for Twilio.

/// How the simulated Twilio behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The loopback port; 0 for any.
    pub port: u16,
    /// Milliseconds before every answer.
    pub latency_ms: u64,
    /// Compress for clients that accept it.
    pub gzip: bool,
    /// How far the `date` header runs ahead of the clock, in milliseconds.
    pub clock_skew_ms: i64,

    /// §2: how finely `StartTime` and `EndTime` filter. The prose says days, the schema seconds.
    pub granularity: Granularity,
    /// §2: whether `StartTime<` includes its own instant or day. Documented as before it.
    pub range_end: RangeEnd,
    /// §2: what a filter on the start does with calls that have none. Inferred: hides them.
    pub start_filter: StartFilter,
    /// §2: the order of lists. Inferred from examples.
    pub order: Order,
    /// §2: what a page's cursor stands for. Inferred from examples.
    pub cursor: Cursor,
    /// §2: the largest page that is given; more is cut to it.
    pub page_size_max: usize,

    /// §2: seconds until a new call appears.
    pub appears_after_seconds: i64,
    /// §2: by how many seconds a status lags behind what happens.
    pub status_lag_seconds: i64,
    /// §2: seconds after the end of a call until its price is there. Unconfirmed.
    pub price_after_seconds: i64,

    /// §2: the share of calls on which somebody spoke that are recorded, 0 to 1.
    pub recorded_share: f64,
    /// §2: seconds after it begins until a recording is on a list.
    pub recording_appears_after_seconds: i64,
    /// §2: seconds after the end of a call until its recording is ready.
    pub recording_ready_after_seconds: i64,
    /// §2: recordings that were deleted, by SID; they are on no list.
    pub deleted_recordings: Vec<String>,
    /// §2: whether recordings are listed; believed refused for some API keys.
    pub lists_recordings: bool,

    /// §4: the account's numbers, up to three.
    pub numbers: Vec<Number>,
    /// §4: whether numbers are listed; believed refused for some API keys.
    pub lists_numbers: bool,

    /// §1: the shape of error bodies.
    pub error_body: ErrorBody,
    /// §1: whether this account is a subaccount, which its main account's Auth Token opens as well.
    /// General knowledge, unconfirmed.
    pub is_subaccount: bool,
    /// §1: accounts beside this one.
    pub subaccounts: usize,
    /// §1: whether the account list is answered; believed refused for some API keys.
    pub lists_accounts: bool,
    /// §2: whether Insights answers. Its gate is unconfirmed.
    pub insights: Insights,
    /// §2: calls Insights does not have, the newest ones.
    pub insights_lacks: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            latency_ms: 0,
            gzip: false,
            clock_skew_ms: 0,
            granularity: Granularity::Second,
            range_end: RangeEnd::Exclusive,
            start_filter: StartFilter::HidesUndialled,
            order: Order::NewestFirst,
            cursor: Cursor::BySid,
            page_size_max: 1000,
            appears_after_seconds: 0,
            status_lag_seconds: 0,
            price_after_seconds: 60,
            recorded_share: 0.3,
            recording_appears_after_seconds: 0,
            recording_ready_after_seconds: 30,
            deleted_recordings: Vec::new(),
            lists_recordings: true,
            numbers: vec![Number::silent(); 3],
            lists_numbers: true,
            error_body: ErrorBody::Legacy,
            is_subaccount: false,
            subaccounts: 0,
            lists_accounts: true,
            insights: Insights::Open,
            insights_lacks: 0,
        }
    }
}

/// Who answers the calls of a number, and who is told of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Who answers.
    pub voice_url: Option<String>,
    /// Who is told at the end of a call.
    pub status_callback: Option<String>,
    /// How.
    pub status_callback_method: &'static str,
    /// Whether both addresses are those of an application.
    pub has_application: bool,
    /// Whether its calls go over a trunk.
    pub is_on_trunk: bool,
}

impl Number {
    /// One that tells nobody.
    pub fn silent() -> Self {
        Self {
            voice_url: Some("https://voice.example.com/answer".to_owned()),
            status_callback: None,
            status_callback_method: "POST",
            has_application: false,
            is_on_trunk: false,
        }
    }

    /// One that tells this address.
    pub fn telling(address: &str) -> Self {
        Self { status_callback: Some(address.to_owned()), ..Self::silent() }
    }
}

/// How finely a filter on time works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// To the second.
    Second,
    /// To the day: whatever follows the date is dropped.
    Day,
}

/// Whether the end of a range belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeEnd {
    /// It does not.
    Exclusive,
    /// It does.
    Inclusive,
}

/// What a filter on the start does with a call that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartFilter {
    /// It is on no such list.
    HidesUndialled,
    /// It is listed by its creation.
    ListsByCreation,
}

/// The order of lists, by creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Newest first.
    NewestFirst,
    /// Oldest first.
    OldestFirst,
    /// None that anybody could tell.
    Shuffled,
}

/// What a page's cursor stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// The last SID of the page.
    BySid,
    /// The number of calls before it, so that new calls shift the rest.
    ByOffset,
}

/// The shape of error bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorBody {
    /// `{code, message, more_info, status}`.
    Legacy,
    /// The same without `code`.
    WithoutCode,
    /// RFC 9457.
    ProblemDetails,
}

/// Whether Insights answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Insights {
    /// It does.
    Open,
    /// 403: the plan does not include it.
    Forbidden,
    /// 404.
    Missing,
}
