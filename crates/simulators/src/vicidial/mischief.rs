//! What goes on in a cluster beside new calls: agents, administrators, cron jobs and accidents.

use super::facts::{By, Facts, Kind};
use super::line::{Line, inserts, quoted};
use super::records;
use super::{Act, Cluster, Simulator, ddl};

impl Simulator {
    /// An outbound call to this lead, answered at this unix second, that is over.
    pub fn dial(&self, at: i64, lead: i64) -> String {
        let facts = self.outbound(at, lead);
        self.cluster.insert(&facts)
    }

    /// An outbound call that an agent took, and that was recorded.
    pub fn talk(&self, at: i64, lead: i64) -> String {
        let facts = Facts { status: "SALE", user: "2001".to_owned(), ..self.outbound(at, lead) };
        self.cluster.insert(&facts)
    }

    /// Every trace of a call is lost but one: only this ledger knows it. Answers the dialler's name
    /// for the call.
    pub fn leave_only(&self, id: &str, ledger: &str) -> Option<String> {
        let cluster = &self.cluster;
        let mut book = cluster.book();
        let entry = book.entry(id)?;
        entry.is_shown = false;
        let (facts, row) = (entry.facts.clone(), entry.row.clone());
        let code = facts.code(&cluster.zone);
        let of_channel = format!("uniqueid = '{}'", facts.unique());
        for (table, condition) in [
            (entry.table(), row),
            ("vicidial_dial_log", format!("caller_code = '{code}'")),
            ("vicidial_log_extended", of_channel.clone()),
            ("vicidial_carrier_log", of_channel.clone()),
            ("vicidial_did_log", of_channel),
            ("recording_log", format!("vicidial_id = '{}'", facts.unique())),
        ] {
            if table != ledger {
                for copy in [table.to_owned(), format!("{table}_archive")] {
                    cluster.site.writer.write(format!("DELETE FROM {copy} WHERE {condition}"));
                }
            }
        }
        Some(code)
    }

    /// The call URL for dispositions of a campaign becomes this.
    pub fn set_dispo_url(&self, campaign: &str, url: &str) {
        let url = quoted(url);
        self.cluster.site.writer.write(format!(
            "UPDATE vicidial_campaigns SET dispo_call_url = {url} WHERE campaign_id = '{campaign}'"
        ));
    }

    /// The server follows another one and is this many seconds behind it; without a number its
    /// replication has stopped. What it has not applied, nobody has written yet.
    pub fn follow(&self, behind: Option<u64>) {
        let behind = behind.map_or("NULL".to_owned(), |seconds| seconds.to_string());
        let said = format!(
            "SELECT {behind} AS Seconds_Behind_Master, 'Yes' AS Slave_IO_Running, \
             'Yes' AS Slave_SQL_Running"
        );
        self.on("SHOW ALL SLAVES STATUS", 0, usize::MAX, Act::Instead(said));
    }

    /// An outbound call that goes on: its row says so, until [`Simulator::hang_up`].
    pub fn begin(&self, at: i64, lead: i64) -> String {
        let facts = Facts {
            length: None,
            status: "INCALL",
            user: "2001".to_owned(),
            ..self.outbound(at, lead)
        };
        self.cluster.insert(&facts)
    }

    /// The customer hangs up after `length` seconds, and the agent says how it went.
    pub fn hang_up(&self, id: &str, length: i64, status: &'static str) {
        let cluster = &self.cluster;
        let Some(entry) = cluster.book().entry(id).map(|entry| entry.clone()) else { return };
        let end = entry.facts.at + length;
        cluster.site.writer.write(format!(
            "UPDATE {} SET end_epoch = {end}, length_in_sec = {length}, status = {}, \
             term_reason = 'CALLER' WHERE {}",
            entry.table(),
            quoted(status),
            entry.row
        ));
        let facts = Facts { length: Some(length), status, ..entry.facts };
        cluster.book().learn(id, facts);
    }

    /// Another call of the same lead whose channel was created in the same second.
    pub fn twin(&self, id: &str) -> Option<String> {
        let cluster = &self.cluster;
        let mut facts = cluster.book().entry(id)?.facts.clone();
        facts.sequence = cluster.book().next_number();
        let twin =
            format!("vl-{}-{}-{}", facts.unique(), facts.lead, facts.start_epoch(&cluster.zone));
        cluster.write(records::of(&facts, &cluster.zone, &cluster.settings));
        Some(cluster.book().note_as(twin, &facts))
    }

    /// Another server gives a second call, to another lead, the `uniqueid` this call has. Answers
    /// the second call's caller code: its row is refused, and nobody notices.
    pub fn collide(&self, id: &str, lead: i64) -> Option<String> {
        let cluster = &self.cluster;
        let mut facts = cluster.book().entry(id)?.facts.clone();
        facts.lead = lead;
        "203.0.113.13".clone_into(&mut facts.server);
        let (zone, settings) = (&cluster.zone, &cluster.settings);
        cluster.write(vec![records::dial(&facts, zone)]);
        cluster.write(vec![records::log(&facts, zone, settings)]);
        // This one is written over the first call's.
        cluster.site.writer.write(format!(
            "INSERT INTO vicidial_log_extended (uniqueid, server_ip, call_date, lead_id, caller_code) \
             VALUES ('{unique}', '{server}', '{date}', {lead}, '{code}') ON DUPLICATE KEY UPDATE \
             server_ip = VALUES(server_ip), call_date = VALUES(call_date), \
             lead_id = VALUES(lead_id), caller_code = VALUES(caller_code)",
            unique = facts.unique(),
            server = facts.server,
            date = zone.local(facts.at),
            code = facts.code(zone),
        ));
        Some(facts.code(zone))
    }

