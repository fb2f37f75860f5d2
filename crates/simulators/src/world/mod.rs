//! The seeded truth: agents, contacts and calls of one imagined business.
//!
//! The same settings always make the same world. A world has no clock: it knows when each call was
//! made and from when the provider lists it, and whoever asks says what time it is.

mod call;
mod generate;
mod ids;
mod people;
mod rhythm;
mod talk;
mod truth;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

pub use call::{Action, Call, NewCall, Text};
pub use ids::{Ids, line_sid};
pub use people::{Agent, Contact, Language, Location};
pub use talk::{Talk, Topic};
pub use truth::{TrueCall, Visibility};

/// A change made to a world while a simulator runs.
pub type Change = Arc<dyn Fn(&mut World) + Send + Sync>;

/// What kind of world to make.
#[derive(Debug, Clone)]
pub struct WorldSettings {
    /// Equal settings with an equal seed make equal worlds.
    pub seed: u64,
    /// How many calls there are.
    pub calls: usize,
    /// Over how many days before `end` they spread.
    pub days: u32,
    /// No call is made at or after this instant, in unix milliseconds.
    pub end: i64,
    /// How many agents exist, deleted ones included.
    pub agents: usize,
    /// How many of them the provider no longer lists although their calls remain.
    pub deleted_agents: usize,
    /// Mean size of one call as JSON; the transcript takes up what the rest leaves.
    pub record_bytes: usize,
    /// Share of test calls, 0 to 1. They have no contact and no number.
    pub trial_share: f64,
    /// Share of calls that carry no agent id, 0 to 1.
    pub without_agent_share: f64,
    /// The IANA zone the business names as its own.
    pub timezone: String,
    /// The same zone as a POSIX rule, whose office hours the calls follow. A rule, so that a world
    /// does not depend on the machine's zone data.
    pub zone_rule: String,
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            calls: 500,
            days: 30,
            end: 1_795_132_800_000,
            agents: 6,
            deleted_agents: 1,
            record_bytes: 1200,
            trial_share: 0.04,
            without_agent_share: 0.0,
            timezone: "America/New_York".to_owned(),
            zone_rule: "EST5EDT,M3.2.0,M11.1.0".to_owned(),
        }
    }
}

/// One imagined business and every call its agents took.
#[derive(Debug, Clone)]
pub struct World {
    location: Location,
    agents: Vec<Agent>,
    contacts: Vec<Contact>,
    calls: Vec<Call>,
    by_id: HashMap<String, usize>,
    ids: Ids,
    revision: u64,
}

impl World {
    /// The world these settings describe.
    pub fn generate(settings: &WorldSettings) -> Self {
        generate::world(settings)
    }

    /// The sub-account all calls belong to.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Every agent there ever was.
    pub fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// The people who called.
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Every call that was made, deleted ones included, in the order they became known.
    pub fn calls(&self) -> &[Call] {
        &self.calls
    }

    /// One call, even when it is deleted or not listed yet.
    pub fn call(&self, id: &str) -> Option<&Call> {
        self.by_id.get(id).map(|&at| &self.calls[at])
    }

    /// Grows with every change, so that a reader knows when its picture is old.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Adds a call, as late or backdated as its times say, and answers its id.
    pub fn insert(&mut self, new: NewCall) -> String {
        let call = new.into_call(&mut self.ids);
        let id = call.id.clone();
        self.by_id.insert(id.clone(), self.calls.len());
        self.calls.push(call);
        self.revision += 1;
        id
    }

    /// Changes a call in place; its id stays. False when there is no such call.
    pub fn edit(&mut self, id: &str, change: impl FnOnce(&mut Call)) -> bool {
        let Some(&at) = self.by_id.get(id) else {
            return false;
        };
        let call = &mut self.calls[at];
        change(call);
        id.clone_into(&mut call.id);
        call.edits += 1;
        self.revision += 1;
        true
    }

    /// Deletes a call at the provider; the truth remembers it. False when there is no such call.
    pub fn delete(&mut self, id: &str) -> bool {
        self.edit(id, |call| call.is_deleted = true)
    }

    /// Brings a deleted call back. False when there is no such call.
    pub fn restore(&mut self, id: &str) -> bool {
        self.edit(id, |call| call.is_deleted = false)
    }

    /// Keeps a call out of every list until an instant. False when there is no such call.
    pub fn hide_until(&mut self, id: &str, unix_ms: i64) -> bool {
        self.place(id, |call| call.hidden_until = Some(unix_ms))
    }

    /// Keeps a call out of every list for good, or brings it back; a lookup by id shows it all the
    /// same. False when there is no such call.
    pub fn set_unlisted(&mut self, id: &str, is_unlisted: bool) -> bool {
        self.place(id, |call| call.is_unlisted = is_unlisted)
    }

    /// Marks an agent deleted or brings it back: it leaves or enters the list of agents and
    /// `isAgentDeleted` flips on all its calls. False when there is no such agent.
    pub fn set_agent_deleted(&mut self, id: &str, is_deleted: bool) -> bool {
        let Some(agent) = self.agents.iter_mut().find(|agent| agent.id == id) else {
            return false;
        };
        agent.is_deleted = is_deleted;
        self.revision += 1;
        true
    }

    /// Changes where a call is seen, not what it is.
    fn place(&mut self, id: &str, change: impl FnOnce(&mut Call)) -> bool {
        let Some(&at) = self.by_id.get(id) else {
            return false;
        };
        change(&mut self.calls[at]);
        self.revision += 1;
        true
    }

    /// What really happened, as of an instant.
    pub fn truth(&self, now: i64) -> Vec<TrueCall> {
        self.calls.iter().map(|call| truth::of(call, now)).collect()
    }
}
