//! ElevenLabs: conversations with their details, agents, batch calls and the count of running
//! conversations.
//!
//! Written from the published client library and documentation. Confirmed behaviour is fixed;
//! every point the publication leaves open and a client could depend on is a switch in
//! [`Settings`], set to what is believed. Which webhooks are set up is; their deliveries, sockets
//! and outbound calls are not simulated.
//!
//! A call of the world is a conversation: `initiated`, then `in-progress`, then `processing`, then
//! `done`; an outbound call that nobody answers is `failed`. What the world does not say
//! (direction, line, outcome, batch) follows from the call's id.
//!
//! Guesses without a switch, not to be relied on: the order in which a request's faults are
//! noticed; the code of a 404; that a cursor which cannot be read is 422; that rows without a
//! line have no direction; the shape of the agents' cursor.

mod batches;
mod errors;
mod list;
mod query;
mod record;
mod service;
mod settings;
mod simulated;
mod story;
mod switches;
mod webhooks;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use crate::Clock;
use crate::faults::FaultBook;
use crate::server::{RequestSeen, Server, Wire};
use crate::world::{Call, World};

pub use settings::{Cursor, Edge, ErrorShape, LastCursor, Off, Settings, Webhook};

use service::Service;
pub(crate) use simulated::start;
pub(crate) use switches::SWITCHES;

/// A running ElevenLabs that knows one workspace; dropping it stops it.
pub struct Simulator {
    server: Server,
    service: Arc<Service>,
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
        let server = Server::start(service.clone(), wire, clock).await?;
        Ok(Self { server, service })
    }

    /// Where it listens, without a trailing slash.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// An API key of the workspace that may read conversations.
    pub fn token(&self) -> &str {
        &self.service.token
    }

    /// An API key of the workspace that may not.
    pub fn token_without_rights(&self) -> &str {
        &self.service.token_without_rights
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

    /// Changes one call by its conversation's id. False when there is no such call.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Call)) -> bool {
        self.mutate(|world| {
            let found = story::call_of(world, id).map(|call| call.id.clone());
            found.is_some_and(|id| world.edit(&id, change))
        })
    }

    /// Answers what is under way, within a limit, and stops.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