    /// The dialler asks for a call that is refused, so none is placed.
    pub fn refuse(&self, at: i64, lead: i64) {
        let facts = self.outbound(at, lead);
        let cluster = &self.cluster;
        cluster.write(vec![records::dial(&facts, &cluster.zone)]);
        let code = facts.code(&cluster.zone);
        cluster.site.writer.write(format!(
            "UPDATE vicidial_dial_log SET sip_hangup_cause = 999 WHERE caller_code = '{code}'"
        ));
    }

    /// The end of a manual call: the primary key gets another part after the dot.
    pub fn rewrite_key(&self, id: &str) {
        let cluster = &self.cluster;
        let number = cluster.book().next_number();
        let mut book = cluster.book();
        let Some(entry) = book.entry(id).filter(|entry| entry.facts.kind == Kind::Outbound) else {
            return;
        };
        let new = Facts { sequence: number, ..entry.facts.clone() };
        for table in ["vicidial_log", "vicidial_carrier_log"] {
            let (old, new) = (entry.facts.unique(), new.unique());
            cluster.site.writer.write(format!(
                "UPDATE {table} SET uniqueid = '{new}' WHERE uniqueid = '{old}' AND lead_id = {}",
                entry.facts.lead
            ));
        }
        entry.row = format!("uniqueid = '{}'", new.unique());
        entry.facts = new;
    }

    /// An agent merges the lead of a queued call into another one.
    pub fn merge_lead(&self, id: &str, into: i64) {
        let mut book = self.cluster.book();
        let Some(entry) = book.entry(id) else { return };
        for table in [entry.table(), "recording_log"] {
            let row = if table == "recording_log" {
                format!("vicidial_id = '{}'", entry.facts.closecallid)
            } else {
                entry.row.clone()
            };
            self.cluster
                .site
                .writer
                .write(format!("UPDATE {table} SET lead_id = {into} WHERE {row}"));
        }
        entry.facts.lead = into;
    }

    /// A list is reset: the lead of a call goes.
    pub fn delete_lead(&self, id: &str) {
        let lead = self.cluster.book().entry(id).map(|entry| entry.facts.lead);
        if let Some(lead) = lead {
            self.cluster
                .site
                .writer
                .write(format!("DELETE FROM vicidial_list WHERE lead_id = {lead}"));
        }
    }

    /// The archiver: copies every row, then deletes those before this unix second.
    pub fn archive(&self, before: i64) {
        self.copy_to_archive();
        let before = self.cluster.zone.local(before);
        for table in [
            "vicidial_log",
            "vicidial_closer_log",
            "vicidial_did_log",
            "vicidial_dial_log",
            "vicidial_log_extended",
            "vicidial_carrier_log",
        ] {
            let writer = &self.cluster.site.writer;
            writer.write(format!("DELETE FROM {table} WHERE call_date < '{before}'"));
        }
    }

    /// The archiver notes down to when it has moved everything away.
    pub fn note_archived(&self, before: i64) {
        let cut = self.cluster.zone.local(before);
        let writer = &self.cluster.site.writer;
        writer.write(format!("UPDATE system_settings SET oldest_logs_date = '{cut}'"));
    }

    /// The first half of the archiver's work; rows that change later stay as they are there.
    pub fn copy_to_archive(&self) {
        for table in ddl::TABLES.iter().filter(|table| table.has_archive()) {
            let name = table.name;
            let writer = &self.cluster.site.writer;
            writer.write(format!("INSERT IGNORE INTO {name}_archive SELECT * FROM {name}"));
        }
    }

    /// A call that really was, and whose row says no time.
    pub fn lose_date(&self, id: &str) {
        self.set(id, "call_date = '0000-00-00 00:00:00'");
    }

    /// Any column of a call's row is set to something.
    pub fn set(&self, id: &str, assignment: &str) {
        let cluster = &self.cluster;
        let found = cluster.book().entry(id).map(|entry| (entry.table(), entry.row.clone()));
        if let Some((table, row)) = found {
            cluster.site.writer.write(format!("UPDATE {table} SET {assignment} WHERE {row}"));
        }
    }

    /// Ids of calls of one table, oldest first: `vicidial_log`, `vicidial_closer_log` or
    /// `vicidial_did_log`.
    pub fn ids_of(&self, table: &str) -> Vec<String> {
        let mut book = self.cluster.book();
        let mut calls = book.truth();
        calls.sort_by_key(|call| call.occurred_at);
        calls.retain(|call| book.entry(&call.id).is_some_and(|entry| entry.table() == table));
        calls.into_iter().map(|call| call.id).collect()
    }

    fn outbound(&self, at: i64, lead: i64) -> Facts {
        let facts = self.cluster.new_facts(at * 1000);
        Facts {
            kind: Kind::Outbound,
            by: By::Routing,
            at,
            created: at - 8,
            lead,
            length: Some(60),
            status: "DROP",
            user: "VDAD".to_owned(),
            is_manual: false,
            ..facts
        }
    }
}

impl Cluster {
    /// Every program writes its rows of a call; answers the call's id.
    pub(super) fn insert(&self, facts: &Facts) -> String {
        let mut lines: Vec<Line> = Self::stranger(facts).into_iter().collect();
        lines.extend(records::of(facts, &self.zone, &self.settings));
        self.write(lines);
        self.book().note(facts, &self.zone)
    }

    /// Writes rows, and does not care whether that worked.
    fn write(&self, lines: Vec<Line>) {
        for statement in inserts(lines, &self.settings) {
            self.site.writer.write(statement);
        }
    }
}
