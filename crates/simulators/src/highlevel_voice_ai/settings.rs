//! Switches for what the published description leaves open, and for what a deployment varies.
//!
//! Section numbers are those of the provider contract for HighLevel.

use crate::highlevel::RateLimit;

/// How the simulated HighLevel behaves.
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

    /// §2.1: a `pageSize` over 50. Unconfirmed; a clamp is the case that loses calls.
    pub page_size_over_limit: PageSizeOverLimit,
    /// §2.1: the deepest page answered; deeper ones are 400. Unconfirmed; none is published.
    pub page_max: Option<u32>,
    /// §2.1: whether `endDate` itself is inside. Believed inclusive, from the example.
    pub range_end: RangeEnd,
    /// §2.1: whether ranges count milliseconds. Believed so, from the example.
    pub range_precision: RangePrecision,
    /// §2.1: by how much a zone shifts the range. Unconfirmed; believed not at all.
    pub zone_shift_minutes: i32,
    /// §2.1: `startDate` ≥ `endDate`. Unconfirmed; 400 is the documented status.
    pub range_refusal: RangeRefusal,
    /// §2.1: what a list without `callType` holds. Unconfirmed; believed both.
    pub omitted_call_type: OmittedCallType,
    /// §2.1: whether `createdAt` is the start or the end of a call. Unconfirmed; believed start.
    pub created_at_means: CreatedAtMeans,
    /// §2.2: asking for a call that is not there. Unconfirmed; believed 404.
    pub unknown_call: UnknownCall,

    /// §9.1: calls of one millisecond come in another order on every page, as a database may give
    /// them when the sort key has no tie-breaker. Unconfirmed; believed stable.
    pub unstable_ties: bool,
    /// Parameters of the call log that are ignored as if they were unknown, such as `startDate`.
    pub ignored_parameters: Vec<String>,

    /// §10.4: how far every `total` of the call log is off.
    pub total_lie: i64,
    /// §2.1: seconds after the end of a call until its summary is there. Unconfirmed.
    pub summary_after_seconds: i64,
    /// §2.1: seconds after the end of a call until its transcript is there. Unconfirmed.
    pub transcript_after_seconds: i64,
    /// §10.4: seconds after the end of a call until its duration is; 0 before. Unconfirmed.
    pub duration_after_seconds: i64,
    /// §2.1: `bot: Hello` as published (true) or `bot:Hello` as captured (false).
    pub transcript_space: bool,
    /// §2.1: share of optional fields that are left out, 0 to 1, the same ones every time.
    pub omit_optional_share: f64,
    /// §2.1: the three published shapes of `translation`, or none.
    pub translation: Translation,
    /// §2.1, §8.4: the name of an action's id.
    pub action_id_key: ActionIdKey,
    /// §10.5: fields nobody documented.
    pub extra_fields: bool,
    /// §10.5: share of actions whose type nobody documented, 0 to 1.
    pub unknown_action_share: f64,

    /// §6: per app and location; `None` for no limit at all. Private integrations are presumed to
    /// have the same limits.
    pub rate_limit: Option<RateLimit>,
    /// §6: whether answers tell what remains. They do on most reads.
    pub rate_limit_headers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            latency_ms: 0,
            gzip: false,
            clock_skew_ms: 0,
            page_size_over_limit: PageSizeOverLimit::ClampTo50,
            page_max: None,
            range_end: RangeEnd::Inclusive,
            range_precision: RangePrecision::Millisecond,
            zone_shift_minutes: 0,
            range_refusal: RangeRefusal::BadRequest400,
            omitted_call_type: OmittedCallType::Both,
            created_at_means: CreatedAtMeans::Start,
            unknown_call: UnknownCall::NotFound404,
            unstable_ties: false,
            ignored_parameters: Vec::new(),
            total_lie: 0,
            summary_after_seconds: 0,
            transcript_after_seconds: 0,
            duration_after_seconds: 0,
            transcript_space: true,
            omit_optional_share: 0.0,
            translation: Translation::Absent,
            action_id_key: ActionIdKey::ActionId,
            extra_fields: false,
            unknown_action_share: 0.0,
            rate_limit: Some(RateLimit::default()),
            rate_limit_headers: true,
        }
    }
}

impl Settings {
    /// The defaults without any rate limit, for tests and benchmarks that are not about it.
    pub fn without_limits() -> Self {
        Self { rate_limit: None, ..Self::default() }
    }
}

/// A `pageSize` over 50.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSizeOverLimit {
    /// 400.
    Refuse400,
    /// 422, its message an array.
    Refuse422,
    /// 50 records, and `pageSize` says 50.
    ClampTo50,
}

/// Whether a call at exactly `endDate` is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeEnd {
    /// It is.
    Inclusive,
    /// It is not.
    Exclusive,
}

/// What a range compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangePrecision {
    /// Milliseconds.
    Millisecond,
    /// Whole seconds: both ends and `createdAt` lose their milliseconds first.
    Second,
}

/// A range whose start is not before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeRefusal {
    /// 400.
    BadRequest400,
    /// 422, its message an array.
    Unprocessable422,
}

/// What a list without `callType` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OmittedCallType {
    /// Live and test calls.
    Both,
    /// Live calls.
    LiveOnly,
}

/// Which instant `createdAt` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreatedAtMeans {
    /// The start of the call.
    Start,
    /// Its end.
    End,
}

/// The answer for a call that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownCall {
    /// 404.
    NotFound404,
    /// 400.
    BadRequest400,
}

/// The shape of `translation`, which calls of Spanish-speaking agents have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Translation {
    /// No call has one.
    Absent,
    /// `{enabled, language}`, as in the schema.
    EnabledLanguage,
    /// `{translatedTranscript}`, as in the schema's example.
    TranslatedTranscript,
    /// `{transcript, language}`, as in the webhook.
    TranscriptLanguage,
    /// Any of the three, or none; the same for a call every time.
    Mixed,
}

/// The name of an action's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionIdKey {
    /// `actionId`, as the call log documents.
    ActionId,
    /// `_id`, as other examples have it.
    UnderscoreId,
}
