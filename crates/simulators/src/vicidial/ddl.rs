//! The tables, with names, types and keys as in schema 1728. All of them MyISAM.

use super::settings::Settings;

/// A table: its name, its columns and keys, and whether there is an archive of it.
pub(super) struct Table {
    pub name: &'static str,
    pub body: &'static str,
    pub archive: Archive,
}

/// How a table's archive differs.
pub(super) enum Archive {
    /// There is none.
    None,
    /// The same keys.
    Same,
    /// The same, and rows are told apart by this key.
    Keyed(&'static str),
    /// The same without counting up by itself.
    Uncounted(&'static str),
}

/// Every table.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "vicidial_log",
        body: "uniqueid VARCHAR(20) PRIMARY KEY NOT NULL, lead_id INT(9) UNSIGNED NOT NULL, \
            list_id BIGINT(14) UNSIGNED, campaign_id VARCHAR(8), call_date DATETIME, \
            start_epoch INT(10) UNSIGNED, end_epoch INT(10) UNSIGNED, length_in_sec INT(10), \
            status VARCHAR(6), phone_code VARCHAR(10), phone_number VARCHAR(18), \
            user VARCHAR(20), comments VARCHAR(255), processed ENUM('Y','N'), \
            user_group VARCHAR(20), term_reason ENUM('CALLER','AGENT','QUEUETIMEOUT','ABANDON',\
            'AFTERHOURS','NONE','SYSTEM') DEFAULT 'NONE', alt_dial VARCHAR(6) DEFAULT 'NONE', \
            called_count SMALLINT(5) UNSIGNED DEFAULT '0', KEY (lead_id), KEY (call_date)",
        archive: Archive::Same,
    },
    Table {
        name: "vicidial_closer_log",
        body: "closecallid INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, \
            lead_id INT(9) UNSIGNED NOT NULL, list_id BIGINT(14) UNSIGNED, \
            campaign_id VARCHAR(20), call_date DATETIME, start_epoch INT(10) UNSIGNED, \
            end_epoch INT(10) UNSIGNED, length_in_sec INT(10), status VARCHAR(6), \
            phone_code VARCHAR(10), phone_number VARCHAR(18), user VARCHAR(20), \
            comments VARCHAR(255), processed ENUM('Y','N'), \
            queue_seconds DECIMAL(7,2) DEFAULT '0', user_group VARCHAR(20), \
            xfercallid INT(9) UNSIGNED, term_reason ENUM('CALLER','AGENT','QUEUETIMEOUT','ABANDON',\
            'AFTERHOURS','HOLDRECALLXFER','HOLDTIME','NOAGENT','NONE','MAXCALLS','ACFILTER',\
            'CLOSETIME') DEFAULT 'NONE', uniqueid VARCHAR(20) NOT NULL DEFAULT '', \
            agent_only VARCHAR(20) DEFAULT '', queue_position SMALLINT(4) UNSIGNED DEFAULT '1', \
            called_count SMALLINT(5) UNSIGNED DEFAULT '0', KEY (lead_id), KEY (call_date), \
            KEY (campaign_id), KEY (uniqueid), KEY (phone_number), KEY date_user (call_date, user)",
        archive: Archive::Uncounted("closecallid INT(9) UNSIGNED NOT NULL"),
    },
    Table {
        name: "vicidial_log_extended",
        body: "uniqueid VARCHAR(50) PRIMARY KEY NOT NULL, server_ip VARCHAR(15), \
            call_date DATETIME, lead_id INT(9) UNSIGNED, caller_code VARCHAR(30) NOT NULL, \
            custom_call_id VARCHAR(100), start_url_processed ENUM('N','Y','U') DEFAULT 'N', \
            dispo_url_processed ENUM('N','Y','U','XY','XU') DEFAULT 'N', \
            multi_alt_processed ENUM('N','Y','U') DEFAULT 'N', \
            noanswer_processed ENUM('N','Y','U') DEFAULT 'N', KEY (call_date), KEY (lead_id), \
            KEY (caller_code)",
        archive: Archive::Keyed("UNIQUE KEY vlea (uniqueid, call_date, lead_id)"),
    },
    Table {
        name: "vicidial_dial_log",
        body: "caller_code VARCHAR(30) NOT NULL, lead_id INT(9) UNSIGNED DEFAULT '0', \
            server_ip VARCHAR(15), call_date DATETIME, extension VARCHAR(100) DEFAULT '', \
            channel VARCHAR(100) DEFAULT '', context VARCHAR(100) DEFAULT '', \
            timeout MEDIUMINT(7) UNSIGNED DEFAULT '0', outbound_cid VARCHAR(100) DEFAULT '', \
            sip_hangup_cause SMALLINT(4) UNSIGNED DEFAULT '0', \
            sip_hangup_reason VARCHAR(50) DEFAULT '', uniqueid VARCHAR(20) DEFAULT '', \
            KEY (caller_code), KEY (lead_id), KEY (call_date)",
        archive: Archive::Keyed("UNIQUE KEY vddla (caller_code, call_date)"),
    },
    Table {
        name: "vicidial_carrier_log",
        body: "uniqueid VARCHAR(20) PRIMARY KEY NOT NULL, call_date DATETIME, \
            server_ip VARCHAR(15) NOT NULL, lead_id INT(9) UNSIGNED, \
            hangup_cause TINYINT(1) UNSIGNED DEFAULT '0', dialstatus VARCHAR(16), \
            channel VARCHAR(100), dial_time SMALLINT(3) UNSIGNED DEFAULT '0', \
            answered_time SMALLINT(4) UNSIGNED DEFAULT '0', \
            sip_hangup_cause SMALLINT(4) UNSIGNED DEFAULT '0', \
            sip_hangup_reason VARCHAR(50) DEFAULT '', caller_code VARCHAR(30) DEFAULT '', \
            KEY (call_date), KEY (lead_id)",
        archive: Archive::Same,
    },
    Table {
        name: "vicidial_did_log",
        body: "uniqueid VARCHAR(20) NOT NULL, channel VARCHAR(100) NOT NULL, \
            server_ip VARCHAR(15) NOT NULL, caller_id_number VARCHAR(18), \
            caller_id_name VARCHAR(20), extension VARCHAR(100), call_date DATETIME, \
            did_id VARCHAR(9) DEFAULT '', did_route VARCHAR(20) DEFAULT '', KEY (uniqueid), \
            KEY (caller_id_number), KEY (extension), KEY (call_date)",
        archive: Archive::Keyed("UNIQUE KEY vdidla_key (uniqueid, call_date, server_ip)"),
    },
    Table {
        name: "vicidial_agent_log",
        body: "agent_log_id INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, \
            user VARCHAR(20), server_ip VARCHAR(15) NOT NULL, event_time DATETIME, \
            lead_id INT(9) UNSIGNED, campaign_id VARCHAR(8), pause_epoch INT(10) UNSIGNED, \
            pause_sec SMALLINT(5) UNSIGNED DEFAULT '0', wait_epoch INT(10) UNSIGNED, \
            wait_sec SMALLINT(5) UNSIGNED DEFAULT '0', talk_epoch INT(10) UNSIGNED, \
            talk_sec SMALLINT(5) UNSIGNED DEFAULT '0', dispo_epoch INT(10) UNSIGNED, \
            dispo_sec SMALLINT(5) UNSIGNED DEFAULT '0', status VARCHAR(6), \
            user_group VARCHAR(20), comments VARCHAR(20), sub_status VARCHAR(6), \
            dead_epoch INT(10) UNSIGNED, dead_sec SMALLINT(5) UNSIGNED DEFAULT '0', \
            processed ENUM('Y','N') DEFAULT 'N', uniqueid VARCHAR(20) DEFAULT '', \
            pause_type ENUM('UNDEFINED','SYSTEM','AGENT','API','ADMIN') DEFAULT 'UNDEFINED', \
            KEY (lead_id), KEY (user), KEY (event_time), KEY time_user (event_time, user)",
        archive: Archive::Uncounted("agent_log_id INT(9) UNSIGNED NOT NULL"),
    },
    Table {
        name: "recording_log",
        body: "recording_id INT(10) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, \
            channel VARCHAR(100), server_ip VARCHAR(15), extension VARCHAR(100), \
            start_time DATETIME, start_epoch INT(10) UNSIGNED, end_time DATETIME, \
            end_epoch INT(10) UNSIGNED, length_in_sec MEDIUMINT(8) UNSIGNED, \
            length_in_min DOUBLE(8,2), filename VARCHAR(100), location VARCHAR(255), \
            lead_id INT(9) UNSIGNED, user VARCHAR(20), vicidial_id VARCHAR(20), KEY (filename), \
            KEY (lead_id), KEY (user), KEY (vicidial_id)",
        archive: Archive::Uncounted("recording_id INT(10) UNSIGNED NOT NULL"),
    },
    Table {
        name: "call_log",
        body: "uniqueid VARCHAR(20) PRIMARY KEY NOT NULL, channel VARCHAR(100), \
            channel_group VARCHAR(30), type VARCHAR(10), server_ip VARCHAR(15), \
            extension VARCHAR(100), number_dialed VARCHAR(15), caller_code VARCHAR(20), \
            start_time DATETIME, start_epoch INT(10), end_time DATETIME, end_epoch INT(10), \
            length_in_sec INT(10), length_in_min DOUBLE(8,2), KEY (caller_code), KEY (server_ip), \
            KEY (channel), KEY (start_time), KEY (end_time)",
        archive: Archive::Same,
    },
    Table {
        name: "vicidial_list",
        body: "lead_id INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, entry_date DATETIME, \
            modify_date TIMESTAMP NULL ON UPDATE CURRENT_TIMESTAMP, status VARCHAR(6), \
            user VARCHAR(20), vendor_lead_code VARCHAR(20), source_id VARCHAR(50), \
            list_id BIGINT(14) UNSIGNED NOT NULL DEFAULT '0', \
            gmt_offset_now DECIMAL(4,2) DEFAULT '0.00', \
            called_since_last_reset VARCHAR(3) DEFAULT 'N', phone_code VARCHAR(10), \
            phone_number VARCHAR(18) NOT NULL, title VARCHAR(4), first_name VARCHAR(30), \
            middle_initial VARCHAR(1), last_name VARCHAR(30), address1 VARCHAR(100), \
            city VARCHAR(50), state VARCHAR(2), postal_code VARCHAR(10), country_code VARCHAR(3), \
            alt_phone VARCHAR(12), email VARCHAR(70), comments VARCHAR(255), \
            called_count SMALLINT(5) UNSIGNED DEFAULT '0', last_local_call_time DATETIME, \
            rank SMALLINT(5) NOT NULL DEFAULT '0', owner VARCHAR(20) DEFAULT '', \
            entry_list_id BIGINT(14) UNSIGNED NOT NULL DEFAULT '0', KEY (phone_number), \
            KEY (list_id), KEY (status), KEY (last_local_call_time)",
        archive: Archive::Uncounted("lead_id INT(9) UNSIGNED NOT NULL"),
    },
    Table {
        name: "vicidial_users",
        body: "user_id INT(9) UNSIGNED AUTO_INCREMENT PRIMARY KEY NOT NULL, \
            user VARCHAR(20) NOT NULL, pass VARCHAR(100) NOT NULL DEFAULT '', \
            full_name VARCHAR(50), user_level TINYINT(3) UNSIGNED DEFAULT '1', \
            user_group VARCHAR(20), active ENUM('Y','N') DEFAULT 'Y', UNIQUE KEY (user)",
        archive: Archive::None,
    },
    Table {
        name: "vicidial_statuses",
        body: "status VARCHAR(6) PRIMARY KEY NOT NULL, status_name VARCHAR(30), \
            selectable ENUM('Y','N'), human_answered ENUM('Y','N') DEFAULT 'N', \
            sale ENUM('Y','N') DEFAULT 'N', dnc ENUM('Y','N') DEFAULT 'N', \
            customer_contact ENUM('Y','N') DEFAULT 'N', completed ENUM('Y','N') DEFAULT 'N', \
            answering_machine ENUM('Y','N') DEFAULT 'N'",
        archive: Archive::None,
    },
    Table {
        name: "vicidial_campaign_statuses",
        body: "status VARCHAR(6) NOT NULL, status_name VARCHAR(30), selectable ENUM('Y','N'), \
            campaign_id VARCHAR(8), human_answered ENUM('Y','N') DEFAULT 'N', \
            sale ENUM('Y','N') DEFAULT 'N', dnc ENUM('Y','N') DEFAULT 'N', \
            customer_contact ENUM('Y','N') DEFAULT 'N', completed ENUM('Y','N') DEFAULT 'N', \
            answering_machine ENUM('Y','N') DEFAULT 'N', KEY (campaign_id)",
        archive: Archive::None,
    },
    Table {
        name: "vicidial_campaigns",
        body: "campaign_id VARCHAR(8) PRIMARY KEY NOT NULL, campaign_name VARCHAR(40), \
            active ENUM('Y','N'), dial_method VARCHAR(20), closer_campaigns TEXT, \
            start_call_url TEXT, dispo_call_url TEXT, na_call_url TEXT",
        archive: Archive::None,
    },
    Table {
        name: "vicidial_inbound_groups",
        body: "group_id VARCHAR(20) PRIMARY KEY NOT NULL, group_name VARCHAR(30), \
            active ENUM('Y','N'), start_call_url TEXT, dispo_call_url TEXT, na_call_url TEXT",
        archive: Archive::None,
    },
    Table {
        name: "system_settings",
        body: "version VARCHAR(50), db_schema_version INT(8) UNSIGNED DEFAULT '0', \
            slave_db_server VARCHAR(50) DEFAULT '', oldest_logs_date DATETIME, \
            default_phone_login_password VARCHAR(20) DEFAULT 'test'",
        archive: Archive::None,
    },
];

