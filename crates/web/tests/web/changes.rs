//! Whoever keeps a copy of calls by their changes, over the API.

use axum::http::StatusCode;
use domain::{AccountId, Because, Placement, SourceId};
use serde_json::{Value, json};
use testkit::on_both_databases;

use crate::world::{Asks, World, send, two_accounts};

async fn changes(world: &World, token: &str, since: &str, limit: usize) -> Value {
    let asks = Asks::get(format!("/calls/changes?since={since}&limit={limit}"));
    let answer = send(&world.state, Some(token), &asks).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

fn ids(page: &Value) -> Vec<&str> {
    let changes = page["changes"].as_array().expect("it is a list").iter();
    changes.map(|change| change["providerCallId"].as_str().expect("it is a text")).collect()
}

async fn gives(world: &World, id: &str, to: AccountId) {
    let because = Because::AgentAssignment;
    let to = Placement::Placed { account: to, agent: None, because, decided_by: None };
    let mut tx = world.state.store.begin().await.expect("nobody else writes");
    tx.calls_move(SourceId(1), to, &[id]).await.expect("it moves");
    tx.commit().await.expect("there is room");
}

on_both_databases! {
    async fn changes_come_page_by_page_and_the_bookmark_rests_when_there_are_none(db) {
        let world = two_accounts(&db).await;
        let (mut since, mut all) = (String::new(), Vec::new());
        loop {
            let page = changes(&world, &world.alder, &since, 2).await;
            all.extend(ids(&page).into_iter().map(str::to_owned));
            page["next"].as_str().expect("it is always named").clone_into(&mut since);
            if page["hasMore"] == json!(false) {
                break;
            }
        }
        assert_eq!(all, ["call-alder-0", "call-alder-1", "call-alder-2"]);
        let rest = changes(&world, &world.alder, &since, 2).await;
        assert_eq!((ids(&rest), &rest["next"]), (vec![], &json!(since)));
        // The same call in the same words as in the list.
        let first = changes(&world, &world.alder, "", 1).await;
        let list = send(&world.state, Some(&world.alder), &Asks::get("/calls")).await.json();
        let mut listed = list["calls"].as_array().expect("it is a list").iter();
        let same = listed.rfind(|call| call["providerCallId"] == "call-alder-0");
        assert_eq!(first["changes"].get(0), same);
    }

    async fn a_call_that_leaves_says_goodbye_and_nothing_else(db) {
        let world = two_accounts(&db).await;
        let before = changes(&world, &world.alder, "", 500).await;
        let since = before["next"].as_str().expect("it is a text");
        gives(&world, "call-alder-1", world.accounts[1]).await;
        let page = changes(&world, &world.alder, since, 500).await;
        let left = json!({ "source": "main", "providerCallId": "call-alder-1", "left": true });
        assert_eq!(page["changes"], json!([left]));
        let theirs = changes(&world, &world.birch, "", 500).await;
        assert!(ids(&theirs).contains(&"call-alder-1"));
        let operators = changes(&world, &world.reader, since, 500).await;
        assert_eq!(operators["changes"][0]["account"], "birch ltd");
        assert_eq!(operators["changes"][0].get("left"), None);
    }

    async fn a_bookmark_that_is_none_and_one_of_elsewhere_are_told_apart(db) {
        let world = two_accounts(&db).await;
        for (asked, status) in [
            ("since=yesterday", StatusCode::BAD_REQUEST),
            ("since=r1_1.2.zz", StatusCode::BAD_REQUEST),
            ("since=r1_1.-1", StatusCode::BAD_REQUEST),
            ("since=r1&limit=0", StatusCode::BAD_REQUEST),
            ("since=r1&after=5", StatusCode::BAD_REQUEST),
            ("since=r1_1.999", StatusCode::CONFLICT),
            ("since=r1", StatusCode::OK),
        ] {
            let asks = Asks::get(format!("/calls/changes?{asked}"));
            let answer = send(&world.state, Some(&world.alder), &asks).await;
            assert_eq!(answer.status, status, "{asked}: {}", answer.text);
        }
    }

    /// Of a source in which nothing is theirs, a made-up bookmark tells a member neither that it is
    /// there nor how often it was written to.
    async fn a_bookmark_tells_members_nothing_of_a_source_in_which_nothing_is_theirs(db) {
        let world = two_accounts(&db).await;
        crate::world::birchs_own(&world).await;
        let asked = async |token: &str, since: &str| {
            let asks = Asks::get(format!("/calls/changes?since={since}"));
            let answer = send(&world.state, Some(token), &asks).await;
            let body = answer.text.replace(since, "");
            (answer.status, body)
        };
        for revision in ["0", "1", "2", "5000"] {
            let one = asked(&world.alder, &format!("r1_1.1_2.{revision}")).await;
            assert_eq!(one.0, StatusCode::OK, "{revision}: {}", one.1);
            assert_eq!(one, asked(&world.alder, &format!("r1_1.1_77.{revision}")).await, "{revision}");
        }
        // Whoever has calls there learns that their copy is of something else, and so do operators.
        for token in [&world.birch, &world.reader] {
            let (status, _) = asked(token, "r1_1.1_2.5000").await;
            assert_eq!(status, StatusCode::CONFLICT);
        }
        assert_eq!(asked(&world.reader, "r1_77.1").await.0, StatusCode::CONFLICT);
    }
}
