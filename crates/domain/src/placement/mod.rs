//! Which account a call belongs to, and if none, why it waits.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::{AccountId, AgentId, AssignmentId, Timestamp};

mod facts;
mod reason;
mod reassign;
mod rule;

pub use facts::PlacementFacts;
pub use reason::{ExcludedReason, WaitingReason};
pub use reassign::{AssignmentEdit, HeldAssignment, Overlap, edited, reassign, unassign};
pub use rule::{Rule, RuleEdit, RuleKey, Verdict, end, establish, ruled};

/// The outcome of placement. Waiting and excluded always carry a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// It belongs to an account.
    Placed {
        /// The account.
        account: AccountId,
        /// The agent, where the call names a known one.
        agent: Option<AgentId>,
        /// What kind of rule decided.
        because: Because,
        /// Which one, where it is kept: an assignment's id or a rule's, as `because` says.
        decided_by: Option<i64>,
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
        /// Why.
        reason: ExcludedReason,
        /// The rule that says so, where one does.
        decided_by: Option<i64>,
    },
}

/// The kind of rule that placed a call, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Its agent is assigned to the account at the call's own time.
    AgentAssignment,
    /// Our side's number is assigned to the account at that time.
    NumberAssignment,
    /// Its campaign is.
    CampaignAssignment,
    /// The whole source is.
    SourceAssignment,
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

/// No agent of ours has this id.
const NO_AGENT: AgentId = AgentId(-1);

/// A snapshot of everything placement needs to know about one source.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    agents: HashMap<String, AgentId>,
    assignments: HashMap<AgentId, Vec<(Option<AssignmentId>, Assignment)>>,
    reset_at: HashMap<AccountId, Timestamp>,
    of_source: Vec<Rule>,
    numbers: HashMap<String, Vec<usize>>,
    campaigns: HashMap<String, Vec<usize>>,
    tests: Vec<usize>,
    whole: Vec<usize>,
}

impl Rules {
    /// Compiles agents (provider id, our id), assignments and reset dates for lookup.
    pub fn new(
        agents: impl IntoIterator<Item = (String, AgentId)>,
        assignments: impl IntoIterator<Item = HeldAssignment>,
        reset_at: impl IntoIterator<Item = (AccountId, Timestamp)>,
    ) -> Self {
        let mut rules = Self {
            agents: agents.into_iter().collect(),
            reset_at: reset_at.into_iter().collect(),
            ..Self::default()
        };
        for HeldAssignment { id, assignment } in assignments {
            rules.assignments.entry(assignment.agent).or_default().push((Some(id), assignment));
        }
        rules
    }

    /// The same with these rules of the source, and no others.
    #[must_use]
    pub fn ruling(mut self, of_source: Vec<Rule>) -> Self {
        (self.numbers, self.campaigns) = (HashMap::new(), HashMap::new());
        (self.tests, self.whole) = (Vec::new(), Vec::new());
        for (place, rule) in of_source.iter().enumerate() {
            match &rule.key {
                RuleKey::Number(number) => &mut *self.numbers.entry(number.clone()).or_default(),
                RuleKey::Campaign(name) => &mut *self.campaigns.entry(name.clone()).or_default(),
                RuleKey::TestCalls => &mut self.tests,
                RuleKey::WholeSource => &mut self.whole,
            }
            .push(place);
        }
        self.of_source = of_source;
        self
    }

    /// The rules of the source that are in force.
    pub fn of_source(&self) -> &[Rule] {
        &self.of_source
    }

    /// The same once an account counts calls from this instant on, or from the first.
    #[must_use]
    pub fn resetting(mut self, account: AccountId, at: Option<Timestamp>) -> Self {
        self.reset_at.remove(&account);
        self.reset_at.extend(at.map(|at| (account, at)));
        self
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
        let unnumbered = assignments.into_iter().map(|assignment| (None, assignment));
        self.assignments.insert(agent, unnumbered.collect());
        self
    }

    /// Whose a call is by its agent, our number, its campaign or its whole source at its own time;
    /// also where a rule or a reset date leaves it out.
    pub fn owner(&self, call: &PlacementFacts<'_>) -> Option<AccountId> {
        let agent = call.provider_agent_id.and_then(|named| self.agents.get(named).copied());
        self.decided(call, agent).map(|decided| decided.account)
    }

