use super::super::{Settings, TimeShape, voice_agent_id};
use super::{NOW, stage};
use crate::world::NewCall;

#[tokio::test]
async fn a_row_has_the_documented_fields_and_no_numbers() {
    let stage = stage(3, Settings { error_share: 0.0, ..Settings::default() }).await;
    let row = &stage.list("").await[0];
    for field in ["call_id", "start_timestamp", "end_timestamp", "created_at", "updated_at"] {
        assert!(!row[field].is_null(), "{field}");
    }
    assert!(row.get("from_number").is_none() && row.get("transcript").is_none());
    assert_eq!(row["call_id"].as_str().unwrap().len(), "call_".len() + 27);
    assert!(!row["created_at"].as_str().unwrap().ends_with('Z'));
    let (started, ended) = (row["call_started_at"].as_str(), row["call_ended_at"].as_str());
    assert!(started > ended, "these are no call times");
}

#[tokio::test]
async fn a_rich_row_has_numbers_and_transcript() {
    let rich = Settings { rich_rows: true, error_share: 0.0, ..Settings::default() };
    let rows = stage(40, rich).await.list("").await;
    assert_eq!(rows.len(), 40);
    assert!(rows.iter().all(|row| row["transcript"].is_string()));
    // A trial call has no contact, so only the agent's own number is there.
    let has = |row: &serde_json::Value| ["from_number", "to_number"].map(|it| row[it].is_string());
    assert!(rows.iter().all(|row| has(row) != [false, false]));
    assert!(rows.iter().any(|row| has(row) == [true, true]));
}

#[tokio::test]
async fn a_detail_says_what_the_row_leaves_out() {
    let stage = stage(3, Settings { error_share: 0.0, ..Settings::default() }).await;
    let row = stage.list("").await[0].clone();
    let id = row["call_id"].as_str().unwrap();
    let detail = stage.get(&format!("/v1/voice/calls/{id}")).await.json()["call"].clone();
    assert_eq!(detail["call_id"], row["call_id"]);
    assert!(detail["transcript"].as_str().unwrap().starts_with("Agent: "));
    assert!(detail["call_analysis"]["call_summary"].is_string());
    let extracted = stage.get(&format!("/v1/voice/calls/{id}/extractions")).await.json();
    assert_eq!(extracted["call_id"], row["call_id"]);
    assert_eq!(stage.get("/v1/voice/calls/call_0").await.status, 404);
    let path = format!("/v1/agents?organization_id={}", stage.simulator.organization_id());
    let agents = stage.get(&path).await;
    assert!(agents.json()["agents"][0]["unique_id"].as_str().unwrap().contains('x'));
}

#[tokio::test]
async fn what_comes_late_comes_late() {
    let settings = Settings {
        analysis_after_seconds: 600,
        recording_after_seconds: 1200,
        transcript_after_seconds: 300,
        detail_after_seconds: 120,
        error_share: 0.0,
        listed_after_ms_max: 0,
        ..Settings::default()
    };
    let stage = stage(0, settings).await;
    let new = NewCall { agent_id: Some("a".repeat(24)), ..NewCall::at(NOW - 60_000) };
    stage.simulator.mutate(|world| world.insert(new));
    let row = stage.list("").await[0].clone();
    assert_eq!(row["voice_agent_id"], voice_agent_id(&"a".repeat(24)));
    assert!(row["user_sentiment"].is_null() && row["recording_url"].is_null());
    let path = format!("/v1/voice/calls/{}", row["call_id"].as_str().unwrap());
    assert_eq!(stage.get(&path).await.status, 404);
    let mut seen = Vec::new();
    for _ in 0..3 {
        stage.clock.fetch_add(450_000, std::sync::atomic::Ordering::Relaxed);
        let detail = stage.get(&path).await.json()["call"].clone();
        seen.push(["transcript", "call_analysis", "recording_url"].map(|it| !detail[it].is_null()));
    }
    assert_eq!(seen, [[true, false, false], [true, true, false], [true, true, true]]);
    assert_ne!(stage.list("").await[0]["updated_at"], row["updated_at"]);
}

#[tokio::test]
async fn shapes_are_as_switched() {
    let settings = Settings {
        time_shape: TimeShape::Text,
        signed_urls: true,
        without_start_share: 0.5,
        omit_optional_share: 0.5,
        extra_fields: true,
        ..Settings::default()
    };
    let stage = stage(40, settings).await;
    let rows = stage.list("").await;
    assert!(rows.iter().any(|row| row["start_timestamp"].is_string()));
    assert!(rows.iter().any(|row| row["start_timestamp"].is_null()));
    assert!(rows.iter().all(|row| row["hologram"].is_object()));
    assert!(rows.iter().any(|row| row.get("direction").is_none()));
    let url = |rows: &[serde_json::Value]| {
        rows.iter().find_map(|row| row["recording_url"].as_str().map(str::to_owned)).unwrap()
    };
    let first = url(&rows);
    assert!(first.contains("X-Amz-Signature="));
    stage.clock.fetch_add(1000, std::sync::atomic::Ordering::Relaxed);
    assert_ne!(url(&stage.list("").await), first);
}
