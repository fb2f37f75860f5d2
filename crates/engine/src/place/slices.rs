//! Which stored calls a change of an agent's assignments can move, so that no others are read.

use std::collections::BTreeSet;

use domain::{
    AccountId, ExcludedReason, HeldAssignment, Rules, SourceId, Timestamp, Verdict, WaitingReason,
};
use store::{AgentAt, Of, Part, Slice};

/// The calls that wait for agents nobody had listed.
pub(crate) fn unlisted(source: SourceId, provider_agent_ids: &[String]) -> Vec<Slice> {
    let reason = WaitingReason::AgentNotInSystem.as_str();
    let of_agent = |id: &String| Slice {
        source,
        of: Of::Agent(id.clone(), Part::Unplaced(reason.to_owned())),
        from: Timestamp::MIN,
        to: Timestamp::MAX,
    };
    provider_agent_ids.iter().map(of_agent).collect()
}

/// Where calls that a change of this span can move stand now.
pub(super) fn slices(
    at: &AgentAt,
    held: &[HeldAssignment],
    (from, to): (Timestamp, Timestamp),
) -> Vec<Slice> {
    let unplaced = [
        WaitingReason::AgentNotInSystem.as_str(),
        WaitingReason::AgentNotAssignedToUser.as_str(),
        WaitingReason::ContactNotFound.as_str(),
        WaitingReason::ContactAmbiguous.as_str(),
        WaitingReason::NoPhoneInCall.as_str(),
        ExcludedReason::OutsideResetDate.as_str(),
    ];
    let mut accounts: Vec<AccountId> = held.iter().map(|held| held.assignment.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let parts = unplaced.map(|reason| Part::Unplaced(reason.to_owned())).into_iter();
    parts
        .chain(accounts.into_iter().map(Part::Account))
        .map(|part| Slice {
            source: at.source,
            of: Of::Agent(at.provider_agent_id.clone(), part),
            from,
            to,
        })
        .collect()
}

/// Calls of an agent without an assignment may stand with an account of a rule.
pub(super) fn with_ruled(
    mut slices: Vec<Slice>,
    source: SourceId,
    provider_agent_id: &str,
    rules: &Rules,
    (from, to): (Timestamp, Timestamp),
) -> Vec<Slice> {
    let accounts: BTreeSet<AccountId> = rules
        .of_source()
        .iter()
        .filter_map(|rule| match rule.verdict {
            Verdict::Place(account) => Some(account),
            Verdict::Exclude => None,
        })
        .collect();
    for account in accounts {
        let of = Of::Agent(provider_agent_id.to_owned(), Part::Account(account));
        let slice = Slice { source, of, from, to };
        if !slices.contains(&slice) {
            slices.push(slice);
        }
    }
    slices
}
