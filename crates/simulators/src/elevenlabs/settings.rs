//! How the simulated ElevenLabs behaves where its documentation leaves it open.

/// Switches. The default is what is believed, with limits off.
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
    /// Requests a second before 429 `rate_limit_exceeded`.
    pub requests_per_second: Option<u32>,
    /// Whether `call_start_after_unix` includes its own second.
    pub range_start: Edge,
    /// Whether `call_start_before_unix` includes its own second.
    pub range_end: Edge,
    /// What a cursor remembers.
    pub cursor: Cursor,
    /// What the last page says of a next one.
    pub last_cursor: LastCursor,
    /// Whether `sort_direction` is known; when not, the newest come first.
    pub knows_sort: bool,
    /// Whether `summary_mode` is known; when not, rows have no summaries.
    pub knows_summaries: bool,
    /// Whether conversations are listed while they go on.
    pub lists_running: bool,
    /// Seconds until a conversation in the world is in the list.
    pub list_lag_seconds: i64,
    /// Seconds a conversation is `initiated` before it is `in-progress`.
    pub set_up_seconds: i64,
    /// Seconds a conversation is `processing` after it has ended.
    pub processing_seconds: i64,
    /// Seconds after its end until a conversation has a cost.
    pub cost_after_seconds: i64,
    /// Seconds after its end when a conversation empties itself.
    pub retention_seconds: Option<i64>,
    /// Whether an emptied conversation says that it was deleted.
    pub deletion_is_said: bool,
    /// The share of calls nobody answers, 0 to 1.
    pub unanswered_share: f64,
    /// The share of calls cut off with an error although they are `done`, 0 to 1.
    pub broken_share: f64,
    /// Whether `has_auxiliary_audio` is there.
    pub auxiliary_audio: bool,
    /// Whether there are values and fields nobody documented.
    pub unknown_values: bool,
    /// Whether data collection results come as a list too.
    pub result_lists: bool,
    /// The shape of errors.
    pub error_shape: ErrorShape,
    /// Recipients of every batch call, beyond pending, that have no conversation.
    pub lost_recipients: usize,
    /// The webhooks of the workspace; the first is the post-call webhook.
    pub webhooks: Vec<Webhook>,
    /// The events the post-call webhook is told of.
    pub webhook_events: Vec<&'static str>,
    /// Whether the last webhook is the first agent's own.
    pub agent_has_webhook: bool,
    /// Whether the key may list webhooks.
    pub lists_webhooks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            latency_ms: 0,
            gzip: true,
            clock_skew_ms: 0,
            requests_per_second: None,
            range_start: Edge::Inclusive,
            range_end: Edge::Inclusive,
            cursor: Cursor::ByPlace,
            last_cursor: LastCursor::Null,
            knows_sort: true,
            knows_summaries: true,
            lists_running: true,
            list_lag_seconds: 0,
            set_up_seconds: 5,
            processing_seconds: 30,
            cost_after_seconds: 0,
            retention_seconds: None,
            deletion_is_said: true,
            unanswered_share: 0.1,
            broken_share: 0.0,
            auxiliary_audio: true,
            unknown_values: false,
            result_lists: false,
            error_shape: ErrorShape::Current,
            lost_recipients: 0,
            webhooks: Vec::new(),
            webhook_events: vec!["transcript"],
            agent_has_webhook: false,
            lists_webhooks: true,
        }
    }
}

/// A webhook of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where it leads.
    pub url: String,
    /// Whether it was switched off, by a person or by ElevenLabs.
    pub off: Off,
    /// What the last delivery that failed was answered with.
    pub failed_with: Option<u16>,
}

impl Webhook {
    /// One that works.
    pub fn to(url: &str) -> Self {
        Self { url: url.to_owned(), off: Off::No, failed_with: None }
    }
}

/// Whether a webhook is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// It is not.
    No,
    /// By a person.
    ByPerson,
    /// By ElevenLabs, after ten failures and a week without success.
    ByItself,
}

/// Whether a bound belongs to its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// It does.
    Inclusive,
    /// It does not.
    Exclusive,
}

/// What a cursor remembers of the page before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// The last call, so that nothing is lost or repeated.
    ByPlace,
    /// Its second only, and goes on after it: other calls of that second are lost.
    AfterSecond,
    /// Its second only, and goes on with it: calls of that second are repeated.
    FromSecond,
    /// How many calls came so far, so that calls that come or go shift it.
    ByCount,
}

/// What the last page says of a next one, beside `has_more: false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastCursor {
    /// `next_cursor` is null.
    Null,
    /// There is no `next_cursor`.
    Absent,
    /// There is one all the same.
    Present,
}

/// The shape of an error's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorShape {
    /// `type`, `code`, `message`, `status`, `request_id`.
    Current,
    /// `status` and `message`.
    Older,
}
