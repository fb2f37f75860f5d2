//! Changing whose calls an agent's are, and placing calls again.
//!
//! A change is decided in one transaction, which also writes down which calls to place again; then
//! they are, some at a time, so that others get their turn. Whoever is interrupted has lost
//! nothing: the next change or run of the source, or the next sweep of any worker, does the rest.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::{
    AccountId, AgentId, Assignment, AssignmentEdit, HeldAssignment, Placement, Rule, Rules,
    SourceId, Timestamp, edited, place, reassign, unassign as ending,
};
use store::{AccountRow, AgentAt, MovedCall, PlacedCall, Replacement, Slice, Store, StoreError};

use crate::context::{DATABASE_PATIENCE, within};
use crate::{Context, contacts};
use slices::{slices, with_ruled};

mod accounts;
mod auto;
mod import;
mod refusal;
mod rules;
mod slices;
mod who;

pub use accounts::{
    AccountEdit, AccountError, add_account, change_account, decide_account, delete_account,
    preview_account, tied_by,
};
pub(crate) use accounts::{is_told_of, sources};
pub(crate) use auto::{auto_assign, foreseeing, waits_for_agent};
pub use import::{FileReport, Importing, import_accounts, import_assignments};
pub(crate) use refusal::during;
pub use rules::{RuleChange, decide_rule, make_rule, preview_rule};
pub(crate) use slices::unlisted;
pub use who::{Sought, Who, agent_row, find_agent, number};

const BATCH: i64 = 2_000;

/// Why an agent's calls were not assigned.
#[derive(Debug, thiserror::Error)]
pub enum AssignError {
    /// They belong to another account at that time.
    #[error("the calls of {name} belong to another account at that time")]
    Overlaps {
        /// The agent.
        name: String,
        /// The assignment in the way.
        held: Assignment,
    },
    /// Another rule speaks of the same calls at that time.
    #[error("another rule speaks of the same calls at that time")]
    Rivals {
        /// The rule in the way.
        held: Box<Rule>,
    },
    /// The account was put away.
    #[error("{name} is archived")]
    Archived {
        /// The account.
        name: String,
    },
    /// There is no such agent.
    #[error("agent {agent} is not there any more")]
    NoAgent {
        /// Our id of it.
        agent: AgentId,
    },
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is to change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// An agent's calls belong to an account, for a span of time.
    Assign(Assignment),
    /// An agent's calls belong to nobody, from an instant on.
    Unassign {
        /// Whose calls.
        agent: AgentId,
        /// From when on.
        from: Timestamp,
    },
}

/// A change that was decided and whose calls may not all have moved yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// Whose calls move.
    pub source: SourceId,
    /// The change's id; none if everything is so already.
    pub id: Option<i64>,
}

/// A change, worked out against what is in force.
struct Plan {
    at: AgentAt,
    held: Vec<HeldAssignment>,
    edits: Vec<AssignmentEdit>,
    slices: Vec<Slice>,
}

/// Assigns an agent's calls to an account and places them, in history too: those that waited, and
/// from its first instant on those another account had so far. Returns how many calls moved.
pub async fn assign(
    store: &Store,
    assignment: Assignment,
    by: &str,
    now: Timestamp,
) -> Result<u64, AssignError> {
    Ok(make(store, Change::Assign(assignment), by, now).await?.unwrap_or(0))
}

/// Makes a change and moves its calls. Returns how many moved; none if all was so already.
pub async fn make(
    store: &Store,
    change: Change,
    by: &str,
    now: Timestamp,
) -> Result<Option<u64>, AssignError> {
    let decided = decide(store, change, by, now).await?;
    resume(store, decided.source, now).await?;
    match decided.id {
        Some(id) => Ok(Some(store.change_moved(id).await?)),
        None => Ok(None),
    }
}

/// How many calls a change would move. Nothing is written.
pub async fn preview(store: &Store, change: Change) -> Result<u64, AssignError> {
    let mut tx = store.begin().await?;
    let plan = plan(&mut tx, change).await?;
    let rules = tx.rules_load(plan.at.source).await?;
    let slices =
        with_ruled(plan.slices, plan.at.source, &plan.at.provider_agent_id, &rules, change.span());
    // The calls are read outside of it, so that nobody waits for a look.
    drop(tx);
    let after = edited(&plan.held, &plan.edits);
    let rules = rules.assigning(&plan.at.provider_agent_id, change.agent(), after);
    Ok(moving(store, &slices, &rules).await?)
}

