//! The Non-Agent API: text with status 200, whatever happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::Clock;
use crate::faults::{BadRecord, What};
use crate::server::{Answer, Asked, Provider, form_decoded};
use crate::world::Change;

use super::Cluster;

/// Where it is.
pub(super) const PATH: &str = "/vicidial/non_agent_api.php";

/// The password of its user `6666`.
pub(super) const PASSWORD: &str = "Maple-Street-9";

const USER: &str = "6666";

/// Wrong logins until the user is locked.
const LOGINS_MAX: u32 = 10;

pub(super) struct Api {
    cluster: Arc<Cluster>,
    clock: Clock,
    wrong_logins: Mutex<u32>,
}

impl Api {
    pub fn new(cluster: Arc<Cluster>, clock: Clock) -> Self {
        Self { cluster, clock, wrong_logins: Mutex::default() }
    }

    fn say(&self, asked: &Asked) -> String {
        let body = String::from_utf8_lossy(&asked.body).into_owned();
        let fields: Vec<(String, String)> =
            asked.params.iter().cloned().chain(form_decoded(&body)).collect();
        let field = |name: &str| {
            let found = fields.iter().rfind(|(key, _)| key == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        let function = field("function");
        if function == "version" {
            return self.version();
        }
        if let Some(refusal) = self.refusal(field("user"), field("pass")) {
            return refusal;
        }
        if field("source").len() < 2 || field("source").len() > 20 {
            return "ERROR: Invalid Source - x".to_owned();
        }
        match function {
            "call_status_stats" => self.stats(field("query_date"), field("campaigns")),
            _ => "ERROR: NO FUNCTION SPECIFIED".to_owned(),
        }
    }

    /// The login is repeated in the refusal, the password too.
    fn refusal(&self, user: &str, password: &str) -> Option<String> {
        let mut wrong = self.wrong_logins.lock().unwrap_or_else(PoisonError::into_inner);
        if *wrong >= LOGINS_MAX {
            return Some(format!(
                "ERROR: Too many login attempts, try again in 15 minutes: |{user}|LOCK|"
            ));
        }
        if user == USER && password == PASSWORD {
            return None;
        }
        *wrong += 1;
        Some(format!("ERROR: Login incorrect, please try again: |{user}|{password}|BAD|"))
    }

    fn version(&self) -> String {
        let seconds = (self.clock)().div_euclid(1000);
        let zone = &self.cluster.zone;
        let now = zone.offset_hours(seconds);
        // The standard offset is the one of January in the north.
        let standard = zone.offset_hours(1_767_225_600);
        format!(
            "VERSION: 2.14-917a|BUILD: 250903-0900|DATE: {}|EPOCH: {seconds}|DST: {}|TZ: {standard:.2}|TZNOW: {now}|\n",
            zone.local(seconds),
            i32::from((now - standard).abs() > 0.1),
        )
    }

    /// Counted in the tables in use only.
    fn stats(&self, day: &str, campaigns: &str) -> String {
        let settings = &self.cluster.settings;
        if settings.api_level < settings.stats_level {
            return format!(
                "ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |{USER}|call_status_stats|\n\
                 ERROR: Invalid Source: |x|"
            );
        }
        let is_day = day.len() == 10 && day.chars().all(|it| it.is_ascii_digit() || it == '-');
        if campaigns.is_empty() || !is_day {
            return "ERROR: call_status_stats INVALID SEARCH PARAMETERS - x".to_owned();
        }
        let mut text = String::new();
        for table in ["vicidial_log", "vicidial_closer_log"] {
            text.push_str(&self.stats_of(table, day));
        }
        if settings.api_truncates {
            text.truncate(text.len() / 2);
        }
        text
    }
}

impl Api {
    /// One line per group: its total, how many a human answered, its hours and its statuses.
    fn stats_of(&self, table: &str, day: &str) -> String {
        let statement = format!(
            "SELECT campaign_id, HOUR(call_date), status, COUNT(*) FROM {table} WHERE \
             call_date >= '{day} 00:00:00' AND call_date < DATE_ADD('{day}', INTERVAL 1 DAY) \
             GROUP BY 1, 2, 3"
        );
        let mut groups: BTreeMap<String, ([u64; 24], BTreeMap<String, u64>)> = BTreeMap::new();
        for row in self.cluster.site.writer.ask(statement).unwrap_or_default() {
            let word = |nth: usize| row.get(nth).cloned().flatten().unwrap_or_default();
            let (hours, statuses) = groups.entry(word(0)).or_default();
            let (hour, count) = (word(1).parse().unwrap_or(0), word(3).parse().unwrap_or(0));
            hours[std::cmp::min(hour, 23)] += count;
            *statuses.entry(word(2)).or_default() += count;
        }
        let mut text = String::new();
        for (group, (hours, statuses)) in groups {
            let total: u64 = hours.iter().sum();
            let hours = hours.iter().enumerate().map(|(hour, count)| format!("{hour:02}-{count}"));
            let hours = hours.collect::<Vec<_>>().join(",");
            let statuses = statuses.iter().map(|(status, count)| format!("{status}-{count}"));
            let statuses = statuses.collect::<Vec<_>>().join(",");
            text.extend([group, format!("|{total}|0|{hours}|{statuses}|\n")]);
        }
        text
    }
}

impl Provider for Api {
    fn answer(&self, asked: &Asked, _twists: &[What]) -> Answer {
        if asked.path != PATH {
            return Answer::of_type(404, "text/html; charset=utf-8", "Not Found");
        }
        Answer::of_type(200, "text/html; charset=utf-8", self.say(asked))
    }

    fn limit_headers(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// The world is only where the calls came from.
    fn change(&self, _change: &Change) {}

    fn id_key(&self) -> &'static str {
        ""
    }

    /// It answers with totals alone.
    fn spoil(&self, _record: &mut Value, _how: BadRecord) {}
}