/// The statements that make all tables of this site.
pub(super) fn statements(settings: &Settings) -> Vec<String> {
    let charset = if settings.is_latin1 { "latin1" } else { "utf8mb3" };
    let mut all = Vec::new();
    for Table { name, body, archive } in TABLES {
        all.push(format!("CREATE TABLE {name} ({body}) ENGINE=MyISAM CHARSET={charset}"));
        let copy = format!("CREATE TABLE {name}_archive LIKE {name}");
        match archive {
            Archive::None => {}
            Archive::Same => all.push(copy),
            Archive::Keyed(key) => {
                all.extend([copy, format!("ALTER TABLE {name}_archive ADD {key}")]);
            }
            Archive::Uncounted(column) => {
                all.extend([copy, format!("ALTER TABLE {name}_archive MODIFY {column}")]);
            }
        }
    }
    for (table, column) in &settings.without_columns {
        all.push(format!("ALTER TABLE {table} DROP COLUMN {column}"));
        let has_archive = TABLES.iter().any(|it| it.name == *table && it.has_archive());
        if has_archive {
            all.push(format!("ALTER TABLE {table}_archive DROP COLUMN {column}"));
        }
    }
    let gone = settings.without_tables.iter();
    all.extend(gone.map(|table| format!("DROP TABLE {table}")));
    all
}

impl Table {
    /// Whether the archiver moves its rows.
    pub fn has_archive(&self) -> bool {
        !matches!(self.archive, Archive::None)
    }
}
