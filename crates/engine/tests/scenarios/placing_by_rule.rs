//! Rows C1 and F2: calls placed by number, campaign or as a whole, and calls left out on purpose.

use domain::{ProviderCallId, Rule, RuleKey, Timestamp, Verdict};
use engine::place::{AssignError, RuleChange, decide_rule, make_rule, preview_rule};
use store::{CallKey, Scope};
use testkit::{Rig, RigSettings, Stage, instant, on_both_databases};

use crate::keeping::{assert_books_are_true, assign, ensure_account, small_windows};

on_both_databases! {
    /// C1: a call that names no agent is placed by our number, by exactly as many as was foreseen;
    /// the rule is kept with it, and who made it.
    async fn a_call_without_an_agent_is_placed_by_the_number(db) {
        let stage = stage(db).await;
        let (number, calls) = busiest_number(&stage).await;
        let maple = ensure_account(&stage, "Maple").await;
        let rule = rule(RuleKey::Number(number.clone()), Verdict::Place(maple));
        let establish = RuleChange::Establish(rule.clone());
        let foreseen = preview(&stage, &establish).await;
        assert_eq!(foreseen, calls);
        assert_eq!(make(&stage, &establish).await, Some(foreseen));
        assert_eq!(make(&stage, &establish).await, None, "doing it twice changes nothing");
        assert_eq!(preview(&stage, &establish).await, 0);
        for row in stage.calls().await.values() {
            let is_ours = row.from_e164.as_ref() == Some(&number);
            assert_eq!(row.placement == "placed", is_ours, "{row:?}");
            if !is_ours { continue; }
            assert_eq!(row.reason, "number_assignment");
            let decided = row.decided_by.unwrap();
            let kept = stage.db.store.rule_row(stage.source.row.id, decided).await.unwrap().unwrap();
            assert_eq!((kept.key.as_str(), kept.account.as_deref()), (number.as_str(), Some("Maple")));
            assert_eq!(kept.created_by, "ann");
            let id = ProviderCallId(row.provider_call_id.clone());
            let key = CallKey { source: stage.source.row.id, id };
            let moves = stage.db.store.call_moves(Scope::Operator, &key).await.unwrap();
            assert_eq!((moves.len(), moves[0].changed_by.as_str()), (1, "ann"));
        }
        // A later run finds them where they are.
        let report = stage.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 0));
        let all_end = end(RuleKey::Number(number), false);
        assert_eq!(make(&stage, &all_end).await, Some(foreseen));
        assert_eq!(totals(&stage).await.0, 0);
        assert_books_are_true(&stage).await;
    }

    /// C1, C5: an agent goes before a number, a number before the source; each takes from the one
    /// behind it and gives back what it had.
    async fn the_nearer_rule_takes_the_calls_and_gives_them_back(db) {
        let stage = stage(db).await;
        let (number, _) = busiest_number(&stage).await;
        let [maple, cedar] = [ensure_account(&stage, "Maple").await, ensure_account(&stage, "Cedar").await];
        let whole = RuleChange::Establish(rule(RuleKey::WholeSource, Verdict::Place(maple)));
        let all = preview(&stage, &whole).await;
        assert_eq!(make(&stage, &whole).await, Some(all));
        assert_eq!(all, stage.calls().await.len() as u64);
        let by_number = RuleChange::Establish(rule(RuleKey::Number(number.clone()), Verdict::Place(cedar)));
        let taken = preview(&stage, &by_number).await;
        assert_eq!(make(&stage, &by_number).await, Some(taken));
        let agent = stage.simulator.mutate(|world| {
            world.agents().iter().find(|agent| !agent.is_deleted).unwrap().id.clone()
        });
        let moved = assign(&stage, &agent, "Birch").await;
        let of_agent = |rows: &std::collections::BTreeMap<String, store::CallRow>| {
            rows.values().filter(|row| row.provider_agent_id.as_ref() == Some(&agent)).cloned().collect::<Vec<_>>()
        };
        let theirs = of_agent(&stage.calls().await);
        assert_eq!(theirs.len() as u64, moved);
        assert!(theirs.iter().all(|row| row.account.as_deref() == Some("Birch")));
        for (key, left) in [(RuleKey::WholeSource, false), (RuleKey::Number(number), false)] {
            let change = end(key, left);
            let foreseen = preview(&stage, &change).await;
            assert_eq!(make(&stage, &change).await, Some(foreseen));
        }
        assert_eq!(totals(&stage).await.0, moved, "what the agent has is all that is placed");
        assert_books_are_true(&stage).await;
    }

    /// C5: a rule holds for its span of time, and two for one number and time are refused.
    async fn two_rules_for_one_number_and_time_are_refused(db) {
        let stage = stage(db).await;
        let (number, calls) = busiest_number(&stage).await;
        let key = RuleKey::Number(number);
        let [maple, cedar] = [ensure_account(&stage, "Maple").await, ensure_account(&stage, "Cedar").await];
        let border = instant("2026-03-15T00:00:00Z");
        let first = Rule { valid_to: border, ..rule(key.clone(), Verdict::Place(maple)) };
        let before = make(&stage, &RuleChange::Establish(first)).await.unwrap();
        let all_time = RuleChange::Establish(rule(key.clone(), Verdict::Place(cedar)));
        let refused = make_rule(&stage.db.store, stage.source.row.id, &all_time, "ann", stage.ctx.now()).await;
        let Err(AssignError::Rivals { held }) = refused else { panic!("{refused:?}") };
        assert_eq!((held.verdict, held.valid_to), (Verdict::Place(maple), border));
        let second = Rule { valid_from: border, ..rule(key, Verdict::Place(cedar)) };
        let after = make(&stage, &RuleChange::Establish(second)).await.unwrap();
        assert_eq!(before + after, calls);
        for row in stage.calls().await.values().filter(|row| row.placement == "placed") {
            let expected = if row.occurred_at < border.as_millis() { "Maple" } else { "Cedar" };
            assert_eq!(row.account.as_deref(), Some(expected));
        }
        assert_books_are_true(&stage).await;
    }

    /// F2: what is left out is kept, counted as such in every sum, and comes back.
    async fn calls_left_out_by_a_rule_are_kept_counted_and_come_back(db) {
        let stage = stage(db).await;
        let (number, calls) = busiest_number(&stage).await;
        let maple = ensure_account(&stage, "Maple").await;
        make(&stage, &RuleChange::Establish(rule(RuleKey::WholeSource, Verdict::Place(maple)))).await;
        let (placed, ..) = totals(&stage).await;
        let key = RuleKey::Number(number);
        let exclude = RuleChange::Establish(rule(key.clone(), Verdict::Exclude));
        assert_eq!(preview(&stage, &exclude).await, calls);
        assert_eq!(make(&stage, &exclude).await, Some(calls));
        assert_eq!(totals(&stage).await, (placed - calls, 0, calls));
        let counts = stage.db.store.excluded_counts(stage.source.row.id).await.unwrap();
        assert_eq!(counts, [("excluded_by_rule".to_owned(), i64::try_from(calls).unwrap())]);
        let report = stage.sync_all().await;
        assert_eq!((report.excluded, report.skip_reasons["excluded_by_rule"]), (calls, calls));
        assert_eq!(make(&stage, &end(key, true)).await, Some(calls));
        assert_eq!(totals(&stage).await, (placed, 0, 0));
        assert_books_are_true(&stage).await;
    }

    /// C1: calls stored by a program that read no campaigns get them from their records with the next
    /// run, and go where their campaign belongs.
    async fn calls_stored_before_campaigns_were_read_are_placed_by_the_next_run(db) {
        let settings = RigSettings { calls: 40, days: 3, ..RigSettings::default() };
        let rig = Rig::set(db, "vicidial", &settings).await;
        assert!(rig.sync().await.success);
        let before: std::collections::BTreeMap<String, Option<String>> = rig.calls().await
            .into_iter().map(|(id, row)| (id, row.campaign)).collect();
        let campaign = before.values().flatten().next().unwrap().clone();
        let calls = before.values().filter(|of| of.as_ref() == Some(&campaign)).count() as u64;
        rig.db.stop_watching_revisions().await;
        rig.db.execute(
            "UPDATE calls SET campaign = NULL;
             INSERT INTO aliases_unread SELECT source_id, 9223372036854775807, '' FROM sources;",
        ).await;
        let mut tx = rig.db.store.begin().await.unwrap();
        let maple = tx.account_ensure("Maple", rig.ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
        let (source, now) = (rig.source.row.id, rig.ctx.now());
        let rule = RuleChange::Establish(rule(RuleKey::Campaign(campaign), Verdict::Place(maple.id)));
        assert_eq!(make_rule(&rig.db.store, source, &rule, "ann", now).await.unwrap(), Some(0));
        assert!(rig.sync_all().await.success);
        let rows = rig.calls().await;
        let after: std::collections::BTreeMap<String, Option<String>> =
            rows.iter().map(|(id, row)| (id.clone(), row.campaign.clone())).collect();
        assert_eq!(after, before);
        let placed: Vec<_> = rows.values().filter(|row| row.placement == "placed").collect();
        assert_eq!(placed.len() as u64, calls);
        assert!(placed.iter().all(|row| row.reason == "campaign_assignment"));
        assert_eq!(preview_rule(&rig.db.store, source, &rule).await.unwrap(), 0);
    }

    /// C5: whoever changes a rule and dies before its calls have moved has lost nothing.
    async fn a_rule_whose_calls_had_not_moved_is_finished_by_the_next_run(db) {
        let stage = stage(db).await;
        let (number, calls) = busiest_number(&stage).await;
        let maple = ensure_account(&stage, "Maple").await;
        let change = RuleChange::Establish(rule(RuleKey::Number(number), Verdict::Place(maple)));
        let now = stage.ctx.now();
        decide_rule(&stage.db.store, stage.source.row.id, &change, "ann", now).await.unwrap();
        assert_eq!(totals(&stage).await.0, 0);
        assert!(stage.sync_all().await.success);
        assert_eq!(totals(&stage).await.0, calls);
        assert_books_are_true(&stage).await;
    }
}

