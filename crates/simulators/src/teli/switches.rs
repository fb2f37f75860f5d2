//! What else could be true where [`Settings`] say what is believed.

use super::settings::{
    AgentIds, Edges, ExportTime, FilterField, LimitOverMax, OmittedStatus, Order, Paging, Settings,
    TimeShape,
};
use crate::switches::Switches;

/// Each alone turns one belief round.
pub(crate) const SWITCHES: Switches<Settings> = &[
    ("edges exclusive", |it| it.edges = Edges::Exclusive),
    ("edges half-open", |it| it.edges = Edges::HalfOpen),
    ("filter_field created", |it| it.filter_field = FilterField::Created),
    ("filter_field processed", |it| it.filter_field = FilterField::Processed),
    ("range_precision_ms of a day", |it| it.range_precision_ms = 86_400_000),
    ("range_precision_ms = 1000", |it| it.range_precision_ms = 1000),
    ("limit_max = 5", |it| it.limit_max = 5),
    ("limit_max = 5, refused over it", |it| {
        it.limit_max = 5;
        it.limit_over_max = LimitOverMax::Refuse400;
    }),
    ("limit_over_max refused", |it| it.limit_over_max = LimitOverMax::Refuse400),
    ("paging honoured", |it| it.paging = Paging::Honoured),
    ("omitted_status all", |it| it.omitted_status = OmittedStatus::All),
    ("export_omitted_status all", |it| it.export_omitted_status = OmittedStatus::All),
    // A call that neither a list nor the export shows cannot be told from one that never was.
    ("hidden_status, omitted_status all", |it| {
        it.hidden_status = Some(("parked", 0.2));
        it.omitted_status = OmittedStatus::All;
    }),
    ("hidden_status, export_omitted_status all", |it| {
        it.hidden_status = Some(("parked", 0.2));
        it.export_omitted_status = OmittedStatus::All;
    }),
    ("error_share = 0.5", |it| it.error_share = 0.5),
    ("lists_ongoing yes", |it| it.lists_ongoing = true),
    ("order any", |it| it.order = Order::Any),
    ("order any, limit_max = 5", |it| {
        it.order = Order::Any;
        it.limit_max = 5;
    }),
    ("unstable_ties yes", |it| it.unstable_ties = true),
    ("count_is_total yes", |it| it.count_is_total = true),
    ("ignored_parameters start_date", |it| it.ignored_parameters = vec!["start_date".to_owned()]),
    ("listed_after_ms_max = 3600000", |it| it.listed_after_ms_max = 3_600_000),
    ("analysis_after_seconds = 3600", |it| it.analysis_after_seconds = 3600),
    ("recording_after_seconds = 7200", |it| it.recording_after_seconds = 7200),
    ("transcript_after_seconds = 3600", |it| it.transcript_after_seconds = 3600),
    ("detail_after_seconds = 3600", |it| it.detail_after_seconds = 3600),
    ("bumps_updated_at no", |it| it.bumps_updated_at = false),
    ("rich_rows yes", |it| it.rich_rows = true),
    ("time_shape text", |it| it.time_shape = TimeShape::Text),
    ("agent_ids uuid", |it| it.agent_ids = AgentIds::Uuid),
    ("signed_urls yes", |it| it.signed_urls = true),
    ("omit_optional_share = 0.5", |it| it.omit_optional_share = 0.5),
    ("without_start_share = 0.3", |it| it.without_start_share = 0.3),
    ("extra_fields yes", |it| it.extra_fields = true),
    ("export_rows_max = 5", |it| it.export_rows_max = 5),
    ("export_time local", |it| it.export_time = ExportTime::Local),
    ("export_time seconds", |it| it.export_time = ExportTime::Seconds),
    ("export_honours_limit yes", |it| it.export_honours_limit = true),
    ("has_export no", |it| it.has_export = false),
];
