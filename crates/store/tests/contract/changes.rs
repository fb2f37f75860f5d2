//! Changes of assignments: what they leave to do, which calls they can move, and what is kept of it.

use domain::{
    AgentId, AgentRef, Assignment, AssignmentEdit, Because, Placement, SourceId, Timestamp,
    WaitingReason,
};
use store::{CallKey, MovedCall, NewCall, Of, Part, PlacedCall, Scope, SeenAgent, Slice};
use testkit::on_both_databases;

use crate::samples::{account, at, call, placed, source, write};

fn of_agent(id: &str, occurred_at: i64) -> NewCall<'static> {
    let mut new = call(id, occurred_at);
    new.call.to_mut().agent =
        Some(AgentRef { provider_agent_id: "g".to_owned(), is_deleted: false });
    let reason = WaitingReason::AgentNotAssignedToUser;
    new.placement = Placement::Waiting { agent: Some(AgentId(1)), reason };
    new
}

fn slice(source: SourceId, part: Part, from: i64, to: i64) -> Slice {
    Slice { source, of: Of::Agent("g".to_owned(), part), from: at(from), to: at(to) }
}

fn waiting() -> Part {
    Part::Unplaced(WaitingReason::AgentNotAssignedToUser.as_str().to_owned())
}

fn ids(calls: &[PlacedCall]) -> Vec<&str> {
    calls.iter().map(|call| call.provider_call_id.as_str()).collect()
}

