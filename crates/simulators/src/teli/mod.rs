//! Teli: the voice call history of one organisation, its export and its agents.
//!
//! Written from Teli's published pages and the one example with data in them. Every point they
//! leave open and a client could depend on is a switch in [`Settings`], set to what is believed.
//! Campaigns, text messages and exports as CSV or XLSX are not simulated.
//!
//! Guesses without a switch, not to be relied on: the order in which a request's faults are
//! noticed (key, organisation, parameters), the wording of errors beyond the published ones, the
//! shape of the list of agents, and that a key of another organisation is answered with 403.

mod answers;
mod calls;
mod catalogue;
mod export;
mod ids;
mod query;
mod record;
mod service;
mod settings;
mod simulated;
mod switches;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use crate::Clock;
use crate::faults::FaultBook;
use crate::server::{RequestSeen, Server, Wire};
use crate::world::{TrueCall, World};

pub use ids::{agent_uuid, call_id, unique_id, voice_agent_id};
pub use settings::{
    AgentIds, Edges, ExportTime, FilterField, LimitOverMax, OmittedStatus, Order, Paging, Settings,
    TimeShape,
};

use service::Service;
pub(crate) use simulated::start;
pub(crate) use switches::SWITCHES;

/// A running Teli that knows one organisation; dropping it stops it.
pub struct Simulator {
    server: Server,
    service: Arc<Service>,
    clock: Clock,
}

impl Simulator {
    /// Binds `settings.port` on loopback, any port when it is 0, and answers from now on.
    pub async fn start(world: World, settings: Settings, clock: Clock) -> io::Result<Self> {
        let wire = Wire {
            port: settings.port,
            latency_ms: settings.latency_ms,
            gzip: settings.gzip,
            clock_skew_ms: settings.clock_skew_ms,
        };
        let service = Arc::new(Service::new(world, settings, Arc::clone(&clock)));
        let server = Server::start(service.clone(), wire, Arc::clone(&clock)).await?;
        Ok(Self { server, service, clock })
    }

    /// Where it listens, without a trailing slash.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The organisation's id as requests name it.
    pub fn organization_id(&self) -> &str {
        self.service.organization_id()
    }

    /// A key of the organisation.
    pub fn key(&self) -> &str {
        self.service.key()
    }

    /// A valid key of another organisation.
    pub fn key_of_other_organisation(&self) -> &str {
        self.service.other_key()
    }

    /// The faults in force; more can be added while running.
    pub fn faults(&self) -> &FaultBook {
        self.server.faults()
    }

    /// The last requests, oldest first; bounded.
    pub fn requests(&self) -> Vec<RequestSeen> {
        self.server.requests()
    }

    /// Changes the world between two requests.
    pub fn mutate<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        self.service.mutate(change)
    }

    /// Renders every settled call now, so that a measurement does not pay for it.
    pub fn prerender(&self) {
        self.service.prerender((self.clock)());
    }

    /// What really happened, by the world's own ids. No request reaches it.
    pub fn truth(&self) -> Vec<TrueCall> {
        self.service.read(|world| world.truth((self.clock)()))
    }
}
