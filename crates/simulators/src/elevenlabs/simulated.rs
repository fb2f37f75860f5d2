//! What this provider has in common with all others.

use std::io;

use super::story::{Story, agent_id, call_of};
use super::switches::SWITCHES;
use super::{Settings, Simulator, record};
use crate::faults::BadRecord;
use crate::server::RequestSeen;
use crate::simulated::{Options, Simulated, Truth, toml_text};
use crate::switches::turned;
use crate::world::{NewCall, World};
use crate::{Clock, Fault};

/// Starts it as `options` say.
pub(crate) async fn start(world: World, options: Options, clock: Clock) -> io::Result<Simulator> {
    let requests_per_second = (!options.is_unlimited).then_some(50);
    let settings = Settings {
        port: options.port,
        latency_ms: options.latency_ms,
        clock_skew_ms: options.clock_skew_ms,
        requests_per_second,
        ..Settings::default()
    };
    let settings = turned(settings, SWITCHES, options.switch)?;
    Simulator::start(world, settings, clock).await
}

impl Simulated for Simulator {
    fn provider(&self) -> &'static str {
        "elevenlabs"
    }

    fn configuration(&self) -> Vec<(&'static str, String)> {
        vec![("base_url", toml_text(&self.base_url()))]
    }

    fn secrets(&self) -> Vec<(&'static str, String)> {
        vec![("token", self.token().to_owned())]
    }

    fn truth(&self) -> Vec<Truth> {
        let (settings, now) = (&self.service.settings, self.service.now());
        self.service.read(|world| {
            let stories = world.calls().iter().map(|call| Story { call, settings, now });
            stories.filter(Story::is_listed).map(|story| shown(&story)).collect()
        })
    }

    fn add(&self, at: i64) -> String {
        let id = self.mutate(|world| world.insert(NewCall::at(at)));
        super::story::conversation_id(&id)
    }

    fn change(&self, id: &str) -> bool {
        self.edit(id, |call| call.summary.push_str(" They will call again."))
    }

    fn remove(&self, id: &str) -> bool {
        self.mutate(|world| {
            let found = call_of(world, id).map(|call| call.id.clone());
            found.is_some_and(|id| world.delete(&id))
        })
    }

    fn restore(&self, id: &str) -> bool {
        self.mutate(|world| {
            let found = call_of(world, id).map(|call| call.id.clone());
            found.is_some_and(|id| world.restore(&id))
        })
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
        &["call_start_after_unix", "call_start_before_unix"]
    }

    fn list_path(&self) -> &'static str {
        "/v1/convai/conversations"
    }

    fn requests(&self) -> Vec<RequestSeen> {
        Simulator::requests(self)
    }
}

fn shown(story: &Story<'_>) -> Truth {
    let agent = story.call.agent_id.as_deref().unwrap_or(record::SPARE_AGENT);
    Truth {
        id: story.id(),
        occurred_at: story.start() * 1000,
        duration: story.state().has_ended().then(|| story.seconds()),
        agent_id: Some(agent_id(agent)),
    }
}
