//! One conversation on its way from `initiated` to `done`, and further.

use super::{Settings, stage};

fn answered() -> Settings {
    Settings { unanswered_share: 0.0, ..Settings::default() }
}

#[tokio::test]
async fn a_conversation_goes_through_its_states() {
    let settings = Settings { cost_after_seconds: 3600, ..answered() };
    let stage = stage(0, settings).await;
    let id = stage.add(0);
    let path = format!("conversations/{id}");
    for (pass, state, has_words, is_analysed, has_cost) in [
        (1, "initiated", false, false, false),
        (40, "in-progress", true, false, false),
        (20, "processing", true, false, false),
        (60, "done", true, true, false),
        (3600, "done", true, true, true),
    ] {
        stage.pass(pass);
        let detail = stage.json(&path).await;
        assert_eq!(detail["status"], state);
        assert_eq!(!detail["transcript"].as_array().unwrap().is_empty(), has_words, "{state}");
        assert_eq!(detail["analysis"].is_object(), is_analysed, "{state}");
        assert_eq!(detail["metadata"]["cost"].is_u64(), has_cost, "{state}");
        assert_eq!(stage.list("").await["conversations"][0]["status"], state);
    }
}

#[tokio::test]
async fn running_and_late_conversations_are_listed_when_the_switches_say() {
    let settings = Settings { lists_running: false, list_lag_seconds: 120, ..answered() };
    let stage = stage(0, settings).await;
    let id = stage.add(30);
    assert_eq!(stage.get(&format!("conversations/{id}")).await.status, 404);
    stage.pass(31);
    assert_eq!(stage.get(&format!("conversations/{id}")).await.status, 200);
    assert_eq!(stage.list("").await["conversations"].as_array().unwrap().len(), 0);
    stage.pass(120);
    assert_eq!(stage.list("").await["conversations"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_by_phone_has_a_line_and_another_has_none() {
    let stage = stage(200, Settings::default()).await;
    let (ids, _) = stage.walk("page_size=100").await;
    let (mut lines, mut without, mut failed) = (0, 0, 0);
    for id in ids {
        let detail = stage.json(&format!("conversations/{id}")).await;
        let line = &detail["metadata"]["phone_call"];
        if line.is_null() {
            without += 1;
            continue;
        }
        lines += 1;
        failed += usize::from(detail["status"] == "failed");
        assert_eq!(line["call_sid"].as_str().unwrap().len(), 34);
        assert!(line["external_number"].as_str().unwrap()[5..].starts_with("55501"));
        let is_unheard = ["busy", "no_answer"].contains(&line["call_result"].as_str().unwrap());
        assert_eq!(detail["status"] == "failed", is_unheard);
    }
    assert!(lines > 150 && without > 0 && failed > 0, "{lines} {without} {failed}");
}

#[tokio::test]
async fn a_conversation_empties_itself_when_its_retention_ends() {
    for deletion_is_said in [true, false] {
        let settings = Settings { retention_seconds: Some(3600), deletion_is_said, ..answered() };
        let stage = stage(0, settings).await;
        let path = format!("conversations/{}", stage.add(600));
        assert!(stage.json(&path).await["analysis"].is_object());
        stage.pass(3600);
        let emptied = stage.json(&path).await;
        assert_eq!(emptied["transcript"].as_array().unwrap().len(), 0);
        assert!(emptied["analysis"].is_null());
        let deletion = &emptied["metadata"]["deletion_settings"];
        assert_eq!(deletion["deleted_transcript_at_time_unix_secs"].is_u64(), deletion_is_said);
        let row = &stage.list("summary_mode=include").await["conversations"][0];
        assert!(row["user_message_count"].is_null() && row["transcript_summary"].is_null());
    }
}

#[tokio::test]
async fn values_nobody_documented_come_when_asked_for() {
    let settings =
        Settings { unknown_values: true, auxiliary_audio: false, broken_share: 1.0, ..answered() };
    let stage = stage(60, settings).await;
    let page = stage.list("page_size=100").await;
    let rows = page["conversations"].as_array().unwrap();
    assert!(rows.iter().any(|row| row["status"] == "archived"));
    assert!(rows.iter().all(|row| row["sentiment_colour"].is_object()));
    let id = rows[0]["conversation_id"].as_str().unwrap();
    let detail = stage.json(&format!("conversations/{id}")).await;
    assert!(detail.get("has_auxiliary_audio").is_none());
    assert_eq!(detail["metadata"]["error"]["code"], 1002);
}

#[tokio::test]
async fn recipients_of_a_batch_call_have_conversations_unless_lost() {
    let stage = stage(300, Settings { lost_recipients: 2, ..Settings::default() }).await;
    let batches = stage.json("batch-calling/workspace").await;
    let id = batches["batch_calls"][0]["id"].as_str().unwrap();
    let batch = stage.json(&format!("batch-calling/{id}")).await;
    let recipients = batch["recipients"].as_array().unwrap();
    let without = recipients.iter().filter(|it| it["conversation_id"].is_null()).count();
    assert_eq!(without, 3, "two are lost and one is pending");
    for recipient in recipients.iter().filter(|it| it["conversation_id"].is_string()) {
        let id = recipient["conversation_id"].as_str().unwrap();
        let detail = stage.json(&format!("conversations/{id}")).await;
        assert_eq!(detail["metadata"]["batch_call"]["batch_call_recipient_id"], recipient["id"]);
    }
}

#[tokio::test]
async fn running_conversations_are_counted_and_agents_listed() {
    let stage = stage(0, Settings::default()).await;
    stage.add_all(&[0, 3600]);
    stage.pass(10);
    assert_eq!(stage.json("analytics/live-count").await["count"], 1);
    let agents = stage.json("agents?page_size=3").await;
    assert_eq!(agents["agents"].as_array().unwrap().len(), 3);
    let rest = stage.json("agents?page_size=3&cursor=3").await;
    assert_eq!((rest["agents"].as_array().unwrap().len(), &rest["has_more"]), (2, &false.into()));
}
