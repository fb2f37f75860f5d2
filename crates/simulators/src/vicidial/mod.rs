//! ViciDial: a real MariaDB with its tables, written by its programs, and its Non-Agent API.
//!
//! Written from the published schema, program sources and documentation, and from measurements of
//! MariaDB with those tables. Each program writes on its own, in statements of its own, and none
//! cares whether a statement worked: when a `uniqueid` comes twice, the database refuses the second
//! row and the call is gone, exactly as on a real cluster. What really happened is remembered
//! beside the database.
//!
//! A replica is this same server saying that it follows another; what it lacks is what a test has
//! not let anybody write yet. Locks are refusals that last as long as a test says.
//!
//! Not simulated: call URLs that fire, cold storage, and actors that write while nobody tells them
//! to.

mod api;
mod book;
mod cast;
mod ddl;
mod export;
mod facts;
mod line;
mod mischief;
mod proxy;
mod records;
mod settings;
mod simulated;
mod site;
mod switches;
mod writer;
mod zone;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Clock;
use crate::faults::FaultBook;
use crate::server::{Server, Wire};
use crate::simulated::Options;
use crate::world::{NewCall, World};

pub use export::Fields;
pub use proxy::Act;
pub use settings::Settings;

use book::Book;
use cast::Cast;
use facts::Facts;
use proxy::Proxy;
use site::Site;
use zone::Zone;

pub(crate) use simulated::start;
pub(crate) use switches::SWITCHES;

/// A running cluster; dropping it drops its database.
pub struct Simulator {
    // Before the site, which it leads to.
    proxy: Proxy,
    server: Server,
    cluster: Arc<Cluster>,
    is_unlimited: bool,
}

/// Everything behind the doors.
struct Cluster {
    site: Site,
    settings: Settings,
    zone: Zone,
    cast: Cast,
    book: Mutex<Book>,
}

impl Simulator {
    /// Makes a cluster that has the calls of this world.
    pub async fn start(
        world: World,
        settings: Settings,
        options: Options,
        clock: Clock,
    ) -> io::Result<Self> {
        let site = Site::create(&settings)?;
        let zone = Zone::read(&settings.zone_rule);
        let cast = Cast::of(&world);
        let book = Mutex::new(Book::default());
        let proxy = Proxy::start(site.server.clone())?;
        let cluster = Arc::new(Cluster { site, settings, zone, cast, book });
        cluster.fill(&world)?;
        let wire = Wire { port: options.port, latency_ms: options.latency_ms, ..Wire::default() };
        let api = Arc::new(api::Api::new(Arc::clone(&cluster), Arc::clone(&clock)));
        let server = Server::start(api, wire, clock).await?;
        Ok(Self { proxy, server, cluster, is_unlimited: options.is_unlimited })
    }

    /// The port of the database.
    pub fn port(&self) -> u16 {
        self.proxy.port()
    }

    /// The name of the database.
    pub fn database(&self) -> &str {
        &self.cluster.site.database
    }

    /// Who may read it.
    pub fn user(&self) -> &str {
        &self.cluster.site.user
    }

    /// That user's password.
    pub fn password(&self) -> &str {
        &self.cluster.site.password
    }

    /// Where the Non-Agent API is.
    pub fn api_url(&self) -> String {
        format!("{}{}", self.server.base_url(), api::PATH)
    }

    /// The faults of the API in force.
    pub fn faults(&self) -> &FaultBook {
        self.server.faults()
    }

    /// Every statement a reader has sent.
    pub fn statements(&self) -> Vec<String> {
        self.proxy.statements()
    }

    /// Something happens to `times` statements that contain this text, after the first `skips`.
    pub fn on(&self, contains: &str, skips: usize, times: usize, act: Act) {
        self.proxy.trap(contains, skips, times, act);
    }

    /// Somebody with every right runs a statement; what came back, where it worked.
    pub fn run(&self, statement: &str) -> Option<Vec<Vec<Option<String>>>> {
        self.cluster.site.writer.ask(statement).ok()
    }

    /// Takes the reader's right to read this database away.
    pub fn revoke(&self) {
        let (database, user) = (self.database(), self.user());
        for host in ["%", "localhost"] {
            self.run(&format!("REVOKE SELECT ON {database}.* FROM '{user}'@'{host}'"));
        }
    }

    /// The reader may read each table and archive by its name, but not these.
    pub fn hide(&self, hidden: &[&str]) {
        self.revoke();
        let moved = ddl::TABLES.iter().filter(|table| table.has_archive());
        let archives = moved.map(|table| format!("{}_archive", table.name));
        let all = ddl::TABLES.iter().map(|table| table.name.to_owned()).chain(archives);
        for table in all.filter(|table| !hidden.contains(&table.as_str())) {
            self.show(&table);
        }
    }

    /// The reader may read this table again.
    pub fn show(&self, table: &str) {
        let (database, user) = (self.database(), self.user());
        for host in ["%", "localhost"] {
            self.run(&format!("GRANT SELECT ON {database}.{table} TO '{user}'@'{host}'"));
        }
    }
}

impl Cluster {
    /// Writes a whole world at once, as it stands when everything is over.
    fn fill(&self, world: &World) -> io::Result<()> {
        let mut lines = cast::lines(world);
        let mut calls: Vec<_> = world.calls().iter().collect();
        calls.sort_by_key(|call| call.created_at);
        for call in calls {
            let facts = self.facts(call);
            lines.extend(Self::stranger(&facts));
            lines.extend(records::of(&facts, &self.zone, &self.settings));
            self.book().note(&facts, &self.zone);
        }
        for statement in line::inserts(lines, &self.settings) {
            self.site.writer.must(statement)?;
        }
        Ok(())
    }

    fn facts(&self, call: &crate::world::Call) -> Facts {
        let number = self.book().next_number();
        let lead = self.cast.lead(call.contact_id.as_deref(), number);
        let user = self.cast.user(call.agent_id.as_deref());
        let mut facts = Facts::of(call, lead, user, number);
        facts.closecallid = i64::try_from(number).unwrap_or(0);
        facts
    }

    /// The lead of somebody who is no contact.
    fn stranger(facts: &Facts) -> Option<line::Line> {
        (facts.lead >= 900_000).then(|| cast::lead_line(facts.lead, &facts.phone))
    }

    /// A new call of this id's character, at this instant.
    fn new_facts(&self, at: i64) -> Facts {
        let number = self.book().next_number();
        let seed = format!("{at}-{number}");
        let mut call = World::generate(&crate::WorldSettings { calls: 0, ..Default::default() });
        let id = call.insert(NewCall { id: Some(seed), ..NewCall::at(at) });
        let call = call.call(&id).cloned();
        // It was inserted just now.
        call.map_or_else(
            || unreachable!("an inserted call is there"),
            |call| {
                let lead = self.cast.lead(None, number);
                let mut facts = Facts::of(&call, lead, None, number);
                facts.closecallid = i64::try_from(number).unwrap_or(0);
                facts
            },
        )
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
