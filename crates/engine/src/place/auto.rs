//! Agents that nobody has assigned, given to the account of their source once calls name them.

use std::collections::{BTreeSet, HashMap};

use domain::{AccountId, Assignment, AssignmentEdit, Rules, SourceId, Timestamp, WaitingReason};
use store::{AgentAt, SeenAgent, StoreError, Tx};

use super::for_ever;
use super::slices::{slices, with_ruled};
use crate::agents::NEVER_LISTED;

const BY: &str = "auto-assign";

/// Whether a call waits for its agent to be assigned, or listed.
pub(crate) fn waits_for_agent(reason: WaitingReason) -> bool {
    matches!(reason, WaitingReason::AgentNotAssignedToUser | WaitingReason::AgentNotInSystem)
}

/// Assigns those of these agents, by the provider's ids, that never were assigned. One whose
/// assignment a person has ended is left alone. Gives the names of those that are assigned now;
/// their stored calls move with the next [`super::resume`].
pub(crate) async fn auto_assign(
    tx: &mut Tx,
    (source, account): (SourceId, AccountId),
    ids: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let ever = tx.agents_assigned_ever(source).await?;
    let wanted: Vec<&String> = ids.iter().filter(|id| !ever.contains(*id)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    tx.rules_lock(source).await?;
    let known = tx.agent_ids(source).await?;
    let seen = |id: &&String| SeenAgent {
        provider_agent_id: (*id).clone(),
        name: (*id).clone(),
        inbound_number: None,
    };
    let unlisted: Vec<SeenAgent> =
        wanted.iter().filter(|id| !known.contains_key(**id)).map(seen).collect();
    tx.agents_see(source, &unlisted, NEVER_LISTED).await?;
    let known = if unlisted.is_empty() { known } else { tx.agent_ids(source).await? };
    let rules = tx.rules_load(source).await?;
    let row = tx.account_get(account).await?;
    let to = row.map_or_else(|| "an account".to_owned(), |row| row.name);
    let mut names = Vec::new();
    for id in wanted {
        let Some((agent, name)) = known.get(id) else { continue };
        let at = AgentAt { source, provider_agent_id: id.clone(), name: name.clone() };
        let edits = [AssignmentEdit::Add(for_ever(*agent, account))];
        tx.assignments_edit(*agent, &edits, BY, now).await?;
        let always = (Timestamp::MIN, Timestamp::MAX);
        let moving = with_ruled(slices(&at, &[], always), source, id, &rules, always);
        tx.change_add((BY, &format!("assigned {name} to {to}")), &moving, now).await?;
        names.push(name.clone());
    }
    Ok(names)
}

/// The rules as they would be if these agents were assigned, as a run that writes would do it.
pub(crate) fn foreseeing(
    rules: Rules,
    account: AccountId,
    ids: &HashMap<String, (domain::AgentId, String)>,
    named: &BTreeSet<String>,
) -> Rules {
    // No agent of ours has this id, and each that nobody knows needs one of its own.
    let unknown = (0_i64..).map(|n| domain::AgentId(i64::MIN + n));
    named.iter().zip(unknown).fold(rules, |rules, (id, unknown)| {
        let agent = ids.get(id).map_or(unknown, |(agent, _)| *agent);
        let held: Assignment = for_ever(agent, account);
        rules.assigning(id, agent, vec![held])
    })
}