/// How many calls of these slices belong elsewhere by these rules.
async fn moving(store: &Store, slices: &[Slice], rules: &Rules) -> Result<u64, StoreError> {
    // A call whose direction nobody knows may stand in two slices of one number.
    let is_one = slices.len() == 1;
    let (mut seen, mut count) = (HashSet::new(), 0);
    for slice in slices {
        let mut after: Option<(i64, String)> = None;
        loop {
            let place = after.as_ref().map(|(at, id)| (*at, id.as_str()));
            let calls = store.slice_calls(slice, place, BATCH).await?;
            let Some(last) = calls.last() else { break };
            after = Some((last.occurred_at, last.provider_call_id.clone()));
            let some: Vec<PlacedCall> = if is_one {
                calls
            } else {
                calls
                    .into_iter()
                    .filter(|call| seen.insert(call.provider_call_id.clone()))
                    .collect()
            };
            count += foreseen(store, slice.source, &some, rules).await?;
        }
    }
    Ok(count)
}

/// How many calls an agent no list has shown would bring, were it assigned for this span.
pub async fn preview_unlisted(
    store: &Store,
    (source, provider_agent_id): (SourceId, &str),
    (from, to): (Timestamp, Timestamp),
) -> Result<u64, StoreError> {
    let mut count = 0;
    for slice in unlisted(source, &[provider_agent_id.to_owned()]) {
        let slice = Slice { from, to, ..slice };
        let mut after: Option<(i64, String)> = None;
        loop {
            let place = after.as_ref().map(|(at, id)| (*at, id.as_str()));
            let calls = store.slice_calls(&slice, place, BATCH).await?;
            let Some(last) = calls.last() else { break };
            after = Some((last.occurred_at, last.provider_call_id.clone()));
            count += calls.len() as u64;
        }
    }
    Ok(count)
}

/// Writes a change down, with what is to be done because of it. From its commit on, calls that are
/// read are placed by it; those that are stored move with [`resume`].
pub async fn decide(
    store: &Store,
    change: Change,
    by: &str,
    now: Timestamp,
) -> Result<Decided, AssignError> {
    let accounts = store.accounts_list().await?;
    let mut tx = store.begin().await?;
    let (decided, _) = decide_in(&mut tx, change, &accounts, (by, now)).await?;
    if decided.id.is_some() {
        tx.commit().await?;
    }
    Ok(decided)
}

/// The same as a part of more, with which calls to place again.
async fn decide_in(
    tx: &mut store::Tx,
    change: Change,
    accounts: &[AccountRow],
    (by, now): (&str, Timestamp),
) -> Result<(Decided, Vec<Slice>), AssignError> {
    let Plan { at, edits, slices, .. } = plan(tx, change).await?;
    let source = at.source;
    if edits.is_empty() {
        return Ok((Decided { source, id: None }, Vec::new()));
    }
    let rules = tx.rules_load(source).await?;
    let slices = with_ruled(slices, source, &at.provider_agent_id, &rules, change.span());
    tx.assignments_edit(change.agent(), &edits, by, now).await?;
    let id = tx.change_add((by, &change.sentence(&at.name, accounts)), &slices, now).await?;
    Ok((Decided { source, id: Some(id) }, slices))
}

/// Moves what is left of the changes of a source, some calls at a time.
pub async fn resume(store: &Store, source: SourceId, now: Timestamp) -> Result<(), StoreError> {
    resume_within(store, source, now, DATABASE_PATIENCE).await
}

/// The same as a part of our own work, each step as long as one transaction may take: how long all of
/// it takes depends on how many calls there are.
pub(crate) async fn resume_for(ctx: &Context, source: SourceId) -> Result<(), StoreError> {
    resume_within(&ctx.store, source, ctx.now(), ctx.settings.database_patience).await
}

/// The same for every source that has something left, whether it is read, rests or is nobody's here.
pub(crate) async fn resume_all(ctx: &Context) -> Result<(), StoreError> {
    let mut sources = ctx.within(ctx.store.replacements_sources()).await?;
    sources.extend(ctx.within(ctx.store.arrivals_sources()).await?);
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        resume_for(ctx, source).await?;
    }
    Ok(())
}

async fn resume_within(
    store: &Store,
    source: SourceId,
    now: Timestamp,
    patience: Duration,
) -> Result<(), StoreError> {
    for replacement in within(patience, store.replacements_pending(source)).await? {
        let mut after = None;
        loop {
            let step = Box::pin(move_some(store, &replacement, after, now));
            let Some(last) = within(patience, step).await? else { break };
            after = Some(last);
        }
    }
    contacts::resume(store, source, now, patience).await
}

