//! Calls found by what was said in them: on the page, over the API, as a file.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::StatusCode;
use domain::{
    AccountId, Because, ContentHash, Placement, ProviderCallId, ProviderTime, SourceId, Timestamp,
};
use serde_json::{Value, json};
use store::{NewCall, NewObservation};
use testkit::on_both_databases;

use crate::browser::Browser;
use crate::people::{PASSWORD, People};
use crate::world::{Asks, World, plain_call, send};

const SEVENTH: &str = "I WANT A Refund,\n please — ключ";

/// So many calls of an account, oldest last, in each of which this is said.
async fn talked(
    world: &World,
    account: AccountId,
    name: &str,
    said: impl Fn(usize) -> String,
    count: usize,
) {
    let because = Because::AgentAssignment;
    let placement = Placement::Placed { account, agent: None, because, decided_by: None };
    let (mut calls, mut records) = (Vec::new(), Vec::new());
    for n in 0..count {
        let mut call = plain_call();
        let id = format!("talk-{name}-{n:05}");
        let at = Timestamp::from_millis(1_000_000_000_000 - i64::try_from(n).expect("it is small"));
        call.provider_call_id = ProviderCallId(id.clone());
        call.occurred_at = ProviderTime { at, text: String::new() };
        call.transcript = Some(said(n));
        let raw = json!({ "said": said(n) }).to_string().into_bytes();
        let content_hash = ContentHash::of(&raw);
        calls.push(NewCall::first(Cow::Owned(call), placement, content_hash));
        records.push(NewObservation {
            provider_call_id: Cow::Owned(id),
            version: 1,
            content_hash,
            dictionary_id: 0,
            raw: Cow::Owned(zstd_of(&raw)),
        });
    }
    let mut tx = world.state.store.begin().await.expect("nobody else writes");
    let (source, at) = (SourceId(1), Timestamp::from_millis(5));
    tx.calls_write(source, 1, "poll", at, &calls).await.expect("they are new");
    tx.observations_add(source, 1, "poll", at, &records).await.expect("they are new");
    tx.commit().await.expect("there is room");
}

fn zstd_of(raw: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(raw, 3).expect("it packs")
}

/// What reads these records.
fn reads(state: &mut web::State) {
    state.read = Arc::new(|_source, record| {
        let record: Value = serde_json::from_slice(record).ok()?;
        let mut call = plain_call();
        call.transcript = record["said"].as_str().map(str::to_owned);
        Some(call)
    });
}

async fn people(db: &testkit::TestDb) -> People {
    let mut people = People::of(db).await;
    reads(&mut people.state);
    reads(&mut people.world.state);
    people
}

async fn found(world: &World, token: &str, asked: &str) -> Value {
    let answer = send(&world.state, Some(token), &Asks::get(format!("/calls?{asked}"))).await;
    assert_eq!(answer.status, StatusCode::OK, "{asked}: {}", answer.text);
    answer.json()
}

fn ids(page: &Value) -> Vec<&str> {
    let calls = page["calls"].as_array().expect("it is a list").iter();
    calls.map(|call| call["providerCallId"].as_str().expect("it is a text")).collect()
}

