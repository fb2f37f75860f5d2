//! What this provider has in common with all others.

use std::io;

use super::switches::SWITCHES;
use super::{Settings, Simulator};
use crate::faults::BadRecord;
use crate::server::RequestSeen;
use crate::simulated::{Options, Simulated, Truth, toml_text};
use crate::switches::turned;
use crate::world::{NewCall, World, line_sid};
use crate::{Clock, Fault};

/// Starts it as `options` say. It has no limit that `is_unlimited` would lift.
pub(crate) async fn start(world: World, options: Options, clock: Clock) -> io::Result<Simulator> {
    let usual = Settings::default();
    let settings = Settings {
        port: options.port,
        latency_ms: options.latency_ms,
        clock_skew_ms: options.clock_skew_ms,
        ..usual
    };
    let settings = turned(settings, SWITCHES, options.switch)?;
    Simulator::start(world, settings, clock).await
}

impl Simulated for Simulator {
    fn provider(&self) -> &'static str {
        "twilio"
    }

    fn configuration(&self) -> Vec<(&'static str, String)> {
        let own = [
            ("base_url", toml_text(&self.base_url())),
            ("account_sid", toml_text(self.account_sid())),
        ];
        let parent = self.service.doors.parent.iter();
        let parent = parent.map(|(sid, _)| ("parent_account_sid", toml_text(sid)));
        own.into_iter().chain(parent).collect()
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        let parent = self.service.doors.parent.as_ref().map(|(_, token)| token.clone());
        vec![("token", parent.unwrap_or_else(|| self.auth_token().to_owned()))]
    }

    fn truth(&self) -> Vec<Truth> {
        self.service.truth()
    }

    fn add(&self, at: i64) -> String {
        let id = self.mutate(|world| world.insert(NewCall::at(at)));
        line_sid(&id)
    }

    fn change(&self, sid: &str) -> bool {
        self.service.change(sid, |world, id| world.edit(id, |call| call.duration += 1))
    }

    fn remove(&self, sid: &str) -> bool {
        self.service.change(sid, World::delete)
    }

    fn restore(&self, sid: &str) -> bool {
        self.service.change(sid, World::restore)
    }

    fn strike(&self, fault: Fault) {
        self.faults().add(fault);
    }

    fn calm_down(&self) {
        self.faults().clear();
    }

    fn spoil(&self, id: &str, how: Option<BadRecord>) -> bool {
        self.faults().spoil(id, how);
        true
    }

    fn range_keys(&self) -> &'static [&'static str] {
        &["StartTime>", "StartTime<", "StartTime"]
    }

    fn list_path(&self) -> &'static str {
        "/Calls.json"
    }

    fn requests(&self) -> Vec<RequestSeen> {
        Simulator::requests(self)
    }
}
