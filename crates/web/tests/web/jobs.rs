//! Jobs over the API: asked for, watched, stopped, and refused in a sentence.

use axum::http::{Method, StatusCode};
use domain::{JobId, JobStatus, RunId, RunKind, RunStatus, SourceId};
use serde_json::{Value, json};
use store::{JobEnd, RunEnd};
use testkit::on_both_databases;

use crate::sample::{NOW, at};
use crate::world::{Asks, World, send, two_accounts};

async fn asked(world: &World, asks: Asks) -> (StatusCode, Value) {
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    (answer.status, answer.json())
}

fn cancel(job: i64) -> Asks {
    Asks::bare(Method::POST, format!("/jobs/{job}/cancel"))
}

on_both_databases! {
    async fn a_job_is_asked_for_once_watched_and_ended(db) {
        let world = two_accounts(&db).await;
        let said = json!({ "kind": "sync", "from": "2026-11-01", "to": "2026-11-02" });
        let (status, first) = asked(&world, Asks::post("/jobs", &said)).await;
        assert_eq!((status, &first["isNew"]), (StatusCode::CREATED, &json!(true)), "{first}");
        let job = &first["job"];
        assert_eq!((&job["status"], &job["source"], &job["askedBy"]),
            (&json!("waiting"), &json!("main"), &json!("token writer")));
        assert_eq!((&job["from"], &job["to"]), (&json!("2026-11-01T00:00:00Z"), &json!("2026-11-02T00:00:00Z")));
        let (_, again) = asked(&world, Asks::post("/jobs", &said)).await;
        assert_eq!((&again["isNew"], &again["job"]["id"]), (&json!(false), &job["id"]));

        // A worker does it.
        let id = JobId(job["id"].as_i64().expect("it has an id"));
        let mut tx = db.store.begin().await.expect("nobody else writes");
        let run = tx.run_start(SourceId(1), RunKind::Manual, "{}", at(NOW)).await.expect("it is new");
        tx.job_begin(id, at(NOW)).await.expect("it waits");
        let progress = r#"{"listed":7,"expected":9,"pages":1,"windowsPlanned":2,"windowsEnded":1}"#;
        tx.job_progress(id, progress, Some(run), at(NOW)).await.expect("it is under way");
        tx.commit().await.expect("there is room");
        let (_, shown) = asked(&world, Asks::get(format!("/jobs/{id}"))).await;
        assert_eq!((&shown["status"], &shown["run"]["status"]), (&json!("running"), &json!("in_progress")));
        let progress = &shown["progress"];
        assert_eq!((&progress["listed"], &progress["windowsEnded"], &progress["asOf"]), (&json!(7), &json!(1), &json!(NOW)));
        let (_, stops) = asked(&world, cancel(id.0)).await;
        assert_eq!((&stops["status"], &stops["cancelAskedBy"]), (&json!("running"), &json!("token writer")));

        let mut tx = db.store.begin().await.expect("nobody else writes");
        tx.run_finish(run, RunEnd::new(RunStatus::Partial, "{}", None), at(NOW)).await.expect("it is under way");
        let outcome = "Cancelled; what was read until then is kept. Synced 7 new calls".to_owned();
        let end = JobEnd { status: JobStatus::Cancelled, outcome, run: Some(RunId(run.0)), report: None };
        tx.job_end(id, &end, at(NOW)).await.expect("it is under way");
        tx.commit().await.expect("there is room");
        let (_, listed) = asked(&world, Asks::get("/jobs")).await;
        assert_eq!(listed["jobs"][0]["outcome"], "Cancelled; what was read until then is kept. Synced 7 new calls");
        assert_eq!(listed["jobs"][0]["syncLogId"], run.0);
    }

    async fn one_that_nobody_has_begun_is_cancelled_at_once_and_cannot_be_cancelled_once_it_has_ended(db) {
        let world = two_accounts(&db).await;
        for kind in ["compare", "repair"] {
            asked(&world, Asks::post("/jobs", &json!({ "kind": kind }))).await;
        }
        let (status, job) = asked(&world, cancel(1)).await;
        assert_eq!((status, &job["status"]), (StatusCode::OK, &json!("cancelled")));
        assert_eq!(job["outcome"], "Cancelled before it began");
        let mut tx = db.store.begin().await.expect("nobody else writes");
        let end = JobEnd { status: JobStatus::Failed, outcome: "Failed: so it goes".to_owned(), run: None, report: None };
        tx.job_end(JobId(2), &end, at(NOW)).await.expect("it waits");
        tx.commit().await.expect("there is room");
        let (status, why) = asked(&world, cancel(2)).await;
        assert_eq!(status, StatusCode::CONFLICT);
        assert_eq!(why["detail"], "job 2 has ended already: Failed: so it goes.");
        assert_eq!(asked(&world, cancel(99)).await.0, StatusCode::NOT_FOUND);
    }

    async fn what_makes_no_sense_is_refused_in_a_sentence(db) {
        let world = two_accounts(&db).await;
        for (said, status, why) in [
            (json!({ "kind": "dance" }), 400, "unknown variant"),
            (json!({ "kind": "sync", "source": "none" }), 404, "mistyped"),
            (json!({ "kind": "sync", "from": "2027-01-01", "to": "2027-02-01" }), 422, "which is in the future"),
            (json!({ "kind": "compare", "from": "2026-11-02", "to": "2026-11-01" }), 422, "does not lie before its end"),
            (json!({ "kind": "sync", "from": "2026-11-02" }), 422, "both a beginning and an end"),
            (json!({ "kind": "compare", "dryRun": true }), 422, "only a sync can be a dry run"),
            (json!({ "kind": "sync", "account": "alder ltd" }), 422, "leave out the account"),
            (json!({ "kind": "compare", "account": "nobody" }), 404, "mistyped"),
            (json!({ "kind": "compare", "withSource": "none" }), 404, "mistyped"),
            (json!({ "kind": "compare", "withSource": "main" }), 422, "compared with itself"),
            (json!({ "kind": "repair", "withSource": "main" }), 422, "only a comparison can be with another source"),
            (json!({ "kind": "compare", "toleranceSeconds": 90_000 }), 422, "toleranceSeconds is at most 86400"),
        ] {
            let (found, answer) = asked(&world, Asks::post("/jobs", &said)).await;
            assert_eq!(found.as_u16(), status, "{answer}");
            assert!(answer["detail"].as_str().is_some_and(|text| text.contains(why)), "{answer}");
        }
        assert_eq!(asked(&world, Asks::get("/jobs")).await.1["jobs"], json!([]));
    }

    async fn jobs_are_listed_page_by_page(db) {
        let world = two_accounts(&db).await;
        for day in 1..=5 {
            let said = json!({ "kind": "sync", "from": format!("2026-11-0{day}"), "to": "2026-11-10" });
            asked(&world, Asks::post("/jobs", &said)).await;
        }
        let ids = |page: &Value| {
            let jobs = page["jobs"].as_array().expect("a list").iter();
            jobs.map(|job| job["id"].as_i64().expect("an id")).collect::<Vec<_>>()
        };
        let (_, page) = asked(&world, Asks::get("/jobs?limit=2")).await;
        assert_eq!((ids(&page), &page["next"]), (vec![5, 4], &json!(4)));
        let (_, rest) = asked(&world, Asks::get("/jobs?after=4&source=main")).await;
        assert_eq!((ids(&rest), &rest["next"]), (vec![3, 2, 1], &Value::Null));
    }
}
