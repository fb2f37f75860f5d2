use serde_json::Value;

use super::super::{ActionIdKey, Settings, Translation, UnknownCall};
use super::{NOW, Stage, stage};
use crate::world::NewCall;

async fn all(stage: &Stage) -> Vec<Value> {
    let mut logs = Vec::new();
    for page in 1.. {
        let answer = stage.list(&format!("pageSize=50&page={page}")).await;
        let found = answer["callLogs"].as_array().unwrap();
        if found.is_empty() {
            break;
        }
        logs.extend(found.iter().cloned());
    }
    logs
}

#[tokio::test]
async fn a_record_says_what_truly_happened() {
    let stage = stage(60, Settings::default()).await;
    let truth = stage.simulator.truth();
    for log in all(&stage).await {
        let call = truth.iter().find(|call| log["id"] == call.id).unwrap();
        assert_eq!(log["agentId"].as_str(), call.agent_id.as_deref());
        assert_eq!(log["contactId"].as_str(), call.contact_id.as_deref());
        assert_eq!(log["fromNumber"].as_str(), call.from_number.as_deref());
        assert_eq!(log["messageId"].as_str(), call.message_id.as_deref());
        assert_eq!(log["duration"], call.duration);
        assert_eq!(log["trialCall"], call.is_trial);
        assert_eq!(log["summary"], call.summary);
        assert_eq!(log["transcript"], call.transcript.to_string());
        let created_at = log["createdAt"].as_str().unwrap();
        let instant: jiff::Timestamp = created_at.parse().unwrap();
        assert_eq!(instant.as_millisecond(), call.created_at);
        assert!(created_at.len() == 24 && created_at.ends_with('Z'), "{created_at}");
    }
}

#[tokio::test]
async fn records_have_about_the_size_asked_for() {
    let stage = stage(400, Settings::default()).await;
    let logs = all(&stage).await;
    let bytes: usize = logs.iter().map(|log| log.to_string().len()).sum();
    let mean = bytes / logs.len();
    assert!((1100..1300).contains(&mean), "{mean}");
}

#[tokio::test]
async fn one_call_is_answered_bare() {
    let stage = stage(3, Settings::default()).await;
    let id = stage.simulator.truth()[0].id.clone();
    let location = stage.simulator.location_id().to_owned();
    let path = format!("/voice-ai/dashboard/call-logs/{id}");
    let reply = stage.get(&format!("{path}?locationId={location}")).await.unwrap();
    assert_eq!(reply.json()["id"], id);
    assert_eq!(stage.get(&path).await.unwrap().status, 400);
}

#[tokio::test]
async fn an_unknown_call_is_404_or_400() {
    for (unknown_call, status) in
        [(UnknownCall::NotFound404, 404), (UnknownCall::BadRequest400, 400)]
    {
        let settings = Settings { unknown_call, ..Settings::default() };
        let stage = stage(1, settings).await;
        let location = stage.simulator.location_id();
        let target = format!("/voice-ai/dashboard/call-logs/nothing?locationId={location}");
        assert_eq!(stage.get(&target).await.unwrap().status, status);
    }
}

#[tokio::test]
async fn words_and_duration_settle_after_the_call() {
    let settings = Settings {
        summary_after_seconds: 30,
        transcript_after_seconds: 90,
        duration_after_seconds: 10,
        ..Settings::default()
    };
    let stage = stage(0, settings).await;
    let call = NewCall::at(NOW - 60_000);
    stage.simulator.mutate(|world| world.insert(call));
    let shown = async || {
        let page = stage.list("").await;
        let log = page["callLogs"][0].clone();
        let has = |field: &str| log[field].as_str().is_some_and(|text| !text.is_empty());
        (log["duration"].as_u64().unwrap(), has("summary"), has("transcript"))
    };
    assert_eq!(shown().await, (0, false, false));
    stage.pass(10_000);
    assert_eq!(shown().await, (60, false, false));
    stage.pass(20_000);
    assert_eq!(shown().await, (60, true, false));
    stage.pass(60_000);
    assert_eq!(shown().await, (60, true, true));
}

#[tokio::test]
async fn an_edit_and_a_deleted_agent_show_at_once() {
    let stage = stage(20, Settings::default()).await;
    stage.simulator.prerender();
    let truth = stage.simulator.truth();
    let call = truth.iter().find(|call| call.agent_id.is_some()).unwrap();
    let agent = call.agent_id.clone().unwrap();
    stage.simulator.mutate(|world| {
        world.edit(&call.id, |call| call.summary = "Changed.".to_owned());
        world.set_agent_deleted(&agent, true);
    });
    let logs = all(&stage).await;
    let log = logs.iter().find(|log| log["id"] == call.id).unwrap();
    assert_eq!((&log["summary"], &log["isAgentDeleted"]), (&"Changed.".into(), &true.into()));
}

#[tokio::test]
async fn optional_fields_go_missing_and_strange_ones_come() {
    let settings = Settings {
        omit_optional_share: 0.5,
        extra_fields: true,
        unknown_action_share: 0.5,
        translation: Translation::Mixed,
        action_id_key: ActionIdKey::UnderscoreId,
        transcript_space: false,
        ..Settings::default()
    };
    let stage = stage(400, settings).await;
    let logs = all(&stage).await;
    let count = |is: &dyn Fn(&Value) -> bool| logs.iter().filter(|log| is(log)).count();
    assert!((100..300).contains(&count(&|log| log.get("contactId").is_some())));
    assert_eq!(count(&|log| log.get("sentiment").is_some()), 400);
    for shape in ["enabled", "translatedTranscript", "transcript"] {
        assert!(count(&|log| log["translation"].get(shape).is_some()) > 0, "{shape}");
    }
    let actions: Vec<&Value> =
        logs.iter().flat_map(|log| log["executedCallActions"].as_array().unwrap()).collect();
    assert!(actions.iter().all(|action| action.get("_id").is_some()));
    assert!(actions.iter().any(|action| action["actionType"] == "SENTIMENT_ROUTING"));
    let transcript = logs[0]["transcript"].as_str().unwrap();
    assert!(transcript.starts_with("bot:") && !transcript.starts_with("bot: "));
    assert_eq!(logs, all(&stage).await, "the same ones every time");
}

#[tokio::test]
async fn agents_are_listed_without_the_deleted_ones() {
    let stage = stage(1, Settings::default()).await;
    let location = stage.simulator.location_id();
    let target = format!("/voice-ai/agents?locationId={location}&pageSize=2&page=2");
    let page = stage.get(&target).await.unwrap().json();
    assert_eq!((&page["total"], page["agents"].as_array().unwrap().len()), (&5.into(), 2));
    let id = page["agents"][0]["id"].as_str().unwrap();
    let one = stage.get(&format!("/voice-ai/agents/{id}?locationId={location}")).await;
    assert_eq!(one.unwrap().json(), page["agents"][0]);
    let over = format!("/voice-ai/agents?locationId={location}&pageSize=51");
    assert_eq!(stage.get(&over).await.unwrap().status, 422);
}
