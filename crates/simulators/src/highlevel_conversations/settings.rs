//! Switches for what the published description leaves open, and for what a deployment varies.
//!
//! Section numbers are those of the provider contract for HighLevel.

use crate::highlevel::RateLimit;

/// How the simulated Conversations API behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The loopback port; 0 for any.
    pub port: u16,
    /// Milliseconds before every answer.
    pub latency_ms: u64,
    /// How far the `date` header runs ahead of the clock, in milliseconds.
    pub clock_skew_ms: i64,

    /// §3.4: the largest `limit` of the export: 500 in one description, 1000 in another.
    pub limit_max: u32,
    /// §3.4: what pages of one cursor chain read. Believed one frozen picture.
    pub chain: Chain,
    /// §3.4: seconds a cursor lives after the last request of its chain.
    pub cursor_seconds: i64,
    /// §3.4: what a dead cursor answers. Unconfirmed.
    pub dead_cursor: DeadCursor,
    /// §3.4, §10.8: how the last page says that it is the last.
    pub ending: Ending,
    /// §3.4: which messages `channel=Call` holds. Unconfirmed; believed every kind of call.
    pub call_channel: CallChannel,
    /// §3.4: which time `startDate` and `endDate` filter. Unconfirmed; believed `dateAdded`.
    pub range_field: RangeField,
    /// §3.4: whether `endDate` itself is inside. Unconfirmed.
    pub is_end_inclusive: bool,
    /// §3.4: by how much a zone shifts the range. Unconfirmed; believed not at all.
    pub zone_shift_minutes: i64,
    /// How far every `total` of the export is off.
    pub total_lie: i64,
    /// No `total` is larger, as search engines count. Unconfirmed; none is published.
    pub total_max: Option<u64>,
    /// Parameters of the export that are ignored as if they were unknown, such as `startDate`.
    pub ignored_parameters: Vec<String>,
    /// §9.11: seconds after a message was made until the export shows it. Unconfirmed.
    pub indexed_after_seconds: i64,
    /// §9.11: seconds after a message was put in until the export shows it. Unconfirmed.
    pub written_after_seconds: i64,
    /// §3.5: whether a message put in with an old date says that it was written then. Unconfirmed;
    /// believed not.
    pub keeps_dates: bool,

    /// §3.2, §3.3: whether messages come in an envelope, as seen live, or bare, as published.
    pub is_nested: bool,
    /// §3.1, §9.12: how instants are written in messages.
    pub dates: Dates,
    /// §3.5: where duration and outcome of a call stand.
    pub outcome: Outcome,
    /// §10.5: share of optional fields that are left out, 0 to 1, the same ones every time.
    pub omit_optional_share: f64,
    /// §10.5: fields and message types nobody documented.
    pub has_surprises: bool,
    /// Share of calls that are no plain `TYPE_CALL`, 0 to 1.
    pub other_types_share: f64,
    /// Share of plain calls that were answered, 0 to 1.
    pub answered_share: f64,
    /// §0: whether test calls of AI agents have a message too. Unconfirmed; believed not.
    pub has_test_calls: bool,
    /// §3.3: asking for a message that is not there. Unconfirmed; believed 404.
    pub unknown_message: u16,

    /// §3.6: one sentence or a list of them. Unconfirmed; believed a list.
    pub is_transcription_a_list: bool,
    /// §3.6: seconds after the end of a call until its transcription is there.
    pub transcribed_after_seconds: i64,
    /// §3.6: the status for a transcription that is not there, 200 for an empty list. Unconfirmed.
    pub no_transcription: u16,
    /// §3.6: the status for a recording that is not there. Unconfirmed.
    pub no_recording: u16,

    /// §6: per app and location; `None` for no limit at all.
    pub rate_limit: Option<RateLimit>,
    /// §6: whether answers tell what remains.
    pub rate_limit_headers: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            latency_ms: 0,
            clock_skew_ms: 0,
            limit_max: 500,
            chain: Chain::Frozen,
            cursor_seconds: 120,
            dead_cursor: DeadCursor::Refused(400),
            ending: Ending::Null,
            call_channel: CallChannel::EveryCall,
            range_field: RangeField::Added,
            is_end_inclusive: true,
            zone_shift_minutes: 0,
            total_lie: 0,
            total_max: None,
            ignored_parameters: Vec::new(),
            indexed_after_seconds: 0,
            written_after_seconds: 0,
            keeps_dates: false,
            is_nested: true,
            dates: Dates::Iso,
            outcome: Outcome::InMetaCall,
            omit_optional_share: 0.0,
            has_surprises: false,
            other_types_share: 0.25,
            answered_share: 0.8,
            has_test_calls: false,
            unknown_message: 404,
            is_transcription_a_list: true,
            transcribed_after_seconds: 60,
            no_transcription: 404,
            no_recording: 404,
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

/// What the pages of one cursor chain read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// The messages there were when its first page was asked for.
    Frozen,
    /// Those there are now, after the last one sent, by time and id.
    Live,
    /// Those there are now, after the last one's time: the rest of a tie is skipped.
    LiveWithoutTieBreaker,
}

/// What a dead cursor answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadCursor {
    /// This status.
    Refused(u16),
    /// 200, the true total and no message.
    EmptyPage,
    /// The first page, as if no cursor had been given.
    StartsOver,
}

/// How the last page says that it is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// `nextCursor` is null.
    Null,
    /// There is no `nextCursor`.
    Absent,
    /// A full page always names a next one, which may be empty.
    EmptyPage,
    /// Every page names a next one; the empty one is the last.
    EmptyPageWithCursor,
}

/// Which messages `channel=Call` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallChannel {
    /// Every kind of call and voicemail.
    EveryCall,
    /// `TYPE_CALL` alone.
    PlainCallsOnly,
    /// Everything, as if it were no filter.
    Everything,
}

/// Which time a range filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RangeField {
    /// `dateAdded`.
    Added,
    /// `dateUpdated`.
    Updated,
}

/// How instants are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// `2026-02-16T19:52:33.288Z`.
    Iso,
    /// Milliseconds since 1970.
    Millis,
    /// `{"seconds": …, "nanoseconds": …}`.
    Seconds,
}

/// Where duration and outcome of a call stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// `meta.call.duration`, a number, as seen live.
    InMetaCall,
    /// `meta.callDuration`, a text, as published.
    InMeta,
}
