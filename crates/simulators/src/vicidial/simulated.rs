//! What this provider has in common with all others.

use std::io;

use super::facts::Kind;
use super::line::quoted;
use super::switches::SWITCHES;
use super::{Act, Settings, Simulator};
use crate::faults::{BadRecord, On, UNKNOWN_WORD, What};
use crate::server::RequestSeen;
use crate::simulated::{Options, Simulated, Truth, toml_text};
use crate::switches::turned;
use crate::world::World;
use crate::{Clock, Fault};

const YEAR_SECONDS: i64 = 365 * 86_400;

/// Starts it as `options` say.
pub(crate) async fn start(world: World, options: Options, clock: Clock) -> io::Result<Simulator> {
    let settings = turned(Settings::default(), SWITCHES, options.switch)?;
    Simulator::start(world, settings, options, clock).await
}

impl Simulated for Simulator {
    fn provider(&self) -> &'static str {
        "vicidial"
    }

    fn configuration(&self) -> Vec<(&'static str, String)> {
        let mut keys = vec![
            ("host", toml_text("127.0.0.1")),
            ("port", self.port().to_string()),
            ("database", toml_text(self.database())),
            ("user", toml_text(self.user())),
            ("timezone", toml_text(&self.cluster.settings.zone_rule)),
            ("api_url", toml_text(&self.api_url())),
            ("api_user", toml_text("6666")),
            // Its user may not ask, and it follows nobody.
            ("is_primary", "true".to_owned()),
        ];
        if self.is_unlimited {
            keys.push(("rest_percent", "0".to_owned()));
        }
        keys
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![
            ("password", self.password().to_owned()),
            ("api_password", super::api::PASSWORD.to_owned()),
        ]
    }

    fn truth(&self) -> Vec<Truth> {
        self.cluster.book().truth()
    }

    fn add(&self, at: i64) -> String {
        let facts = self.cluster.new_facts(at);
        self.cluster.insert(&facts)
    }

    fn change(&self, id: &str) -> bool {
        let is_known = self.cluster.book().entry(id).is_some();
        // An administrator corrects the row; each time otherwise.
        let number = self.cluster.book().next_number();
        if id.starts_with("did-") {
            self.set(id, &format!("did_id = '{}'", number % 1000));
        } else {
            self.set(id, &format!("status = 'C{}'", number % 10_000));
        }
        is_known
    }

    fn remove(&self, id: &str) -> bool {
        let mut book = self.cluster.book();
        let Some(entry) = book.entry(id) else { return false };
        let (table, row) = (entry.table(), &entry.row);
        for copy in [table.to_owned(), format!("{table}_archive")] {
            self.cluster.site.writer.write(format!("DELETE FROM {copy} WHERE {row}"));
        }
        if entry.facts.kind == Kind::Queued {
            // Its number was dialled first, and that alone would be a call that reached no queue.
            let channel = format!("uniqueid = '{}'", entry.facts.unique());
            for copy in ["vicidial_did_log", "vicidial_did_log_archive"] {
                self.cluster.site.writer.write(format!("DELETE FROM {copy} WHERE {channel}"));
            }
        }
        entry.is_shown = false;
        true
    }

    fn restore(&self, id: &str) -> bool {
        let Some(facts) = self.cluster.book().entry(id).map(|entry| entry.facts.clone()) else {
            return false;
        };
        self.cluster.insert(&facts) == id
    }

    fn strike(&self, fault: Fault) {
        self.faults().add(fault);
    }

    /// Neither its database answers nor its API.
    fn go_away(&self) {
        self.on("", 0, usize::MAX, Act::Cut);
        self.strike(On::path("").forever().gives(What::Html(503)));
    }

    fn calm_down(&self) {
        self.proxy.forget_traps();
        self.faults().clear();
    }

    /// An accident in the table of outbound calls: a row loses its key, or gets a status that no
    /// table of statuses has.
    fn spoil(&self, id: &str, how: Option<BadRecord>) -> bool {
        let found = self.cluster.book().entry(id).map(|it| (it.facts.clone(), it.row.clone()));
        let Some((facts, row)) = found else { return false };
        let spoiled = match (facts.kind, how) {
            (Kind::Outbound, Some(BadRecord::WithoutId)) => {
                format!("SET uniqueid = '' WHERE {row}")
            }
            (Kind::Outbound, Some(BadRecord::UnknownEnums)) => {
                format!("SET status = '{}' WHERE {row}", UNKNOWN_WORD.to_uppercase())
            }
            (Kind::Outbound, None) => {
                format!("SET {row}, status = {} WHERE uniqueid = '' OR {row}", quoted(facts.status))
            }
            _ => return false,
        };
        self.cluster.site.writer.write(format!("UPDATE vicidial_log {spoiled}"));
        true
    }

    fn break_off(&self, times: usize) {
        self.on("", 0, times, Act::Cut);
    }

    /// A statement's range is what the database makes of it; what can lie outside is a clock.
    fn ignore_ranges(&self) {
        let newest = self.truth().into_iter().map(|call| call.occurred_at / 1000).max();
        self.dial(newest.unwrap_or(0) + 2 * YEAR_SECONDS, 5000);
    }

    fn range_keys(&self) -> &'static [&'static str] {
        &[]
    }

    fn list_path(&self) -> &'static str {
        ""
    }

    fn requests(&self) -> Vec<RequestSeen> {
        self.server.requests()
    }
}
