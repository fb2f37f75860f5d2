//! Twilio Voice: the call list of one account, calls by SID, recordings, numbers with their
//! applications, the account list, and Insights.
//!
//! Written from the published API description. Confirmed behaviour is fixed; every point the
//! publication leaves open and a client could depend on is a switch in [`Settings`], set to what is
//! believed. Making calls, callbacks, media streams and the sound of
//! recordings are not simulated here.
//!
//! Guesses without a switch, not to be relied on: ties of one second go by SID; a path of another
//! account is 404; an unreadable filter is 400; how far apart the steps of a call are.

mod basic;
mod catalogue;
mod dates;
mod errors;
mod insights;
mod list;
mod numbers;
mod query;
mod record;
mod recordings;
mod service;
mod settings;
mod simulated;
mod switches;
mod timeline;
mod twist;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use crate::Clock;
use crate::faults::FaultBook;
use crate::server::{RequestSeen, Server, Wire};
use crate::world::{NewCall, World};

pub use settings::{
    Cursor, ErrorBody, Granularity, Insights, Number, Order, RangeEnd, Settings, StartFilter,
};
pub use timeline::Outcome;

use service::Service;
pub(crate) use simulated::start;
pub(crate) use switches::SWITCHES;

/// A running Twilio that knows one account; dropping it stops it.
pub struct Simulator {
    server: Server,
    service: Arc<Service>,
}

/// Reaches into a running simulator from wherever the simulator itself went.
#[derive(Clone)]
pub struct Hand {
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

    /// The account.
    pub fn account_sid(&self) -> &str {
        &self.service.doors.account_sid
    }

    /// The account's Auth Token.
    pub fn auth_token(&self) -> &str {
        &self.service.doors.auth_token
    }

    /// An API key and its secret.
    pub fn api_key(&self) -> (&str, &str) {
        (&self.service.doors.api_key_sid, &self.service.doors.api_key_secret)
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

    /// Something that can add calls after this simulator was given away.
    pub fn hand(&self) -> Hand {
        Hand { service: Arc::clone(&self.service) }
    }
}

impl Hand {
    /// The operator changes how it behaves, between two requests.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        self.service.set(change);
    }

    /// A call that ends so and answers its SID.
    pub fn add(&self, new: NewCall, outcome: Outcome) -> String {
        self.service.add(new, outcome)
    }
}
