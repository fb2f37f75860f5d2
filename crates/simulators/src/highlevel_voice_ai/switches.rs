//! What else could be true where [`Settings`] say what is believed.

use super::settings::{
    ActionIdKey, CreatedAtMeans, OmittedCallType, PageSizeOverLimit, RangeEnd, RangePrecision,
    RangeRefusal, Settings, Translation, UnknownCall,
};
use crate::highlevel::RateLimit;
use crate::switches::Switches;

/// Each alone turns one belief round.
pub(crate) const SWITCHES: Switches<Settings> = &[
    ("page_size_over_limit 400", |it| it.page_size_over_limit = PageSizeOverLimit::Refuse400),
    ("page_size_over_limit 422", |it| it.page_size_over_limit = PageSizeOverLimit::Refuse422),
    ("page_max = 1", |it| it.page_max = Some(1)),
    ("range_end exclusive", |it| it.range_end = RangeEnd::Exclusive),
    ("range_precision second", |it| it.range_precision = RangePrecision::Second),
    ("zone_shift_minutes = 300", |it| it.zone_shift_minutes = 300),
    ("zone_shift_minutes = -480", |it| it.zone_shift_minutes = -480),
    ("range_refusal 422", |it| it.range_refusal = RangeRefusal::Unprocessable422),
    ("omitted_call_type live only", |it| it.omitted_call_type = OmittedCallType::LiveOnly),
    ("created_at_means end", |it| it.created_at_means = CreatedAtMeans::End),
    ("unknown_call 400", |it| it.unknown_call = UnknownCall::BadRequest400),
    ("unstable_ties yes", |it| it.unstable_ties = true),
    ("ignored_parameters startDate", |it| it.ignored_parameters = vec!["startDate".to_owned()]),
    ("total_lie = 1", |it| it.total_lie = 1),
    ("total_lie = -1", |it| it.total_lie = -1),
    ("summary_after_seconds = 3600", |it| it.summary_after_seconds = 3600),
    ("transcript_after_seconds = 3600", |it| it.transcript_after_seconds = 3600),
    ("duration_after_seconds = 3600", |it| it.duration_after_seconds = 3600),
    ("transcript_space no", |it| it.transcript_space = false),
    ("omit_optional_share = 0.5", |it| it.omit_optional_share = 0.5),
    ("translation enabled", |it| it.translation = Translation::EnabledLanguage),
    ("translation mixed", |it| it.translation = Translation::Mixed),
    ("action_id_key _id", |it| it.action_id_key = ActionIdKey::UnderscoreId),
    ("extra_fields yes", |it| it.extra_fields = true),
    ("unknown_action_share = 0.5", |it| it.unknown_action_share = 0.5),
    ("rate_limit as published", |it| it.rate_limit = Some(RateLimit::default())),
    ("rate_limit without headers", |it| {
        it.rate_limit = Some(RateLimit::default());
        it.rate_limit_headers = false;
    }),
];
