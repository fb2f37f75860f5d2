//! Whoever asks for changes every few seconds reads what changed and nothing else.

use std::sync::Arc;

use domain::{Because, Bookmark, Placement};
use store::{NewCall, Scope};
use testkit::{Follower, TestDb, on_both_databases};

use crate::samples::{account, call, placed, source, write};

const CALLS: i64 = 3_000;

/// Fails unless the changes of this scope are found by this index, from the bookmark on.
async fn check(db: &Arc<TestDb>, scope: Scope, since: &Bookmark, by: &str) {
    let [changed, left] = db.store.calls_changed_plans(scope, since, 50).await.unwrap();
    let mut plans = vec![(changed, by)];
    if let Scope::Account(_) = scope {
        // SQLite keeps the rows in their key and does not name it.
        let is_sqlite = db.store.engine() == store::Engine::Sqlite;
        plans.push((left, if is_sqlite { "PRIMARY KEY" } else { "departures_pkey" }));
    }
    for (plan, by) in plans {
        let plan = plan.join("\n");
        assert!(plan.contains(by), "not found by {by}:\n{plan}");
        // The revision is where the walk begins, not what its finds are compared with.
        let bound = ["(revision,provider_call_id)>(?,?)", "(ROW(revision, provider_call_id) >="];
        let bound = |line: &str| {
            bound.iter().any(|words| line.contains(words))
                && (line.contains("SEARCH c USING") || line.contains("Index Cond:"))
        };
        assert!(plan.lines().any(bound), "not from the bookmark on:\n{plan}");
        for all in ["SCAN c", "Seq Scan", "calls_by_time", "calls_of_account "] {
            assert!(!plan.contains(all), "found by reading others:\n{plan}");
        }
    }
}

on_both_databases! {
    async fn changes_are_found_by_their_revision_and_not_by_reading_all_calls(db) {
        let (one, two) = (source(&db.store, "one").await, source(&db.store, "two").await);
        let (acme, other) = (account(&db.store, "acme").await, account(&db.store, "other").await);
        let calls: Vec<NewCall> = (0..CALLS).map(|n| match n % 50 {
            0 => placed(acme, call(&format!("c{n}"), n)),
            1..40 => placed(other, call(&format!("c{n}"), n)),
            _ => call(&format!("c{n}"), n),
        }).collect();
        for source in [one, two] {
            for some in calls.chunks(100) {
                write(&db.store, source, some).await;
            }
        }
        let because = Because::AgentAssignment;
        let to = Placement::Placed { account: other, agent: None, because, decided_by: None };
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_move(one, to, &["c0", "c50"]).await.unwrap();
        tx.commit().await.unwrap();
        if db.store.engine() == store::Engine::Postgres {
            db.execute("ANALYZE").await;
        }
        let mut follower = Follower::new(Scope::Operator);
        check(&db, Scope::Operator, follower.since(), "calls_by_revision").await;
        check(&db, Scope::Account(acme), follower.since(), "calls_of_account_by_revision").await;
        follower.read(&db.store, 500).await;
        check(&db, Scope::Operator, follower.since(), "calls_by_revision").await;
        check(&db, Scope::Account(acme), follower.since(), "calls_of_account_by_revision").await;
    }
}
