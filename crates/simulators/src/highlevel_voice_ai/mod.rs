//! HighLevel Voice AI: call logs, agents, the sub-account and OAuth.
//!
//! Written from the published API description. Confirmed behaviour is fixed; every point the
//! publication leaves open and a client could depend on is a switch in [`Settings`], set to what is
//! believed. Conversations and webhooks are not simulated here.
//!
//! Guesses without a switch, not to be relied on: the order in which a request's faults are
//! noticed (version, token, limit, location id, scope, foreign location, pause, parameters); that a
//! call enters the log when it ends; `sortBy` without `sort` is descending; data of a paused
//! location is 400; wrong client credentials are 401; the body of a 429; no limit on `/oauth/…`;
//! a page past the end is empty with the true total.

mod agents;
mod calls;
mod catalogue;
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

pub use crate::highlevel::{Install, RateLimit, scopes};
pub use record::ACTION_SECRETS;
pub use settings::{
    ActionIdKey, CreatedAtMeans, OmittedCallType, PageSizeOverLimit, RangeEnd, RangePrecision,
    RangeRefusal, Settings, Translation, UnknownCall,
};

use service::Service;
pub(crate) use simulated::start;
pub(crate) use switches::SWITCHES;

/// A running HighLevel that knows one sub-account; dropping it stops it.
pub struct Simulator {
    server: Server,
    service: Arc<Service>,
    clock: Clock,
    location_id: String,
    token: String,
    other_token: String,
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
        let location_id = world.location().id.clone();
        let service = Arc::new(Service::new(world, settings, Arc::clone(&clock)));
        let server = Server::start(service.clone(), wire, Arc::clone(&clock)).await?;
        let token = service.gate.access.private_integration(&location_id, &scopes::ALL);
        let other_token = service.gate.access.private_integration_elsewhere();
        Ok(Self { server, service, clock, location_id, token, other_token })
    }

    /// Where it listens, without a trailing slash.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The sub-account.
    pub fn location_id(&self) -> &str {
        &self.location_id
    }

    /// A private integration token of the sub-account, with every scope.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A valid private integration token of another sub-account.
    pub fn token_of_other_location(&self) -> &str {
        &self.other_token
    }

    /// A new private integration token of the sub-account with these scopes only.
    pub fn token_with_scopes(&self, scopes: &[&str]) -> String {
        self.service.gate.access.private_integration(&self.location_id, scopes)
    }

    /// Makes a token, of any kind, invalid at once.
    pub fn revoke(&self, token: &str) {
        self.service.gate.access.revoke(token);
    }

    /// Installs the OAuth app into the sub-account, as consent in a browser would.
    pub fn install(&self) -> Install {
        self.service.gate.access.install(&self.location_id, (self.clock)())
    }

    /// An access token of the agency the sub-account belongs to, good for 86,399 seconds.
    pub fn agency_token(&self) -> String {
        let company_id = self.service.read(|world| world.location().company_id.clone());
        self.service.gate.access.agency(&company_id, (self.clock)())
    }

    /// Pauses or resumes the sub-account: meanwhile neither data nor tokens are given out, but the
    /// tokens survive.
    pub fn set_location_active(&self, is_active: bool) {
        self.service.gate.access.set_location_active(is_active);
    }

    /// The faults in force; more can be added while running.
    pub fn faults(&self) -> &FaultBook {
        self.server.faults()
    }

    /// The last requests, oldest first; bounded.
    pub fn requests(&self) -> Vec<RequestSeen> {
        self.server.requests()
    }

    /// How many requests ever came.
    pub fn requests_count(&self) -> u64 {
        self.server.requests_count()
    }

    /// Changes the world between two requests.
    pub fn mutate<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        self.service.mutate(change)
    }

    /// Renders every settled call now, so that a measurement does not pay for it.
    pub fn prerender(&self) {
        self.service.prerender((self.clock)());
    }

    /// What really happened, as of now by the simulator's clock. No request reaches it.
    pub fn truth(&self) -> Vec<TrueCall> {
        self.service.read(|world| world.truth((self.clock)()))
    }

    /// Answers what is under way, within a limit, and stops.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
