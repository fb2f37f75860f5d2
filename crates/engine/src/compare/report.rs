//! What a comparison found, in the shape its users know, and what they did not have.

use std::collections::BTreeMap;

use domain::{AccountId, RunId, RunStatus, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use super::file::FileFound;
use super::paired::PairingFound;
use super::repair::Repair;
use super::sources::SourceBeside;

/// A finished comparison.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CompareReport {
    /// The source that was compared.
    pub source: String,
    /// The account whose calls were compared; none where they are the source's, whoever's they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Its id, because another one may be called so later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The numbers.
    pub summary: Summary,
    /// The file on the other side, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FileFound>,
    /// The other source, where it is the other side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub with_source: Option<SourceBeside>,
    /// How calls were found to be one, where the two sides share no ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pairing: Option<PairingFound>,
    /// How well each side is proved.
    pub proof: Proofs,
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
    /// What was repaired before this comparison, and how it was then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<Box<Repair>>,
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
    /// What the provider says there are, beside what it listed, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_totals: Option<ListTotals>,
    /// Calls of ours in the windows that could be read.
    pub database_total: u64,
    /// Calls the provider listed that the rules give to other accounts; not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_other_accounts: Option<u64>,
    /// Calls the provider listed that the rules give to no account; not compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_no_account: Option<u64>,
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

/// What a provider says there is, and what it listed: over the spans that were asked for, which are
/// wider than their windows, and of those only where it says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTotals {
    /// Its own totals.
    pub claimed: u64,
    /// Distinct records it listed.
    pub listed: u64,
    /// Spans in which the two disagree.
    pub disagreeing: u64,
}

/// How well each side is proved.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Proofs {
    /// `whole`, `partly` or `not at all`, as the list was read now; a file proves nothing.
    pub provider: &'static str,
    /// Seconds of the span that the ledger has as *settled*, *listed*, *not read* …
    pub database_seconds: BTreeMap<&'static str, u64>,
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
    /// `assigned_to_user`, `assigned_to_another_user`, or what its agent lacks.
    pub agent_status: &'static str,
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
    /// What the person is called, where the record says so.
    pub contact_name: Option<String>,
    /// The other side's own record, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Box<RawValue>>,
}

/// A call that both sides have and tell differently.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferingCall {
    /// The provider's id.
    pub call_id: String,
    /// Ours, where the two sides share no ids.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_call_id: Option<String>,
    /// When it was, as the provider tells it.
    pub call_date: Timestamp,
    /// In what the two differ.
    pub fields: Vec<&'static str>,
    /// What each side says of it.
    pub told: Vec<FieldDifference>,
    /// The other side's own record, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Box<RawValue>>,
}

/// What two sides say of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// Which.
    pub field: &'static str,
    /// What the other side says.
    pub provider: Option<String>,
    /// What we hold.
    pub database: Option<String>,
}

/// Whose calls the provider listed.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentAnalysis {
    /// Agents that calls name.
    pub total_agents_in_calls: u64,
    /// Of these, assigned now: to the account whose calls are compared, else to any.
    pub assigned_to_user: u64,
    /// Those that are assigned to nobody, most calls first.
    pub unassigned_agents: Vec<UnassignedAgent>,
}

/// An agent whose calls belong to nobody.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnassignedAgent {
    /// The provider's id.
    pub agent_id: String,
    /// The same, under the name that users of HighLevel know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlevel_id: Option<String>,
    /// Its name, where its provider lists it.
    pub name: Option<String>,
    /// Whether its provider lists it.
    pub in_system: bool,
    /// Calls the provider listed for it in the compared span.
    pub call_count: u64,
}

impl CompareReport {
    /// Whether the other side said anything at all. Where it did not, its numbers are no counts.
    pub fn could_look(&self) -> bool {
        self.file.is_some() || self.summary.windows_proved > 0 || self.summary.pages_fetched > 0
    }

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

    /// Whether every window was read whole and both sides are alike in it, but for calls that only we
    /// have, each of them explained.
    pub(super) fn proves_all(&self) -> bool {
        let Summary { missing_in_database, differing, unexplained, .. } = self.summary;
        let Summary { could_not_look, set_aside, .. } = self.summary;
        let is_whole = self.status == RunStatus::Success && self.account.is_none();
        let open = missing_in_database + differing + unexplained + could_not_look + set_aside;
        is_whole && open == 0
    }

    /// The report as kept with its run: without the records, which are kept where they were stored,
    /// and without people's numbers and names, which no run keeps.
    pub(super) fn kept(&self) -> String {
        let mut kept = self.clone();
        for call in kept.missing_calls.iter_mut().chain(&mut kept.extra_calls) {
            (call.from_number, call.to_number, call.contact_name) = (None, None, None);
            call.raw = None;
        }
        for call in &mut kept.differing_calls {
            call.raw = None;
            let is_number = |told: &&mut FieldDifference| ["from", "to"].contains(&told.field);
            for told in call.told.iter_mut().filter(is_number) {
                (told.provider, told.database) = (None, None);
            }
        }
        // A struct of numbers and texts always has a JSON form.
        serde_json::to_string(&kept).unwrap_or_default()
    }
}
