//! One account's calls on both sides, and why some are not where they are looked for.

use domain::{ContactPolicy, Rule, RuleKey, RunStatus, Timestamp, Verdict, Window};
use engine::compare::{CompareError, CompareOptions, CompareReport, compare, span};
use engine::place::{AccountEdit, RuleChange, change_account, make_rule};
use simulators::NewCall;
use simulators::faults::{On, What};
use store::AccountRow;
use testkit::{Stage, instant, on_both_databases};

use super::{causes, compared, compared_with};
use crate::keeping::{CALLS, assign, ensure_account, small_windows};
use crate::play::HOUR;

async fn stage(db: std::sync::Arc<testkit::TestDb>) -> Stage {
    let stage = Stage::set(db, small_windows(120)).await;
    assert!(stage.sync().await.success);
    stage
}

/// The agent the provider lists at this place.
fn agent(stage: &Stage, nth: usize) -> String {
    stage.simulator.mutate(|world| {
        let mut listed = world.agents().iter().filter(|agent| !agent.is_deleted);
        listed.nth(nth).unwrap().id.clone()
    })
}

async fn account(stage: &Stage, name: &str) -> AccountRow {
    stage.db.store.account_by_name(name).await.unwrap().unwrap()
}

/// All of an account's history.
async fn compared_of(stage: &Stage, name: &str) -> CompareReport {
    let window = Window::new(stage.source.row.since, stage.ctx.now()).ok();
    let account = Some(account(stage, name).await);
    compared_with(stage, CompareOptions { window, account, ..CompareOptions::default() }).await
}

/// How many calls the provider lists of an agent.
fn listed_of(stage: &Stage, agent: &str) -> u64 {
    let truth = stage.truth();
    truth.values().filter(|call| call.agent_id.as_deref() == Some(agent)).count() as u64
}

