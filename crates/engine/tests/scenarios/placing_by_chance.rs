//! Rows C1, C5, C8 and F2: whatever is changed about accounts, agents and rules, and in whatever
//! order, every stored call is where the rules of that moment put it.

use std::sync::Arc;
use std::time::Duration;

use domain::{AccountId, AgentId, Assignment, Rule, RuleKey, Timestamp, Verdict, place};
use engine::place::{
    self as placing, AccountEdit, AssignError, Change, RuleChange, change_account, make_rule,
    preview_account, preview_rule,
};
use store::Scope;
use testkit::{Follower, Stage, TestDb, on_both_databases};

use crate::keeping::{agent, assert_books_are_true, ensure_account, small_windows};

const CHANGES: usize = 80;

on_both_databases! {
    async fn whatever_is_changed_every_call_is_where_the_rules_put_it_1(db) {
        changed_by_chance(db, 1).await;
    }

    async fn whatever_is_changed_every_call_is_where_the_rules_put_it_2(db) {
        changed_by_chance(db, 2).await;
    }

    async fn whatever_is_changed_every_call_is_where_the_rules_put_it_3(db) {
        changed_by_chance(db, 3).await;
    }
}

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

/// What can be named in a change.
struct Cast {
    agents: Vec<AgentId>,
    accounts: Vec<AccountId>,
    keys: Vec<RuleKey>,
}

async fn changed_by_chance(db: Arc<TestDb>, seed: u64) {
    let mut settings = small_windows(120);
    settings.world.without_agent_share = 0.3;
    settings.world.trial_share = 0.1;
    let stage = Stage::set(db, settings).await;
    assert!(stage.sync().await.success);
    let cast = cast(&stage).await;
    let mut chance = Chance(seed);
    let mut followers: Vec<Follower> = std::iter::once(Scope::Operator)
        .chain(cast.accounts.iter().map(|account| Scope::Account(*account)))
        .map(Follower::new)
        .collect();
    let mut moved = 0;
    for _ in 0..CHANGES {
        moved += change(&stage, &cast, &mut chance).await;
        everybody_is_where_the_rules_say(&stage, &cast).await;
        for follower in &mut followers {
            follower.catch_up(&stage.db.store, 7).await;
            assert_eq!(follower.wrong(&stage.db.store).await, Vec::<String>::new());
        }
    }
    assert!(moved > 100, "{moved} calls moved, which tries little");
    assert!(stage.sync_all().await.success);
    everybody_is_where_the_rules_say(&stage, &cast).await;
    assert_books_are_true(&stage).await;
}

async fn cast(stage: &Stage) -> Cast {
    let listed: Vec<String> = stage.simulator.mutate(|world| {
        let listed = world.agents().iter().filter(|agent| !agent.is_deleted);
        listed.map(|agent| agent.id.clone()).collect()
    });
    let (mut agents, mut accounts) = (Vec::new(), Vec::new());
    for id in listed {
        agents.push(agent(stage, &id).await);
    }
    for name in ["Maple", "Cedar", "Birch"] {
        accounts.push(ensure_account(stage, name).await);
    }
    let numbers = stage.calls().await.into_values().filter_map(|row| row.from_e164);
    let numbers: std::collections::BTreeSet<String> = numbers.collect();
    let keys = numbers.into_iter().take(3).map(RuleKey::Number);
    let keys = keys.chain([RuleKey::TestCalls, RuleKey::WholeSource]).collect();
    Cast { agents, accounts, keys }
}

/// One change, which moves as many calls as was foreseen; none where it is refused.
async fn change(stage: &Stage, cast: &Cast, chance: &mut Chance) -> u64 {
    let (store, source, now) = (&stage.db.store, stage.source.row.id, stage.ctx.now());
    let day = |chance: &mut Chance| {
        let days = u32::try_from(chance.below(30)).unwrap();
        now - Duration::from_hours(24) * days
    };
    let from = if chance.below(3) == 0 { Timestamp::MIN } else { day(chance) };
    let to = if chance.below(2) == 0 {
        Timestamp::MAX
    } else {
        from.max(day(chance)) + Duration::from_hours(24)
    };
    let account = chance.of(&cast.accounts);
    let (foreseen, made) = match chance.below(6) {
        0 | 1 => {
            let agent = chance.of(&cast.agents);
            let wanted =
                Change::Assign(Assignment { agent, account, valid_from: from, valid_to: to });
            (placing::preview(store, wanted).await, placing::make(store, wanted, "ann", now).await)
        }
        2 => {
            let ended = Change::Unassign { agent: chance.of(&cast.agents), from };
            (placing::preview(store, ended).await, placing::make(store, ended, "ann", now).await)
        }
        3 => {
            let key = chance.of(&cast.keys);
            let excludes =
                key == RuleKey::TestCalls || (key != RuleKey::WholeSource && chance.below(3) == 0);
            let verdict = if excludes { Verdict::Exclude } else { Verdict::Place(account) };
            let rule = Rule { id: None, key, verdict, valid_from: from, valid_to: to };
            let wanted = RuleChange::Establish(rule);
            (
                preview_rule(store, source, &wanted).await,
                make_rule(store, source, &wanted, "ann", now).await,
            )
        }
        4 => {
            let ended = RuleChange::End {
                key: chance.of(&cast.keys),
                excludes: chance.below(2) == 0,
                from,
            };
            (
                preview_rule(store, source, &ended).await,
                make_rule(store, source, &ended, "ann", now).await,
            )
        }
        _ => {
            let edit = AccountEdit { counts_from: Some(from), ..AccountEdit::default() };
            let foreseen = preview_account(store, account, &edit, now).await.unwrap();
            let made = change_account(store, account, &edit, "ann", now).await.unwrap();
            (Ok(foreseen), Ok(made))
        }
    };
    match (foreseen, made) {
        (Ok(foreseen), Ok(made)) => {
            assert_eq!(made.unwrap_or(0), foreseen);
            foreseen
        }
        (
            Err(AssignError::Overlaps { .. } | AssignError::Rivals { .. }),
            Err(AssignError::Overlaps { .. } | AssignError::Rivals { .. }),
        ) => 0,
        other => panic!("foreseen and made differ: {other:?}"),
    }
}

/// Each call has exactly the outcome the rules give it, so that placing all again moves none; and
/// the accounts' calls, those that wait and those left out are all there are.
async fn everybody_is_where_the_rules_say(stage: &Stage, cast: &Cast) {
    let (store, source) = (&stage.db.store, stage.source.row.id);
    let ids: Vec<String> = stage.calls().await.into_keys().collect();
    let mut tx = store.begin().await.unwrap();
    let rules = tx.rules_load(source).await.unwrap();
    let calls = tx.calls_placed(source, &ids).await.unwrap();
    drop(tx);
    assert_eq!(calls.len(), ids.len());
    for call in &calls {
        let wanted = place(call.facts(), &rules);
        assert!(call.is_at(wanted), "{call:?} should be at {wanted:?}");
    }
    let totals = store.totals(Scope::Operator, source).await.unwrap();
    let mut of_accounts = 0;
    for account in &cast.accounts {
        of_accounts += store.totals(Scope::Account(*account), source).await.unwrap().placed;
    }
    assert_eq!(of_accounts + totals.waiting + totals.excluded, totals.calls);
    assert_eq!(usize::try_from(totals.calls).unwrap(), ids.len());
    assert!(store.replacements_pending(source).await.unwrap().is_empty());
}
