//! Rows C1 and C5: whose call it is, and what happens while nobody knows.

use std::time::Duration;

use domain::{Assignment, ProviderCallId, Timestamp};
use engine::agents::agents_fetch;
use engine::place::{self, AssignError, Change};
use simulators::NewCall;
use store::{CallKey, CallRow, Scope};
use testkit::{Stage, StageSettings, instant, on_both_databases};

use crate::keeping::{
    agent, assert_books_are_true, assign, ensure_account, meanwhile, small_windows,
};

on_both_databases! {
    /// C1: nothing is skipped; what a call lacks is said in the words its users know.
    async fn a_call_whose_agent_is_unknown_unassigned_or_missing_is_kept_and_says_so(db) {
        let stage = Stage::set(db, world_with_every_kind()).await;
        let report = stage.sync().await;
        assert!(report.success, "{report:#?}");
        stage.assert_equals_truth().await;
        let (deleted, known) = agents_of(&stage);
        for row in stage.calls().await.values() {
            let expected = match &row.provider_agent_id {
                None => "no_agent_id_in_call",
                Some(agent) if *agent == deleted => "agent_not_in_system",
                Some(_) => "agent_not_assigned_to_user",
            };
            assert_eq!((row.placement.as_str(), row.reason.as_str()), ("waiting", expected));
            assert_eq!(row.account, None);
        }
        let count = |reason: &str| report.skip_reasons.get(reason).copied().unwrap_or(0);
        let of = |wanted: fn(&CallRow) -> bool, rows: &[CallRow]| {
            rows.iter().filter(|row| wanted(row)).count() as u64
        };
        let rows: Vec<CallRow> = stage.calls().await.into_values().collect();
        assert_eq!(count("no_agent_id_in_call"), of(|row| row.provider_agent_id.is_none(), &rows));
        assert_eq!(report.skip_reasons.values().sum::<u64>(), rows.len() as u64);
        assert_eq!(report.waiting, rows.len() as u64);
        assert!(["no_agent_id_in_call", "agent_not_in_system", "agent_not_assigned_to_user"]
            .iter().all(|reason| count(reason) > 0), "{:?}", report.skip_reasons);
        assert!(known.len() > 1);
    }

    /// C1: an assignment places history at once, and nobody has to read anything again.
    async fn waiting_calls_are_placed_when_their_agent_is_assigned(db) {
        let stage = Stage::set(db, world_with_every_kind()).await;
        stage.sync().await;
        let (_, known) = agents_of(&stage);
        let requests = stage.simulator.requests_count();
        let moved = assign(&stage, &known[0], "Maple").await;
        assert_eq!(stage.simulator.requests_count(), requests + 1, "only agents were asked for");
        let rows = stage.calls().await;
        let theirs = rows.values().filter(|row| row.provider_agent_id.as_ref() == Some(&known[0]));
        let theirs: Vec<_> = theirs.collect();
        assert_eq!(theirs.len() as u64, moved);
        for row in theirs {
            assert_eq!((row.placement.as_str(), row.account.as_deref()), ("placed", Some("Maple")));
        }
        let placed = stage.db.store.totals(Scope::Operator, stage.source.row.id).await.unwrap();
        assert_eq!(u64::try_from(placed.placed).unwrap(), moved);
        assert_eq!(assign(&stage, &known[0], "Maple").await, 0, "assigned twice moves nothing");
        let agent = agent(&stage, &known[0]).await;
        let cedar = ensure_account(&stage, "Cedar").await;
        let change = Change::Assign(place::for_ever(agent, cedar));
        let refused = place::make(&stage.db.store, change, "a person", stage.ctx.now()).await;
        assert!(matches!(refused, Err(AssignError::Overlaps { .. })), "{refused:?}");
        assert_books_are_true(&stage).await;
    }

    /// C1: what a change would move is known before, and exactly that moves; calls of other agents
    /// stay, and each that moved knows by whom.
    async fn a_change_moves_exactly_what_its_preview_says(db) {
        let stage = Stage::set(db, world_with_every_kind()).await;
        stage.sync().await;
        let (_, known) = agents_of(&stage);
        let wanted = &known[0];
        assign(&stage, &known[1], "Maple").await;
        let (agent, maple) = (agent(&stage, wanted).await, ensure_account(&stage, "Maple").await);
        let cedar = ensure_account(&stage, "Cedar").await;
        let border = instant("2026-03-15T00:00:00Z");
        let moved_to = Assignment { valid_from: border, ..place::for_ever(agent, cedar) };
        let changes = [
            Change::Assign(place::for_ever(agent, maple)),
            Change::Assign(moved_to),
            Change::Unassign { agent, from: border + Duration::from_hours(24) },
            Change::Unassign { agent, from: Timestamp::MIN },
        ];
        for change in changes {
            let before = stage.calls().await;
            let foreseen = place::preview(&stage.db.store, change).await.unwrap();
            assert_eq!(stage.calls().await, before, "a preview moves nothing");
            let made = place::make(&stage.db.store, change, "ann", stage.ctx.now()).await;
            assert_eq!(made.unwrap(), Some(foreseen), "{change:?}");
            assert!(foreseen > 0, "{change:?}");
            let after = stage.calls().await;
            let differing: Vec<_> = before.values().filter(|row| after[&row.provider_call_id] != **row).collect();
            assert_eq!(differing.len() as u64, foreseen);
            assert!(differing.iter().all(|row| row.provider_agent_id.as_ref() == Some(wanted)));
            assert_eq!(place::preview(&stage.db.store, change).await.unwrap(), 0);
            let again = place::make(&stage.db.store, change, "ann", stage.ctx.now()).await;
            assert_eq!(again.unwrap(), None, "doing it twice changes nothing");
            for row in differing {
                let id = ProviderCallId(row.provider_call_id.clone());
                let key = CallKey { source: stage.source.row.id, id };
                let moves = stage.db.store.call_moves(Scope::Operator, &key).await.unwrap();
                let last = moves.last().unwrap();
                assert_eq!((last.changed_by.as_str(), &last.reason_before), ("ann", &row.reason));
                assert_eq!(last.account, after[&row.provider_call_id].account);
            }
            let totals = stage.db.store.totals(Scope::Operator, stage.source.row.id).await.unwrap();
            assert_eq!(totals.calls, totals.placed + totals.waiting + totals.excluded);
            assert_eq!(usize::try_from(totals.calls).unwrap(), after.len());
        }
        assert_books_are_true(&stage).await;
    }

    /// C5: whoever changes an assignment and dies before its calls have moved has lost nothing:
    /// the next run moves them, and counts them where they belong.
    async fn a_change_that_was_interrupted_is_finished_by_the_next_run(db) {
        let stage = Stage::set(db, world_with_every_kind()).await;
        stage.sync().await;
        let (_, known) = agents_of(&stage);
        let (agent, maple) = (agent(&stage, &known[0]).await, ensure_account(&stage, "Maple").await);
        let change = Change::Assign(place::for_ever(agent, maple));
        let decided = place::decide(&stage.db.store, change, "ann", stage.ctx.now()).await.unwrap();
        let rows = of_agent(&stage, &known[0]).await;
        assert!(rows.iter().all(|row| row.placement == "waiting"));
        let report = stage.sync_all().await;
        assert!(report.success, "{report:#?}");
        let totals = stage.db.store.totals(Scope::Operator, stage.source.row.id).await.unwrap();
        assert_eq!(report.waiting, totals.waiting.unsigned_abs(), "counted where they belong");
        let rows = of_agent(&stage, &known[0]).await;
        assert!(rows.iter().all(|row| row.account.as_deref() == Some("Maple")), "{rows:?}");
        let moved = stage.db.store.change_moved(decided.id.unwrap()).await.unwrap();
        assert_eq!(moved, rows.len() as u64);
        let left = stage.db.store.replacements_pending(stage.source.row.id).await.unwrap();
        assert_eq!(left, []);
        assert_books_are_true(&stage).await;
    }

    /// C5: … also where the provider does not tell its agents, which moves such calls too.
    async fn a_change_that_was_interrupted_is_finished_though_no_agent_is_listed(db) {
        let stage = Stage::set(db, world_with_every_kind()).await;
        stage.sync().await;
        let (_, known) = agents_of(&stage);
        let (agent, maple) = (agent(&stage, &known[0]).await, ensure_account(&stage, "Maple").await);
        let change = Change::Assign(place::for_ever(agent, maple));
        place::decide(&stage.db.store, change, "ann", stage.ctx.now()).await.unwrap();
        let refused = simulators::What::status(401, "{}");
        stage.simulator.faults().add(simulators::On::path("agents").forever().gives(refused));
        assert!(stage.sync_all().await.success);
        assert!(stage.simulator.faults().struck() > 0, "the agents were asked for");
        let rows = of_agent(&stage, &known[0]).await;
        assert!(rows.iter().all(|row| row.account.as_deref() == Some("Maple")), "{rows:?}");
    }

    /// C1: an agent that comes back to the provider's list is one less reason to wait.
    async fn waiting_calls_are_looked_at_again_when_their_agent_appears_in_the_list(db) {
        let stage = Stage::set(db, world_with_every_kind()).await;
        stage.sync().await;
        let (deleted, _) = agents_of(&stage);
        let of_deleted = |rows: &std::collections::BTreeMap<String, CallRow>| {
            let mine = rows.values().filter(|row| row.provider_agent_id.as_ref() == Some(&deleted));
            mine.map(|row| row.reason.clone()).collect::<std::collections::BTreeSet<_>>()
        };
        assert!(of_deleted(&stage.calls().await).iter().eq(["agent_not_in_system"]));
        stage.simulator.mutate(|world| world.set_agent_deleted(&deleted, false));
        agents_fetch(&stage.ctx, &stage.source).await.unwrap();
        assert!(of_deleted(&stage.calls().await).iter().eq(["agent_not_assigned_to_user"]));
        assert!(assign(&stage, &deleted, "Maple").await > 0);
        assert!(of_deleted(&stage.calls().await).iter().eq(["agent_assignment"]));
        // A call of it that comes later is placed at once.
        let at = stage.ctx.now() - Duration::from_mins(30);
        let id = stage.simulator.mutate(|world| world.insert(NewCall {
            agent_id: Some(deleted.clone()),
            ..NewCall::at(at.as_millis())
        }));
        let report = stage.sync_all().await;
        assert!(report.success, "{report:#?}");
        assert_eq!(stage.calls().await[&id].placement, "placed");
    }

    /// C1: somebody assigns an agent while its calls are being read: none of them waits for
    /// what is there already, whether it was read before, meanwhile or after.
    async fn an_assignment_made_while_a_run_is_under_way_is_honoured(db) {
        let stage = Stage::set(db, small_windows(200)).await;
        let (_, known) = agents_of(&stage);
        let wanted = known[0].clone();
        let mine = agent(&stage, &wanted).await;
        let account = ensure_account(&stage, "Maple").await;
        let assigns = async {
            let assignment = place::for_ever(mine, account);
            place::assign(&stage.db.store, assignment, "a person", stage.ctx.now()).await.unwrap();
        };
        let report = meanwhile(&stage, 7, stage.sync(), assigns).await;
        assert!(report.success, "{report:#?}");
        let rows = stage.calls().await;
        let theirs = rows.values().filter(|row| row.provider_agent_id.as_ref() == Some(&wanted));
        let waiting: Vec<_> = theirs.filter(|row| row.placement != "placed").collect();
        assert!(waiting.is_empty(), "{} calls wait in vain", waiting.len());
        stage.assert_equals_truth().await;
        assert_books_are_true(&stage).await;
    }

    /// C5: an agent changes hands in the middle of history.
    async fn the_time_of_a_call_decides_between_two_accounts_of_its_agent(db) {
        let stage = Stage::set(db, small_windows(200)).await;
        stage.sync().await;
        let (_, known) = agents_of(&stage);
        let wanted = &known[0];
        let border = instant("2026-03-15T00:00:00Z");
        let calls = of_agent(&stage, wanted).await;
        let before = calls.iter().filter(|row| row.occurred_at < border.as_millis()).count();
        let (all, before) = (calls.len() as u64, before as u64);
        assert!(before > 0 && all > before);

        let until = assign_between(&stage, wanted, "First", Timestamp::MIN, border).await;
        assert_eq!(until, before, "calls outside the assignment have not moved");
        let from = assign_between(&stage, wanted, "Second", border, Timestamp::MAX).await;
        assert_eq!(from, all - before);
        assert_accounts_by_time(&stage, wanted, border).await;
        // And it is the same for calls that are read afterwards.
        stage.simulator.mutate(|world| for at in [border.as_millis() - 1, border.as_millis()] {
            world.insert(NewCall { agent_id: Some(wanted.clone()), ..NewCall::at(at) });
        });
        assert!(stage.sync_all().await.success);
        assert_eq!(of_agent(&stage, wanted).await.len() as u64, all + 2);
        assert_accounts_by_time(&stage, wanted, border).await;
    }

    /// C5: an agent everything was placed for is given to somebody else from a day on. Calls of
    /// that time that were placed already go with it, just as those that come later.
    async fn a_later_assignment_takes_the_calls_of_its_time_along(db) {
        let stage = Stage::set(db, small_windows(200)).await;
        stage.sync().await;
        let (_, known) = agents_of(&stage);
        let wanted = &known[0];
        let border = instant("2026-03-15T00:00:00Z");
        assign(&stage, wanted, "First").await;
        let moved = assign_between(&stage, wanted, "Second", border, Timestamp::MAX).await;
        let calls = of_agent(&stage, wanted).await;
        let after = calls.iter().filter(|row| row.occurred_at >= border.as_millis()).count();
        assert_eq!(moved, after as u64);
        assert_accounts_by_time(&stage, wanted, border).await;
        let report = stage.sync_all().await;
        assert_eq!((report.new, report.updated), (0, 0), "placing is not a change of the call");
        assert_accounts_by_time(&stage, wanted, border).await;
    }
}

