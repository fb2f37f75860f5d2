//! Placing calls again when an agent or an assignment appears.

use domain::{AccountId, AgentId, Assignment, PlacementFacts, Rules, SourceId, Timestamp, place};
use store::{PlacedCall, Replaced, Store, StoreError, Tx, Which};

const BATCH: i64 = 500;

/// Assigns an agent's calls to an account and places all of its calls again, at once and in
/// history too: those that waited, and those another assignment held so far. Returns how many
/// calls moved.
pub async fn assign(
    store: &Store,
    assignment: Assignment,
    by: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let Some((source, provider_agent_id)) = tx.agent_provider_id(assignment.agent).await? else {
        return Ok(0);
    };
    tx.assignment_add(&assignment, by, now).await?;
    let moved = replace_agent(&mut tx, source, &provider_agent_id, Which::All).await?;
    tx.commit().await?;
    Ok(moved)
}

/// An assignment that always held and always will.
pub fn for_ever(agent: AgentId, account: AccountId) -> Assignment {
    Assignment { agent, account, valid_from: Timestamp::MIN, valid_to: Timestamp::MAX }
}

/// Places calls of one agent by the rules as this transaction sees them. Returns how many moved.
pub(crate) async fn replace_agent(
    tx: &mut Tx,
    source: SourceId,
    provider_agent_id: &str,
    which: Which,
) -> Result<u64, StoreError> {
    let rules = tx.rules_load(source).await?;
    let mut after = String::new();
    let mut moved = 0;
    loop {
        let calls = tx.calls_of_agent(source, provider_agent_id, which, &after, BATCH).await?;
        let Some(last) = calls.last() else { return Ok(moved) };
        after.clone_from(&last.provider_call_id);
        let rows: Vec<Replaced> =
            calls.into_iter().filter_map(|call| placed_again(call, &rules)).collect();
        moved += rows.len() as u64;
        tx.calls_replace(source, &rows).await?;
    }
}

fn placed_again(call: PlacedCall, rules: &Rules) -> Option<Replaced> {
    let agent = call.provider_agent_id.as_deref();
    let facts = PlacementFacts { provider_agent_id: agent, occurred_at: call.at() };
    let placement = place(facts, rules);
    (!call.is_at(placement))
        .then_some(Replaced { provider_call_id: call.provider_call_id, placement })
}