    /// Whether any assignment or rule gives calls to this account, at any time.
    pub fn gives_to(&self, account: AccountId) -> bool {
        let mut assignments = self.assignments.values().flatten();
        assignments.any(|(_, assignment)| assignment.account == account)
            || self.of_source.iter().any(|rule| rule.verdict == Verdict::Place(account))
    }

    fn decided(&self, call: &PlacementFacts<'_>, agent: Option<AgentId>) -> Option<Decided> {
        let by_agent = agent.and_then(|agent| self.of_agent(agent, call.occurred_at));
        by_agent.or_else(|| self.of_rules(call))
    }

    fn of_agent(&self, agent: AgentId, at: Timestamp) -> Option<Decided> {
        let all = self.assignments.get(&agent)?;
        let valid = all.iter().filter(|(_, a)| a.valid_from <= at && at < a.valid_to);
        // The assignment that began last is the one somebody meant to be in force; of several, the
        // one listed last.
        let (id, assignment) = valid.max_by_key(|(_, a)| a.valid_from)?;
        let (account, because) = (assignment.account, Because::AgentAssignment);
        Some(Decided { account, because, by: id.map(|id| id.0) })
    }

    /// The rule that leaves a call out.
    fn excluding(&self, call: &PlacementFacts<'_>) -> Option<&Rule> {
        let tests = if call.is_test { self.tests.as_slice() } else { &[] };
        let numbers = call.our_numbers().filter_map(|number| self.numbers.get(number)).flatten();
        let speaking = tests.iter().chain(numbers).map(|place| &self.of_source[*place]);
        let mut excluding = speaking.filter(|rule| rule.verdict == Verdict::Exclude);
        excluding.find(|rule| rule.holds_at(call.occurred_at))
    }

    /// The first kind of rule that knows the account, in the order of [`Because`].
    fn of_rules(&self, call: &PlacementFacts<'_>) -> Option<Decided> {
        let decided = |places: &[usize], because| {
            places.iter().map(|place| &self.of_source[*place]).find_map(|rule| match rule.verdict {
                Verdict::Place(account) if rule.holds_at(call.occurred_at) => {
                    Some(Decided { account, because, by: rule.id.map(|id| id.0) })
                }
                _ => None,
            })
        };
        let mut numbers = call.our_numbers().filter_map(|number| self.numbers.get(number));
        let campaign = || self.campaigns.get(call.campaign?);
        numbers
            .find_map(|places| decided(places, Because::NumberAssignment))
            .or_else(|| decided(campaign()?, Because::CampaignAssignment))
            .or_else(|| decided(&self.whole, Because::SourceAssignment))
    }
}

/// Which account, and by what.
struct Decided {
    account: AccountId,
    because: Because,
    by: Option<i64>,
}

/// Decides where a call belongs: left out by a rule, or with the account that its agent, else our
/// number, else its campaign, else its whole source is assigned to at its own time.
pub fn place(call: PlacementFacts<'_>, rules: &Rules) -> Placement {
    if let Some(rule) = rules.excluding(&call) {
        let (reason, decided_by) = (ExcludedReason::ExcludedByRule, rule.id.map(|id| id.0));
        return Placement::Excluded { reason, decided_by };
    }
    let agent = call.provider_agent_id.and_then(|named| rules.agents.get(named).copied());
    let Some(decided) = rules.decided(&call, agent) else {
        let reason = match (call.provider_agent_id, agent) {
            (None, _) => WaitingReason::NoAgentIdInCall,
            (Some(_), None) => WaitingReason::AgentNotInSystem,
            (Some(_), Some(_)) => WaitingReason::AgentNotAssignedToUser,
        };
        return Placement::Waiting { agent, reason };
    };
    let Decided { account, because, by: decided_by } = decided;
    if rules.reset_at.get(&account).is_some_and(|reset| call.occurred_at < *reset) {
        let reason = ExcludedReason::OutsideResetDate;
        return Placement::Excluded { reason, decided_by: None };
    }
    Placement::Placed { account, agent, because, decided_by }
}

impl Because {
    /// Its name in database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AgentAssignment => "agent_assignment",
            Self::NumberAssignment => "number_assignment",
            Self::CampaignAssignment => "campaign_assignment",
            Self::SourceAssignment => "source_assignment",
        }
    }
}

#[cfg(test)]
mod tests;