on_both_databases! {
    async fn calls_are_found_by_what_was_said_in_whatever_case_and_by_members_among_their_own(db) {
        let people = people(&db).await;
        let world = &people.world;
        let said = |n| if n == 7 { SEVENTH.to_owned() } else { "good day".to_owned() };
        talked(world, world.accounts[0], "alder", said, 10).await;
        talked(world, world.accounts[1], "birch", said, 10).await;
        for words in ["refund", "REFUND,%20please", "a+refund%2C+", "%D0%9A%D0%9B%D0%AE%D0%A7"] {
            let page = found(world, &world.alder, &format!("said={words}")).await;
            assert_eq!((ids(&page), &page["next"]), (vec!["talk-alder-00007"], &Value::Null), "{words}");
        }
        let all = found(world, &world.reader, "said=refund").await;
        assert_eq!(ids(&all), ["talk-birch-00007", "talk-alder-00007"]);
        for none in ["said=refund&direction=outbound", "said=refund&status=busy", "said=refunds"] {
            assert_eq!(ids(&found(world, &world.reader, none).await), Vec::<&str>::new(), "{none}");
        }
        let both = found(world, &world.reader, "said=refund&account=birch%20ltd&direction=inbound").await;
        assert_eq!(ids(&both), ["talk-birch-00007"]);
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let page = anna.get("/calls?said=REFUND").await.text;
        assert!(page.contains("talk-alder-00007") && !page.contains("birch"), "{page}");
        assert!(page.contains("name=\"said\" value=\"REFUND\""), "{page}");
        for format in ["csv", "jsonl"] {
            let file = anna.get(&format!("/calls/export?format={format}&said=refund")).await.text;
            assert!(file.contains("talk-alder-00007") && !file.contains("00006") && !file.contains("birch"), "{file}");
        }
        // What was erased is gone for whoever searches, too.
        let mut tx = world.state.store.begin().await.expect("nobody else writes");
        let ids_of = ["talk-alder-00007".to_owned()];
        tx.calls_erase(SourceId(1), &ids_of, b"{}", Timestamp::from_millis(9)).await.expect("it is there");
        tx.commit().await.expect("there is room");
        assert_eq!(ids(&found(world, &world.alder, "said=refund").await), Vec::<&str>::new());
    }

    async fn pages_of_what_was_said_show_each_call_once(db) {
        let people = people(&db).await;
        let world = &people.world;
        let said = |n| if n % 3 == 0 { "yes".to_owned() } else { "no".to_owned() };
        talked(world, world.accounts[0], "alder", said, 600).await;
        for limit in [1, 7, 100, 200, 500] {
            let (mut all, mut after) = (Vec::new(), String::new());
            loop {
                let page = found(world, &world.alder, &format!("said=yes&limit={limit}&after={after}")).await;
                assert!(page["calls"].as_array().is_some_and(|calls| calls.len() <= limit), "{page}");
                all.extend(ids(&page).into_iter().map(str::to_owned));
                let Some(next) = page["next"].as_str() else { break };
                next.clone_into(&mut after);
            }
            let wanted: Vec<String> = (0..200).map(|n| format!("talk-alder-{:05}", 3 * n)).collect();
            assert_eq!(all, wanted, "by {limit}");
        }
    }

    async fn a_page_looks_through_some_thousand_records_and_says_how_far_it_came(db) {
        let people = people(&db).await;
        let world = &people.world;
        let said = |n| if n == 5_600 { "at last".to_owned() } else { "no".to_owned() };
        talked(world, world.accounts[0], "alder", said, 5_601).await;
        let first = found(world, &world.alder, "said=at%20last").await;
        assert_eq!((ids(&first), &first["lookedThrough"]), (vec![], &json!(5_000)));
        assert_eq!(first["lookedBackTo"], "2001-09-09T01:46:35.001Z");
        let next = first["next"].as_str().expect("there may be more");
        let second = found(world, &world.alder, &format!("said=at%20last&after={next}")).await;
        assert_eq!((ids(&second), &second["next"]), (vec!["talk-alder-05600"], &Value::Null));
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let page = anna.get("/calls?said=at+last").await.text;
        assert!(page.contains("looked through 5,000 calls, back to"), "{page}");
        assert!(page.contains("said=at%20last&#38;after=") || page.contains("said=at%20last&amp;after="), "{page}");
    }

    async fn hostile_words_are_words(db) {
        let people = people(&db).await;
        let world = &people.world;
        let texts = ["100 % sure", "a_b", "<script>alert(1)</script>", "'; DROP TABLE calls; --", "a\\b", "nul\0"];
        talked(world, world.accounts[0], "alder", |n| texts[n].to_owned(), texts.len()).await;
        for (words, wanted) in [
            ("%25", vec!["talk-alder-00000"]),
            ("_", vec!["talk-alder-00001"]),
            ("%3Cscript%3E", vec!["talk-alder-00002"]),
            ("%27%3B+DROP", vec!["talk-alder-00003"]),
            ("a%5Cb", vec!["talk-alder-00004"]),
            ("nul%00", vec!["talk-alder-00005"]),
            (".*", vec![]),
        ] {
            let page = found(world, &world.alder, &format!("said={words}")).await;
            assert_eq!(ids(&page), wanted, "{words}");
        }
        let mut anna = Browser::signed_in(&people.state, "anna", PASSWORD).await;
        let page = anna.get("/calls?said=%22%3E%3Cscript%3Ealert(1)").await.text;
        assert!(!page.contains("<script>alert(1)"), "{page}");
        let long = "x".repeat(201);
        for asked in [format!("said={long}"), "said=%00%00&limit=0".to_owned(), "said=a&said=b".to_owned()] {
            let answer = send(&world.state, Some(&world.alder), &Asks::get(format!("/calls?{asked}"))).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{asked}: {}", answer.text);
        }
        // Nothing to look for is no filter.
        assert!(ids(&found(world, &world.alder, "said=+").await).len() > texts.len());
    }
}
