//! What this provider has in common with all others.

use std::io;

use super::ids::{agent_uuid, call_id, voice_agent_id, world_id};
use super::settings::AgentIds;
use super::switches::SWITCHES;
use super::{Settings, Simulator};
use crate::faults::BadRecord;
use crate::server::RequestSeen;
use crate::simulated::{Options, Simulated, Truth, toml_text};
use crate::switches::turned;
use crate::world::{NewCall, World};
use crate::{Clock, Fault};

/// Starts it as `options` say. No limit is published, so there is none to lift.
pub(crate) async fn start(world: World, options: Options, clock: Clock) -> io::Result<Simulator> {
    let settings = Settings {
        port: options.port,
        latency_ms: options.latency_ms,
        clock_skew_ms: options.clock_skew_ms,
        rich_rows: options.has_rich_rows,
        ..Settings::default()
    };
    let settings = turned(settings, SWITCHES, options.switch)?;
    let simulator = Simulator::start(world, settings, clock).await?;
    simulator.prerender();
    Ok(simulator)
}

impl Simulated for Simulator {
    fn provider(&self) -> &'static str {
        "teli"
    }

    fn configuration(&self) -> Vec<(&'static str, String)> {
        vec![
            ("base_url", toml_text(&self.base_url())),
            ("organization_id", toml_text(self.organization_id())),
        ]
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("token", self.key().to_owned())]
    }

    fn truth(&self) -> Vec<Truth> {
        self.service.look(|scribe, catalogue| {
            let calls = scribe.world.calls();
            let form = match scribe.settings.agent_ids {
                AgentIds::Both => voice_agent_id,
                AgentIds::Uuid => agent_uuid,
            };
            let shown = catalogue.shown(scribe.now).filter(|entry| !calls[entry.call].is_unlisted);
            let truth = shown.map(|entry| {
                let call = &calls[entry.call];
                let has_ended = scribe.now >= entry.closed;
                Truth {
                    id: call_id(&call.id),
                    // Without a start, the only time a row has is that of its making.
                    occurred_at: if scribe.has_start(call) {
                        call.created_at
                    } else {
                        entry.created
                    },
                    duration: has_ended.then_some(call.duration),
                    agent_id: call.agent_id.as_deref().map(form),
                }
            });
            truth.collect()
        })
    }

    fn add(&self, at: i64) -> String {
        let hidden_until = Some((self.clock)());
        let new = NewCall { hidden_until, ..NewCall::at(at) };
        call_id(&self.mutate(|world| world.insert(new)))
    }

    fn change(&self, id: &str) -> bool {
        let Some(id) = world_id(id) else { return false };
        self.mutate(|world| world.edit(id, |call| call.summary.push_str(" They will call again.")))
    }

    fn remove(&self, id: &str) -> bool {
        world_id(id).is_some_and(|id| self.mutate(|world| world.delete(id)))
    }

    fn restore(&self, id: &str) -> bool {
        world_id(id).is_some_and(|id| self.mutate(|world| world.restore(id)))
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
        &["start_date", "end_date"]
    }

    fn list_path(&self) -> &'static str {
        "/v1/voice/calls"
    }

    fn requests(&self) -> Vec<RequestSeen> {
        Simulator::requests(self)
    }
}
