//! Assignments and rules in force, page by page.

use domain::{Assignment, AssignmentEdit, Rule, RuleEdit, RuleKey, Timestamp, Verdict};
use store::SeenAgent;
use testkit::on_both_databases;

use crate::samples::{account, at, source};

on_both_databases! {
    async fn assignments_in_force_are_told_by_id_with_their_names(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let acme = account(&db.store, "acme").await;
        let mut tx = db.store.begin().await.unwrap();
        for of in [one, two] {
            let seen = ["g\0", "h"].map(|id| SeenAgent {
                provider_agent_id: id.to_owned(), name: id.to_uppercase(), inbound_number: None,
            });
            tx.agents_see(of, &seen, at(1)).await.unwrap();
            for (agent, _) in tx.agent_ids(of).await.unwrap().into_values() {
                let (valid_from, valid_to) = (at(3), Timestamp::MAX);
                let wanted = Assignment { agent, account: acme, valid_from, valid_to };
                tx.assignment_add(&wanted, "ann", at(7)).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let all = db.store.assignments_page(None, 0, 10).await.unwrap();
        let ids: Vec<i64> = all.iter().map(|row| row.assignment_id).collect();
        assert!(ids.len() == 4 && ids.is_sorted(), "{ids:?}");
        let pair = db.store.assignments_page(None, ids[0], 2).await.unwrap();
        assert_eq!(pair, all[1..3]);
        let of_two = db.store.assignments_page(Some(two), 0, 10).await.unwrap();
        assert_eq!(of_two, all[2..]);
        let row = all.iter().find(|row| row.agent == "G\u{FFFD}" && row.source == "one").unwrap();
        assert_eq!((row.provider_agent_id.as_str(), row.account.as_str()), ("g\u{FFFD}", "acme"));
        assert_eq!((row.valid_from, row.valid_to, row.account_id), (3, i64::MAX, acme.0));
        assert_eq!((row.created_by.as_str(), row.created_at), ("ann", 7));

        let mut tx = db.store.begin().await.unwrap();
        let agent = tx.agent_ids(two).await.unwrap()["h"].0;
        let held = tx.assignments_held(agent).await.unwrap();
        let withdraw = AssignmentEdit::Withdraw { id: held[0].id };
        tx.assignments_edit(agent, &[withdraw], "ann", at(9)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.assignments_page(Some(two), 0, 10).await.unwrap().len(), 1);
    }

    async fn rules_in_force_are_told_by_id_with_their_names(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let acme = account(&db.store, "acme").await;
        let mut tx = db.store.begin().await.unwrap();
        let (valid_from, valid_to) = (Timestamp::MIN, at(8));
        let rule = |key, verdict| Rule { id: None, key, verdict, valid_from, valid_to };
        let number = rule(RuleKey::Number("+1".to_owned()), Verdict::Place(acme));
        let tests = rule(RuleKey::TestCalls, Verdict::Exclude);
        for (of, rule) in [(one, number), (two, tests)] {
            tx.rules_edit(of, &[RuleEdit::Add(rule)], "ann", at(7)).await.unwrap();
        }
        tx.commit().await.unwrap();
        let all = db.store.rules_page(None, 0, 10).await.unwrap();
        let told: Vec<_> = all.iter().map(|row| {
            (row.source.as_str(), row.kind.as_str(), row.key.as_str(), row.account.as_deref())
        }).collect();
        assert_eq!(told, [("one", "number", "+1", Some("acme")), ("two", "test_calls", "", None)]);
        assert_eq!((all[0].valid_from, all[0].valid_to, all[0].account_id), (i64::MIN, 8, Some(acme.0)));
        assert_eq!((all[1].created_by.as_str(), all[1].created_at, all[1].account_id), ("ann", 7, None));
        assert_eq!(db.store.rules_page(None, all[0].rule_id, 1).await.unwrap(), all[1..]);
        assert_eq!(db.store.rules_page(Some(one), 0, 1).await.unwrap(), all[..1]);

        let mut tx = db.store.begin().await.unwrap();
        let withdraw = RuleEdit::Withdraw { id: domain::RuleId(all[0].rule_id) };
        tx.rules_edit(one, &[withdraw], "ann", at(9)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.rules_page(None, 0, 10).await.unwrap(), all[1..]);
    }
}
