//! Routes: who asks, and which answer is theirs.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde_json::{Value, json};

use crate::Clock;
use crate::faults::{BadRecord, What};
use crate::server::{Answer, Asked, Provider};
use crate::simulated::Truth;
use crate::world::{Change, NewCall, World, line_sid};

use super::basic::Doors;
use super::catalogue::{Catalogue, is_there};
use super::errors::{error, not_found, unauthorised};
use super::record::Renderer;
use super::settings::Settings;
use super::timeline::{Outcome, sid};
use super::{insights, list, numbers, recordings};

/// The provider behind the server.
pub(super) struct Service {
    pub(super) doors: Doors,
    settings: RwLock<Settings>,
    clock: Clock,
    scene: RwLock<Scene>,
}

/// A world, what was said of its calls, and the lists' picture of both; they change together.
struct Scene {
    world: World,
    outcomes: HashMap<String, Outcome>,
    catalogue: Catalogue,
}

impl Service {
    pub(super) fn new(world: World, settings: Settings, clock: Clock) -> Self {
        let doors = Doors::of(&world.location().id, settings.is_subaccount);
        let outcomes = HashMap::new();
        let catalogue = Catalogue::of(&world, &outcomes, settings.order);
        let scene = RwLock::new(Scene { world, outcomes, catalogue });
        Self { doors, settings: RwLock::new(settings), clock, scene }
    }

    fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes a switch. The order of lists stays as it was.
    pub(super) fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.write().unwrap_or_else(PoisonError::into_inner));
    }

    fn look<R>(&self, look: impl FnOnce(&Scene) -> R) -> R {
        look(&self.scene.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn touch<R>(&self, change: impl FnOnce(&mut Scene) -> R) -> R {
        let order = self.settings().order;
        let mut scene = self.scene.write().unwrap_or_else(PoisonError::into_inner);
        let before = scene.world.revision();
        let out = change(&mut scene);
        if scene.world.revision() != before {
            let Scene { world, outcomes, catalogue } = &mut *scene;
            *catalogue = Catalogue::of(world, outcomes, order);
        }
        out
    }

    pub(super) fn mutate<R>(&self, change: impl FnOnce(&mut World) -> R) -> R {
        self.touch(|scene| change(&mut scene.world))
    }

    /// A call whose ending is said. Its SID.
    pub(super) fn add(&self, new: NewCall, outcome: Outcome) -> String {
        self.touch(|scene| {
            let id = scene.world.insert(new);
            let call_sid = line_sid(&id);
            scene.outcomes.insert(id, outcome);
            call_sid
        })
    }

    /// Changes the call of this SID. False when there is none.
    pub(super) fn change(&self, sid: &str, change: impl FnOnce(&mut World, &str) -> bool) -> bool {
        self.touch(|scene| {
            let Some(entry) = scene.catalogue.find(sid) else { return false };
            let id = scene.world.calls()[entry.call].id.clone();
            change(&mut scene.world, &id)
        })
    }

    /// Every call that is listed now.
    pub(super) fn truth(&self) -> Vec<Truth> {
        let settings = self.settings();
        let renderer = self.renderer(&settings);
        self.look(|Scene { world, catalogue, .. }| {
            let calls = world.calls().iter();
            let entries = calls.filter_map(|call| catalogue.find(&line_sid(&call.id)));
            let listed = entries.filter(|entry| {
                let call = &world.calls()[entry.call];
                !call.is_unlisted && is_there(call, entry, &renderer)
            });
            let truth = listed.map(|entry| Truth {
                id: entry.sid.clone(),
                occurred_at: renderer.started(&entry.line).unwrap_or(entry.line.created),
                duration: renderer
                    .has_duration(&entry.line)
                    .then(|| world.calls()[entry.call].duration),
                agent_id: None,
            });
            truth.collect()
        })
    }

    fn renderer<'a>(&'a self, settings: &'a Settings) -> Renderer<'a> {
        Renderer { settings, account_sid: &self.doors.account_sid, now: (self.clock)() }
    }

    fn route(&self, asked: &Asked, twists: &[What]) -> Answer {
        let settings = self.settings();
        let shape = settings.error_body;
        let renderer = self.renderer(&settings);
        let nothing = || not_found(shape, &asked.path);
        if asked.method != "GET" {
            return nothing();
        }
        self.look(|Scene { world, catalogue, .. }| {
            if asked.path == "/v1/Voice/Summaries" {
                return insights::summaries(world, catalogue, &renderer, asked);
            }
            if asked.path == "/2010-04-01/Accounts.json" {
                return self.accounts(&settings);
            }
            let account = format!("/2010-04-01/Accounts/{}/", self.doors.account_sid);
            let Some(rest) = asked.path.strip_prefix(&account) else { return nothing() };
            match rest {
                "Calls.json" => return list::list(world, catalogue, &renderer, asked, twists),
                "Recordings.json" => {
                    return recordings::list(world, catalogue, &renderer, asked, None);
                }
                "IncomingPhoneNumbers.json" => return numbers::numbers(&renderer, asked),
                "Applications.json" => return numbers::applications(&renderer, asked),
                _ => {}
            }
            let of_call = rest.strip_prefix("Calls/");
            if let Some(sid) = of_call.and_then(|rest| rest.strip_suffix("/Recordings.json")) {
                return recordings::list(world, catalogue, &renderer, asked, Some(sid));
            }
            let sid = rest.strip_prefix("Calls/").and_then(|rest| rest.strip_suffix(".json"));
            let entry = sid.and_then(|sid| catalogue.find(sid));
            let Some(entry) = entry else { return nothing() };
            let call = &world.calls()[entry.call];
            if !is_there(call, entry, &renderer) {
                return nothing();
            }
            let record = renderer.render(call, &entry.line, entry.parent.as_deref());
            Answer::json(200, record.to_string())
        })
    }

    fn accounts(&self, settings: &Settings) -> Answer {
        if !settings.lists_accounts {
            return error(settings.error_body, 403, 20003, "Permission denied");
        }
        let others = (0..settings.subaccounts).map(|nth| sid("AC", &nth.to_string()));
        let parent = self.doors.parent.iter().map(|(sid, _)| sid.clone());
        let sids = std::iter::once(self.doors.account_sid.clone()).chain(parent).chain(others);
        let accounts: Vec<_> = sids.map(|sid| json!({ "sid": sid, "status": "active" })).collect();
        let body = json!({ "accounts": accounts, "next_page_uri": null, "page": 0 });
        Answer::json(200, body.to_string())
    }
}

impl Provider for Service {
    fn answer(&self, asked: &Asked, twists: &[What]) -> Answer {
        let mut answer = if self.doors.open_for(asked) {
            self.route(asked, twists)
        } else {
            unauthorised(self.settings().error_body)
        };
        let request_id = sid("RQ", &asked.target());
        answer.headers.push(("twilio-request-id", request_id));
        answer.headers.push(("twilio-concurrent-requests", "1".to_owned()));
        answer
    }

    fn limit_headers(&self) -> Vec<(&'static str, String)> {
        vec![("twilio-concurrent-requests", "101".to_owned())]
    }

    fn change(&self, change: &Change) {
        self.mutate(|world| change(world));
    }

    fn id_key(&self) -> &'static str {
        "sid"
    }

    fn spoil(&self, record: &mut Value, how: BadRecord) {
        super::twist::spoil(record, how);
    }
}
