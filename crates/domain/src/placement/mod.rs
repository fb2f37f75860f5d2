//! Which account a call belongs to, and if none, why it waits.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{AccountId, AgentId, Timestamp};

mod reason;
mod reassign;

pub use reason::{ExcludedReason, WaitingReason};
pub use reassign::{AssignmentEdit, HeldAssignment, Overlap, edited, reassign, unassign};

/// The outcome of placement. Waiting and excluded always carry a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// It belongs to an account.
    Placed {
        /// The account.
        account: AccountId,
        /// The agent, where the call names a known one.
        agent: Option<AgentId>,
        /// The rule that decided.
        because: Because,
    },
    /// It is kept until something changes.
    Waiting {
        /// The agent, where the call names a known one.
        agent: Option<AgentId>,
        /// What is missing.
        reason: WaitingReason,
    },
    /// It is kept and deliberately not counted for any account.
    Excluded {
        /// The rule that says so.
        reason: ExcludedReason,
    },
}

/// The rule that placed a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Its agent is assigned to the account at the call's own time.
    AgentAssignment,
}

/// "Calls of this agent belong to this account", for a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// Whose calls.
    pub agent: AgentId,
    /// Where they belong.
    pub account: AccountId,
    /// First instant it holds.
    pub valid_from: Timestamp,
    /// First instant it no longer holds.
    pub valid_to: Timestamp,
}

/// What placement looks at.
#[derive(Debug, Clone, Copy)]
pub struct PlacementFacts<'a> {
    /// The provider's id of the agent, if the record names one.
    pub provider_agent_id: Option<&'a str>,
    /// The call's own time, which decides between assignments.
    pub occurred_at: Timestamp,
}

/// No agent of ours has this id.
const NO_AGENT: AgentId = AgentId(-1);

/// A snapshot of everything placement needs to know about one source.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    agents: HashMap<String, AgentId>,
    assignments: HashMap<AgentId, Vec<Assignment>>,
    reset_at: HashMap<AccountId, Timestamp>,
}

impl Rules {
    /// Compiles agents (provider id, our id), assignments and reset dates for lookup.
    pub fn new(
        agents: impl IntoIterator<Item = (String, AgentId)>,
        assignments: impl IntoIterator<Item = Assignment>,
        reset_at: impl IntoIterator<Item = (AccountId, Timestamp)>,
    ) -> Self {
        let mut rules = Self {
            agents: agents.into_iter().collect(),
            assignments: HashMap::new(),
            reset_at: reset_at.into_iter().collect(),
        };
        for assignment in assignments {
            rules.assignments.entry(assignment.agent).or_default().push(assignment);
        }
        rules
    }

    /// The same rules once these agents are known too, who have no assignment yet.
    #[must_use]
    pub fn knowing(mut self, provider_agent_ids: impl IntoIterator<Item = String>) -> Self {
        for name in provider_agent_ids {
            self.agents.entry(name).or_insert(NO_AGENT);
        }
        self
    }

    /// The same rules once an agent, known by this name, has these assignments and no others.
    #[must_use]
    pub fn assigning(
        mut self,
        provider_agent_id: &str,
        agent: AgentId,
        assignments: Vec<Assignment>,
    ) -> Self {
        self.agents.insert(provider_agent_id.to_owned(), agent);
        self.assignments.insert(agent, assignments);
        self
    }

    fn account_of(&self, agent: AgentId, at: Timestamp) -> Option<AccountId> {
        let all = self.assignments.get(&agent)?;
        let valid = all.iter().filter(|a| a.valid_from <= at && at < a.valid_to);
        // The assignment that began last is the one somebody meant to be in force; of several, the
        // one listed last.
        valid.max_by_key(|a| a.valid_from).map(|a| a.account)
    }
}

/// Decides where a call belongs.
pub fn place(call: PlacementFacts<'_>, rules: &Rules) -> Placement {
    let Some(named) = call.provider_agent_id else {
        return Placement::Waiting { agent: None, reason: WaitingReason::NoAgentIdInCall };
    };
    let Some(agent) = rules.agents.get(named).copied() else {
        return Placement::Waiting { agent: None, reason: WaitingReason::AgentNotInSystem };
    };
    let Some(account) = rules.account_of(agent, call.occurred_at) else {
        let reason = WaitingReason::AgentNotAssignedToUser;
        return Placement::Waiting { agent: Some(agent), reason };
    };
    if rules.reset_at.get(&account).is_some_and(|reset| call.occurred_at < *reset) {
        return Placement::Excluded { reason: ExcludedReason::OutsideResetDate };
    }
    Placement::Placed { account, agent: Some(agent), because: Because::AgentAssignment }
}

impl Because {
    /// Its name in database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentAssignment => "agent_assignment",
        }
    }
}

#[cfg(test)]
mod tests;
