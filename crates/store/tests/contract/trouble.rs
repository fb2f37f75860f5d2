//! What goes wrong is named for what the caller does next.

use store::{Store, StoreError};
use testkit::{Kind, on_both_databases};

use crate::samples::{call, source, write};

async fn error(url: &str) -> StoreError {
    Store::open(url).await.err().unwrap()
}

#[tokio::test]
async fn an_address_that_is_none_never_shows_its_password() {
    for url in
        ["mysql://me:hunter2@host/db", "me:hunter2@host", "postgres://me:hunter2@host:port/db"]
    {
        let error = error(url).await;
        assert!(matches!(error, StoreError::NotAnAddress { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn a_server_or_folder_that_is_not_there_is_unreachable() {
    for url in ["postgres://me:hunter2@127.0.0.1:1/db", "sqlite:///no/such/folder/x.db"] {
        let error = error(url).await;
        assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

on_both_databases! {
    async fn a_missing_database_is_unreachable_or_made(db) {
        let opened = Store::open(&format!("{}_missing", db.url)).await;
        match db.kind {
            Kind::Sqlite => opened.unwrap().close().await,
            Kind::Postgres => assert!(matches!(opened.err(), Some(StoreError::Unreachable { .. }))),
        }
    }

    async fn a_database_of_a_newer_program_is_left_alone(db) {
        let newer = "INSERT INTO _sqlx_migrations
                (version, description, success, checksum, execution_time) VALUES (9999, 'x', TRUE, ";
        let checksum = if db.kind == Kind::Sqlite { "x'00', 0)" } else { "'\\x00', 0)" };
        db.execute(&format!("{newer}{checksum}")).await;
        assert!(matches!(error(&db.url).await, StoreError::Schema { .. }));
    }

    async fn a_read_only_database_says_so(db) {
        if db.kind == Kind::Postgres {
            let (_, name) = db.url.rsplit_once('/').unwrap();
            let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
            db.execute(&sql).await;
        }
        let url = match db.kind {
            Kind::Sqlite => format!("{}?mode=ro", db.url),
            Kind::Postgres => db.url.clone(),
        };
        let error = match Store::open(&url).await {
            Err(error) => error,
            Ok(store) => {
                let mut tx = store.begin().await.unwrap();
                tx.account_ensure("a", crate::samples::at(1)).await.unwrap_err()
            }
        };
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    }

    async fn an_impossible_placement_is_refused(db) {
        for (placement, account) in [("placed", "NULL"), ("waiting", "1"), ("lost", "NULL")] {
            let sql = format!("INSERT INTO calls (source_id, provider_call_id, occurred_at,
                occurred_text, status, parts, tags, account_id, placement, reason, content_hash,
                version, first_seen_at, first_seen_by, first_run, changed_at, changed_run)
                SELECT 1, 'a', 1, '', 'completed', 0, '', {account}, '{placement}', '', sealed,
                1, 1, 'poll', 1, 1, 1 FROM credentials");
            let source = source(&db.store, "s").await;
            let mut tx = db.store.begin().await.unwrap();
            tx.credential_save(source, b"x", crate::samples::at(1)).await.unwrap();
            tx.commit().await.unwrap();
            let mut planting = tokio::task::JoinSet::new();
            let hand = db.clone();
            planting.spawn(async move { hand.execute(&sql).await });
            let planted = planting.join_next().await.unwrap();
            assert!(planted.is_err(), "{placement} {account}");
        }
    }

    async fn opening_again_changes_nothing(db) {
        let before = db.number("SELECT COUNT(*) FROM _sqlx_migrations").await;
        db.open_again().await.close().await;
        assert_eq!(db.number("SELECT COUNT(*) FROM _sqlx_migrations").await, before);
    }

    async fn a_second_writer_waits_and_readers_do_not(db) {
        let source = source(&db.store, "s").await;
        let other = db.open_again().await;
        let mut tx = db.store.begin().await.unwrap();
        tx.calls_write(source, 1, "poll", crate::samples::at(1), &[call("a", 1)]).await.unwrap();
        assert!(other.calls_known(source, &["a"]).await.unwrap().is_empty());
        let calls = [call("b", 1)];
        let (wrote, ()) = tokio::join!(tx.commit(), write(&other, source, &calls));
        wrote.unwrap();
        assert_eq!(other.calls_known(source, &["a", "b"]).await.unwrap().len(), 2);
        other.close().await;
    }
}
