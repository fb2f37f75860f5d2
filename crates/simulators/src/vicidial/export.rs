//! The calls report as a person downloads it: tab-separated, joined with users and leads, so that a
//! call whose agent or lead is gone is not in it.

use super::Simulator;

/// Which columns are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fields {
    /// Without anything that identifies a call.
    Standard,
    /// With `uniqueid` and more.
    Extended,
}

const STANDARD: [&str; 37] = [
    "call_date",
    "phone_number_dialed",
    "status",
    "user",
    "full_name",
    "campaign_id",
    "vendor_lead_code",
    "source_id",
    "list_id",
    "gmt_offset_now",
    "phone_code",
    "phone_number",
    "title",
    "first_name",
    "middle_initial",
    "last_name",
    "address1",
    "city",
    "state",
    "postal_code",
    "country_code",
    "alt_phone",
    "email",
    "comments",
    "length_in_sec",
    "user_group",
    "alt_dial",
    "rank",
    "owner",
    "lead_id",
    "list_name",
    "list_description",
    "status_name",
    "rec_id",
    "rec_filename",
    "rec_location",
    "wrapup_time",
];

const EXTENDED: [&str; 9] = [
    "queue_time",
    "uniqueid",
    "caller_code",
    "server_ip",
    "hangup_cause",
    "dialstatus",
    "channel",
    "dial_time",
    "answered_time",
];

impl Simulator {
    /// The report over everything in use: header, outbound calls, then queued ones.
    pub fn export(&self, fields: Fields) -> Vec<u8> {
        let header = STANDARD.iter().chain(match fields {
            Fields::Standard => &[],
            Fields::Extended => EXTENDED.as_slice(),
        });
        let mut lines = vec![header.copied().collect::<Vec<_>>().join("\t")];
        for (table, alt_dial) in
            [("vicidial_log", "alt_dial"), ("vicidial_closer_log", "queue_seconds")]
        {
            for row in self.run(&statement(table, alt_dial)).unwrap_or_default() {
                let width = match fields {
                    Fields::Standard => STANDARD.len(),
                    Fields::Extended => STANDARD.len() + EXTENDED.len(),
                };
                let cells = row.into_iter().take(width).map(|cell| {
                    let cell = cell.unwrap_or_default();
                    cell.replace('\t', " -- ").replace('\n', "!N")
                });
                lines.push(cells.collect::<Vec<_>>().join("\t"));
            }
        }
        lines.iter().flat_map(|line| format!("{line}\r\n").into_bytes()).collect()
    }
}

/// Every column, in the order of both headers.
fn statement(table: &str, alt_dial: &str) -> String {
    format!(
        "SELECT v.call_date, v.phone_number, v.status, v.user, IFNULL(u.full_name, 'Outbound Auto \
         Dial'), v.campaign_id, l.vendor_lead_code, l.source_id, v.list_id, l.gmt_offset_now, \
         v.phone_code, l.phone_number, l.title, l.first_name, l.middle_initial, l.last_name, \
         l.address1, l.city, l.state, l.postal_code, l.country_code, l.alt_phone, l.email, \
         l.comments, v.length_in_sec, v.user_group, v.{alt_dial}, l.rank, l.owner, v.lead_id, '', \
         '', s.status_name, '', '', '', 0, 0, v.uniqueid, e.caller_code, e.server_ip, \
         c.hangup_cause, c.dialstatus, c.channel, c.dial_time, c.answered_time FROM {table} v \
         JOIN vicidial_list l ON l.lead_id = v.lead_id \
         LEFT JOIN vicidial_users u ON u.user = v.user \
         LEFT JOIN vicidial_statuses s ON s.status = v.status \
         LEFT JOIN vicidial_log_extended e ON e.uniqueid = v.uniqueid \
         LEFT JOIN vicidial_carrier_log c ON c.uniqueid = v.uniqueid \
         WHERE u.user IS NOT NULL OR v.user IN ('VDAD', 'VDCL') ORDER BY v.call_date, v.uniqueid"
    )
}
