//! Row C8, and accounts as a whole: changed, put away, taken away.

use std::time::Duration;

use domain::{AccountId, ContactPolicy, Country, Rule, RuleKey, Timestamp, Verdict, Window};
use engine::compare::{CompareOptions, compare};
use engine::place::{
    self, AccountEdit, AccountError, AssignError, Change, RuleChange, add_account, change_account,
    decide_account, delete_account, preview_account,
};
use simulators::NewCall;
use store::{CallRow, Scope};
use testkit::{Stage, instant, on_both_databases};

use crate::keeping::{agent, assert_books_are_true, assign, ensure_account, small_windows};

on_both_databases! {
    /// C8: calls before the reset date stay, are shown and counted as excluded; moving the date
    /// moves exactly the calls between, as many as was foreseen, and says who moved them.
    async fn moving_the_reset_date_moves_exactly_the_calls_between(db) {
        let stage = stage(db).await;
        let [first, second] = agents(&stage);
        assign(&stage, &first, "Maple").await;
        assign(&stage, &second, "Cedar").await;
        let maple = ensure_account(&stage, "Maple").await;
        let dates = ["2026-03-12T00:00:00Z", "2026-03-20T00:00:00Z", "2026-03-07T00:00:00Z"];
        let dates = dates.map(instant).into_iter().chain([Timestamp::MIN]);
        let mut was = Timestamp::MIN;
        for date in dates {
            let edit = counts_from(date);
            let before = stage.calls().await;
            let foreseen = preview_account(&stage.db.store, maple, &edit, stage.ctx.now()).await.unwrap();
            assert_eq!(stage.calls().await, before, "a preview moves nothing");
            assert_eq!(change(&stage, maple, &edit).await, Some(foreseen));
            let after = stage.calls().await;
            let moved: Vec<&CallRow> =
                before.values().filter(|row| after[&row.provider_call_id] != **row).collect();
            let between = before.values().filter(|row| {
                let at = Timestamp::from_millis(row.occurred_at);
                row.provider_agent_id.as_ref() == Some(&first) && was.min(date) <= at && at < was.max(date)
            });
            assert!(moved.iter().copied().eq(between), "only the calls between");
            assert!(foreseen > 0 && foreseen == moved.len() as u64);
            for row in after.values().filter(|row| row.provider_agent_id.as_ref() == Some(&first)) {
                let is_out = row.occurred_at < date.as_millis();
                let expected = if is_out { ("excluded", "outside_reset_date") } else { ("placed", "agent_assignment") };
                assert_eq!((row.placement.as_str(), row.reason.as_str()), expected);
            }
            assert_eq!(change(&stage, maple, &edit).await, None, "doing it twice changes nothing");
            let history = stage.db.store.account_history(maple).await.unwrap();
            let last = history.last().unwrap();
            assert_eq!((last.changed_by.as_str(), last.moved.unsigned_abs()), ("ann", foreseen));
            was = date;
        }
        assert_eq!(excluded(&stage).await, 0);
        assert_books_are_true(&stage).await;
    }

    /// C8: what the reset date leaves out is counted in every run, also in calls that come later,
    /// and is no difference to the provider.
    async fn calls_before_the_reset_date_are_counted_in_every_run_and_are_no_difference(db) {
        let stage = stage(db).await;
        let [first, _] = agents(&stage);
        assign(&stage, &first, "Maple").await;
        let maple = ensure_account(&stage, "Maple").await;
        let date = instant("2026-03-15T00:00:00Z");
        let out = change(&stage, maple, &counts_from(date)).await.unwrap();
        stage.simulator.mutate(|world| for at in [date.as_millis() - 1, date.as_millis()] {
            world.insert(NewCall { agent_id: Some(first.clone()), ..NewCall::at(at) });
        });
        let report = stage.sync_all().await;
        assert!(report.success, "{report:#?}");
        assert_eq!((report.new, report.excluded), (2, out + 1));
        assert_eq!(report.skip_reasons["outside_reset_date"], out + 1);
        assert_eq!(excluded(&stage).await, out + 1);
        stage.assert_equals_truth().await;
        assert_books_are_true(&stage).await;
        let options = CompareOptions { window: Window::new(stage.source.row.since, stage.ctx.now()).ok(), ..CompareOptions::default() };
        let compared = compare(&stage.ctx, &stage.source, options).await.unwrap();
        assert!(compared.reason_breakdown.is_empty() && compared.extra_breakdown.is_empty());
        assert_eq!(compared.summary.matching, stage.calls().await.len() as u64);
    }

    /// C8: a call that waits for its contact is left out by the date like any other, and waits
    /// again when the date is taken away.
    async fn calls_that_wait_for_their_contact_follow_the_reset_date(db) {
        let stage = stage(db).await;
        let mut tx = stage.db.store.begin().await.unwrap();
        tx.contact_policy_set(stage.source.row.id, Some(ContactPolicy::Matched)).await.unwrap();
        tx.commit().await.unwrap();
        let [first, _] = agents(&stage);
        let waiting = assign(&stage, &first, "Maple").await;
        assert!(reasons(&stage, &first).await.iter().all(|reason| reason == "contact_not_found"));
        let maple = ensure_account(&stage, "Maple").await;
        assert_eq!(change(&stage, maple, &counts_from(stage.ctx.now())).await, Some(waiting));
        assert!(reasons(&stage, &first).await.iter().all(|reason| reason == "outside_reset_date"));
        assert_eq!(change(&stage, maple, &counts_from(Timestamp::MIN)).await, Some(waiting));
        assert!(reasons(&stage, &first).await.iter().all(|reason| reason == "contact_not_found"));
    }

    /// C8: whoever moves the date and dies before the calls have moved has lost nothing.
    async fn a_reset_date_whose_calls_had_not_moved_is_finished_by_the_next_run(db) {
        let stage = stage(db).await;
        let [first, _] = agents(&stage);
        let calls = assign(&stage, &first, "Maple").await;
        let maple = ensure_account(&stage, "Maple").await;
        let edit = counts_from(stage.ctx.now());
        let decided = decide_account(&stage.db.store, maple, &edit, "ann", stage.ctx.now()).await;
        assert_eq!(excluded(&stage).await, 0);
        assert!(stage.sync_all().await.success);
        assert_eq!(excluded(&stage).await, calls);
        let moved = stage.db.store.change_moved(decided.unwrap().unwrap()).await.unwrap();
        assert_eq!(moved, calls);
        assert_books_are_true(&stage).await;
    }

    /// An account that was put away keeps its calls, goes on to get its own, and is given nothing
    /// new.
    async fn an_archived_account_keeps_what_it_has_and_is_given_nothing_new(db) {
        let stage = stage(db).await;
        let [first, second] = agents(&stage);
        let calls = assign(&stage, &first, "Maple").await;
        let maple = ensure_account(&stage, "Maple").await;
        let before = stage.calls().await;
        let away = AccountEdit { is_archived: Some(true), ..AccountEdit::default() };
        assert_eq!(change(&stage, maple, &away).await, Some(0));
        assert_eq!(change(&stage, maple, &away).await, None);
        assert_eq!(stage.calls().await, before);
        let store = &stage.db.store;
        let assignment = Change::Assign(place::for_ever(agent(&stage, &second).await, maple));
        let refused = place::make(store, assignment, "ann", stage.ctx.now()).await;
        assert!(matches!(&refused, Err(AssignError::Archived { name }) if name == "Maple"), "{refused:?}");
        let (valid_from, valid_to) = (Timestamp::MIN, Timestamp::MAX);
        let (key, verdict) = (RuleKey::WholeSource, Verdict::Place(maple));
        let rule = RuleChange::Establish(Rule { id: None, key, verdict, valid_from, valid_to });
        let source = stage.source.row.id;
        let foreseen = place::preview_rule(store, source, &rule).await;
        assert!(matches!(foreseen, Err(AssignError::Archived { .. })), "{foreseen:?}");
        let refused = place::make_rule(store, source, &rule, "ann", stage.ctx.now()).await;
        assert!(matches!(refused, Err(AssignError::Archived { .. })), "{refused:?}");

        let at = stage.ctx.now() - Duration::from_mins(30);
        stage.simulator.mutate(|world| {
            world.insert(NewCall { agent_id: Some(first.clone()), ..NewCall::at(at.as_millis()) })
        });
        assert!(stage.sync_all().await.success);
        let totals = store.totals(Scope::Account(maple), source).await.unwrap();
        assert_eq!(totals.placed.unsigned_abs(), calls + 1);
        let back = AccountEdit { is_archived: Some(false), ..AccountEdit::default() };
        assert_eq!(change(&stage, maple, &back).await, Some(0));
        assert!(place::make(store, assignment, "ann", stage.ctx.now()).await.unwrap().is_some());
    }

    /// An account is called and counted as its operator says; what names it keeps it from being
    /// deleted, and is told.
    async fn only_an_account_that_nothing_names_is_deleted(db) {
        let stage = stage(db).await;
        let (store, now) = (&stage.db.store, stage.ctx.now());
        let edit = AccountEdit {
            name: Some(" Birch ".to_owned()),
            country: Country::new("AT"),
            ..AccountEdit::default()
        };
        let birch = add_account(store, &edit, "ann", now).await.unwrap();
        assert_eq!((birch.name.as_str(), birch.country), ("Birch", Country::new("AT")));
        let twice = add_account(store, &edit, "ann", now).await;
        assert!(matches!(twice, Err(AccountError::NameTaken { .. })), "{twice:?}");
        let nameless = add_account(store, &AccountEdit::default(), "ann", now).await;
        assert!(matches!(nameless, Err(AccountError::NoName)), "{nameless:?}");

        let [first, _] = agents(&stage);
        let calls = assign(&stage, &first, "Maple").await;
        let maple = ensure_account(&stage, "Maple").await;
        let renamed = AccountEdit { name: Some("Birch".to_owned()), ..AccountEdit::default() };
        let taken = change_account(store, maple, &renamed, "ann", now).await;
        assert!(matches!(taken, Err(AccountError::NameTaken { .. })), "{taken:?}");
        let tied = delete_account(store, maple, "ann", now).await;
        let Err(AccountError::Tied { name, ties }) = tied else { panic!("{tied:?}") };
        assert_eq!((name.as_str(), ties.calls.unsigned_abs(), ties.assignments), ("Maple", calls, 1));

        delete_account(store, birch.id, "ann", now).await.unwrap();
        let gone = delete_account(store, birch.id, "ann", now).await;
        assert!(matches!(gone, Err(AccountError::NoAccount { .. })), "{gone:?}");
        assert_eq!(change(&stage, maple, &renamed).await, Some(0));
        let named: Vec<String> =
            store.accounts_list().await.unwrap().into_iter().map(|row| row.name).collect();
        assert_eq!(named, ["Birch"]);
        let shown = stage.calls().await.into_values();
        assert_eq!(shown.filter(|row| row.account.as_deref() == Some("Birch")).count() as u64, calls);
        let history = store.account_history(birch.id).await.unwrap();
        let said: Vec<&str> = history.iter().map(|change| change.what.as_str()).collect();
        assert_eq!(said, ["added the account Birch", "deleted the account Birch"]);
    }
}

