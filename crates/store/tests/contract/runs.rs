//! Runs: their accounts, their end, and what they said.

use domain::{RunAccounts, RunId, RunKind, RunStatus, SourceId, Window};
use store::{LogLine, NewPage, NewSetAside, NewSkip, RunEnd, RunProgress, Store};
use testkit::on_both_databases;

use crate::samples::{at, source};

async fn start(store: &Store, source: SourceId) -> RunId {
    let mut tx = store.begin().await.unwrap();
    let run = tx.run_start(source, RunKind::Manual, "{}", at(1)).await.unwrap();
    tx.commit().await.unwrap();
    run
}

on_both_databases! {
    async fn a_run_whose_accounts_do_not_balance_is_refused(db) {
        let source = source(&db.store, "s").await;
        let run = start(&db.store, source).await;
        let mut progress = RunProgress { skip_reasons: "{}".to_owned(), ..RunProgress::default() };
        progress.accounts = RunAccounts { listed: 3, new: 2, ..RunAccounts::default() };
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.run_progress(run, &progress).await.unwrap_err().is_about_rows());
        drop(tx);
        progress.accounts.set_aside = 1;
        let mut tx = db.store.begin().await.unwrap();
        tx.run_progress(run, &progress).await.unwrap();
        tx.commit().await.unwrap();
        let row = db.store.run_get(run).await.unwrap().unwrap();
        assert_eq!(row.accounts(), progress.accounts);
    }

    async fn a_run_ends_once(db) {
        let source = source(&db.store, "s").await;
        let (ended, dead) = (start(&db.store, source).await, start(&db.store, source).await);
        let mut tx = db.store.begin().await.unwrap();
        let fine = RunEnd::new(RunStatus::Success, "fi\0ne", None);
        let peak_bytes = Some(7 << 30);
        tx.run_finish(ended, RunEnd { needs_person: true, has_more: true, peak_bytes, ..fine }, at(2)).await.unwrap();
        tx.run_finish(ended, RunEnd::new(RunStatus::Failed, "no", Some("late")), at(3)).await.unwrap();
        assert_eq!(tx.runs_abandon(source, false, at(4)).await.unwrap(), 1);
        assert_eq!(tx.runs_abandon(source, false, at(5)).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let rows = db.store.runs_list(Some(source), 9).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.run_id).collect::<Vec<_>>(), [dead.0, ended.0]);
        assert_eq!((rows[0].status.as_str(), rows[0].finished_at), ("failed", Some(4)));
        assert_eq!((rows[1].status.as_str(), rows[1].finished_at), ("success", Some(2)));
        assert_eq!((rows[1].response.as_deref(), &rows[1].error), (Some("fi\u{FFFD}ne"), &None));
        assert_eq!((rows[1].needs_person, rows[1].peak_bytes), (1, Some(7 << 30)));
        assert_eq!((rows[0].needs_person, rows[0].peak_bytes), (0, None));
        assert_eq!(db.store.runs_list(None, 1).await.unwrap().len(), 1);
        assert!(db.store.run_get(RunId(99)).await.unwrap().is_none());
    }

    async fn what_a_run_said_comes_back_in_order(db) {
        let source = source(&db.store, "s").await;
        let run = start(&db.store, source).await;
        let line = |seq| LogLine {
            seq, at: i64::MAX, phase: "API".to_owned(), level: "info".to_owned(),
            message: "ü".to_owned(), duration_ms: None,
        };
        let page = |seq| NewPage {
            seq, window: Window::new(at(1), at(2)).unwrap(), page: 1, listed: 0,
            provider_total: None, duration_ms: 3,
        };
        let skip = |seq| NewSkip {
            seq, provider_call_id: None, reason: "r".to_owned(), detail: "d\0".to_owned(),
            provider_agent_id: Some("g".to_owned()), occurred_at: None,
        };
        let mut tx = db.store.begin().await.unwrap();
        tx.run_log_add(run, &[line(2), line(1)]).await.unwrap();
        tx.run_pages_add(run, &(0..130).rev().map(page).collect::<Vec<_>>()).await.unwrap();
        tx.run_skips_add(run, &(0..65).rev().map(skip).collect::<Vec<_>>()).await.unwrap();
        tx.run_pages_add(run, &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.run_log(run).await.unwrap(), [line(1), line(2)]);
        let pages = db.store.run_pages(run).await.unwrap();
        assert!(pages.iter().map(|row| row.seq).eq(0..130));
        let skips = db.store.run_skips(run).await.unwrap();
        assert!(skips.iter().map(|row| row.seq).eq(0..65));
        assert_eq!(skips[0].detail, "d\u{FFFD}");
    }

    async fn a_record_nobody_could_read_is_kept_once(db) {
        let source = source(&db.store, "s").await;
        let record = |n: u128| NewSetAside {
            content_hash: domain::ContentHash(n), provider_call_id: None, why: "w\0".to_owned(),
            dictionary_id: 0, raw: b"\0raw".to_vec(),
        };
        let mut tx = db.store.begin().await.unwrap();
        tx.set_aside_add(source, 1, at(1), &[record(1), record(1), record(2)]).await.unwrap();
        tx.set_aside_add(source, 2, at(2), &[record(2)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.set_aside_count(source).await.unwrap(), 2);
        let first = db.store.set_aside_list(source, 0, 1).await.unwrap();
        assert_eq!((first[0].raw.as_slice(), first[0].why.as_str()), (&b"\0raw"[..], "w\u{FFFD}"));
        let rest = db.store.set_aside_list(source, first[0].set_aside_id, 9).await.unwrap();
        let latest = db.store.set_aside_latest(source, 1).await.unwrap();
        assert_eq!(latest.last(), rest.last());
        assert_eq!((rest.len(), rest[0].first_seen_at), (1, 1));
    }

    async fn runs_are_counted_by_the_day_they_began_on(db) {
        const DAY: i64 = 86_400_000;
        let (one, other) = (source(&db.store, "one").await, source(&db.store, "other").await);
        let run = async |of, kind, began: i64, status: Option<RunStatus>, skips: &str| {
            let mut tx = db.store.begin().await.unwrap();
            let run = tx.run_start(of, kind, "{}", at(began)).await.unwrap();
            let skip_reasons = skips.to_owned();
            tx.run_progress(run, &RunProgress { skip_reasons, ..RunProgress::default() }).await.unwrap();
            if let Some(status) = status {
                tx.run_finish(run, RunEnd::new(status, "{}", None), at(began + 1)).await.unwrap();
            }
            tx.commit().await.unwrap();
        };
        let auto = RunKind::Auto;
        run(one, auto, 5, Some(RunStatus::Success), r#"{"too_old":1}"#).await;
        run(one, auto, DAY, Some(RunStatus::Success), r#"{"a":2}"#).await;
        run(one, auto, DAY + 7, Some(RunStatus::Failed), r#"{"a":2}"#).await;
        run(one, auto, DAY + 8, None, "{}").await;
        run(one, RunKind::Diagnostic, DAY + 9, Some(RunStatus::Success), r#"{"c":9}"#).await;
        run(other, auto, 2 * DAY, Some(RunStatus::Success), "{}").await;
        run(one, auto, 3 * DAY - 1, Some(RunStatus::Partial), r#"{"b":1}"#).await;
        let days = db.store.runs_by_day(one, at(DAY), 100).await.unwrap();
        let told: Vec<_> = days.iter().map(|it| (it.day, it.runs, it.good)).collect();
        assert_eq!(told, [(DAY, 2, 1), (2 * DAY, 1, 0)]);
        let mut skips = db.store.skips_by_day(one, at(DAY), 100).await.unwrap();
        skips.sort();
        let told = |day: i64, skips: &str, runs| (day * DAY, skips.to_owned(), runs);
        assert_eq!(skips, [told(1, r#"{"a":2}"#, 2), told(2, r#"{"b":1}"#, 1)]);
        let latest = db.store.runs_by_day(one, at(DAY), 1).await.unwrap();
        assert_eq!(latest.len(), 1, "no further back than asked for");
    }
}
