//! What else could be true where [`Settings`] say what is believed.

use super::settings::Settings;
use crate::switches::Switches;

/// Each alone turns one belief round.
pub(crate) const SWITCHES: Switches<Settings> = &[
    ("zone_rule UTC", |it| "UTC0".clone_into(&mut it.zone_rule)),
    ("zone_rule of the south", |it| "AEST-10AEDT,M10.1.0,M4.1.0/3".clone_into(&mut it.zone_rule)),
    ("web_skew_seconds = 20", |it| it.web_skew_seconds = 20),
    ("web_skew_seconds = -20", |it| it.web_skew_seconds = -20),
    ("is_strict yes", |it| it.is_strict = true),
    ("is_latin1 yes", |it| it.is_latin1 = true),
    ("without_columns of an old schema", |it| {
        it.without_columns = vec![("vicidial_log", "called_count")];
    }),
    ("without_tables of an old schema", |it| {
        it.without_tables = vec!["vicidial_dial_log", "vicidial_dial_log_archive"];
    }),
    ("stats_level = 8", |it| it.stats_level = 8),
    ("api_level = 7", |it| it.api_level = 7),
    ("api_truncates yes", |it| it.api_truncates = true),
];