/// A world read once, in which nothing is assigned.
async fn stage(db: std::sync::Arc<testkit::TestDb>) -> Stage {
    let mut settings = small_windows(120);
    settings.world.without_agent_share = 0.3;
    let stage = Stage::set(db, settings).await;
    assert!(stage.sync().await.success);
    stage
}

/// The number with most calls, and how many it has.
async fn busiest_number(stage: &Stage) -> (String, u64) {
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    for row in stage.calls().await.into_values() {
        if let Some(number) = row.from_e164 {
            *counts.entry(number).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, calls)| *calls).unwrap()
}

fn rule(key: RuleKey, verdict: Verdict) -> Rule {
    Rule { id: None, key, verdict, valid_from: Timestamp::MIN, valid_to: Timestamp::MAX }
}

fn end(key: RuleKey, excludes: bool) -> RuleChange {
    RuleChange::End { key, excludes, from: Timestamp::MIN }
}

async fn preview(stage: &Stage, change: &RuleChange) -> u64 {
    preview_rule(&stage.db.store, stage.source.row.id, change).await.unwrap()
}

async fn make(stage: &Stage, change: &RuleChange) -> Option<u64> {
    let (source, now) = (stage.source.row.id, stage.ctx.now());
    make_rule(&stage.db.store, source, change, "ann", now).await.unwrap()
}

/// Placed, waiting, excluded; together they are all calls.
async fn totals(stage: &Stage) -> (u64, u64, u64) {
    let totals = stage.db.store.totals(Scope::Operator, stage.source.row.id).await.unwrap();
    assert_eq!(totals.calls, totals.placed + totals.waiting + totals.excluded);
    (totals.placed.unsigned_abs(), totals.waiting.unsigned_abs(), totals.excluded.unsigned_abs())
}
