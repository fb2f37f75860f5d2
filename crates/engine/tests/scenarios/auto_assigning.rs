//! Row C1: agents that nobody has assigned go to the account of their source, where that is wanted.

use domain::{AccountId, Timestamp};
use engine::place::{self, Change};
use engine::sync::SyncOptions;
use store::{CallRow, Scope};
use testkit::{Stage, on_both_databases};

use crate::keeping::{agent, assert_books_are_true, assign, ensure_account, small_windows};

on_both_databases! {
    /// An agent is assigned in the moment a call names it, so that the run that meets it counts no
    /// call as waiting; whoever was assigned by a person stays where that put it.
    async fn agents_seen_in_calls_are_assigned_and_their_calls_placed_in_the_same_run(db) {
        let mut settings = small_windows(120);
        settings.world.without_agent_share = 0.1;
        let stage = Stage::set(db, settings).await;
        let theirs = listed(&stage).remove(0);
        assign(&stage, &theirs, "Cedar").await;
        wants(&stage, Some(ensure_account(&stage, "Maple").await)).await;
        let dry = stage.sync_with(SyncOptions { is_dry_run: true, ..SyncOptions::manual() }).await;
        let report = stage.sync().await;
        assert!(report.success, "{report:#?}");
        let rows: Vec<CallRow> = stage.calls().await.into_values().collect();
        for row in &rows {
            let expected = match &row.provider_agent_id {
                None => ("waiting", None),
                Some(agent) if *agent == theirs => ("placed", Some("Cedar")),
                Some(_) => ("placed", Some("Maple")),
            };
            assert_eq!((row.placement.as_str(), row.account.as_deref()), expected, "{row:?}");
        }
        let without = rows.iter().filter(|row| row.provider_agent_id.is_none()).count();
        assert_eq!(report.waiting, without as u64);
        assert_eq!(report.skip_reasons.keys().collect::<Vec<_>>(), ["no_agent_id_in_call"]);
        let named: std::collections::BTreeSet<_> =
            rows.iter().filter_map(|row| row.provider_agent_id.clone()).collect();
        assert_eq!(report.auto_assigned.len(), named.len() - 1);
        assert_eq!((dry.waiting, dry.auto_assigned.len()), (report.waiting, report.auto_assigned.len()));
        let again = stage.sync_all().await;
        assert_eq!((again.auto_assigned.len(), again.waiting), (0, report.waiting));
        assert_books_are_true(&stage).await;
    }

    /// What waits when it is switched on is placed by the next run; what a person ends comes back
    /// to the waiting room and is left alone from then on.
    async fn what_a_person_ends_waits_again_and_is_left_alone(db) {
        let stage = Stage::set(db, small_windows(120)).await;
        let before = stage.sync().await;
        assert!(before.auto_assigned.is_empty() && before.waiting == before.new, "off by itself");
        let maple = ensure_account(&stage, "Maple").await;
        wants(&stage, Some(maple)).await;
        let report = stage.sync_all().await;
        assert!(!report.auto_assigned.is_empty());
        assert_eq!((report.waiting, waiting(&stage).await), (0, 0));

        let ended = listed(&stage).remove(0);
        let change = Change::Unassign { agent: agent(&stage, &ended).await, from: Timestamp::MIN };
        let moved = place::make(&stage.db.store, change, "ann", stage.ctx.now()).await.unwrap();
        assert_eq!(moved, Some(waiting(&stage).await));
        let report = stage.sync_all().await;
        assert!(report.auto_assigned.is_empty());
        assert_eq!(Some(report.waiting), moved);
        assert_eq!(Some(waiting(&stage).await), moved);
        assert_books_are_true(&stage).await;
    }
}

/// The agents the provider lists.
fn listed(stage: &Stage) -> Vec<String> {
    stage.simulator.mutate(|world| {
        let listed = world.agents().iter().filter(|agent| !agent.is_deleted);
        listed.map(|agent| agent.id.clone()).collect()
    })
}

async fn wants(stage: &Stage, account: Option<AccountId>) {
    let mut tx = stage.db.store.begin().await.unwrap();
    tx.auto_account_set(stage.source.row.id, account).await.unwrap();
    tx.commit().await.unwrap();
}

async fn waiting(stage: &Stage) -> u64 {
    let totals = stage.db.store.totals(Scope::Operator, stage.source.row.id).await.unwrap();
    totals.waiting.unsigned_abs()
}
