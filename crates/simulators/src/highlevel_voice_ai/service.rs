//! Routes: who asks, whether they may, and which answer is theirs.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use crate::Clock;
use crate::faults::{BadRecord, What};
use crate::highlevel::access::{Caller, scopes};
use crate::highlevel::errors::{bad_request, cannot, error, unprocessable};
use crate::highlevel::gate::Gate;
use crate::highlevel::{admission, location};
use crate::server::{Answer, Asked, Provider};
use crate::world::{Change, World};

use super::catalogue::Catalogue;
use super::record::Renderer;
use super::settings::Settings;
use super::{agents, calls};

const CALLS: &str = "/voice-ai/dashboard/call-logs";
const AGENTS: &str = "/voice-ai/agents";
const LOCATIONS: &str = "/locations/";

/// The provider behind the server.
pub(super) struct Service {
    pub(super) gate: Gate,
    settings: Settings,
    clock: Clock,
    scene: RwLock<Scene>,
}

/// A world and the call log's picture of it; they change together.
struct Scene {
    world: World,
    catalogue: Catalogue,
}

/// What a path asks for.
enum Route<'a> {
    Calls,
    Call(&'a str),
    Agents,
    Agent(&'a str),
    Location(&'a str),
}

impl<'a> Route<'a> {
    fn of(asked: &'a Asked) -> Option<Self> {
        let path = asked.path.as_str();
        if asked.method != "GET" {
            return None;
        }
        if let Some(rest) = path.strip_prefix(CALLS) {
            return one_or_all(rest, Self::Calls, Self::Call);
        }
        if let Some(rest) = path.strip_prefix(AGENTS) {
            return one_or_all(rest, Self::Agents, Self::Agent);
        }
        let id = path.strip_prefix(LOCATIONS)?;
        (!id.is_empty() && !id.contains('/')).then_some(Self::Location(id))
    }

    fn scope(&self) -> &'static str {
        match self {
            Self::Calls | Self::Call(_) => scopes::CALLS,
            Self::Agents | Self::Agent(_) => scopes::AGENTS,
            Self::Location(_) => scopes::LOCATIONS,
        }
    }

    fn location_id(&self, asked: &'a Asked) -> Result<&'a str, Answer> {
        let missing = || match self {
            Self::Agents => unprocessable(&["locationId should not be empty"]),
            _ => bad_request(),
        };
        match self {
            Self::Location(id) => Ok(id),
            _ => asked.param("locationId").ok_or_else(missing),
        }
    }
}

fn one_or_all<'a>(
    rest: &'a str,
    all: Route<'a>,
    one: impl FnOnce(&'a str) -> Route<'a>,
) -> Option<Route<'a>> {
    match rest.strip_prefix('/') {
        None if rest.is_empty() => Some(all),
        Some("") => Some(all),
        Some(id) if !id.contains('/') => Some(one(id)),
        _ => None,
    }
}

impl Service {
    pub(super) fn new(world: World, settings: Settings, clock: Clock) -> Self {
        let catalogue = Catalogue::of(&world, &settings);
        let gate = Gate::of(&world, settings.rate_limit, settings.rate_limit_headers);
        Self { gate, settings, clock, scene: RwLock::new(Scene { world, catalogue }) }
    }

    pub(super) fn read<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        let scene = self.scene.read().unwrap_or_else(PoisonError::into_inner);
        look(&scene.world)
    }

    pub(super) fn mutate<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let mut scene = self.scene.write().unwrap_or_else(PoisonError::into_inner);
        let before = scene.world.revision();
        let out = change(&mut scene.world);
        if scene.world.revision() != before {
            scene.catalogue = Catalogue::of(&scene.world, &self.settings);
        }
        out
    }

    pub(super) fn prerender(&self, now: i64) {
        let scene = self.scene.read().unwrap_or_else(PoisonError::into_inner);
        scene.catalogue.prerender(&scene.world, &self.renderer(now));
    }

    fn renderer(&self, now: i64) -> Renderer<'_> {
        Renderer { settings: &self.settings, now }
    }

    fn data(&self, asked: &Asked, twists: &[What], now: i64) -> Answer {
        let Some(route) = Route::of(asked) else {
            return cannot(&asked.method, &asked.path);
        };
        self.gate.pass(asked, now, |caller| self.permitted(&route, caller, asked, twists, now))
    }

    fn permitted(
        &self,
        route: &Route<'_>,
        caller: &Caller,
        asked: &Asked,
        twists: &[What],
        now: i64,
    ) -> Result<Answer, Answer> {
        let location_id = route.location_id(asked)?;
        admission::admit(&self.gate.access, caller, asked, route.scope(), location_id)?;
        let scene = self.scene.read().unwrap_or_else(PoisonError::into_inner);
        let Scene { world, catalogue } = &*scene;
        if location_id != world.location().id {
            // Another sub-account's own token: it exists, and this world is not its.
            return Err(error(404, "Location not found"));
        }
        let renderer = self.renderer(now);
        Ok(match route {
            Route::Calls => calls::list(world, catalogue, &renderer, asked, twists),
            Route::Call(id) => calls::get(world, catalogue, &renderer, id, twists),
            Route::Agents => agents::list(world, asked),
            Route::Agent(id) => agents::get(world, id),
            Route::Location(_) => location(world),
        })
    }
}

impl Provider for Service {
    fn answer(&self, asked: &Asked, twists: &[What]) -> Answer {
        let now = (self.clock)();
        let at_the_gate = self.read(|world| self.gate.doorman(world, asked, now));
        at_the_gate.unwrap_or_else(|| self.data(asked, twists, now))
    }

    fn limit_headers(&self) -> Vec<(&'static str, String)> {
        self.gate.limit_headers()
    }

    fn change(&self, change: &Change) {
        self.mutate(|world| change(world));
    }

    fn id_key(&self) -> &'static str {
        "id"
    }

    fn spoil(&self, record: &mut Value, how: BadRecord) {
        crate::highlevel::twist::spoil(record, how);
    }
}
