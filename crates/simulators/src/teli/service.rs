//! Routes: who asks, whether they may, and which answer is theirs.

use std::sync::{PoisonError, RwLock};

use serde_json::{Value, json};

use crate::Clock;
use crate::faults::{BadRecord, What};
use crate::server::{Answer, Asked, Provider};
use crate::world::{Change, World};

use super::answers::{error, success};
use super::catalogue::Catalogue;
use super::ids::{agent_uuid, luck, unique_id, voice_agent_id};
use super::record::Scribe;
use super::settings::Settings;
use super::{calls, export};

const CALLS: &str = "/v1/voice/calls";

/// The provider behind the server.
pub(super) struct Service {
    organization_id: String,
    key: String,
    other_key: String,
    settings: Settings,
    clock: Clock,
    scene: RwLock<Scene>,
}

/// A world and the call history's picture of it; they change together.
struct Scene {
    world: World,
    catalogue: Catalogue,
}

impl Service {
    pub(super) fn new(world: World, settings: Settings, clock: Clock) -> Self {
        let catalogue = Catalogue::of(&world, &settings);
        // Keys follow the world, so that equal worlds have equal keys.
        let key =
            |of: &str| format!("teli_{:016x}{:016x}", luck(&world.location().id, of), luck(of, of));
        Self {
            organization_id: unique_id(&world.location().id),
            key: key("key"),
            other_key: key("other key"),
            settings,
            clock,
            scene: RwLock::new(Scene { world, catalogue }),
        }
    }

    pub(super) fn organization_id(&self) -> &str {
        &self.organization_id
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) fn other_key(&self) -> &str {
        &self.other_key
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

    /// Looks at the calls that are shown now.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Scribe<'_>, &Catalogue) -> R) -> R {
        let scene = self.scene.read().unwrap_or_else(PoisonError::into_inner);
        let (settings, now) = (&self.settings, (self.clock)());
        look(&Scribe { world: &scene.world, settings, now }, &scene.catalogue)
    }

    pub(super) fn prerender(&self, now: i64) {
        self.look(|scribe, catalogue| {
            for entry in catalogue.shown(now) {
                catalogue.row(scribe, entry);
            }
        });
    }

    fn admitted(&self, asked: &Asked) -> Result<(), Answer> {
        match asked.header("x-api-key") {
            None => Err(error(401, "API key is required")),
            Some(key) if key == self.other_key => Err(error(403, "Access denied")),
            Some(key) if key != self.key => Err(error(401, "Invalid API key")),
            Some(_) => Ok(()),
        }
    }

    fn of_organization(&self, asked: &Asked) -> Result<(), Answer> {
        match asked.param("organization_id") {
            None => Err(error(400, "organization_id required")),
            Some(id) if id != self.organization_id => Err(error(403, "Access denied")),
            Some(_) => Ok(()),
        }
    }

    fn answered(&self, asked: &Asked, twists: &[What]) -> Result<Answer, Answer> {
        let path = asked.path.as_str();
        let Some(rest) = path.strip_prefix(CALLS) else {
            self.of_organization(asked)?;
            return Ok(self.look(|scribe, _| match path {
                "/v1/agents" => agents(scribe.world),
                "/v1/analytics/usage" => usage(scribe.world),
                _ => error(404, "Not Found"),
            }));
        };
        let Some(id) = rest.strip_prefix('/') else {
            self.of_organization(asked)?;
            return Ok(self.look(|scribe, catalogue| match asked.param("format") {
                None => calls::list(scribe, catalogue, asked, twists),
                Some(_) => export::export(scribe, catalogue, asked, twists),
            }));
        };
        Ok(self.look(|scribe, catalogue| match id.strip_suffix("/extractions") {
            Some(id) => calls::extractions(scribe, catalogue, id),
            None => calls::get(scribe, catalogue, id),
        }))
    }
}

impl Provider for Service {
    fn answer(&self, asked: &Asked, twists: &[What]) -> Answer {
        let admitted = self.admitted(asked);
        admitted.and_then(|()| self.answered(asked, twists)).unwrap_or_else(|refusal| refusal)
    }

    fn limit_headers(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn change(&self, change: &Change) {
        self.mutate(|world| change(world));
    }

    fn id_key(&self) -> &'static str {
        "call_id"
    }

    fn spoil(&self, record: &mut Value, how: BadRecord) {
        super::calls::spoil(record, how);
    }
}

/// `GET /v1/agents`.
fn agents(world: &World) -> Answer {
    let shown = world.agents().iter().filter(|agent| !agent.is_deleted);
    let agents: Vec<Value> = shown
        .map(|agent| {
            json!({
                "voice_agent_id": voice_agent_id(&agent.id),
                "agent_id": agent_uuid(&agent.id),
                "unique_id": unique_id(&agent.id),
                "agent_name": agent.name,
                "agent_type": "voice",
            })
        })
        .collect();
    let count = agents.len();
    success(json!({ "agents": agents, "count": count }))
}

/// `GET /v1/analytics/usage`: seconds, and no number of calls.
fn usage(world: &World) -> Answer {
    let seconds: u64 = world.calls().iter().map(|call| u64::from(call.duration)).sum();
    let voice = json!({ "seconds": seconds, "kb_seconds": 0, "total_seconds": seconds });
    success(json!({ "usage": { "voice": voice }, "period": "all_time" }))
}