/// A world read once, in which nothing is assigned.
async fn stage(db: std::sync::Arc<testkit::TestDb>) -> Stage {
    let stage = Stage::set(db, small_windows(120)).await;
    assert!(stage.sync().await.success);
    stage
}

/// Two agents the provider lists.
fn agents(stage: &Stage) -> [String; 2] {
    stage.simulator.mutate(|world| {
        let mut listed = world.agents().iter().filter(|agent| !agent.is_deleted);
        [(); 2].map(|()| listed.next().unwrap().id.clone())
    })
}

fn counts_from(date: Timestamp) -> AccountEdit {
    AccountEdit { counts_from: Some(date), ..AccountEdit::default() }
}

async fn change(stage: &Stage, account: AccountId, edit: &AccountEdit) -> Option<u64> {
    change_account(&stage.db.store, account, edit, "ann", stage.ctx.now()).await.unwrap()
}

/// How many calls are left out; with the placed and waiting ones they are all calls.
async fn excluded(stage: &Stage) -> u64 {
    let totals = stage.db.store.totals(Scope::Operator, stage.source.row.id).await.unwrap();
    assert_eq!(totals.calls, totals.placed + totals.waiting + totals.excluded);
    totals.excluded.unsigned_abs()
}

async fn reasons(stage: &Stage, provider_agent_id: &str) -> Vec<String> {
    let rows = stage.calls().await.into_values();
    let theirs = rows.filter(|row| row.provider_agent_id.as_deref() == Some(provider_agent_id));
    let reasons: Vec<String> = theirs.map(|row| row.reason).collect();
    assert!(!reasons.is_empty());
    reasons
}
