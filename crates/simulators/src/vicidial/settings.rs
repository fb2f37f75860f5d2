//! Switches for what differs between sites, and for what nobody confirmed.

/// How the simulated cluster behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The zone its hosts write local times in, as a POSIX rule, so that it does not depend on the
    /// machine's zone data.
    pub zone_rule: String,
    /// How far the clock of the web servers runs ahead of the dialler's, in seconds. Skew of
    /// seconds is normal.
    pub web_skew_seconds: i64,
    /// Whether its programs write with `STRICT_TRANS_TABLES`. Both occur.
    pub is_strict: bool,
    /// Whether its tables are latin1, as on old installations.
    pub is_latin1: bool,
    /// Columns that its schema lacks: table and column.
    pub without_columns: Vec<(&'static str, &'static str)>,
    /// Tables that its schema lacks, archives included by name.
    pub without_tables: Vec<&'static str>,
    /// Whether the level that `call_status_stats` demands is 9, as in the code, or 8, as documented.
    pub stats_level: u8,
    /// The level of the API's user.
    pub api_level: u8,
    /// Whether list answers of the API are cut in the middle.
    pub api_truncates: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            zone_rule: "EST5EDT,M3.2.0,M11.1.0".to_owned(),
            web_skew_seconds: 2,
            is_strict: false,
            is_latin1: false,
            without_columns: Vec::new(),
            without_tables: Vec::new(),
            stats_level: 9,
            api_level: 9,
            api_truncates: false,
        }
    }
}
