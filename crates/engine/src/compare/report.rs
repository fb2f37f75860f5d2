//! What a comparison found, in the shape its users know, and what they did not have.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::{Cause, Compared, Difference, Explained, RunId, RunStatus, Timestamp, Told};
use serde::Serialize;
use store::AgentRow;

use super::Reading;

/// Calls a report names one by one, of each kind; the counts are of all.
const NAMED_MAX: usize = 10_000;

/// A finished comparison.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompareReport {
    /// The numbers.
    pub summary: Summary,
    /// Calls that only the provider has, the first of them.
    pub missing_calls: Vec<OneSided>,
    /// Calls that only we have, the first of them.
    pub extra_calls: Vec<OneSided>,
    /// Calls that both have and tell differently, the first of them.
    pub differing_calls: Vec<DifferingCall>,
    /// How many missing calls per cause; they sum to `missingInDatabase`.
    pub reason_breakdown: BTreeMap<&'static str, u64>,
    /// How many extra calls per cause; they sum to `extraInDatabase`.
    pub extra_breakdown: BTreeMap<&'static str, u64>,
    /// Whose calls the provider listed.
    pub agent_analysis: AgentAnalysis,
    /// What could not be proved, in sentences.
    pub doubts: Vec<String>,
    /// How it ended: `success` when every window was read whole.
    pub status: RunStatus,
    /// The run it is recorded as.
    pub sync_log_id: RunId,
    /// How long it took.
    #[serde(rename = "duration_ms")]
    pub duration_ms: u64,
}

/// The numbers of a comparison. `providerTotal = matching + differing + missing`, and
/// `databaseTotal = matching + differing + extra`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// What was compared.
    pub date_range: DateRange,
    /// Distinct calls the provider listed.
    pub provider_total: u64,
    /// The same, under the name that users of HighLevel know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlevel_total: Option<u64>,
    /// Calls of ours in the windows that could be read.
    pub database_total: u64,
    /// Calls that both tell alike.
    pub matching: u64,
    /// Calls that both have and tell differently.
    pub differing: u64,
    /// Calls that only the provider has.
    pub missing_in_database: u64,
    /// Calls that only we have.
    pub extra_in_database: u64,
    /// Calls, missing or extra, for which nothing we know says why.
    pub unexplained: u64,
    /// Calls of ours in windows that nobody could read now: neither matching nor extra.
    pub could_not_look: u64,
    /// Records nobody could read.
    pub set_aside: u64,
    /// Pages read.
    pub pages_fetched: u64,
    /// Windows read.
    pub windows: u64,
    /// Windows whose list the provider proved whole.
    pub windows_proved: u64,
}

/// A span of time.
#[derive(Debug, Clone, Serialize)]
pub struct DateRange {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
}

/// A call that one side has.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OneSided {
    /// The provider's id.
    pub call_id: String,
    /// Where it stands.
    pub status: &'static str,
    /// The provider's id of its agent.
    pub agent_id: Option<String>,
    /// Why it is on one side only.
    pub reason: &'static str,
    /// What shows it.
    pub evidence: String,
    /// What to do about it.
    pub next_step: &'static str,
    /// The calling number.
    pub from_number: Option<String>,
    /// The called number.
    pub to_number: Option<String>,
    /// When it was.
    pub call_date: Timestamp,
}

/// A call that both sides have and tell differently.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferingCall {
    /// The provider's id.
    pub call_id: String,
    /// When it was, as the provider tells it.
    pub call_date: Timestamp,
    /// In what the two differ.
    pub fields: Vec<&'static str>,
}

/// Whose calls the provider listed.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentAnalysis {
    /// Agents that calls name.
    pub total_agents_in_calls: u64,
    /// Of these, assigned to an account now.
    pub assigned_to_user: u64,
    /// The others, most calls first.
    pub unassigned_agents: Vec<UnassignedAgent>,
}

/// An agent whose calls belong to nobody.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnassignedAgent {
    /// The provider's id.
    pub agent_id: String,
    /// Its name, where its provider lists it.
    pub name: Option<String>,
    /// Whether its provider lists it.
    pub in_system: bool,
    /// Calls the provider listed for it in the compared span.
    pub call_count: u64,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Tally {
    matching: u64,
    differing: u64,
    missing: u64,
    extra: u64,
    pub(super) unseen: u64,
    missing_by: BTreeMap<Cause, u64>,
    extra_by: BTreeMap<Cause, u64>,
    named_missing: Vec<OneSided>,
    named_extra: Vec<OneSided>,
    named_differing: Vec<DifferingCall>,
    agents: HashMap<String, u64>,
}

impl Tally {
    pub(super) fn agents(&mut self, listed: &[Told]) {
        for agent in listed.iter().filter_map(|call| call.agent.as_ref()) {
            *self.agents.entry(agent.clone()).or_default() += 1;
        }
    }

    pub(super) fn missing(&mut self, call: &Told, explained: Explained) {
        *self.missing_by.entry(explained.cause).or_default() += 1;
        if self.named_missing.len() < NAMED_MAX {
            self.named_missing.push(one_sided(call, explained));
        }
    }

    pub(super) fn extra(&mut self, call: &Told, explained: Explained) {
        *self.extra_by.entry(explained.cause).or_default() += 1;
        if self.named_extra.len() < NAMED_MAX {
            self.named_extra.push(one_sided(call, explained));
        }
    }

