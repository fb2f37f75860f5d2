//! Schedules, and what is sent of them.

use domain::{AccountId, JobId, JobKind, SourceId};
use store::{NewJob, NewSchedule, SendingRow, Sent, Store};
use testkit::on_both_databases;

use crate::samples::{account, at, source};

fn new(name: &str, source: SourceId, account: Option<AccountId>) -> NewSchedule<'_> {
    NewSchedule {
        name,
        source,
        account,
        cron: "0 6 * * mon",
        time_zone: "Europe/Berlin",
        span_days: 7,
        repairs: true,
        send_to: "[\"ann@example.com\"]",
        by: "ann",
    }
}

async fn add(store: &Store, new: &NewSchedule<'_>) -> bool {
    let mut tx = store.begin().await.unwrap();
    let is_free = tx.schedule_add(new, at(5)).await.unwrap();
    tx.commit().await.unwrap();
    is_free
}

/// A job of a source, with something to send.
async fn job(store: &Store, source: SourceId, send_to: &[&str]) -> JobId {
    let mut tx = store.begin().await.unwrap();
    let due = Some((1, at(70)));
    let asked = NewJob { source, kind: JobKind::Compare, parameters: "{}", by: "weekly", due };
    let job = tx.job_ask(&asked, at(70)).await.unwrap().id();
    let send_to: Vec<String> = send_to.iter().map(|to| (*to).to_owned()).collect();
    tx.sendings_add(job, &send_to, at(80)).await.unwrap();
    tx.sendings_add(job, &send_to, at(90)).await.unwrap();
    tx.commit().await.unwrap();
    job
}

async fn of(store: &Store, job: JobId) -> Vec<SendingRow> {
    store.sendings_of(job).await.unwrap()
}

on_both_databases! {
    async fn a_schedule_is_kept_paused_and_taken_away(db) {
        let (source, acme) = (source(&db.store, "s").await, account(&db.store, "acme").await);
        assert!(add(&db.store, &new("weekly", source, Some(acme))).await);
        assert!(!add(&db.store, &new("weekly", source, None)).await, "a name is there once");
        assert!(add(&db.store, &new("daily", source, None)).await);
        let all = db.store.schedules_list().await.unwrap();
        assert_eq!(all.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["daily", "weekly"]);
        let row = db.store.schedule_by_name("weekly").await.unwrap().unwrap();
        assert_eq!((row.source.as_str(), row.account.as_deref(), row.repairs), ("s", Some("acme"), 1));
        assert_eq!((row.is_paused, row.counts_from, row.last_due_at), (0, 5, None));
        let mut tx = db.store.begin().await.unwrap();
        let id = row.schedule_id;
        assert!(tx.schedule_pause(id, true, at(9)).await.unwrap());
        assert!(!tx.schedule_pause(id, true, at(10)).await.unwrap());
        assert_eq!(tx.account_ties(acme).await.unwrap().schedules, 1);
        let due = Some((id, at(70)));
        let asked = NewJob { source, kind: JobKind::Repair, parameters: "{}", by: "x", due };
        let job = tx.job_ask(&asked, at(71)).await.unwrap().id();
        tx.commit().await.unwrap();
        let row = db.store.schedule_get(id).await.unwrap().unwrap();
        assert_eq!((row.is_paused, row.counts_from, row.last_due_at), (1, 9, Some(70)));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.schedule_remove(id).await.unwrap());
        assert!(!tx.schedule_remove(id).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.schedule_get(id).await.unwrap(), None);
        let job = db.store.job_get(job, at(72)).await.unwrap().unwrap();
        assert_eq!((job.schedule_id, job.schedule), (Some(id), None), "what it made stays");
    }

    async fn one_of_two_takes_what_is_to_be_sent(db) {
        let source = source(&db.store, "s").await;
        let job = job(&db.store, source, &["a", "b"]).await;
        assert_eq!(db.store.sendings_due(at(79)).await.unwrap(), []);
        let due = db.store.sendings_due(at(80)).await.unwrap();
        assert_eq!((due.len(), due[0].source), (2, source));
        for (until, wins) in [(200, true), (300, false)] {
            let mut tx = db.store.begin().await.unwrap();
            assert_eq!(tx.sending_take(&due[0], at(until), at(81)).await.unwrap(), wins);
            tx.commit().await.unwrap();
        }
        assert_eq!(db.store.sendings_due(at(199)).await.unwrap(), due[1..]);
        // Whoever took it died.
        assert_eq!(db.store.sendings_due(at(200)).await.unwrap().len(), 2);
        assert_eq!(of(&db.store, job).await[0].attempts, 1);
    }

    async fn what_came_of_sending_is_kept(db) {
        let source = source(&db.store, "s").await;
        let job = job(&db.store, source, &["a", "b", "c"]).await;
        let due = db.store.sendings_due(at(80)).await.unwrap();
        let error = || "it answered 503".to_owned();
        for (due, sent) in due.iter().zip([Sent::Whole, Sent::Again { at: at(500), error: error() }, Sent::Never { error: error() }]) {
            let mut tx = db.store.begin().await.unwrap();
            tx.sending_take(due, at(200), at(81)).await.unwrap();
            tx.sending_ended(due, &sent).await.unwrap();
            // What has ended stays so.
            if sent != (Sent::Again { at: at(500), error: error() }) {
                tx.sending_ended(due, &Sent::Again { at: at(900), error: error() }).await.unwrap();
            }
            tx.commit().await.unwrap();
        }
        let rows = of(&db.store, job).await;
        let row = |row: &SendingRow| (row.status.clone(), row.next_at, row.error.is_some());
        let told: Vec<_> = rows.iter().map(row).collect();
        assert_eq!(told, [
            ("sent".to_owned(), None, false), ("waiting".to_owned(), Some(500), true), ("failed".to_owned(), None, true),
        ]);
        assert!(rows.iter().all(|row| row.tried_at == Some(81)));
        let bad = "INSERT INTO schedule_sendings (job_id, send_to, status) VALUES (1, 'x', 'waiting')";
        assert!(db.attempt(bad).await.is_err(), "what waits is tried some time");
    }
}
