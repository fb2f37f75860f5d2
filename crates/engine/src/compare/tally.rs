//! What was found so far: counts of all, and the first of them by name.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use domain::{AccountId, Call, Cause, Compared, Difference, Explained, Told};
use serde_json::value::RawValue;
use store::AgentRow;

use super::report::{AgentAnalysis, DifferingCall, FieldDifference, OneSided, UnassignedAgent};
use super::whose::Whose;

/// Calls a report names one by one, of each kind; the counts are of all.
const NAMED_MAX: usize = 10_000;

/// A call as the other side tells it: what is compared, and what a report says beside it.
pub(super) struct Listed {
    pub told: Told,
    /// Whose it is by the rules, where that is asked for.
    pub owner: Option<AccountId>,
    pub also: Also,
    /// Whether its numbers and words were erased for good.
    pub is_erased: bool,
}

impl AsRef<Told> for Listed {
    fn as_ref(&self) -> &Told {
        &self.told
    }
}

/// What a report says of a call beside what is compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Also {
    pub contact_name: Option<String>,
    /// The record as the other side gave it, where it is asked for.
    pub raw: Option<Bytes>,
}

impl Listed {
    pub(super) fn new(call: Call, whose: &Whose, raw: Option<Bytes>) -> Self {
        let (owner, contact_name) = (whose.owner(&call), contact_name(&call));
        let (told, also) = (Told::from(call), Also { contact_name, raw });
        Self { told, owner, also, is_erased: false }
    }
}

/// What the person is called, in the words of the call's agent.
fn contact_name(call: &Call) -> Option<String> {
    let said = call.extracted.as_ref()?.as_object()?;
    let text = |name: &str| said.get(name)?.as_str().map(str::trim).filter(|it| !it.is_empty());
    let whole = ["contact_name", "full_name", "name"].into_iter().find_map(text);
    let parts: Vec<&str> = ["first_name", "last_name"].into_iter().filter_map(text).collect();
    whole.map(str::to_owned).or_else(|| (!parts.is_empty()).then(|| parts.join(" ")))
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Tally {
    pub matching: u64,
    pub differing: u64,
    pub missing: u64,
    pub extra: u64,
    pub unseen: u64,
    /// Calls the other side lists that belong to other accounts, and to none.
    pub of_others: u64,
    pub of_nobody: u64,
    pub missing_by: BTreeMap<Cause, u64>,
    pub extra_by: BTreeMap<Cause, u64>,
    pub named_missing: Vec<OneSided>,
    pub named_extra: Vec<OneSided>,
    pub named_differing: Vec<DifferingCall>,
    /// How many calls of each agent the other side listed.
    agents: HashMap<String, u64>,
    known: HashMap<String, AgentRow>,
}

impl Tally {
    pub(super) fn new(agents: Vec<AgentRow>) -> Self {
        let known = agents.into_iter().map(|it| (it.provider_agent_id.clone(), it)).collect();
        Self { known, ..Self::default() }
    }

    /// Knows further agents, of another source.
    pub(super) fn know(&mut self, agents: Vec<AgentRow>) {
        for agent in agents {
            self.known.entry(agent.provider_agent_id.clone()).or_insert(agent);
        }
    }

    pub(super) fn agent_of(&mut self, call: &Told) {
        let Some(agent) = &call.agent else { return };
        match self.agents.get_mut(agent) {
            Some(calls) => *calls += 1,
            None => drop(self.agents.insert(agent.clone(), 1)),
        }
    }

    pub(super) fn missing(&mut self, call: &Told, explained: Explained, whose: &Whose, also: Also) {
        *self.missing_by.entry(explained.cause).or_default() += 1;
        if self.named_missing.len() < NAMED_MAX {
            let named = self.one_sided(call, explained, whose, also);
            self.named_missing.push(named);
        }
    }

    pub(super) fn extra(&mut self, call: &Told, explained: Explained, whose: &Whose) {
        *self.extra_by.entry(explained.cause).or_default() += 1;
        if self.named_extra.len() < NAMED_MAX {
            let named = self.one_sided(call, explained, whose, Also::default());
            self.named_extra.push(named);
        }
    }

    /// Counts a window, and names its differences while there is room.
    pub(super) fn add(&mut self, compared: &Compared, also: &HashMap<String, Also>) {
        self.matching += compared.matching;
        self.differing += compared.differing.len() as u64;
        self.missing += compared.missing.len() as u64;
        self.extra += compared.extra.len() as u64;
        let room = NAMED_MAX.saturating_sub(self.named_differing.len());
        for difference in compared.differing.iter().take(room) {
            let raw = also.get(&difference.there.id.0).and_then(|also| also.raw.as_ref());
            self.named_differing.push(differing(difference, raw));
        }
    }

    /// How many calls per cause, missing and extra together.
    pub(super) fn reasons(&self) -> BTreeMap<&'static str, u64> {
        let mut reasons = names(&self.missing_by);
        for (cause, count) in &self.extra_by {
            *reasons.entry(cause.as_str()).or_default() += count;
        }
        reasons
    }

    fn one_sided(&self, call: &Told, explained: Explained, whose: &Whose, also: Also) -> OneSided {
        OneSided {
            call_id: call.id.0.clone(),
            status: call.status.as_str(),
            agent_id: call.agent.clone(),
            agent_status: self.agent_status(call, whose),
            reason: explained.cause.as_str(),
            evidence: explained.evidence,
            next_step: explained.cause.next_step(),
            from_number: call.from.as_ref().map(number),
            to_number: call.to.as_ref().map(number),
            call_date: call.at,
            contact_name: also.contact_name,
            raw: also.raw.as_ref().and_then(as_json),
        }
    }

    /// What is known of its agent, in the words of what a call may wait for.
    fn agent_status(&self, call: &Told, whose: &Whose) -> &'static str {
        let Some(agent) = &call.agent else { return "no_agent_id_in_call" };
        match self.known.get(agent) {
            None => "agent_not_in_system",
            Some(agent) if whose.is_assigned(agent) => "assigned_to_user",
            Some(agent) if agent.account.is_some() => "assigned_to_another_user",
            Some(_) => "agent_not_assigned_to_user",
        }
    }

    /// Whose calls the other side listed.
    pub(super) fn analysis(&self, whose: &Whose, is_highlevel: bool) -> AgentAnalysis {
        let known = |id: &str| self.known.get(id);
        let assigned = |id: &&String| known(id).is_some_and(|agent| whose.is_assigned(agent));
        let is_free = |id: &str| known(id).is_none_or(|agent| agent.account.is_none());
        let mut unassigned: Vec<UnassignedAgent> = self
            .agents
            .iter()
            .filter(|(id, _)| is_free(id))
            .map(|(id, count)| UnassignedAgent {
                agent_id: id.clone(),
                highlevel_id: is_highlevel.then(|| id.clone()),
                name: known(id).map(|agent| agent.name.clone()),
                in_system: known(id).is_some(),
                call_count: *count,
            })
            .collect();
        unassigned.sort_by(|a, b| (b.call_count, &a.agent_id).cmp(&(a.call_count, &b.agent_id)));
        AgentAnalysis {
            total_agents_in_calls: self.agents.len() as u64,
            assigned_to_user: self.agents.keys().filter(assigned).count() as u64,
            unassigned_agents: unassigned,
        }
    }
}

