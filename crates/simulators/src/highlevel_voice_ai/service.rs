//! Routes: who asks, whether they may, and which answer is theirs.

use std::sync::{PoisonError, RwLock};

use serde_json::json;

use crate::Clock;
use crate::faults::What;
use crate::server::{Answer, Asked, Provider};
use crate::world::{Change, World};

use super::access::{Access, Caller, scopes};
use super::catalogue::Catalogue;
use super::errors::{bad_request, cannot, error, unprocessable};
use super::limits::{Limits, Remaining};
use super::record::Renderer;
use super::settings::Settings;
use super::{admission, agency, agents, calls, oauth};

const CALLS: &str = "/voice-ai/dashboard/call-logs";
const AGENTS: &str = "/voice-ai/agents";
const LOCATIONS: &str = "/locations/";

/// The provider behind the server.
pub(super) struct Service {
    pub(super) access: Access,
    settings: Settings,
    clock: Clock,
    limits: Limits,
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
        // Tokens follow the world, so that equal worlds have equal tokens.
        let seed = world
            .location()
            .id
            .bytes()
            .fold(0, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Self {
            access: Access::new(seed),
            settings,
            clock,
            limits: Limits::default(),
            scene: RwLock::new(Scene { world, catalogue }),
        }
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
        let caller = match admission::recognise(&self.access, asked, now) {
            Ok(caller) => caller,
            Err(refusal) => return refusal,
        };
        let remaining = self.spend(&caller, now);
        let mut answer = if remaining.is_some_and(|it| it.is_refused) {
            error(429, "Too Many Requests")
        } else {
            self.permitted(&route, &caller, asked, twists, now).unwrap_or_else(|refusal| refusal)
        };
        if let (Some(remaining), Some(limit), true) =
            (remaining, self.settings.rate_limit, self.settings.rate_limit_headers)
        {
            answer.headers.extend(remaining.headers(limit));
        }
        answer
    }

    fn spend(&self, caller: &Caller, now: i64) -> Option<Remaining> {
        let limit = self.settings.rate_limit?;
        Some(self.limits.spend(&caller.app, caller.holder.id(), limit, now))
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
        admission::admit(&self.access, caller, asked, route.scope(), location_id)?;
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
        if asked.method == "POST" && asked.path == "/oauth/token" {
            let company_id = self.read(|world| world.location().company_id.clone());
            return oauth::token(&self.access, &company_id, asked, now);
        }
        let of_agency = self.read(|it| agency::answer(&self.access, it.location(), asked, now));
        of_agency.unwrap_or_else(|| self.data(asked, twists, now))
    }

    fn limit_headers(&self) -> Vec<(&'static str, String)> {
        let limit = self.settings.rate_limit.unwrap_or_default();
        Remaining::nothing().headers(limit)
    }

    fn change(&self, change: &Change) {
        self.mutate(|world| change(world));
    }
}

/// `GET /locations/{locationId}`.
fn location(world: &World) -> Answer {
    let it = world.location();
    let body = json!({
        "location": {
            "id": it.id,
            "name": it.name,
            "timezone": it.timezone,
            "companyId": it.company_id,
        },
    });
    Answer::json(200, body.to_string())
}
