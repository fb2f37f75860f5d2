//! Routes: who asks, and which answer is theirs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, RwLock};

use serde_json::{Value, json};

use crate::Clock;
use crate::faults::{BadRecord, What};
use crate::server::{Answer, Asked, Provider};
use crate::world::{Change, World};

use super::errors::{error, no_route};
use super::list::Index;
use super::query::page_size;
use super::settings::Settings;
use super::story::{State, Story, agent_id, call_of};
use super::{batches, list, record, webhooks};

/// The provider behind the server.
pub(super) struct Service {
    pub(super) settings: Settings,
    pub(super) token: String,
    pub(super) token_without_rights: String,
    clock: Clock,
    scene: RwLock<Scene>,
    recent: Mutex<VecDeque<i64>>,
}

/// A world and its order; they change together.
struct Scene {
    world: World,
    index: Index,
}

impl Service {
    pub(super) fn new(world: World, settings: Settings, clock: Clock) -> Self {
        // Keys follow the world, so that equal worlds have equal keys.
        let stem = &world.location().id;
        Self {
            token: format!("sk_simulated_{stem}"),
            token_without_rights: format!("sk_simulated_{stem}_voices"),
            settings,
            clock,
            scene: RwLock::new(Scene { index: Index::of(&world), world }),
            recent: Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> i64 {
        (self.clock)()
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
            scene.index = Index::of(&scene.world);
        }
        out
    }

    fn refusal(&self, status: u16, code: &str, message: &str) -> Answer {
        error(self.settings.error_shape, status, code, message)
    }

    fn admit(&self, asked: &Asked) -> Result<(), Answer> {
        match asked.header("xi-api-key") {
            Some(key) if key == self.token => Ok(()),
            Some(key) if key == self.token_without_rights => Err(self.refusal(
                401,
                "missing_permissions",
                "The API key you used is missing the permission convai_read to execute this operation.",
            )),
            _ => Err(self.refusal(401, "invalid_api_key", "Invalid API key")),
        }
    }

    /// Which right it is, is not published.
    fn lacks_right(&self) -> Answer {
        let message = "The API key you used is missing a permission to execute this operation.";
        self.refusal(401, "missing_permissions", message)
    }

    /// Too many requests within a second.
    fn spend(&self, now: i64) -> Result<(), Answer> {
        let Some(most) = self.settings.requests_per_second else { return Ok(()) };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        while recent.front().is_some_and(|at| at + 1000 <= now) {
            recent.pop_front();
        }
        if recent.len() >= most as usize {
            return Err(self.refusal(429, "rate_limit_exceeded", "Too many requests"));
        }
        recent.push_back(now);
        Ok(())
    }

    fn permitted(&self, asked: &Asked, twists: &[What]) -> Result<Answer, Answer> {
        let now = self.now();
        self.admit(asked)?;
        self.spend(now)?;
        if asked.method != "GET" {
            return Err(no_route());
        }
        if asked.path == "/v1/workspace/webhooks" {
            let may = self.settings.lists_webhooks;
            return if may { Ok(webhooks::list(&self.settings)) } else { Err(self.lacks_right()) };
        }
        let path = asked.path.strip_prefix("/v1/convai/").ok_or_else(no_route)?;
        let scene = self.scene.read().unwrap_or_else(PoisonError::into_inner);
        let Scene { world, index } = &*scene;
        let steps: Vec<&str> = path.split('/').collect();
        match steps.as_slice() {
            ["conversations"] => list::list(world, index, &self.settings, now, asked, twists),
            ["conversations", id] => self.conversation(world, now, id),
            ["agents"] => agents(world, asked),
            ["agents", id] => webhooks::agent(world, &self.settings, id)
                .ok_or_else(|| self.refusal(404, "document_not_found", "Agent not found")),
            ["settings"] => Ok(webhooks::workspace(&self.settings)),
            ["analytics", "live-count"] => Ok(self.live_count(world, now)),
            ["batch-calling", "workspace"] => Ok(batches::list(world, &self.settings, now)),
            ["batch-calling", id] => batches::get(world, &self.settings, now, id)
                .ok_or_else(|| self.refusal(404, "batch_call_not_found", "Batch call not found")),
            _ => Err(no_route()),
        }
    }

    fn conversation(&self, world: &World, now: i64, id: &str) -> Result<Answer, Answer> {
        let story = call_of(world, id).map(|call| Story { call, settings: &self.settings, now });
        let Some(story) = story.filter(Story::is_known) else {
            let message = "Document with the given id was not found.";
            return Err(self.refusal(404, "document_not_found", message));
        };
        Ok(Answer::json(200, record::detail(&story, world).to_string()))
    }

    fn live_count(&self, world: &World, now: i64) -> Answer {
        let stories =
            world.calls().iter().map(|call| Story { call, settings: &self.settings, now });
        let running = stories
            .filter(|story| !story.call.is_deleted && story.call.created_at <= now)
            .filter(|story| matches!(story.state(), State::Initiated | State::InProgress));
        Answer::json(200, json!({ "count": running.count() }).to_string())
    }
}

/// `GET /v1/convai/agents`.
fn agents(world: &World, asked: &Asked) -> Result<Answer, Answer> {
    let size = page_size(asked, 30)?;
    let start: usize = asked.param("cursor").and_then(|text| text.parse().ok()).unwrap_or(0);
    let listed: Vec<_> = world.agents().iter().filter(|agent| !agent.is_deleted).collect();
    let end = (start + size).min(listed.len());
    let entry = |agent: &&crate::world::Agent| {
        json!({
            "agent_id": agent_id(&agent.id),
            "name": agent.name,
            "tags": [],
            "created_at_unix_secs": 1_700_000_000,
            "access_info": { "is_creator": true, "role": "admin" },
        })
    };
    let page: Vec<Value> = listed[start.min(end)..end].iter().map(entry).collect();
    let has_more = end < listed.len();
    let next = has_more.then(|| end.to_string());
    let body = json!({ "agents": page, "has_more": has_more, "next_cursor": next });
    Ok(Answer::json(200, body.to_string()))
}

impl Provider for Service {
    fn answer(&self, asked: &Asked, twists: &[What]) -> Answer {
        self.permitted(asked, twists).unwrap_or_else(|refusal| refusal)
    }

    /// None are documented for these routes.
    fn limit_headers(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn change(&self, change: &Change) {
        self.mutate(|world| change(world));
    }

    fn id_key(&self) -> &'static str {
        "conversation_id"
    }

    fn spoil(&self, record: &mut Value, how: BadRecord) {
        super::list::spoil(record, how);
    }
}
