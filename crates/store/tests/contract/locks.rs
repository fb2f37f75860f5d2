//! In which order things are locked on PostgreSQL, where two that write meet: a source before its
//! agents and its calls. SQLite has one writer, and no order.

use domain::{Because, Placement, ProviderCallId, SourceId, Timestamp};
use store::{NewCall, SeenAgent, Store, StoreError};
use testkit::{Kind, TestDb};

use crate::samples::{account, at, call, source, write};

/// Until a connection to this database waits for what another one has locked.
async fn somebody_waits(db: &TestDb) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waits = async {
        while db.number(waiting).await == 0 {
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, waits).await.expect("the two meet");
}

async fn see(store: &Store, source: SourceId) -> Result<(), StoreError> {
    let named = |id: &str| SeenAgent {
        provider_agent_id: id.to_owned(),
        name: id.to_owned(),
        inbound_number: None,
    };
    let mut tx = store.begin().await?;
    tx.agents_see(source, &[named("a"), named("b")], at(9)).await?;
    tx.commit().await
}

async fn put_off(store: &Store, source: SourceId, ids: [&str; 2]) -> Result<(), StoreError> {
    let ids = ids.map(|id| ProviderCallId(id.to_owned()));
    let calls: Vec<(&ProviderCallId, Option<Timestamp>)> =
        ids.iter().map(|id| (id, Some(at(99)))).collect();
    let mut tx = store.begin().await?;
    tx.calls_look_again(source, &calls).await?;
    tx.commit().await
}

/// A run lists agents while another one assigns the same, which nobody had listed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_lists_agents_and_whoever_assigns_them_take_turns() {
    TestDb::run(Kind::Postgres, |db| async move {
        let source = source(&db.store, "s").await;
        let mut assigning = db.store.begin().await.unwrap();
        assigning.rules_lock(source).await.unwrap();
        let listing = see(&db.store, source);
        let assigned = async {
            somebody_waits(&db).await;
            let agent = SeenAgent {
                provider_agent_id: "a".to_owned(),
                name: "a".to_owned(),
                inbound_number: None,
            };
            assigning.agents_see(source, &[agent], at(8)).await?;
            assigning.commit().await
        };
        let (listed, assigned) = tokio::join!(listing, assigned);
        assigned.unwrap();
        listed.unwrap();
        assert_eq!(db.number("SELECT COUNT(*) FROM agents").await, 2);
    })
    .await;
}

/// Calls are put off, in the order in which they are due, while they move, in another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_puts_calls_off_and_whoever_moves_them_take_turns() {
    TestDb::run(Kind::Postgres, |db| async move {
        let source = source(&db.store, "s").await;
        let acme = account(&db.store, "acme").await;
        let calls: Vec<NewCall<'static>> = vec![call("a", 1), call("b", 2)];
        write(&db.store, source, &calls).await;
        let because = Because::AgentAssignment;
        let to = Placement::Placed { account: acme, agent: None, because, decided_by: None };
        let mut moving = db.store.begin().await.unwrap();
        moving.rules_lock(source).await.unwrap();
        moving.calls_move(source, to, &["b"]).await.unwrap();
        let putting_off = put_off(&db.store, source, ["a", "b"]);
        let moved = async {
            somebody_waits(&db).await;
            moving.calls_move(source, to, &["a"]).await?;
            moving.commit().await
        };
        let (put_off, moved) = tokio::join!(putting_off, moved);
        moved.unwrap();
        put_off.unwrap();
        let both = "SELECT COUNT(*) FROM calls WHERE placement = 'placed' AND look_again_at = 99";
        assert_eq!(db.number(both).await, 2);
    })
    .await;
}
