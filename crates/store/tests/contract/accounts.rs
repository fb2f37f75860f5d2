//! Accounts as a whole: how they are, how much is in them, what names them, and how they changed.

use domain::{AgentId, Assignment, Country, Rule, RuleEdit, RuleKey, Timestamp, Verdict};
use store::{AccountRow, AccountTies, AccountUse, NewContact, Scope, SeenAgent};
use testkit::on_both_databases;

use crate::samples::{account, at, call, placed, source, write};

on_both_databases! {
    async fn an_account_is_written_as_it_is_now(db) {
        let acme = account(&db.store, "acme").await;
        let other = account(&db.store, "other").await;
        let mut tx = db.store.begin().await.unwrap();
        let made = tx.account_get(acme).await.unwrap().unwrap();
        assert_eq!((made.country, made.calls_reset_at, made.archived_at), (None, None, None));
        let row = AccountRow {
            name: "new\0".to_owned(),
            external_id: Some("crm 7".to_owned()),
            country: Country::new("AT"),
            calls_reset_at: Some(at(5)),
            archived_at: Some(at(6)),
            ..made.clone()
        };
        tx.account_change(&row).await.unwrap();
        let kept = tx.account_get(acme).await.unwrap().unwrap();
        assert_eq!(kept, AccountRow { name: "new\u{FFFD}".to_owned(), ..row });
        assert_eq!(tx.account_named("new\0").await.unwrap(), Some(kept));
        assert_eq!(tx.account_named("acme").await.unwrap(), None);
        let by_id = tx.account_by_external_id("crm 7").await.unwrap().unwrap();
        assert_eq!((by_id.id, tx.account_by_external_id("crm").await.unwrap()), (acme, None));
        assert_eq!(tx.account_get(other).await.unwrap().unwrap().name, "other");
        tx.account_change(&made).await.unwrap();
        assert_eq!(tx.account_get(acme).await.unwrap(), Some(made));
        tx.account_delete(other).await.unwrap();
        assert_eq!(tx.account_get(other).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(db.store.accounts_list().await.unwrap().len(), 1);
    }

    async fn what_is_in_an_account_and_what_names_it_is_counted(db) {
        let source = source(&db.store, "s").await;
        let (acme, empty) = (account(&db.store, "acme").await, account(&db.store, "empty").await);
        write(&db.store, source, &[placed(acme, call("a", 1)), call("b", 1)]).await;
        let mut tx = db.store.begin().await.unwrap();
        let contact = NewContact { account: acme, fields: domain::ContactFields::new() };
        tx.contacts_add(&[contact.clone(), contact], "ann", at(1)).await.unwrap();
        let seen = SeenAgent {
            provider_agent_id: "g".to_owned(), name: "G".to_owned(), inbound_number: None,
        };
        tx.agents_see(source, &[seen], at(1)).await.unwrap();
        tx.commit().await.unwrap();
        let agent = AgentId(db.store.agents_list(source, at(1)).await.unwrap()[0].agent_id);
        let mut tx = db.store.begin().await.unwrap();
        let part = |from, to| Assignment { agent, account: acme, valid_from: from, valid_to: to };
        for part in [part(at(2), at(4)), part(at(4), Timestamp::MAX)] {
            tx.assignment_add(&part, "ann", at(1)).await.unwrap();
        }
        let rule = Rule {
            id: None, key: RuleKey::WholeSource, verdict: Verdict::Place(acme),
            valid_from: Timestamp::MIN, valid_to: Timestamp::MAX,
        };
        tx.rules_edit(source, &[RuleEdit::Add(rule)], "ann", at(1)).await.unwrap();
        tx.auto_account_set(source, Some(acme)).await.unwrap();
        let ties = tx.account_ties(acme).await.unwrap();
        assert_eq!(ties, AccountTies { calls: 1, contacts: 2, assignments: 2, rules: 1, sources: 1, tokens: 0, users: 0, schedules: 0 });
        assert_eq!(tx.account_ties(empty).await.unwrap(), AccountTies::default());
        assert!(tx.account_delete(acme).await.is_err(), "its contacts would belong to nobody");
        drop(tx);

        let uses = |now| db.store.account_uses(Scope::Operator, at(now));
        let of = |account_id, calls, agents, contacts| AccountUse { account_id, calls, agents, contacts };
        assert_eq!(uses(3).await.unwrap().len(), 2);
        let mut tx = db.store.begin().await.unwrap();
        for part in [part(at(2), at(4)), part(at(4), Timestamp::MAX)] {
            tx.assignment_add(&part, "ann", at(1)).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(uses(1).await.unwrap(), [of(acme.0, 1, 0, 2), of(empty.0, 0, 0, 0)]);
        assert_eq!(uses(4).await.unwrap(), [of(acme.0, 1, 1, 2), of(empty.0, 0, 0, 0)]);
        let mine = db.store.account_uses(Scope::Account(empty), at(4)).await.unwrap();
        assert_eq!(mine, [of(empty.0, 0, 0, 0)]);
    }

    async fn changes_of_an_account_are_told_oldest_first(db) {
        let source = source(&db.store, "s").await;
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        let mut tx = db.store.begin().await.unwrap();
        let before = tx.rules_version(source).await.unwrap();
        tx.rules_bump(source).await.unwrap();
        assert_eq!(tx.rules_version(source).await.unwrap(), before + 1);
        for (who, what, of) in [("ann", "one", acme), ("bob", "two", other), ("ann", "three", acme)] {
            let change = tx.change_add((who, what), &[], at(7)).await.unwrap();
            tx.change_about(change, of).await.unwrap();
        }
        tx.change_add(("ann", "about none"), &[], at(8)).await.unwrap();
        tx.commit().await.unwrap();
        let rows = db.store.account_history(acme).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.what.as_str(), row.changed_at, row.moved)).collect();
        assert_eq!(told, [("one", 7, 0), ("three", 7, 0)]);
        assert_eq!(rows[0].changed_by, "ann");
    }
}