on_both_databases! {
    /// Both sides are the account's; what belongs to others and to nobody is counted beside them.
    async fn an_account_is_compared_with_what_the_rules_give_it(db) {
        let stage = stage(db).await;
        let (first, second) = (agent(&stage, 0), agent(&stage, 1));
        assign(&stage, &first, "Maple").await;
        assign(&stage, &second, "Cedar").await;
        let report = compared_of(&stage, "Maple").await;
        let (mine, theirs) = (listed_of(&stage, &first), listed_of(&stage, &second));
        let summary = &report.summary;
        assert_eq!(causes(&report), "");
        assert_eq!((summary.provider_total, summary.database_total), (mine, mine));
        assert_eq!((summary.matching, summary.highlevel_total), (mine, Some(mine)));
        assert_eq!(summary.of_other_accounts, Some(theirs));
        let all = stage.truth().len() as u64;
        assert_eq!(summary.of_no_account, Some(all - mine - theirs));
        assert_eq!(report.account.as_deref(), Some("Maple"));
        let agents = &report.agent_analysis;
        assert_eq!(agents.assigned_to_user, 1);
        assert_eq!(agents.total_agents_in_calls, agents.unassigned_agents.len() as u64 + 2);
        assert!(agents.unassigned_agents.iter().all(|agent| agent.highlevel_id.is_some()));
    }

    /// A call that is here and not the account's is missing from it, with where it is as its cause.
    async fn calls_that_are_here_and_not_the_accounts_say_where_they_are(db) {
        let stage = stage(db).await;
        let first = agent(&stage, 0);
        assign(&stage, &first, "Maple").await;
        let maple = ensure_account(&stage, "Maple").await;
        let (store, now) = (&stage.db.store, stage.ctx.now());
        let date = instant("2026-03-15T00:00:00Z");
        let edit = AccountEdit { counts_from: Some(date), ..AccountEdit::default() };
        let outside = change_account(store, maple, &edit, "ann", now).await.unwrap().unwrap();
        let report = compared_of(&stage, "Maple").await;
        assert_eq!(causes(&report), format!("missing {outside} outside_reset_date"));
        assert_eq!(report.summary.provider_total, listed_of(&stage, &first));
        assert!(report.missing_calls.iter().all(|call| call.agent_status == "assigned_to_user"));

        let trial = NewCall { agent_id: Some(first.clone()), is_trial: true, ..NewCall::at((now - HOUR).as_millis()) };
        stage.simulator.mutate(|world| world.insert(trial));
        let (key, verdict) = (RuleKey::TestCalls, Verdict::Exclude);
        let rule = Rule { id: None, key, verdict, valid_from: Timestamp::MIN, valid_to: Timestamp::MAX };
        make_rule(store, stage.source.row.id, &RuleChange::Establish(rule), "ann", now).await.unwrap();
        assert!(stage.sync_all().await.success);
        let report = compared_of(&stage, "Maple").await;
        assert!(report.reason_breakdown["excluded"] > 0, "{report:#?}");
        assert_eq!(report.summary.unexplained, 0);
    }

    /// A call of the account that waits for its contact is missing from it, and says for what.
    async fn calls_that_wait_for_their_contact_are_waiting(db) {
        let stage = stage(db).await;
        let mut tx = stage.db.store.begin().await.unwrap();
        tx.contact_policy_set(stage.source.row.id, Some(ContactPolicy::Matched)).await.unwrap();
        tx.commit().await.unwrap();
        let first = agent(&stage, 0);
        let waiting = assign(&stage, &first, "Maple").await;
        let report = compared_of(&stage, "Maple").await;
        assert_eq!(causes(&report), format!("missing {waiting} waiting"));
        assert!(report.missing_calls[0].evidence.contains("contact_not_found"));
    }

    /// Without a span, an account is compared from the date it counts calls from, however long ago;
    /// one that counts none yet, or gets none from this source, is told so.
    async fn an_account_is_compared_from_its_reset_date(db) {
        let stage = stage(db).await;
        assign(&stage, &agent(&stage, 0), "Maple").await;
        let now = stage.ctx.now();
        let of = |row: AccountRow| CompareOptions { account: Some(row), ..CompareOptions::default() };
        let mut maple = account(&stage, "Maple").await;
        let usual = span(&stage.source, &of(maple.clone()), now).unwrap();
        assert_eq!(usual.from(), (now - engine::compare::USUAL_SPAN).max(stage.source.row.since));
        let date = instant("2026-03-20T00:00:00Z");
        maple.calls_reset_at = Some(date);
        assert_eq!(span(&stage.source, &of(maple.clone()), now).unwrap().from(), date);
        maple.calls_reset_at = Some(now + HOUR);
        let refused = compare(&stage.ctx, &stage.source, of(maple)).await;
        assert!(matches!(refused, Err(CompareError::Future { .. })), "{refused:?}");
        ensure_account(&stage, "Birch").await;
        let refused = compare(&stage.ctx, &stage.source, of(account(&stage, "Birch").await)).await;
        assert!(matches!(refused, Err(CompareError::NothingOfThisSource { .. })), "{refused:?}");
    }

    /// F6: what was compared for an account and a span is kept with its run, numbers and proof, and
    /// comparing again comes to the same.
    async fn what_was_compared_for_an_account_can_be_shown_later(db) {
        let stage = stage(db).await;
        assign(&stage, &agent(&stage, 0), "Maple").await;
        let report = compared_of(&stage, "Maple").await;
        let run = stage.db.store.run_get(report.sync_log_id).await.unwrap().unwrap();
        let kept: serde_json::Value = serde_json::from_str(&run.response.unwrap()).unwrap();
        let told = serde_json::to_value(&report).unwrap();
        for part in ["account", "summary", "proof", "reasonBreakdown", "agentAnalysis", "status"] {
            assert_eq!(kept[part], told[part], "{part}");
        }
        assert_eq!((kept["account"].as_str(), kept["proof"]["provider"].as_str()), (Some("Maple"), Some("whole")));
        let again = compared_of(&stage, "Maple").await;
        let numbers = |report: &CompareReport| serde_json::to_value(&report.summary).unwrap();
        assert_eq!(numbers(&again), numbers(&report));
    }

    /// The provider's own record stands in the report where it is asked for, and is not kept twice.
    async fn the_providers_own_records_are_in_the_report_where_asked_for(db) {
        let stage = Stage::set(db, small_windows(30)).await;
        let window = Window::new(stage.source.row.since, stage.ctx.now()).ok();
        let options = CompareOptions { window, keeps_raw: true, ..CompareOptions::default() };
        let report = compared_with(&stage, options).await;
        assert_eq!(report.missing_calls.len(), 30);
        for call in &report.missing_calls {
            assert!(call.raw.as_ref().unwrap().get().contains(&call.call_id));
        }
        let number = report.missing_calls.iter().find_map(|call| call.from_number.clone()).unwrap();
        let run = stage.db.store.run_get(report.sync_log_id).await.unwrap().unwrap();
        let kept = run.response.unwrap();
        assert!(!kept.contains("\"raw\"") && !kept.contains(&number), "no run keeps people's numbers");
        assert!(kept.contains(&report.missing_calls[0].call_id));
    }

    /// What the provider says there are stands beside what it listed, and each side's proof.
    async fn the_providers_total_stands_beside_its_own_list(db) {
        let stage = stage(db).await;
        let report = compared(&stage).await;
        let totals = report.summary.list_totals.unwrap();
        assert_eq!((totals.claimed, totals.disagreeing), (totals.listed, 0));
        assert!(totals.listed >= report.summary.provider_total);
        assert_eq!(report.proof.provider, "whole");
        assert!(report.proof.database_seconds.keys().all(|proof| ["listed", "settled"].contains(proof)), "{:?}", report.proof);

        // It says of each list that there is one call more than it has.
        stage.simulator.faults().add(On::path(CALLS).forever().gives(What::TotalPlus(1)));
        let report = compared(&stage).await;
        let totals = report.summary.list_totals.unwrap();
        assert!(totals.disagreeing > 0, "{totals:?}");
        assert_eq!(totals.claimed, totals.listed + totals.disagreeing);
        assert_eq!(totals.disagreeing, report.summary.windows, "every list of a window disagrees");
        assert_eq!(totals.listed, stage.truth().len() as u64, "no list is counted with another");
        assert_eq!((report.status, report.proof.provider), (RunStatus::Failed, "not at all"));
        assert!(report.doubts[0].contains("the provider says there are"), "{:?}", report.doubts);
    }
}
