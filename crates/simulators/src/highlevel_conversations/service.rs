//! Routes: who asks, whether they may, and which answer is theirs.

use std::sync::{PoisonError, RwLock};

use serde_json::Value;

use crate::Clock;
use crate::faults::{BadRecord, What};
use crate::highlevel::access::{Caller, scopes};
use crate::highlevel::errors::{bad_request, cannot, error};
use crate::highlevel::gate::Gate;
use crate::highlevel::{admission, location, mixed};
use crate::server::{Answer, Asked, Provider};
use crate::world::{Change, World};

use super::export::Export;
use super::message::Writer;
use super::rows::Rows;
use super::settings::Settings;
use super::{one, threads};

/// The provider behind the server.
pub(super) struct Service {
    pub(super) gate: Gate,
    pub(super) settings: Settings,
    clock: Clock,
    export: Export,
    scene: RwLock<Scene>,
}

/// A world and its messages; they change together.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) rows: Rows,
}

/// What a path asks for.
enum Route<'a> {
    Export,
    Search,
    Thread(&'a str),
    Message(&'a str),
    Recording(&'a str, &'a str),
    Transcription(&'a str, &'a str),
    Users,
    Location(&'a str),
}

impl<'a> Route<'a> {
    fn of(asked: &'a Asked) -> Option<Self> {
        if asked.method != "GET" {
            return None;
        }
        let path: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
        Some(match path[..] {
            ["conversations", "messages", "export"] => Self::Export,
            ["conversations", "search"] => Self::Search,
            ["conversations", "messages", id] => Self::Message(id),
            ["conversations", "messages", id, "locations", location, "recording"] => {
                Self::Recording(id, location)
            }
            ["conversations", "locations", location, "messages", id, "transcription"] => {
                Self::Transcription(id, location)
            }
            ["conversations", id, "messages"] => Self::Thread(id),
            ["users"] => Self::Users,
            ["locations", id] => Self::Location(id),
            _ => return None,
        })
    }

    fn scope(&self) -> &'static str {
        match self {
            Self::Search => scopes::CONVERSATIONS,
            Self::Users => scopes::USERS,
            Self::Location(_) => scopes::LOCATIONS,
            _ => scopes::MESSAGES,
        }
    }

    /// The location that is asked about; one message and one thread are of the caller's own.
    fn location_id(&self, asked: &'a Asked, caller: &'a Caller) -> Result<&'a str, Answer> {
        match self {
            Self::Export | Self::Search | Self::Users => {
                asked.param("locationId").ok_or_else(bad_request)
            }
            Self::Recording(_, location)
            | Self::Transcription(_, location)
            | Self::Location(location) => Ok(location),
            Self::Message(_) | Self::Thread(_) => Ok(caller.holder.id()),
        }
    }
}

impl Service {
    pub(super) fn new(world: World, settings: Settings, clock: Clock) -> Self {
        let rows = Rows::of(&world, &settings, None);
        Self {
            gate: Gate::of(&world, settings.rate_limit, settings.rate_limit_headers),
            export: Export::new(mixed(&world.location().id, "cursors")),
            settings,
            clock,
            scene: RwLock::new(Scene { world, rows }),
        }
    }

    pub(super) fn read<R>(&self, look: impl FnOnce(&Scene) -> R) -> R {
        look(&self.scene.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn mutate<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        let mut scene = self.scene.write().unwrap_or_else(PoisonError::into_inner);
        let before = scene.world.revision();
        let writer = Writer { world: &scene.world, settings: &self.settings, now: (self.clock)() };
        self.export.keep_pictures(&scene.rows, &writer);
        let out = change(&mut scene.world);
        if scene.world.revision() != before {
            let known = Some((&scene.rows, (self.clock)()));
            scene.rows = Rows::of(&scene.world, &self.settings, known);
        }
        out
    }

    fn permitted(
        &self,
        route: &Route<'_>,
        caller: &Caller,
        asked: &Asked,
        twists: &[What],
        now: i64,
    ) -> Result<Answer, Answer> {
        let location_id = route.location_id(asked, caller)?;
        admission::admit(&self.gate.access, caller, asked, route.scope(), location_id)?;
        self.read(|Scene { world, rows }| {
            if location_id != world.location().id {
                // Another sub-account's own token: it exists, and this world is not its.
                return Err(error(404, "Location not found"));
            }
            let writer = Writer { world, settings: &self.settings, now };
            let found = |id: &str| {
                let row = rows.get(id).filter(|row| !row.is_deleted && row.added <= now);
                row.ok_or_else(|| one::unknown(&self.settings))
            };
            Ok(match route {
                Route::Export => self.export.answer(rows, &writer, asked, twists),
                Route::Search => threads::search(rows, &writer, asked),
                Route::Thread(id) => threads::messages(rows, &writer, asked, id),
                Route::Message(id) => one::message(&writer, found(id)?),
                Route::Transcription(id, _) => one::transcription(&writer, found(id)?),
                Route::Recording(id, _) => one::recording(&writer, found(id)?),
                Route::Users => one::users(world),
                Route::Location(_) => location(world),
            })
        })
    }
}

impl Provider for Service {
    fn answer(&self, asked: &Asked, twists: &[What]) -> Answer {
        let now = (self.clock)();
        let at_the_gate = self.read(|scene| self.gate.doorman(&scene.world, asked, now));
        if let Some(answer) = at_the_gate {
            return answer;
        }
        let Some(route) = Route::of(asked) else { return cannot(&asked.method, &asked.path) };
        self.gate.pass(asked, now, |caller| self.permitted(&route, caller, asked, twists, now))
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
