//! Threads, single messages, words and sound, and who may ask.

use std::collections::BTreeSet;

use super::super::{Settings, scopes};
use super::{NOW, ids, stage};
use crate::world::NewCall;

fn quiet() -> Settings {
    Settings { other_types_share: 0.0, answered_share: 1.0, ..Settings::without_limits() }
}

#[tokio::test]
async fn a_search_sees_the_last_message_of_a_thread_only() {
    let stage = stage(200, quiet()).await;
    let location = stage.simulator.location_id();
    let target = format!("/conversations/search?locationId={location}&limit=100");
    let all = stage.get(&target).await.json()["total"].as_u64().unwrap();
    let calls = stage.get(&format!("{target}&lastMessageType=TYPE_CALL")).await.json();
    assert!(calls["total"].as_u64().unwrap() < all, "texts hide calls");
    assert!(all < stage.truth().len() as u64, "a thread has many calls");
}

#[tokio::test]
async fn threads_that_share_a_time_are_skipped_at_the_edge_of_a_page() {
    let stage = stage(3, quiet()).await;
    for _ in 0..4 {
        stage.simulator.add_call(NewCall::at(NOW - 7_200_000));
    }
    let location = stage.simulator.location_id();
    let target = format!("/conversations/search?locationId={location}&sort=asc&limit=1");
    let (mut seen, mut after) = (BTreeSet::new(), 0);
    loop {
        let page = stage.get(&format!("{target}&startAfterDate={after}")).await.json();
        let Some(thread) = page["conversations"].get(0) else { break };
        seen.insert(thread["id"].as_str().unwrap().to_owned());
        after = thread["sort"][0].as_i64().unwrap();
    }
    let whole = stage.get(&format!("{target}&limit=100")).await.json();
    assert!(seen.len() < whole["conversations"].as_array().unwrap().len());
}

#[tokio::test]
async fn a_thread_is_read_newest_first_in_or_out_of_its_envelope() {
    for is_nested in [true, false] {
        let stage = stage(200, Settings { is_nested, ..quiet() }).await;
        let id = stage.truth().into_iter().next().unwrap();
        let one = stage.get(&format!("/conversations/messages/{id}")).await.json();
        let message = if is_nested { &one["message"] } else { &one };
        let thread = message["conversationId"].as_str().unwrap();
        let target = format!("/conversations/{thread}/messages?limit=2");
        let (mut found, mut last) = (Vec::new(), String::new());
        loop {
            let page = stage.get(&format!("{target}{last}")).await.json();
            let messages = if is_nested { page["messages"].clone() } else { page };
            found.extend(ids(&messages));
            if messages["nextPage"] != true {
                break;
            }
            last = format!("&lastMessageId={}", messages["lastMessageId"].as_str().unwrap());
        }
        assert!(found.contains(&id));
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    }
}

#[tokio::test]
async fn words_and_sound_come_after_the_call_and_not_for_every_call() {
    let stage = stage(5, quiet()).await;
    let id = stage.simulator.add_call(NewCall::at(NOW - 60_000));
    let location = stage.simulator.location_id();
    let words = format!("/conversations/locations/{location}/messages/{id}/transcription");
    let sound = format!("/conversations/messages/{id}/locations/{location}/recording");
    assert_eq!(stage.get(&words).await.status, 404);
    assert_eq!(stage.get(&sound).await.header("content-type"), Some("audio/x-wav"));
    stage.pass(60);
    let said = stage.get(&words).await.json();
    assert_eq!(said[0]["transcript"], "Hello, how can I help?");
    let unanswered = self::stage(5, Settings { answered_share: 0.0, ..quiet() }).await;
    let id = unanswered.truth().into_iter().next().unwrap();
    let words = words.replace(words.split('/').nth(5).unwrap(), &id);
    assert_eq!(unanswered.get(&words).await.status, 404);
}

#[tokio::test]
async fn each_part_needs_its_scope() {
    let stage = stage(5, quiet()).await;
    let location = stage.simulator.location_id();
    let token = stage.simulator.token_with_scopes(&[scopes::MESSAGES]);
    for (path, status) in [
        (format!("/conversations/messages/export?locationId={location}"), 200),
        (format!("/conversations/search?locationId={location}"), 401),
        (format!("/users/?locationId={location}"), 401),
        ("/conversations/messages/unknown".to_owned(), 404),
        ("/conversations/messages/export?locationId=elsewhere".to_owned(), 403),
    ] {
        assert_eq!(stage.get_as(&token, &path).await.status, status, "{path}");
    }
}
