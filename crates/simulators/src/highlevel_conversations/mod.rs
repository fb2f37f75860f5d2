//! HighLevel Conversations: calls as messages of threads, by export, search, thread and id.
//!
//! Written from the published API description and from what was seen live where the two differ.
//! Every point that is open and that a client could depend on is a switch in [`Settings`], set to
//! what is believed. Sending messages, e-mail and webhooks are not simulated here.
//!
//! Guesses without a switch, not to be relied on: a call's row is there from dialling on, as
//! `pending`, and is written again when the call ends; a cursor can be used twice while it lives;
//! a cursor brings its own query along; `limit` of search and thread is clamped to 100; a bare day
//! begins in UTC; a thread without messages is 404; the shape of users; what a call's numbers are.

mod export;
mod message;
mod one;
mod query;
mod rows;
mod service;
mod settings;
mod simulated;
mod switches;
mod threads;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use crate::Clock;
use crate::faults::FaultBook;
use crate::server::{RequestSeen, Server, Wire};
use crate::simulated::Truth;
use crate::world::{NewCall, World};

pub use crate::highlevel::{Install, RateLimit, scopes};
pub use settings::{CallChannel, Chain, Dates, DeadCursor, Ending, Outcome, RangeField, Settings};

use message::Writer;
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
}

impl Simulator {
    /// Binds `settings.port` on loopback, any port when it is 0, and answers from now on.
    pub async fn start(world: World, settings: Settings, clock: Clock) -> io::Result<Self> {
        let wire = Wire {
            port: settings.port,
            latency_ms: settings.latency_ms,
            gzip: false,
            clock_skew_ms: settings.clock_skew_ms,
        };
        let location_id = world.location().id.clone();
        let service = Arc::new(Service::new(world, settings, Arc::clone(&clock)));
        let server = Server::start(service.clone(), wire, Arc::clone(&clock)).await?;
        let token = service.gate.access.private_integration(&location_id, &scopes::ALL);
        Ok(Self { server, service, clock, location_id, token })
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

    /// A call is made; answers the id of its message.
    pub fn add_call(&self, new: NewCall) -> String {
        self.mutate(|world| {
            let id = world.insert(new);
            world.call(&id).map(rows::message_id).unwrap_or_default()
        })
    }

    /// The world's id of the call a message is about.
    pub fn call_id(&self, message_id: &str) -> Option<String> {
        self.service.read(|scene| {
            let row = scene.rows.get(message_id)?;
            Some(scene.world.calls()[row.call].id.clone())
        })
    }

    /// The calls it shows now, by the ids of their messages. No request reaches it.
    pub fn truth(&self) -> Vec<Truth> {
        let now = (self.clock)();
        self.service.read(|scene| {
            let writer = Writer { world: &scene.world, settings: &self.service.settings, now };
            let listed = scene.rows.all.iter().filter(|row| row.is_call() && row.is_listed(now));
            let shown = listed.map(|row| Truth {
                id: row.id.clone(),
                occurred_at: row.added,
                duration: writer.state(row).duration,
                agent_id: writer.user(row),
            });
            shown.collect()
        })
    }

    /// Answers what is under way, within a limit, and stops.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}
