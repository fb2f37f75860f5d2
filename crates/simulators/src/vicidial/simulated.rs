//! What this provider has in common with all others.

use std::io;

use super::{Settings, Simulator};
use crate::server::RequestSeen;
use crate::simulated::{Options, Simulated, Truth, toml_text};
use crate::world::World;
use crate::{Clock, Fault};

/// Starts it as `options` say.
pub(crate) async fn start(world: World, options: Options, clock: Clock) -> io::Result<Simulator> {
    Simulator::start(world, Settings::default(), options, clock).await
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
        entry.is_shown = false;
        true
    }

    fn strike(&self, fault: Fault) {
        self.faults().add(fault);
    }

    fn list_path(&self) -> &'static str {
        ""
    }

    fn requests(&self) -> Vec<RequestSeen> {
        self.server.requests()
    }
}
