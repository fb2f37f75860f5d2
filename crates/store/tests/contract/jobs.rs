//! Jobs: asked once, begun by one, ended once.

use domain::{JobId, JobKind, JobStatus, RunId, SourceId, Timestamp};
use store::{AskedJob, JobEnd, JobRow, NewJob, Store};
use testkit::on_both_databases;

use crate::samples::{at, source};

async fn ask(store: &Store, source: SourceId, kind: JobKind, parameters: &str) -> AskedJob {
    let mut tx = store.begin().await.unwrap();
    let new = NewJob { source, kind, parameters, by: "ann", due: None };
    let asked = tx.job_ask(&new, at(5)).await.unwrap();
    tx.commit().await.unwrap();
    asked
}

async fn begin(store: &Store, job: JobId, now: i64) -> Option<i64> {
    let mut tx = store.begin().await.unwrap();
    let attempts = tx.job_begin(job, at(now)).await.unwrap();
    tx.commit().await.unwrap();
    attempts
}

async fn end(store: &Store, job: JobId, status: JobStatus, outcome: &str) {
    let mut tx = store.begin().await.unwrap();
    let end = JobEnd { status, outcome: outcome.to_owned(), run: None, report: None };
    tx.job_end(job, &end, at(50)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn cancel(store: &Store, job: JobId, now: i64) -> bool {
    let mut tx = store.begin().await.unwrap();
    let is_news = tx.job_cancel(job, "bob", "never begun", at(now)).await.unwrap();
    tx.commit().await.unwrap();
    is_news
}

async fn get(store: &Store, job: JobId) -> JobRow {
    store.job_get(job, at(6)).await.unwrap().unwrap()
}

on_both_databases! {
    async fn what_waits_already_is_not_asked_for_twice(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "t").await);
        let first = ask(&db.store, one, JobKind::Sync, "{}").await;
        assert_eq!(first, AskedJob::New(JobId(1)));
        assert_eq!(ask(&db.store, one, JobKind::Sync, "{}").await, AskedJob::Known(JobId(1)));
        for (source, kind, parameters) in [
            (other, JobKind::Sync, "{}"), (one, JobKind::Compare, "{}"), (one, JobKind::Sync, "{\"a\":1}"),
        ] {
            assert!(matches!(ask(&db.store, source, kind, parameters).await, AskedJob::New(_)));
        }
        // Once it is being done, asking means once more.
        begin(&db.store, first.id(), 7).await.unwrap();
        let second = ask(&db.store, one, JobKind::Sync, "{}").await;
        assert!(matches!(second, AskedJob::New(_)));
        // Giving the first back stands beside it, and is found first.
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.job_give_back(first.id()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(ask(&db.store, one, JobKind::Sync, "{}").await.id(), first.id());
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.jobs_count_open(one).await.unwrap(), 4);
    }

    async fn two_who_ask_at_once_ask_for_one_job(db) {
        let source = source(&db.store, "s").await;
        let other = db.open_again().await;
        let (a, b) = tokio::join!(
            ask(&db.store, source, JobKind::Sync, "{}"), ask(&other, source, JobKind::Sync, "{}"));
        assert_eq!(a.id(), b.id());
        assert_eq!(db.number("SELECT COUNT(*) FROM jobs").await, 1);
        other.close().await;
    }

    async fn one_occurrence_of_a_schedule_is_one_job(db) {
        let source = source(&db.store, "s").await;
        let due = |at: Timestamp| NewJob {
            source, kind: JobKind::Compare, parameters: "{}", by: "weekly", due: Some((3, at)),
        };
        let mut asked = Vec::new();
        for new in [due(at(70)), due(at(70)), due(at(71))] {
            let mut tx = db.store.begin().await.unwrap();
            asked.push(tx.job_ask(&new, at(80)).await.unwrap());
            tx.commit().await.unwrap();
        }
        assert_eq!(asked, [AskedJob::New(JobId(1)), AskedJob::Known(JobId(1)), AskedJob::New(asked[2].id())]);
        let row = get(&db.store, JobId(1)).await;
        assert_eq!((row.schedule_id, row.due_at, row.schedule), (Some(3), Some(70), None));
    }

    async fn a_job_is_begun_told_of_and_ended_once(db) {
        let source = source(&db.store, "s").await;
        let job = ask(&db.store, source, JobKind::Sync, "{}").await.id();
        assert_eq!(begin(&db.store, job, 7).await, Some(1));
        let mut tx = db.store.begin().await.unwrap();
        tx.job_progress(job, "{\"listed\":3}", Some(RunId(9)), at(8)).await.unwrap();
        tx.job_progress(job, "{\"listed\":4}", None, at(9)).await.unwrap();
        tx.commit().await.unwrap();
        let row = get(&db.store, job).await;
        assert_eq!((row.status.as_str(), row.started_at, row.run_id), ("running", Some(7), Some(9)));
        assert_eq!((row.progress.as_deref(), row.progress_at), (Some("{\"listed\":4}"), Some(9)));
        // Its worker died, and another begins it again.
        assert_eq!(begin(&db.store, job, 20).await, Some(2));
        let row = get(&db.store, job).await;
        assert_eq!((row.started_at, row.progress, row.run_id), (Some(7), None, None));
        end(&db.store, job, JobStatus::Done, "all well").await;
        end(&db.store, job, JobStatus::Failed, "too late").await;
        let row = get(&db.store, job).await;
        assert_eq!((row.status.as_str(), row.outcome.as_deref(), row.ended_at), ("done", Some("all well"), Some(50)));
        assert_eq!(begin(&db.store, job, 60).await, None);
        assert!(!cancel(&db.store, job, 60).await);
        assert_eq!(db.store.jobs_open(at(1)).await.unwrap(), []);
    }

    async fn one_that_waits_is_cancelled_at_once_and_one_that_is_done_is_asked_to_stop(db) {
        let source = source(&db.store, "s").await;
        let waiting = ask(&db.store, source, JobKind::Sync, "{}").await.id();
        assert!(cancel(&db.store, waiting, 7).await);
        assert!(!cancel(&db.store, waiting, 8).await);
        let row = get(&db.store, waiting).await;
        assert_eq!((row.status.as_str(), row.outcome.as_deref()), ("cancelled", Some("never begun")));
        assert_eq!((row.cancel_asked_at, row.cancel_asked_by.as_deref(), row.ended_at), (Some(7), Some("bob"), Some(7)));
        let running = ask(&db.store, source, JobKind::Sync, "{}").await.id();
        begin(&db.store, running, 8).await;
        assert!(!db.store.job_is_to_stop(running).await.unwrap());
        assert!(cancel(&db.store, running, 9).await);
        assert!(db.store.job_is_to_stop(running).await.unwrap());
        assert_eq!(get(&db.store, running).await.status, "running");
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.job_give_back(running).await.unwrap(), "it is not begun again");
    }

    async fn what_stands_in_the_way_of_a_job_is_seen(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "t").await);
        let job = ask(&db.store, one, JobKind::Sync, "{}").await.id();
        ask(&db.store, other, JobKind::Compare, "{}").await;
        let seen = async |now| {
            let open = db.store.jobs_open(at(now)).await.unwrap();
            let row = |job: &store::OpenJob| (job.is_taken, job.is_read, job.is_compared);
            open.iter().map(row).collect::<Vec<_>>()
        };
        let none = (false, false, false);
        assert_eq!(seen(5).await, [none, none]);
        for (key, what) in [
            (format!("job/{job}"), "job 1"), (format!("source/{one}"), "run 7"), (format!("compare/{other}"), "another comparison"),
        ] {
            db.store.work_claim(&key, "a", what, at(10), at(1)).await.unwrap();
        }
        assert_eq!(seen(9).await, [(true, true, false), (false, false, true)]);
        assert_eq!(seen(10).await, [none, none], "whoever had them has died");
        let listed = db.store.jobs_list(None, None, 9, at(9)).await.unwrap();
        let waits: Vec<_> = listed.iter().map(|row| row.waits_for.as_deref()).collect();
        assert_eq!(waits, [Some("another comparison"), Some("run 7")]);
    }

    async fn jobs_are_listed_newest_first_and_page_by_page(db) {
        let (one, other) = (source(&db.store, "s").await, source(&db.store, "t").await);
        for n in 0..5 {
            let source = if n % 2 == 0 { one } else { other };
            ask(&db.store, source, JobKind::Sync, &format!("{{\"n\":{n}}}")).await;
        }
        let ids = async |source, before, count| {
            let rows = db.store.jobs_list(source, before, count, at(6)).await.unwrap();
            rows.iter().map(|row| row.job_id).collect::<Vec<_>>()
        };
        assert_eq!(ids(None, None, 2).await, [5, 4]);
        assert_eq!(ids(None, Some(JobId(4)), 9).await, [3, 2, 1]);
        assert_eq!(ids(Some(one), None, 9).await, [5, 3, 1]);
        assert_eq!(ids(Some(one), Some(JobId(5)), 1).await, [3]);
        assert_eq!(db.store.job_get(JobId(77), at(6)).await.unwrap(), None);
    }

    async fn the_last_job_of_a_schedule_is_found_whatever_came_after_it(db) {
        let source = source(&db.store, "s").await;
        let mut tx = db.store.begin().await.unwrap();
        for (schedule, due_at) in [(1, 70), (1, 80), (2, 75)] {
            let due = Some((schedule, at(due_at)));
            let new = NewJob { source, kind: JobKind::Compare, parameters: "{}", by: "weekly", due };
            tx.job_ask(&new, at(due_at)).await.unwrap();
        }
        tx.commit().await.unwrap();
        ask(&db.store, source, JobKind::Sync, "{}").await;
        let last = async |schedule| {
            let row = db.store.job_of_schedule(schedule, at(90)).await.unwrap();
            row.map(|row| (row.job_id, row.due_at))
        };
        assert_eq!(last(1).await, Some((2, Some(80))));
        assert_eq!(last(2).await, Some((3, Some(75))));
        assert_eq!(last(3).await, None);
    }

    async fn the_database_refuses_a_job_that_is_neither_open_nor_ended(db) {
        source(&db.store, "s").await;
        let insert = |columns: &str, values: &str| format!(
            "INSERT INTO jobs (source_id, kind, parameters, asked_at, asked_by, status{columns}) \
             VALUES (1, 'sync', '{{}}', 1, 'ann', {values})");
        for (columns, values) in [
            ("", "'running'"),
            ("", "'done'"),
            ("", "'asleep'"),
            (", ended_at", "'done', 5"),
            (", outcome", "'waiting', 'well'"),
            (", schedule_id", "'waiting', 1"),
            (", cancel_asked_at", "'waiting', 5"),
        ] {
            assert!(db.attempt(&insert(columns, values)).await.is_err(), "{columns}: {values}");
        }
        db.attempt(&insert(", ended_at, outcome", "'done', 5, 'well'")).await.unwrap();
        let kind = insert("", "'waiting'").replace("'sync'", "'dance'");
        assert!(db.attempt(&kind).await.is_err());
    }
}
