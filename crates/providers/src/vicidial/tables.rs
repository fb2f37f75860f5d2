//! The tables that are read, and the columns each one really has.
//!
//! Sites run schemas from many years and add columns of their own, so the columns are looked up
//! and then named one by one.

use std::collections::HashMap;
use std::sync::Arc;

use super::rows::Row;
use super::sql;

/// A table of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named after its table, see `name`")]
pub enum Table {
    Log,
    Closer,
    Did,
    Extended,
    Dial,
    Carrier,
    Agent,
    Recording,
    Channel,
    Lead,
    Users,
    Statuses,
    CampaignStatuses,
    Campaigns,
    InboundGroups,
    System,
}

/// Bookkeeping of the jobs that send call URLs.
const FLAGS: &[&str] = &[
    "start_url_processed",
    "dispo_url_processed",
    "multi_alt_processed",
    "noanswer_processed",
    "processed",
];

/// What the next call to a lead, or the night, changes about it.
const OF_THE_LEAD_TODAY: &[&str] = &[
    "modify_date",
    "status",
    "user",
    "called_since_last_reset",
    "called_count",
    "last_local_call_time",
    "gmt_offset_now",
    "rank",
];

/// What is said of a status beside its code.
const OF_A_STATUS: &[&str] = &[
    "campaign_id",
    "status",
    "status_name",
    "human_answered",
    "sale",
    "dnc",
    "customer_contact",
    "not_interested",
    "unworkable",
    "scheduled_callback",
    "completed",
    "answering_machine",
];

/// What the doctor asks of a campaign and of an in-group.
const OF_A_CAMPAIGN: &[&str] =
    &["campaign_id", "active", "start_call_url", "dispo_call_url", "na_call_url"];
const OF_A_GROUP: &[&str] =
    &["group_id", "active", "start_call_url", "dispo_call_url", "na_call_url"];

/// What the doctor asks of the system; the same table holds passwords.
const OF_THE_SYSTEM: &[&str] = &["db_schema_version", "version", "oldest_logs_date"];

impl Table {
    /// Every table.
    pub const ALL: &[Self] = &[
        Self::Log,
        Self::Closer,
        Self::Did,
        Self::Extended,
        Self::Dial,
        Self::Carrier,
        Self::Agent,
        Self::Recording,
        Self::Channel,
        Self::Lead,
        Self::Users,
        Self::Statuses,
        Self::CampaignStatuses,
        Self::Campaigns,
        Self::InboundGroups,
        Self::System,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "vicidial_log",
            Self::Closer => "vicidial_closer_log",
            Self::Did => "vicidial_did_log",
            Self::Extended => "vicidial_log_extended",
            Self::Dial => "vicidial_dial_log",
            Self::Carrier => "vicidial_carrier_log",
            Self::Agent => "vicidial_agent_log",
            Self::Recording => "recording_log",
            Self::Channel => "call_log",
            Self::Lead => "vicidial_list",
            Self::Users => "vicidial_users",
            Self::Statuses => "vicidial_statuses",
            Self::CampaignStatuses => "vicidial_campaign_statuses",
            Self::Campaigns => "vicidial_campaigns",
            Self::InboundGroups => "vicidial_inbound_groups",
            Self::System => "system_settings",
        }
    }

    /// Whether a column is part of what is kept. What is left out changes without the call.
    fn keeps(self, column: &str) -> bool {
        match self {
            Self::Lead => !OF_THE_LEAD_TODAY.contains(&column),
            Self::Statuses | Self::CampaignStatuses => OF_A_STATUS.contains(&column),
            Self::Users => ["user", "full_name", "active"].contains(&column),
            Self::Campaigns => OF_A_CAMPAIGN.contains(&column),
            Self::InboundGroups => OF_A_GROUP.contains(&column),
            Self::System => OF_THE_SYSTEM.contains(&column),
            Self::Extended | Self::Agent | Self::Log | Self::Closer => !FLAGS.contains(&column),
            _ => true,
        }
    }

    /// The columns without which its rows mean nothing.
    pub const fn needs(self) -> &'static [&'static str] {
        match self {
            Self::Log => &["uniqueid", "lead_id", "call_date", "status"],
            Self::Closer => &["closecallid", "call_date", "status"],
            Self::Did | Self::Extended => &["uniqueid", "call_date"],
            Self::Dial => &["caller_code", "lead_id", "call_date"],
            Self::Carrier | Self::Channel | Self::Agent => &["uniqueid"],
            Self::Recording => &["recording_id", "vicidial_id"],
            Self::Lead => &["lead_id"],
            Self::Users => &["user"],
            Self::Statuses | Self::CampaignStatuses => &["status"],
            Self::Campaigns => &["campaign_id"],
            Self::InboundGroups => &["group_id"],
            Self::System => &[],
        }
    }

    /// The columns that make calls and proofs poorer where they are lacking.
    pub const fn uses(self) -> &'static [&'static str] {
        match self {
            Self::Log => &[
                "start_epoch",
                "end_epoch",
                "length_in_sec",
                "campaign_id",
                "list_id",
                "phone_code",
                "phone_number",
                "user",
                "term_reason",
                "alt_dial",
                "called_count",
            ],
            Self::Closer => &[
                "start_epoch",
                "end_epoch",
                "length_in_sec",
                "campaign_id",
                "lead_id",
                "phone_number",
                "user",
                "queue_seconds",
                "term_reason",
                "uniqueid",
                "called_count",
            ],
            Self::Did => &["server_ip", "caller_id_number", "extension", "did_route"],
            Self::Extended => &["server_ip", "lead_id", "caller_code"],
            Self::Dial => &["server_ip", "outbound_cid", "sip_hangup_cause", "uniqueid"],
            Self::Carrier => &["call_date", "lead_id", "dialstatus", "caller_code"],
            Self::Recording => &["location", "lead_id"],
            Self::Agent => &["lead_id", "talk_sec"],
            Self::Campaigns | Self::InboundGroups => {
                &["active", "start_call_url", "dispo_call_url", "na_call_url"]
            }
            Self::System => &["db_schema_version"],
            _ => &[],
        }
    }

    /// Whether the archiver moves its rows.
    pub const fn is_archived(self) -> bool {
        !matches!(
            self,
            Self::Users
                | Self::Statuses
                | Self::CampaignStatuses
                | Self::Campaigns
                | Self::InboundGroups
                | Self::System
        )
    }
}

