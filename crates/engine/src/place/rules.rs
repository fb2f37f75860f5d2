//! Changing the rules of a source: by number, by campaign, as a whole, and what is left out.

use domain::{
    AccountId, Rule, RuleEdit, RuleKey, SourceId, Timestamp, Verdict, end, establish, ruled,
};
use store::{AccountRow, Of, Part, Slice, Store, Tx};

use super::refusal::during;
use super::{AssignError, Decided, in_use, moving, resume};

/// What is to change among the rules of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleChange {
    /// This rule holds, for its span of time.
    Establish(Rule),
    /// The rules of this key end at an instant.
    End {
        /// Which calls they speak of.
        key: RuleKey,
        /// Whether those that leave calls out are meant, or those that give them to an account.
        excludes: bool,
        /// From when on.
        from: Timestamp,
    },
}

/// A change, worked out against what is in force.
struct Plan {
    held: Vec<Rule>,
    edits: Vec<RuleEdit>,
    slices: Vec<Slice>,
}

/// Makes a change of the rules of a source and moves its calls. Returns how many moved; none if all
/// was so already.
pub async fn make_rule(
    store: &Store,
    source: SourceId,
    change: &RuleChange,
    by: &str,
    now: Timestamp,
) -> Result<Option<u64>, AssignError> {
    let decided = decide_rule(store, source, change, by, now).await?;
    resume(store, source, now).await?;
    match decided.id {
        Some(id) => Ok(Some(store.change_moved(id).await?)),
        None => Ok(None),
    }
}

/// How many calls a change of the rules would move. Nothing is written.
pub async fn preview_rule(
    store: &Store,
    source: SourceId,
    change: &RuleChange,
) -> Result<u64, AssignError> {
    let groups = store.unplaced_groups(source).await?;
    let mut tx = store.begin().await?;
    change.allowed(&mut tx).await?;
    let rules = tx.rules_load(source).await?;
    let Plan { held, edits, slices } = plan(source, rules.of_source(), &groups, change)?;
    // The calls are read outside of it, so that nobody waits for a look.
    drop(tx);
    Ok(moving(store, &slices, &rules.ruling(ruled(&held, &edits))).await?)
}

/// Writes a change down, with what is to be done because of it. From its commit on, calls that are
/// read are placed by it; those that are stored move with [`resume`].
pub async fn decide_rule(
    store: &Store,
    source: SourceId,
    change: &RuleChange,
    by: &str,
    now: Timestamp,
) -> Result<Decided, AssignError> {
    let accounts = store.accounts_list().await?;
    let mut tx = store.begin().await?;
    let (decided, _) =
        decide_rule_in((store, &mut tx), source, change, &accounts, (by, now)).await?;
    if decided.id.is_some() {
        tx.commit().await?;
    }
    Ok(decided)
}

/// The same as a part of more, with which calls to place again.
pub(super) async fn decide_rule_in(
    (store, tx): (&Store, &mut Tx),
    source: SourceId,
    change: &RuleChange,
    accounts: &[AccountRow],
    (by, now): (&str, Timestamp),
) -> Result<(Decided, Vec<Slice>), AssignError> {
    // Of two people who change one source, the second sees what the first did; and no call is
    // written by the old rules between the look at what waits and the commit.
    tx.rules_lock(source).await?;
    change.allowed(tx).await?;
    let groups = store.unplaced_groups(source).await?;
    let rules = tx.rules_load(source).await?;
    let Plan { edits, slices, .. } = plan(source, rules.of_source(), &groups, change)?;
    if edits.is_empty() {
        return Ok((Decided { source, id: None }, Vec::new()));
    }
    tx.rules_edit(source, &edits, by, now).await?;
    let id = tx.change_add((by, &change.sentence(accounts)), &slices, now).await?;
    Ok((Decided { source, id: Some(id) }, slices))
}

fn plan(
    source: SourceId,
    held: &[Rule],
    unplaced: &[(String, Option<String>)],
    change: &RuleChange,
) -> Result<Plan, AssignError> {
    let (key, edits, (from, to)) = match change {
        RuleChange::Establish(wanted) => {
            let edits = establish(held, wanted.clone())
                .map_err(|held| AssignError::Rivals { held: Box::new(held) })?;
            (&wanted.key, edits, (wanted.valid_from, wanted.valid_to))
        }
        RuleChange::End { key, excludes, from } => {
            (key, end(held, key, *excludes, *from), (*from, Timestamp::MAX))
        }
    };
    let of: Vec<Of> = match key {
        RuleKey::Number(number) => {
            vec![Of::Called(number.clone()), Of::Calling(number.clone())]
        }
        RuleKey::Campaign(name) => vec![Of::Campaign(name.clone())],
        RuleKey::TestCalls => vec![Of::Tests],
        RuleKey::WholeSource => whole(held, unplaced),
    };
    let slices = of.into_iter().map(|of| Slice { source, of, from, to }).collect();
    Ok(Plan { held: held.to_vec(), edits, slices })
}

/// The calls that a rule for a whole source can move: those placed with nobody, and those it placed.
fn whole(held: &[Rule], unplaced: &[(String, Option<String>)]) -> Vec<Of> {
    let elsewhere = unplaced.iter().map(|(reason, agent)| match agent {
        Some(agent) => Of::Agent(agent.clone(), Part::Unplaced(reason.clone())),
        None => Of::Nobody(reason.clone()),
    });
    let of_whole = held.iter().filter(|rule| rule.key == RuleKey::WholeSource);
    let mut accounts: Vec<AccountId> = of_whole
        .filter_map(|rule| match rule.verdict {
            Verdict::Place(account) => Some(account),
            Verdict::Exclude => None,
        })
        .collect();
    accounts.sort_unstable();
    accounts.dedup();
    elsewhere.chain(accounts.into_iter().map(Of::Account)).collect()
}

impl RuleChange {
    async fn allowed(&self, tx: &mut Tx) -> Result<(), AssignError> {
        match self {
            Self::Establish(Rule { verdict: Verdict::Place(account), .. }) => {
                in_use(tx, *account).await
            }
            Self::Establish(_) | Self::End { .. } => Ok(()),
        }
    }

    fn sentence(&self, accounts: &[AccountRow]) -> String {
        let (what, from, to) = match self {
            Self::Establish(Rule { key, verdict, valid_from, valid_to, .. }) => {
                let calls = calls_of(key);
                let what = match verdict {
                    Verdict::Exclude => format!("left out {calls}"),
                    Verdict::Place(id) => {
                        let account = accounts.iter().find(|account| account.id == *id);
                        let account = account.map_or("an account", |row| row.name.as_str());
                        format!("assigned {calls} to {account}")
                    }
                };
                (what, *valid_from, *valid_to)
            }
            Self::End { key, excludes: true, from } => {
                (format!("took {} in again", calls_of(key)), *from, Timestamp::MAX)
            }
            Self::End { key, excludes: false, from } => {
                (format!("unassigned {}", calls_of(key)), *from, Timestamp::MAX)
            }
        };
        format!("{what}{}", during((from, to)))
    }
}

/// Which calls a key means, for a person.
pub(super) fn calls_of(key: &RuleKey) -> String {
    match key {
        RuleKey::Number(number) => format!("calls of the number {number}"),
        RuleKey::Campaign(name) => format!("calls of the campaign {name}"),
        RuleKey::TestCalls => "test calls".to_owned(),
        RuleKey::WholeSource => "all calls of the source".to_owned(),
    }
}
