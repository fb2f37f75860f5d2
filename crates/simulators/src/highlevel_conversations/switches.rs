//! What else could be true where [`Settings`] say what is believed.

use super::settings::{
    CallChannel, Chain, Dates, DeadCursor, Ending, Outcome, RangeField, Settings,
};
use crate::highlevel::RateLimit;
use crate::switches::Switches;

/// Each alone turns one belief round.
pub(crate) const SWITCHES: Switches<Settings> = &[
    ("limit_max = 10", |it| it.limit_max = 10),
    ("limit_max = 1000", |it| it.limit_max = 1000),
    ("chain live", |it| {
        it.chain = Chain::Live;
        it.limit_max = 10;
    }),
    ("chain live without tie-breaker", |it| {
        it.chain = Chain::LiveWithoutTieBreaker;
        it.limit_max = 10;
    }),
    ("cursor_seconds = 1", |it| {
        it.cursor_seconds = 1;
        it.limit_max = 10;
    }),
    ("dead_cursor 404", |it| {
        it.dead_cursor = DeadCursor::Refused(404);
        it.cursor_seconds = -1;
        it.limit_max = 10;
    }),
    ("dead_cursor empty page", |it| {
        it.dead_cursor = DeadCursor::EmptyPage;
        it.cursor_seconds = -1;
        it.limit_max = 10;
    }),
    ("dead_cursor starts over", |it| {
        it.dead_cursor = DeadCursor::StartsOver;
        it.cursor_seconds = -1;
        it.limit_max = 10;
    }),
    ("ending absent", |it| it.ending = Ending::Absent),
    ("ending empty page", |it| it.ending = Ending::EmptyPage),
    ("ending empty page with cursor", |it| it.ending = Ending::EmptyPageWithCursor),
    ("call_channel plain calls only", |it| it.call_channel = CallChannel::PlainCallsOnly),
    ("call_channel plain calls only, few others", |it| {
        it.call_channel = CallChannel::PlainCallsOnly;
        it.other_types_share = 0.05;
    }),
    ("call_channel everything", |it| it.call_channel = CallChannel::Everything),
    ("range_field updated", |it| it.range_field = RangeField::Updated),
    ("is_end_inclusive no", |it| it.is_end_inclusive = false),
    ("zone_shift_minutes = 300", |it| it.zone_shift_minutes = 300),
    ("zone_shift_minutes = -480", |it| it.zone_shift_minutes = -480),
    ("total_lie = 1", |it| it.total_lie = 1),
    ("total_lie = -1", |it| it.total_lie = -1),
    ("total_max = 10", |it| it.total_max = Some(10)),
    ("ignored_parameters startDate", |it| it.ignored_parameters = vec!["startDate".to_owned()]),
    ("indexed_after_seconds = 3600", |it| it.indexed_after_seconds = 3600),
    ("written_after_seconds = 3600", |it| it.written_after_seconds = 3600),
    ("keeps_dates yes", |it| it.keeps_dates = true),
    ("is_nested no", |it| it.is_nested = false),
    ("dates millis", |it| it.dates = Dates::Millis),
    ("dates seconds", |it| it.dates = Dates::Seconds),
    ("outcome in meta", |it| it.outcome = Outcome::InMeta),
    ("omit_optional_share = 0.5", |it| it.omit_optional_share = 0.5),
    ("has_surprises yes", |it| it.has_surprises = true),
    ("other_types_share = 1", |it| it.other_types_share = 1.0),
    ("answered_share = 0.1", |it| it.answered_share = 0.1),
    ("has_test_calls yes", |it| it.has_test_calls = true),
    ("unknown_message 400", |it| it.unknown_message = 400),
    ("is_transcription_a_list no", |it| it.is_transcription_a_list = false),
    ("transcribed_after_seconds = 86400", |it| it.transcribed_after_seconds = 86_400),
    ("no_transcription 200", |it| it.no_transcription = 200),
    ("no_transcription 422", |it| it.no_transcription = 422),
    ("no_recording 422", |it| it.no_recording = 422),
    ("rate_limit as published", |it| it.rate_limit = Some(RateLimit::default())),
    ("rate_limit without headers", |it| {
        it.rate_limit = Some(RateLimit::default());
        it.rate_limit_headers = false;
    }),
];
