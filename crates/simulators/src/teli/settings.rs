//! Switches for what the published pages leave open, and for what a deployment varies.

/// How the simulated Teli behaves.
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

    /// Whether calls at the very ends of a range are listed. Unconfirmed.
    pub edges: Edges,
    /// What `start_date` and `end_date` compare. Unconfirmed; believed the start.
    pub filter_field: FilterField,
    /// Milliseconds the ends of a range are rounded down to. Unconfirmed; believed 1.
    pub range_precision_ms: i64,
    /// The most calls in one answer. Documented as 100.
    pub limit_max: usize,
    /// A `limit` over the most. Unconfirmed.
    pub limit_over_max: LimitOverMax,
    /// `page` and `offset`. Undocumented; believed ignored.
    pub paging: Paging,
    /// What a list without `call_status` holds. Documented as ended calls.
    pub omitted_status: OmittedStatus,
    /// The same of an export. Unconfirmed; believed the same.
    pub export_omitted_status: OmittedStatus,
    /// A status nobody documented, and the share of calls that have it, 0 to 1.
    pub hidden_status: Option<(&'static str, f64)>,
    /// The share of calls that ended in an error, 0 to 1.
    pub error_share: f64,
    /// Whether a call is listed as ongoing while it lasts. Unconfirmed; in the published example
    /// a row appears seconds after the end.
    pub lists_ongoing: bool,
    /// How rows are sorted. Documented as newest first, by start.
    pub order: Order,
    /// Calls of one millisecond come in another order on every request. Unconfirmed.
    pub unstable_ties: bool,
    /// `count` is the number of all calls that match instead of those returned.
    pub count_is_total: bool,
    /// Parameters of the list that are ignored as if they were unknown, such as `start_date`.
    pub ignored_parameters: Vec<String>,

    /// Milliseconds after the end of a call until it is listed, at most; each call has its own.
    pub listed_after_ms_max: i64,
    /// Seconds after the end of a call until its analysis is there.
    pub analysis_after_seconds: i64,
    /// Seconds after the end of a call until its recording is there.
    pub recording_after_seconds: i64,
    /// Seconds after the end of a call until its transcript is there.
    pub transcript_after_seconds: i64,
    /// Seconds after the end of a call until it can be asked for by id; 404 before.
    pub detail_after_seconds: i64,
    /// Whether `updated_at` moves when something comes late or changes. Unconfirmed.
    pub bumps_updated_at: bool,

    /// Whether list rows have numbers and transcripts, as some clients saw.
    pub rich_rows: bool,
    /// How timestamps are written. Documented as integers; one client expects text.
    pub time_shape: TimeShape,
    /// Which ids of an agent a row has.
    pub agent_ids: AgentIds,
    /// Whether recording URLs are signed anew for every answer.
    pub signed_urls: bool,
    /// Share of optional fields that are left out, 0 to 1, the same ones every time.
    pub omit_optional_share: f64,
    /// Share of calls whose row has no `start_timestamp`, 0 to 1.
    pub without_start_share: f64,
    /// Fields nobody documented.
    pub extra_fields: bool,

    /// Rows in one export, at most. Documented as 50,000.
    pub export_rows_max: usize,
    /// How an export writes times. Unconfirmed; believed as the list's parameters are.
    pub export_time: ExportTime,
    /// Whether an export heeds `limit`, and without one takes the list's usual one. Unconfirmed;
    /// believed not.
    pub export_honours_limit: bool,
    /// Whether there is an export; without one it is answered with 404.
    pub has_export: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            latency_ms: 0,
            gzip: false,
            clock_skew_ms: 0,
            edges: Edges::Inclusive,
            filter_field: FilterField::Start,
            range_precision_ms: 1,
            limit_max: 100,
            limit_over_max: LimitOverMax::Clamp,
            paging: Paging::Ignored,
            omitted_status: OmittedStatus::Ended,
            export_omitted_status: OmittedStatus::Ended,
            hidden_status: None,
            error_share: 0.05,
            lists_ongoing: false,
            order: Order::NewestFirst,
            unstable_ties: false,
            count_is_total: false,
            ignored_parameters: Vec::new(),
            listed_after_ms_max: 30_000,
            analysis_after_seconds: 10,
            recording_after_seconds: 60,
            transcript_after_seconds: 10,
            detail_after_seconds: 0,
            bumps_updated_at: true,
            rich_rows: false,
            time_shape: TimeShape::Integer,
            agent_ids: AgentIds::Both,
            signed_urls: false,
            omit_optional_share: 0.0,
            without_start_share: 0.0,
            extra_fields: false,
            export_rows_max: 50_000,
            export_time: ExportTime::Utc,
            export_honours_limit: false,
            has_export: true,
        }
    }
}

/// Whether calls at the very ends of a range are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edges {
    /// At both ends.
    Inclusive,
    /// At neither: "after" and "before", as the page says.
    Exclusive,
    /// At the start only.
    HalfOpen,
}

/// What a range compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilterField {
    /// `start_timestamp`.
    Start,
    /// `created_at`.
    Created,
    /// `call_started_at`, which is when the call was processed.
    Processed,
}

/// How an export writes times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportTime {
    /// `2025-11-20T17:39:13.696Z`.
    Utc,
    /// `2025-11-20T12:39:13.696`, five hours behind and without saying so.
    Local,
    /// Seconds since 1970.
    Seconds,
}

/// A `limit` over the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitOverMax {
    /// The most.
    Clamp,
    /// 400.
    Refuse400,
}

/// `page` and `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// Unknown parameters.
    Ignored,
    /// Both work.
    Honoured,
}

/// What an answer without `call_status` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OmittedStatus {
    /// Ended calls.
    Ended,
    /// All calls.
    All,
}

/// How rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By start, newest first.
    NewestFirst,
    /// Any, another one for every request.
    Any,
}

/// How timestamps are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeShape {
    /// `1763660353696`.
    Integer,
    /// `"1763660353696"`.
    Text,
}

/// Which ids of an agent a row has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentIds {
    /// `voice_agent_id` and the UUID in `agent_id`.
    Both,
    /// The UUID only.
    Uuid,
}