/// Which copy of a table: the one in use, or what the archiver moved away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Copy {
    /// In use.
    Live,
    /// Moved away. Rows are copied there while they still change, and never refreshed.
    Archive,
}

/// What may be read, by table and copy.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    columns: HashMap<(Table, Copy), Arc<[String]>>,
}

impl Schema {
    /// The names to look up.
    pub fn wanted() -> Vec<String> {
        let both = |table: &Table| [table.name().to_owned(), format!("{}_archive", table.name())];
        Table::ALL.iter().flat_map(both).collect()
    }

    /// From rows of table and column names, in order.
    pub fn read(rows: &[Row]) -> Self {
        let mut found: HashMap<(Table, Copy), Vec<String>> = HashMap::new();
        for row in rows {
            let (Some(table), Some(column)) = (row.nth(0), row.nth(1)) else { continue };
            let (name, copy) = match table.strip_suffix("_archive") {
                Some(name) => (name, Copy::Archive),
                None => (table, Copy::Live),
            };
            let known = Table::ALL.iter().copied().find(|known| known.name() == name);
            let Some(table) = known else { continue };
            if table.keeps(column) {
                found.entry((table, copy)).or_default().push(column.to_owned());
            }
        }
        let has_all = |table: Table, columns: &[String]| {
            table.needs().iter().all(|need| columns.iter().any(|column| column == need))
        };
        let usable = found.into_iter().filter(|((table, _), columns)| has_all(*table, columns));
        Self { columns: usable.map(|(key, columns)| (key, columns.into())).collect() }
    }

    /// Whether a copy of a table can be read.
    pub fn has(&self, table: Table, copy: Copy) -> bool {
        self.columns.contains_key(&(table, copy))
    }

    /// Whether it has every table and archive there can be.
    pub fn is_whole(&self) -> bool {
        let has = |table: &Table| {
            self.has(*table, Copy::Live)
                && (!table.is_archived() || self.has(*table, Copy::Archive))
        };
        Table::ALL.iter().all(has)
    }

    /// Whether it has this column.
    pub fn has_column(&self, table: Table, copy: Copy, column: &str) -> bool {
        let columns = self.columns.get(&(table, copy));
        columns.is_some_and(|columns| columns.iter().any(|name| name == column))
    }

    /// Its name in a statement.
    pub fn source(table: Table, copy: Copy) -> String {
        match copy {
            Copy::Live => sql::name(table.name()),
            Copy::Archive => sql::name(&format!("{}_archive", table.name())),
        }
    }

    /// Reads every column that is kept; `None` where the table cannot be read.
    pub fn select(&self, table: Table, copy: Copy, condition: &str) -> Option<String> {
        let columns = self.columns.get(&(table, copy))?;
        let columns: Vec<String> = columns.iter().map(|column| sql::name(column)).collect();
        let source = Self::source(table, copy);
        Some(format!("SELECT {} FROM {source} WHERE {condition}", columns.join(", ")))
    }
}