/// How many of these calls would be elsewhere, their contacts considered.
async fn foreseen(
    store: &Store,
    source: SourceId,
    calls: &[PlacedCall],
    rules: &Rules,
) -> Result<u64, StoreError> {
    let moving: Vec<_> = calls.iter().filter_map(|call| elsewhere(call, rules)).collect();
    if moving.is_empty() {
        return Ok(0);
    }
    let mut tx = store.begin().await?;
    Ok(contacts::foresee_moves(&mut tx, source, moving).await?.len() as u64)
}

/// An assignment that always held and always will.
pub fn for_ever(agent: AgentId, account: AccountId) -> Assignment {
    Assignment { agent, account, valid_from: Timestamp::MIN, valid_to: Timestamp::MAX }
}

async fn plan(tx: &mut store::Tx, change: Change) -> Result<Plan, AssignError> {
    let agent = change.agent();
    let at = tx.agent_at(agent).await?.ok_or(AssignError::NoAgent { agent })?;
    // Of two people who change one agent, the second sees what the first did.
    tx.rules_lock(at.source).await?;
    if let Change::Assign(wanted) = change {
        in_use(tx, wanted.account).await?;
    }
    let held = tx.assignments_held(agent).await?;
    let edits = match change {
        Change::Assign(wanted) => reassign(&held, wanted).map_err(|overlap| {
            AssignError::Overlaps { name: at.name.clone(), held: overlap.held }
        })?,
        Change::Unassign { from, .. } => ending(&held, from),
    };
    let slices = slices(&at, &held, change.span());
    Ok(Plan { at, held, edits, slices })
}

/// Nothing new is given to an account that was put away; what it has it keeps.
async fn in_use(tx: &mut store::Tx, account: AccountId) -> Result<(), AssignError> {
    match tx.account_get(account).await? {
        Some(row) if row.archived_at.is_some() => Err(AssignError::Archived { name: row.name }),
        _ => Ok(()),
    }
}

/// One transaction: the next calls of a slice. Gives the last of them, or none at its end.
async fn move_some(
    store: &Store,
    Replacement { id, change, slice }: &Replacement,
    after: Option<(i64, String)>,
    now: Timestamp,
) -> Result<Option<(i64, String)>, StoreError> {
    let mut tx = store.begin().await?;
    tx.rules_lock(slice.source).await?;
    let place = after.as_ref().map(|(at, id)| (*at, id.as_str()));
    let calls = tx.slice_calls(slice, place, BATCH).await?;
    let last = calls.last().map(|call| (call.occurred_at, call.provider_call_id.clone()));
    if last.is_none() {
        tx.replacement_done(*id).await?;
    } else {
        let rules = tx.rules_load(slice.source).await?;
        let moving = calls.iter().filter_map(|call| elsewhere(call, &rules)).collect();
        let moved = contacts::refine(&mut tx, slice.source, moving, now).await?;
        for (placement, ids) in by_placement(&moved) {
            tx.calls_move(slice.source, placement, &ids).await?;
        }
        tx.placements_add((*change, slice.source), &moved, now).await?;
    }
    tx.commit().await?;
    Ok(last)
}

pub(crate) fn by_placement(moved: &[MovedCall]) -> HashMap<Placement, Vec<&str>> {
    let mut ids: HashMap<Placement, Vec<&str>> = HashMap::new();
    for call in moved {
        ids.entry(call.placement).or_default().push(&call.provider_call_id);
    }
    ids
}

/// A call and where it belongs by the rules, if that is not where it is.
fn elsewhere(call: &PlacedCall, rules: &Rules) -> Option<(String, Placement)> {
    let placement = by_rules(call, rules);
    (!call.is_at(placement)).then(|| (call.provider_call_id.clone(), placement))
}

/// Where a stored call belongs by the rules alone.
pub(crate) fn by_rules(call: &PlacedCall, rules: &Rules) -> Placement {
    place(call.facts(), rules)
}

impl Change {
    fn agent(self) -> AgentId {
        match self {
            Self::Assign(assignment) => assignment.agent,
            Self::Unassign { agent, .. } => agent,
        }
    }

    fn span(self) -> (Timestamp, Timestamp) {
        match self {
            Self::Assign(assignment) => (assignment.valid_from, assignment.valid_to),
            Self::Unassign { from, .. } => (from, Timestamp::MAX),
        }
    }

    fn sentence(self, name: &str, accounts: &[AccountRow]) -> String {
        let (from, to) = self.span();
        let what = match self {
            Self::Assign(assignment) => {
                let account = accounts.iter().find(|account| account.id == assignment.account);
                let account = account.map_or("an account", |account| account.name.as_str());
                format!("assigned {name} to {account}")
            }
            Self::Unassign { .. } => format!("unassigned {name}"),
        };
        format!("{what}{}", during((from, to)))
    }
}
