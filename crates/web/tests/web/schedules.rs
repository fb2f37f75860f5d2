//! Schedules over the API.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::world::{Asks, World, send, two_accounts};

async fn asked(world: &World, asks: Asks) -> (StatusCode, Value) {
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    (answer.status, answer.json())
}

on_both_databases! {
    async fn a_schedule_is_made_listed_and_taken_away(db) {
        let world = two_accounts(&db).await;
        let said = json!({
            "name": "weekly", "cron": "0 6 * * mon", "timeZone": "Europe/Berlin", "days": 14,
            "account": "alder ltd", "repairs": true, "sendTo": ["ann@example.com"],
        });
        let (status, made) = asked(&world, Asks::post("/schedules", &said)).await;
        assert_eq!((status, &made["nextAt"]), (StatusCode::CREATED, &json!("2026-11-23T05:00:00Z")), "{made}");
        assert_eq!((&made["account"], &made["createdBy"]), (&json!("alder ltd"), &json!("token writer")));
        let (status, why) = asked(&world, Asks::post("/schedules", &said)).await;
        assert_eq!(status, StatusCode::CONFLICT, "{why}");
        let (_, listed) = asked(&world, Asks::get("/schedules")).await;
        assert_eq!(listed["schedules"], json!([made]));
        let (status, _) = asked(&world, Asks::bare(Method::DELETE, "/schedules/1")).await;
        assert_eq!(status, StatusCode::OK);
        let (status, _) = asked(&world, Asks::bare(Method::DELETE, "/schedules/1")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(asked(&world, Asks::get("/schedules")).await.1["schedules"], json!([]));
    }

    async fn a_schedule_rests_goes_on_and_compares_now(db) {
        let world = two_accounts(&db).await;
        let said = json!({ "name": "weekly", "cron": "0 6 * * mon", "days": 14 });
        let (_, made) = asked(&world, Asks::post("/schedules", &said)).await;
        let post = |what: &str| Asks::bare(Method::POST, format!("/schedules/1/{what}"));
        for _ in 0..2 {
            let (status, rests) = asked(&world, post("pause")).await;
            assert_eq!((status, &rests["paused"], &rests["nextAt"]), (StatusCode::OK, &json!(true), &Value::Null));
        }
        for _ in 0..2 {
            let (status, goes_on) = asked(&world, post("resume")).await;
            assert_eq!((status, &goes_on), (StatusCode::OK, &made));
        }
        let (status, now) = asked(&world, post("run")).await;
        assert_eq!((status, &now["isNew"]), (StatusCode::CREATED, &json!(true)), "{now}");
        let job = &now["job"];
        assert_eq!((&job["kind"], &job["askedBy"]), (&json!("compare"), &json!("token writer")));
        let (_, again) = asked(&world, post("run")).await;
        assert_eq!((&again["isNew"], &again["job"]["id"]), (&json!(false), &job["id"]));
        for what in ["pause", "resume", "run"] {
            let gone = Asks::bare(Method::POST, format!("/schedules/99/{what}"));
            assert_eq!(asked(&world, gone).await.0, StatusCode::NOT_FOUND, "{what}");
        }
    }

    async fn a_schedule_that_makes_no_sense_is_refused(db) {
        let world = two_accounts(&db).await;
        for (key, value, why) in [
            ("cron", json!("* * *"), "3 fields instead of five"),
            ("timeZone", json!("Mars"), "no time zone `Mars`"),
            ("days", json!(0), "from 1 to 366 days"),
            ("sendTo", json!(["http://example.com"]), "neither an https address nor a mail address"),
            ("name", json!(" "), "needs a name"),
        ] {
            let mut said = json!({ "name": "weekly", "cron": "0 6 * * mon" });
            said[key] = value;
            let (status, answer) = asked(&world, Asks::post("/schedules", &said)).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{answer}");
            assert!(answer["detail"].as_str().is_some_and(|text| text.contains(why)), "{answer}");
        }
    }
}
