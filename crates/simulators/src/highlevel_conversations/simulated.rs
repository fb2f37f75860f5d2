//! What this provider has in common with all others.

use std::io;

use super::switches::SWITCHES;
use super::{Settings, Simulator};
use crate::faults::BadRecord;
use crate::server::RequestSeen;
use crate::simulated::{Options, Simulated, Truth, toml_text};
use crate::switches::turned;
use crate::world::{NewCall, World};
use crate::{Clock, Fault};

/// Starts it as `options` say.
pub(crate) async fn start(world: World, options: Options, clock: Clock) -> io::Result<Simulator> {
    let usual = if options.is_unlimited { Settings::without_limits() } else { Settings::default() };
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
        "highlevel_conversations"
    }

    fn configuration(&self) -> Vec<(&'static str, String)> {
        vec![
            ("base_url", toml_text(&self.base_url())),
            ("location_id", toml_text(self.location_id())),
        ]
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("token", self.token().to_owned())]
    }

    fn truth(&self) -> Vec<Truth> {
        Simulator::truth(self)
    }

    fn add(&self, at: i64) -> String {
        self.add_call(NewCall::at(at))
    }

    fn change(&self, id: &str) -> bool {
        let Some(call) = self.call_id(id) else { return false };
        self.mutate(|world| world.edit(&call, |call| call.duration += 1))
    }

    fn remove(&self, id: &str) -> bool {
        let Some(call) = self.call_id(id) else { return false };
        self.mutate(|world| world.delete(&call))
    }

    fn restore(&self, id: &str) -> bool {
        let Some(call) = self.call_id(id) else { return false };
        self.mutate(|world| world.restore(&call))
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
        &["startDate", "endDate"]
    }

    fn list_path(&self) -> &'static str {
        "messages/export"
    }

    fn requests(&self) -> Vec<RequestSeen> {
        Simulator::requests(self)
    }
}
