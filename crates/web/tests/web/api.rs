//! The JSON says what the store says.

use serde_json::Value;

use crate::{folder, get, sample};

async fn json(state: &web::State, path: &str) -> Value {
    serde_json::from_str(&get(state, path).await.text).expect("it is JSON")
}

#[tokio::test]
async fn the_status_adds_up() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let status = json(&state, "/api/v1/status").await;
    let number = |name: &str| status[name].as_u64().expect("it is a number");
    assert_eq!(status["asOf"], sample::NOW);
    assert_eq!(number("stored"), sample::CALLS + sample::CALLS / 4);
    assert_eq!(number("stored"), number("placed") + number("waiting") + number("excluded"));
    assert_eq!([number("setAside"), number("unprovedWindows")], [1, 1]);
    let main = &status["sources"][0];
    assert_eq!(main["coverage"]["days"].as_array().map(Vec::len), Some(90));
    assert_eq!(main["coverage"]["gaps"][0]["from"], "2026-11-03T00:00:00Z");
    assert_eq!(main["waitingFor"][0]["reason"], "agent_not_assigned_to_user");
}

#[tokio::test]
async fn a_run_has_the_names_of_its_report() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let run = json(&state, "/api/v1/runs/1").await;
    assert_eq!([&run["totalFetched"], &run["savedCount"], &run["setAside"]], [1241, 1200, 1]);
    assert_eq!([&run["syncLogId"], &run["duration_ms"], &run["skippedCount"]], [1, 840, 90]);
    assert_eq!(run["logs"].as_array().map(Vec::len), Some(4));
    let runs = json(&state, "/api/v1/runs").await;
    assert_eq!(runs["runs"][0]["syncLogId"], 12);
}

#[tokio::test]
async fn the_calls_come_page_by_page() {
    let folder = folder();
    let state = sample::usual(folder.path(), "Agent – ENG").await;
    let mut ids = std::collections::HashSet::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/calls?source=main&limit=500&after={after}");
        let page = json(&state, &path).await;
        for call in page["calls"].as_array().expect("it is a list") {
            assert!(ids.insert(call["providerCallId"].as_str().expect("it has an id").to_owned()));
        }
        let Some(next) = page["next"].as_str() else { break };
        next.clone_into(&mut after);
    }
    assert_eq!(ids.len() as u64, sample::CALLS);
}