on_both_databases! {
    async fn a_slice_is_read_by_time_page_by_page(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let calls: Vec<_> = (0..5).map(|n| of_agent(&format!("c{n}"), n / 2)).collect();
        let others = [placed(acme, of_agent("p", 1)), call("nobody's", 1)];
        write(&db.store, source, &[&calls[..], &others].concat()).await;
        let all = slice(source, waiting(), 0, 9);
        let first = db.store.slice_calls(&all, None, 3).await.unwrap();
        assert_eq!(ids(&first), ["c0", "c1", "c2"]);
        assert_eq!((first[2].at(), first[2].reason.as_str()), (at(1), "agent_not_assigned_to_user"));
        let mut tx = db.store.begin().await.unwrap();
        let rest = tx.slice_calls(&all, Some((1, "c2")), 9).await.unwrap();
        assert_eq!(ids(&rest), ["c3", "c4"]);
        let half_open = tx.slice_calls(&slice(source, waiting(), 1, 2), None, 9).await.unwrap();
        assert_eq!(ids(&half_open), ["c2", "c3"]);
        let ours = tx.slice_calls(&slice(source, Part::Account(acme), 0, 9), None, 9).await.unwrap();
        assert_eq!((ids(&ours), ours[0].account_id), (vec!["p"], Some(acme.0)));
    }

    async fn many_calls_move_at_once_and_no_other(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let acme = account(&db.store, "acme").await;
        let calls: Vec<_> = (0..700).map(|n| of_agent(&format!("c{n:03}"), n)).collect();
        write(&db.store, one, &calls).await;
        write(&db.store, two, &calls[..3]).await;
        let because = Because::AgentAssignment;
        let to = Placement::Placed { account: acme, agent: Some(AgentId(1)), because, decided_by: None };
        let moving: Vec<String> = (0..699).map(|n| format!("c{n:03}")).collect();
        let moving: Vec<&str> = moving.iter().map(String::as_str).collect();
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_move(one, to, &moving).await.unwrap();
        tx.calls_move(one, to, &[]).await.unwrap();
        tx.commit().await.unwrap();
        let totals = db.store.totals(Scope::Operator, one).await.unwrap();
        assert_eq!((totals.placed, totals.waiting), (699, 1));
        assert_eq!(db.store.totals(Scope::Operator, two).await.unwrap().waiting, 3);
        let ours = slice(one, Part::Account(acme), 0, 1000);
        let first = db.store.slice_calls(&ours, None, 1).await.unwrap();
        assert!(first[0].is_at(to));
    }

    async fn a_change_leaves_what_is_to_do_until_it_is_done(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let slices = [slice(source, waiting(), 1, 2), slice(source, Part::Account(acme), 3, 4)];
        let mut tx = db.store.begin().await.unwrap();
        tx.rules_lock(source).await.unwrap();
        let change = tx.change_add(("ann", "a change"), &slices, at(5)).await.unwrap();
        assert_ne!(tx.change_add(("ann", "no calls"), &[], at(5)).await.unwrap(), change);
        tx.commit().await.unwrap();
        let pending = db.store.replacements_pending(source).await.unwrap();
        assert_eq!(pending.iter().map(|left| &left.slice).collect::<Vec<_>>(), slices.iter().collect::<Vec<_>>());
        assert!(pending.iter().all(|left| left.change == change));
        let mut tx = db.store.begin().await.unwrap();
        tx.replacement_done(pending[0].id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.replacements_pending(source).await.unwrap(), pending[1..]);
    }

    async fn a_move_is_kept_once_per_change_and_call(db) {
        let source = source(&db.store, "s").await;
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        write(&db.store, source, &[placed(other, of_agent("c", 1))]).await;
        let because = Because::AgentAssignment;
        let moved = |account| MovedCall {
            provider_call_id: "c".to_owned(),
            account_before: Some(acme.0),
            reason_before: "agent_assignment".to_owned(),
            placement: Placement::Placed { account, agent: None, because, decided_by: None },
        };
        let mut tx = db.store.begin().await.unwrap();
        let change = tx.change_add(("ann", "gave g to other"), &[], at(5)).await.unwrap();
        tx.placements_add((change, source), &[moved(acme)], at(6)).await.unwrap();
        tx.placements_add((change, source), &[moved(other)], at(7)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.change_moved(change).await.unwrap(), 1);
        assert_eq!(db.store.change_moved(change + 1).await.unwrap(), 0);
        let key = CallKey { source, id: domain::ProviderCallId("c".to_owned()) };
        let moves = db.store.call_moves(Scope::Operator, &key).await.unwrap();
        assert_eq!((moves.len(), moves[0].moved_at, moves[0].changed_by.as_str()), (1, 7, "ann"));
        assert_eq!(moves[0].account_before.as_deref(), Some("acme"));
        assert_eq!(moves[0].account.as_deref(), Some("other"));
        assert_eq!(db.store.call_moves(Scope::Account(other), &key).await.unwrap().len(), 1);
        assert!(db.store.call_moves(Scope::Account(acme), &key).await.unwrap().is_empty());
    }

    async fn an_assignment_is_cut_or_withdrawn_and_the_rules_move(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let mut tx = db.store.begin().await.unwrap();
        let seen = ["g", "h"].map(|id| SeenAgent {
            provider_agent_id: id.to_owned(), name: id.to_uppercase(), inbound_number: None,
        });
        tx.agents_see(source, &seen, at(1)).await.unwrap();
        tx.commit().await.unwrap();
        let rows = db.store.agents_list(source, at(1)).await.unwrap();
        let agent = AgentId(rows[0].agent_id);
        let whole = Assignment {
            agent, account: acme, valid_from: Timestamp::MIN, valid_to: Timestamp::MAX,
        };
        let mut tx = db.store.begin().await.unwrap();
        let found = tx.agent_at(agent).await.unwrap().unwrap();
        assert_eq!((found.source, found.provider_agent_id.as_str(), found.name.as_str()), (source, "g", "G"));
        assert_eq!(tx.agent_at(AgentId(0)).await.unwrap(), None);
        let before = tx.rules_version(source).await.unwrap();
        tx.assignments_edit(agent, &[AssignmentEdit::Add(whole)], "ann", at(2)).await.unwrap();
        let held = tx.assignments_held(agent).await.unwrap();
        assert_eq!((held.len(), held[0].assignment), (1, whole));
        let cut = AssignmentEdit::Cut { id: held[0].id, valid_to: at(9) };
        tx.assignments_edit(agent, &[cut], "ann", at(3)).await.unwrap();
        assert_eq!(tx.assignments_held(agent).await.unwrap()[0].assignment.valid_to, at(9));
        assert!(tx.rules_version(source).await.unwrap() > before + 1);
        tx.commit().await.unwrap();
        let rows = db.store.assignments_list(source, "g").await.unwrap();
        assert_eq!((rows.len(), rows[0].account.as_str(), rows[0].valid_to), (1, "acme", 9));
        assert!(db.store.assignments_list(source, "h").await.unwrap().is_empty());

        let mut tx = db.store.begin().await.unwrap();
        let withdraw = AssignmentEdit::Withdraw { id: held[0].id };
        tx.assignments_edit(agent, &[withdraw], "ann", at(4)).await.unwrap();
        assert_eq!(tx.assignments_held(agent).await.unwrap(), []);
        tx.commit().await.unwrap();
        assert!(db.store.assignments_list(source, "g").await.unwrap().is_empty());
        assert_eq!(db.store.agents_list(source, at(1)).await.unwrap()[0].account, None);
        assert_eq!(db.number("SELECT COUNT(*) FROM assignments WHERE ended_at = 4").await, 1);
    }
}
