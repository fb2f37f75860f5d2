//! What else could be true where [`Settings`] say what is believed.

use super::settings::{Cursor, Edge, ErrorShape, LastCursor, Settings};
use crate::switches::Switches;

/// Each alone turns one belief round.
pub(crate) const SWITCHES: Switches<Settings> = &[
    ("requests_per_second = 20", |it| it.requests_per_second = Some(20)),
    ("range_start exclusive", |it| it.range_start = Edge::Exclusive),
    ("range_end exclusive", |it| it.range_end = Edge::Exclusive),
    ("cursor after the second", |it| it.cursor = Cursor::AfterSecond),
    ("cursor from the second", |it| it.cursor = Cursor::FromSecond),
    ("cursor by count", |it| it.cursor = Cursor::ByCount),
    ("last_cursor absent", |it| it.last_cursor = LastCursor::Absent),
    ("last_cursor present", |it| it.last_cursor = LastCursor::Present),
    ("knows_sort no", |it| it.knows_sort = false),
    ("knows_summaries no", |it| it.knows_summaries = false),
    ("lists_running no", |it| it.lists_running = false),
    ("list_lag_seconds = 3600", |it| it.list_lag_seconds = 3600),
    ("set_up_seconds = 60", |it| it.set_up_seconds = 60),
    ("processing_seconds = 3600", |it| it.processing_seconds = 3600),
    ("cost_after_seconds = 3600", |it| it.cost_after_seconds = 3600),
    ("retention_seconds = 86400", |it| it.retention_seconds = Some(86_400)),
    ("retention, deletion_is_said no", |it| {
        it.retention_seconds = Some(86_400);
        it.deletion_is_said = false;
    }),
    ("unanswered_share = 0.5", |it| it.unanswered_share = 0.5),
    ("broken_share = 0.5", |it| it.broken_share = 0.5),
    ("auxiliary_audio no", |it| it.auxiliary_audio = false),
    ("unknown_values yes", |it| it.unknown_values = true),
    ("result_lists yes", |it| it.result_lists = true),
    ("error_shape older", |it| it.error_shape = ErrorShape::Older),
    ("lost_recipients = 2", |it| it.lost_recipients = 2),
    ("lists_webhooks turned", |it| it.lists_webhooks = !it.lists_webhooks),
];
