//! The people and codes of a cluster: leads, users, statuses.

use std::collections::HashMap;

use crate::world::{Contact, World};

use super::line::Line;

/// Contacts are leads from this number on.
const FIRST_LEAD: i64 = 1001;

/// Agents are users from this number on.
const FIRST_USER: usize = 2001;

/// Code, name, and the flags human answered, sale, do not call, customer contact, completed,
/// answering machine.
const STATUSES: [(&str, &str, &str); 24] = [
    ("NEW", "New Lead", "NNNNNN"),
    ("QUEUE", "Lead To Be Called", "NNNNNN"),
    ("INCALL", "Lead Being Called", "NNNNNN"),
    ("DROP", "Agent Not Available", "YNNNNN"),
    ("XDROP", "Agent Not Available IN", "YNNNNN"),
    ("PDROP", "Outbound Pre-Routing Drop", "YNNNNN"),
    ("NA", "No Answer AutoDial", "NNNNNN"),
    ("N", "No Answer", "NNNNNN"),
    ("B", "Busy", "NNNNNN"),
    ("AB", "Busy Auto", "NNNNNN"),
    ("DC", "Disconnected Number", "NNNNNN"),
    ("ADC", "Disconnected Number Auto", "NNNNNN"),
    ("A", "Answering Machine", "NNNNNY"),
    ("AA", "Answering Machine Auto", "NNNNNN"),
    ("AM", "Answering Machine SENT", "NNNNNY"),
    ("SALE", "Sale Made", "YYNYYN"),
    ("DNC", "DO NOT CALL", "YNYNYN"),
    ("NI", "Not Interested", "YNNYNN"),
    ("NP", "No Pitch No Price", "YNNNNN"),
    ("CALLBK", "Call Back", "YNNYNN"),
    ("CBHOLD", "Call Back Hold", "YNNYNN"),
    ("XFER", "Call Transferred", "YNNYNN"),
    ("ERI", "Agent Error", "NNNNNN"),
    ("LRERR", "Outbound Local Channel Res Err", "YNNNNN"),
];

/// Who is which lead and user.
pub(super) struct Cast {
    leads: HashMap<String, i64>,
    users: HashMap<String, String>,
}

impl Cast {
    pub fn of(world: &World) -> Self {
        let contacts = world.contacts().iter().map(|contact| contact.id.clone());
        let agents = world.agents().iter().map(|agent| agent.id.clone());
        let users = (FIRST_USER..).map(|number| number.to_string());
        Self { leads: contacts.zip(FIRST_LEAD..).collect(), users: agents.zip(users).collect() }
    }

    /// The lead a contact is; who is no contact gets a lead of its own.
    pub fn lead(&self, contact: Option<&str>, number: u64) -> i64 {
        let known = contact.and_then(|id| self.leads.get(id).copied());
        known.unwrap_or_else(|| 900_000 + i64::try_from(number).unwrap_or(0))
    }

    /// The user an agent is.
    pub fn user(&self, agent: Option<&str>) -> Option<String> {
        agent.and_then(|id| self.users.get(id).cloned())
    }
}

/// Everybody and everything that calls speak of.
pub(super) fn lines(world: &World) -> Vec<Line> {
    let statuses = STATUSES.iter().map(|(code, name, flags)| status(code, name, flags));
    let users = world.agents().iter().enumerate().map(|(nth, agent)| {
        let is_active = if agent.is_deleted { "N" } else { "Y" };
        Line::of("vicidial_users")
            .text("user", &(FIRST_USER + nth).to_string())
            .text("full_name", &agent.name)
            .text("user_group", "AGENTS")
            .text("active", is_active)
    });
    let leads =
        world.contacts().iter().zip(FIRST_LEAD..).map(|(contact, lead)| a_lead(contact, lead));
    statuses.chain(users).chain(leads).chain(set_up()).collect()
}

/// What administrators set: one campaign that tells somebody of its calls and one that does not.
fn set_up() -> Vec<Line> {
    let url = "VARhttps://crm.example.com/dispo?lead=--A--lead_id--B--&u=--A--uniqueid--B--";
    vec![
        Line::of("vicidial_campaigns")
            .text("campaign_id", "OUTSALES")
            .text("active", "Y")
            .text("dispo_call_url", url),
        Line::of("vicidial_campaigns").text("campaign_id", "QUIET").text("active", "Y"),
        Line::of("vicidial_campaigns").text("campaign_id", "OLD").text("active", "N"),
        Line::of("vicidial_inbound_groups").text("group_id", "SUPPORTLINE").text("active", "Y"),
        Line::of("system_settings")
            .text("version", "2.14-917a")
            .number("db_schema_version", 1728)
            .text("default_phone_login_password", "phone-pass-7"),
    ]
}

fn status(code: &str, name: &str, flags: &str) -> Line {
    let columns =
        ["human_answered", "sale", "dnc", "customer_contact", "completed", "answering_machine"];
    let line = Line::of("vicidial_statuses").text("status", code).text("status_name", name);
    columns
        .into_iter()
        .zip(flags.chars())
        .fold(line, |line, (column, flag)| line.text(column, &flag.to_string()))
}

fn a_lead(contact: &Contact, lead: i64) -> Line {
    let digits: String = contact.phone.chars().filter(char::is_ascii_digit).collect();
    let (first, last) = contact.name.split_once(' ').unwrap_or((&contact.name, ""));
    lead_line(lead, &digits[digits.len().saturating_sub(10)..])
        .text("first_name", first)
        .text("last_name", last)
}

/// A lead that is nobody we know.
pub(super) fn lead_line(lead: i64, phone: &str) -> Line {
    Line::of("vicidial_list")
        .number("lead_id", lead)
        .text("vendor_lead_code", &format!("{:013}", 7_000_000_000_i64 + lead))
        .number("list_id", 101)
        .text("phone_code", "1")
        .text("phone_number", phone)
        .text("status", "NEW")
        .text("country_code", "USA")
}