pub(super) fn names(by: &BTreeMap<Cause, u64>) -> BTreeMap<&'static str, u64> {
    by.iter().map(|(cause, count)| (cause.as_str(), *count)).collect()
}

fn number(phone: &domain::Phone) -> String {
    phone.e164.clone().unwrap_or_else(|| phone.raw.clone())
}

fn differing(difference: &Difference, raw: Option<&Bytes>) -> DifferingCall {
    let (there, here) = (&difference.there, &difference.here);
    let told = |field| FieldDifference {
        field: domain::Field::as_str(field),
        provider: shown(there, field),
        database: shown(here, field),
    };
    DifferingCall {
        call_id: there.id.0.clone(),
        database_call_id: (there.id != here.id).then(|| here.id.0.clone()),
        call_date: there.at,
        fields: difference.fields.iter().map(|field| field.as_str()).collect(),
        told: difference.fields.iter().map(|field| told(*field)).collect(),
        raw: raw.and_then(as_json),
    }
}

/// What a call tells of a field, as a text.
fn shown(call: &Told, field: domain::Field) -> Option<String> {
    match field {
        domain::Field::Time => Some(call.at.to_string()),
        domain::Field::Status => Some(call.status.as_str().to_owned()),
        domain::Field::Duration => call.duration.map(|it| format!("{} s", it.as_secs_f64())),
        domain::Field::From => call.from.as_ref().map(number),
        domain::Field::To => call.to.as_ref().map(number),
        domain::Field::Agent => call.agent.clone(),
    }
}

/// A record as it came; what is no JSON becomes a text.
fn as_json(raw: &Bytes) -> Option<Box<RawValue>> {
    let text = String::from_utf8_lossy(raw).into_owned();
    RawValue::from_string(text.clone()).or_else(|_| serde_json::value::to_raw_value(&text)).ok()
}
