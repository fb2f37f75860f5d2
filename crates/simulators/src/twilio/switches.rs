//! What else could be true where [`Settings`] say what is believed.

use super::settings::{
    Cursor, ErrorBody, Granularity, Insights, Order, RangeEnd, Settings, StartFilter,
};
use crate::switches::Switches;

/// Each alone turns one belief round.
pub(crate) const SWITCHES: Switches<Settings> = &[
    ("granularity day", |it| it.granularity = Granularity::Day),
    ("range_end inclusive", |it| it.range_end = RangeEnd::Inclusive),
    ("granularity day, range_end inclusive", |it| {
        it.granularity = Granularity::Day;
        it.range_end = RangeEnd::Inclusive;
    }),
    ("start_filter lists by creation", |it| it.start_filter = StartFilter::ListsByCreation),
    ("order oldest first", |it| it.order = Order::OldestFirst),
    ("order shuffled", |it| it.order = Order::Shuffled),
    ("cursor by offset", |it| it.cursor = Cursor::ByOffset),
    ("page_size_max = 5", |it| it.page_size_max = 5),
    ("page_size_max = 5, cursor by offset", |it| {
        it.page_size_max = 5;
        it.cursor = Cursor::ByOffset;
    }),
    ("appears_after_seconds = 3600", |it| it.appears_after_seconds = 3600),
    ("status_lag_seconds = 600", |it| it.status_lag_seconds = 600),
    ("price_after_seconds = 86400", |it| it.price_after_seconds = 86_400),
    ("error_body without code", |it| it.error_body = ErrorBody::WithoutCode),
    ("error_body problem details", |it| it.error_body = ErrorBody::ProblemDetails),
    ("subaccounts = 2", |it| it.subaccounts = 2),
    ("lists_accounts no", |it| it.lists_accounts = false),
    ("insights forbidden", |it| it.insights = Insights::Forbidden),
    ("insights missing", |it| it.insights = Insights::Missing),
    ("insights_lacks = 3", |it| it.insights_lacks = 3),
    ("lists_numbers turned", |it| it.lists_numbers = !it.lists_numbers),
    ("lists_recordings turned", |it| it.lists_recordings = !it.lists_recordings),
    ("recording_appears_after_seconds = 3600", |it| it.recording_appears_after_seconds = 3600),
    ("recording_ready_after_seconds = 3600", |it| it.recording_ready_after_seconds = 3600),
];