/// Calls of a listed agent, of a deleted one, and of none.
fn world_with_every_kind() -> StageSettings {
    let mut settings = small_windows(120);
    settings.world.without_agent_share = 0.1;
    settings
}

/// The agent the provider no longer lists, and those it does.
fn agents_of(stage: &Stage) -> (String, Vec<String>) {
    stage.simulator.mutate(|world| {
        let deleted = world.agents().iter().find(|agent| agent.is_deleted).unwrap().id.clone();
        let known = world.agents().iter().filter(|agent| !agent.is_deleted);
        (deleted, known.map(|agent| agent.id.clone()).collect())
    })
}

async fn of_agent(stage: &Stage, provider_agent_id: &str) -> Vec<CallRow> {
    let rows = stage.calls().await.into_values();
    rows.filter(|row| row.provider_agent_id.as_deref() == Some(provider_agent_id)).collect()
}

async fn assign_between(
    stage: &Stage,
    provider_agent_id: &str,
    account: &str,
    valid_from: Timestamp,
    valid_to: Timestamp,
) -> u64 {
    let agent = agent(stage, provider_agent_id).await;
    let account = ensure_account(stage, account).await;
    let assignment = Assignment { agent, account, valid_from, valid_to };
    place::assign(&stage.db.store, assignment, "a person", stage.ctx.now()).await.unwrap()
}

async fn assert_accounts_by_time(stage: &Stage, provider_agent_id: &str, border: Timestamp) {
    for row in of_agent(stage, provider_agent_id).await {
        let expected = if row.occurred_at < border.as_millis() { "First" } else { "Second" };
        assert_eq!(row.account.as_deref(), Some(expected), "{row:?}");
    }
}
