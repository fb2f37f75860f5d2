//! What is configured or learnt: accounts, sources, agents, rules, credentials, probes,
//! dictionaries.

use domain::{AgentId, Assignment, PlacementFacts, Timestamp, place};
use store::{AgentsSeen, ProbeRow, SeenAgent};
use testkit::on_both_databases;

use crate::samples::{account, at, source};

fn seen(id: &str, name: &str) -> SeenAgent {
    let (provider_agent_id, name) = (id.to_owned(), name.to_owned());
    SeenAgent { provider_agent_id, name, inbound_number: None }
}

on_both_databases! {
    async fn an_account_or_source_is_made_once_and_found_by_name(db) {
        for name in ["b", "A", "Ä \0", "b"] {
            account(&db.store, name).await;
            source(&db.store, name).await;
        }
        let accounts = db.store.accounts_list().await.unwrap();
        let names: Vec<&str> = accounts.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["A", "b", "Ä \u{FFFD}"]);
        assert_eq!(db.store.sources_list().await.unwrap().len(), 3);
        assert!(db.store.account_by_name("Ä \0").await.unwrap().is_some());
        assert!(db.store.source_by_name("b").await.unwrap().is_some());
        assert!(db.store.account_by_name("B").await.unwrap().is_none());
        assert!(db.store.source_by_name("").await.unwrap().is_none());
    }

    async fn new_agents_go_to_the_account_of_their_source_while_it_is_in_use(db) {
        let [one, two] = [source(&db.store, "one").await, source(&db.store, "two").await];
        let acme = account(&db.store, "acme").await;
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.auto_account(one).await.unwrap(), None);
        tx.auto_account_set(one, Some(acme)).await.unwrap();
        assert_eq!(tx.auto_account(one).await.unwrap(), Some(acme));
        assert_eq!(tx.auto_account(two).await.unwrap(), None);
        let row = tx.account_get(acme).await.unwrap().unwrap();
        let away = store::AccountRow { archived_at: Some(at(1)), ..row.clone() };
        tx.account_change(&away).await.unwrap();
        assert_eq!(tx.auto_account(one).await.unwrap(), None);
        tx.account_change(&row).await.unwrap();
        tx.auto_account_set(one, None).await.unwrap();
        assert_eq!(tx.auto_account(one).await.unwrap(), None);

        tx.agents_see(one, &[seen("g", "G"), seen("h", "H")], at(1)).await.unwrap();
        let ids = tx.agent_ids(one).await.unwrap();
        assert_eq!((ids.len(), ids["h"].1.as_str()), (2, "H"));
        assert!(tx.agent_ids(two).await.unwrap().is_empty());
        assert!(tx.agents_assigned_ever(one).await.unwrap().is_empty());
        let agent = ids["g"].0;
        let whole = Assignment {
            agent, account: acme, valid_from: Timestamp::MIN, valid_to: Timestamp::MAX,
        };
        tx.assignment_add(&whole, "op", at(3)).await.unwrap();
        let held = tx.assignments_held(agent).await.unwrap();
        let withdraw = domain::AssignmentEdit::Withdraw { id: held[0].id };
        tx.assignments_edit(agent, &[withdraw], "op", at(4)).await.unwrap();
        let ever = tx.agents_assigned_ever(one).await.unwrap();
        assert!(ever.iter().eq(["g"]), "also what was withdrawn");
    }

    async fn an_agent_is_new_once_and_moves_the_rules(db) {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let mut tx = db.store.begin().await.unwrap();
        let before = tx.rules_version(source).await.unwrap();
        let agents = [seen("g\0", "G"), seen("h", "H")];
        assert_eq!(tx.agents_see(source, &agents, at(1)).await.unwrap().new, ["g\0", "h"]);
        let renamed = tx.agents_see(source, &[seen("g\0", "new")], at(2)).await.unwrap();
        assert_eq!(renamed, AgentsSeen { changed: vec!["g\0".to_owned()], ..Default::default() });
        let again = tx.agents_see(source, &[seen("g\0", "new")], at(2)).await.unwrap();
        assert_eq!(again, AgentsSeen::default());
        assert_eq!(tx.agents_see(source, &[], at(2)).await.unwrap(), AgentsSeen::default());
        assert_eq!(tx.rules_version(source).await.unwrap(), before + 1);
        tx.commit().await.unwrap();

        let rows = db.store.agents_list(source, at(5)).await.unwrap();
        let agent = rows.iter().find(|row| row.provider_agent_id == "h").unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let agent = AgentId(agent.agent_id);
        let whole = Assignment {
            agent, account: acme, valid_from: Timestamp::MIN, valid_to: Timestamp::MAX,
        };
        tx.assignment_add(&whole, "op", at(3)).await.unwrap();
        tx.commit().await.unwrap();
        let (version, rules) = db.store.rules_load(source).await.unwrap();
        assert_eq!(version, before + 2);
        let facts = PlacementFacts::of_agent(Some("h"), at(0));
        let placed = place(facts, &rules);
        assert!(matches!(placed, domain::Placement::Placed { account, .. } if account == acme));
        let rows = db.store.agents_list(source, at(5)).await.unwrap();
        let accounts: Vec<Option<&str>> = rows.iter().map(|row| row.account.as_deref()).collect();
        assert_eq!(accounts, [Some("acme"), None], "by name: H, new");
    }

    async fn an_agent_that_a_list_no_longer_has_is_marked_until_it_is_back(db) {
        let source = source(&db.store, "s").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.agents_see(source, &[seen("a", "A"), seen("b\0", "B")], at(1)).await.unwrap();
        // Named by a call and by no list.
        tx.agents_see(source, &[seen("c", "c")], at(0)).await.unwrap();
        let left = [seen("a", "A")];
        assert_eq!(tx.agents_gone(source, &left, at(5)).await.unwrap(), ["b\u{FFFD}"]);
        assert!(tx.agents_gone(source, &left, at(7)).await.unwrap().is_empty());
        tx.commit().await.unwrap();
        let marks = |rows: Vec<store::AgentRow>| -> Vec<Option<i64>> {
            rows.into_iter().map(|row| row.gone_at).collect()
        };
        let rows = db.store.agents_list(source, at(9)).await.unwrap();
        assert_eq!(marks(rows), [None, Some(at(5).as_millis()), None]);
        let mut tx = db.store.begin().await.unwrap();
        let back = tx.agents_see(source, &[seen("b\0", "B")], at(8)).await.unwrap();
        assert_eq!(back.changed, ["b\0"]);
        tx.commit().await.unwrap();
        let rows = db.store.agents_list(source, at(9)).await.unwrap();
        assert_eq!(marks(rows), [None, None, None]);
    }

    async fn an_assignment_of_no_time_or_no_agent_is_refused(db) {
        let acme = account(&db.store, "acme").await;
        let none = Assignment { agent: AgentId(7), account: acme, valid_from: at(1), valid_to: at(2) };
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.assignment_add(&none, "op", at(1)).await.unwrap_err().is_about_rows());
    }

    async fn credentials_probes_and_dictionaries_keep_the_latest(db) {
        let source = source(&db.store, "s").await;
        assert_eq!(db.store.credential_load(source).await.unwrap(), None);
        assert_eq!(db.store.dictionary_latest(source).await.unwrap(), None);
        let probe = |outcome: &str| ProbeRow {
            name: "p".to_owned(), outcome: outcome.to_owned(), sentence: String::new(), hint: None,
        };
        let mut tx = db.store.begin().await.unwrap();
        for bytes in [&b"\0one"[..], b"", b"two\xff"] {
            tx.credential_save(source, bytes, at(1)).await.unwrap();
            let id = tx.dictionary_add(source, bytes, at(1)).await.unwrap();
            assert_ne!(id, 0);
        }
        tx.probes_save(source, &[probe("wrong"), probe("right")], at(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.credential_load(source).await.unwrap().unwrap(), b"two\xff");
        let latest = db.store.dictionary_latest(source).await.unwrap().unwrap();
        assert_eq!(latest.content, b"two\xff");
        assert_eq!(db.store.dictionary_get(latest.dictionary_id).await.unwrap().unwrap(), latest);
        assert_eq!(db.store.dictionary_get(0).await.unwrap(), None);
        assert_eq!(db.store.probes_list(source).await.unwrap(), [probe("right")]);
    }
}