    pub(super) fn add(&mut self, compared: &Compared) {
        self.matching += compared.matching;
        self.differing += compared.differing.len() as u64;
        self.missing += compared.missing.len() as u64;
        self.extra += compared.extra.len() as u64;
        let room = NAMED_MAX.saturating_sub(self.named_differing.len());
        self.named_differing.extend(compared.differing.iter().take(room).map(differing));
    }

    /// How many calls per cause, missing and extra together.
    pub(super) fn reasons(&self) -> BTreeMap<&'static str, u64> {
        let mut reasons = names(&self.missing_by);
        for (cause, count) in &self.extra_by {
            *reasons.entry(cause.as_str()).or_default() += count;
        }
        reasons
    }
}

fn names(by: &BTreeMap<Cause, u64>) -> BTreeMap<&'static str, u64> {
    by.iter().map(|(cause, count)| (cause.as_str(), *count)).collect()
}

fn one_sided(call: &Told, explained: Explained) -> OneSided {
    let number = |phone: &domain::Phone| phone.e164.clone().unwrap_or_else(|| phone.raw.clone());
    OneSided {
        call_id: call.id.0.clone(),
        status: call.status.as_str(),
        agent_id: call.agent.clone(),
        reason: explained.cause.as_str(),
        evidence: explained.evidence,
        next_step: explained.cause.next_step(),
        from_number: call.from.as_ref().map(number),
        to_number: call.to.as_ref().map(number),
        call_date: call.at,
    }
}

fn differing(difference: &Difference) -> DifferingCall {
    DifferingCall {
        call_id: difference.there.id.0.clone(),
        call_date: difference.there.at,
        fields: difference.fields.iter().map(|field| field.as_str()).collect(),
    }
}

impl CompareReport {
    /// Whether both sides add up and every cause is counted, so that no call fell between the
    /// numbers. A report that says 245 and explains 243 is refused by this.
    pub fn balances(&self) -> bool {
        let Summary { matching, differing, .. } = self.summary;
        let both = matching + differing;
        let sum = |by: &BTreeMap<&str, u64>| by.values().sum::<u64>();
        self.summary.provider_total == both + self.summary.missing_in_database
            && self.summary.database_total == both + self.summary.extra_in_database
            && sum(&self.reason_breakdown) == self.summary.missing_in_database
            && sum(&self.extra_breakdown) == self.summary.extra_in_database
    }

    /// The report as kept with its run.
    pub(super) fn kept(&self) -> String {
        // A struct of numbers and texts always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The report of a reading that has ended.
pub(super) fn report(
    side: &Reading<'_>,
    status: RunStatus,
    took: Duration,
    agents: &[AgentRow],
) -> CompareReport {
    let tally = &side.tally;
    let provider_total = side.provider_total;
    let unexplained = |by: &BTreeMap<Cause, u64>| by.get(&Cause::Unexplained).copied().unwrap_or(0);
    let is_highlevel = side.source.row.provider.as_str().starts_with("highlevel");
    CompareReport {
        summary: Summary {
            date_range: DateRange { from: side.window.from(), to: side.window.to() },
            provider_total,
            highlevel_total: is_highlevel.then_some(provider_total),
            database_total: side.database_total,
            matching: tally.matching,
            differing: tally.differing,
            missing_in_database: tally.missing,
            extra_in_database: tally.extra,
            unexplained: unexplained(&tally.missing_by) + unexplained(&tally.extra_by),
            could_not_look: tally.unseen,
            set_aside: side.accounts.set_aside,
            pages_fetched: side.pages,
            windows: side.windows_planned,
            windows_proved: side.windows_proved,
        },
        missing_calls: tally.named_missing.clone(),
        extra_calls: tally.named_extra.clone(),
        differing_calls: tally.named_differing.clone(),
        reason_breakdown: names(&tally.missing_by),
        extra_breakdown: names(&tally.extra_by),
        agent_analysis: analysis(&tally.agents, agents),
        doubts: side.doubts.clone(),
        status,
        sync_log_id: side.run,
        duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
    }
}

fn analysis(calls: &HashMap<String, u64>, agents: &[AgentRow]) -> AgentAnalysis {
    let known: HashMap<&str, &AgentRow> =
        agents.iter().map(|agent| (agent.provider_agent_id.as_str(), agent)).collect();
    let is_assigned = |id: &str| known.get(id).is_some_and(|agent| agent.account.is_some());
    let mut unassigned: Vec<UnassignedAgent> = calls
        .iter()
        .filter(|(id, _)| !is_assigned(id))
        .map(|(id, count)| UnassignedAgent {
            agent_id: id.clone(),
            name: known.get(id.as_str()).map(|agent| agent.name.clone()),
            in_system: known.contains_key(id.as_str()),
            call_count: *count,
        })
        .collect();
    unassigned.sort_by(|a, b| (b.call_count, &a.agent_id).cmp(&(a.call_count, &b.agent_id)));
    AgentAnalysis {
        total_agents_in_calls: calls.len() as u64,
        assigned_to_user: (calls.len() - unassigned.len()) as u64,
        unassigned_agents: unassigned,
    }
}
