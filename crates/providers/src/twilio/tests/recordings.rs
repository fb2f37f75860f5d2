//! Recordings beside the calls of a window, and of one call.

use domain::{Awaited, Call, Country, ProviderCallId};
use serde_json::{Value, json};

use super::{call, connect, doubt, list, page, settings, walk, window};
use crate::testing::{Received, Reply, Server};
use crate::twilio::Settings;
use crate::{Provider, Walked, parts};

const MORNING: &str = "2026-03-01T09:00:00Z";

fn a_day() -> domain::Window {
    window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")
}

fn recording(sid: &str, call: &str, status: &str) -> Value {
    json!({"sid": sid, "call_sid": call, "status": status, "duration": "61", "channels": 2,
        "date_created": MORNING, "uri": format!("/2010-04-01/Accounts/AC1/Recordings/{sid}.json")})
}

fn with_recordings() -> Settings {
    Settings { reads_recordings: true, ..settings() }
}

/// Two calls, the first of which has these recordings.
fn answer(request: &Received, recordings: &[Value]) -> Reply {
    if request.line.contains("/Recordings.json") {
        return list("recordings", recordings, None);
    }
    if request.line.contains("/Calls/CA1.json") {
        return Reply::json(200, call("CA1", MORNING).to_string());
    }
    page(&[call("CA1", MORNING), call("CA2", MORNING)], None)
}

/// What is read of a call that has these recordings.
async fn read(recordings: Vec<Value>) -> Call {
    let server = Server::start(move |request| answer(request, &recordings)).await;
    let provider = connect(&server, with_recordings());
    let record = provider.record(&ProviderCallId("CA1".to_owned())).await.unwrap().unwrap();
    provider.normalise(&record.bytes, Country::US).unwrap()
}

#[tokio::test]
async fn recordings_of_a_window_are_one_list_and_stand_beside_their_calls() {
    let server = Server::start(|request| {
        let all = ["RE2", "RE1"].map(|sid| recording(sid, "CA1", "completed"));
        let stranger = recording("RE3", "CA9", "completed");
        answer(request, &[&all[..], &[stranger, json!(7), json!({"sid": "RE4"})]].concat())
    })
    .await;
    let outcome = walk(&connect(&server, with_recordings()), a_day()).await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 2, total: None }));
    let records = &outcome.pages[0].records;
    let names = |at: usize| {
        let parts = parts::read(&records[at].0.bytes).unwrap();
        parts.keys().map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(0), names(1)),
        (vec!["RE1".into(), "RE2".into(), "call".into()], vec!["call".to_owned()])
    );
    let asked = server.received();
    let lines: Vec<&str> = asked.iter().map(|it| it.line.as_str()).collect();
    let lists = lines.iter().filter(|line| line.contains("/Recordings.json")).count();
    assert_eq!(lists, 1, "{lines:?}");
    assert_eq!(asked[0].query("DateCreated>").as_deref(), Some("2026-03-01T00:00:00Z"));
    // A recording is made up to the end of its call.
    assert_eq!(asked[0].query("DateCreated<").as_deref(), Some("2026-03-03T00:00:00Z"));
}

#[tokio::test]
async fn a_part_seen_before_looks_the_same_when_it_is_put_together_anew() {
    let server =
        Server::start(|request| answer(request, &[recording("RE1", "CA1", "completed")])).await;
    let outcome = walk(&connect(&server, with_recordings()), a_day()).await;
    let held = outcome.pages[0].records[0].0.bytes.clone();
    let alone = connect(&server, settings());
    let seen = walk(&alone, a_day()).await.pages[0].records[0].0.bytes.clone();
    assert_ne!(held, seen);
    assert_eq!(parts::merge(&held, seen), held, "a deleted recording stays as it was");
}

#[tokio::test]
async fn the_last_recording_that_is_ready_is_the_call_s() {
    assert_eq!(read(Vec::new()).await.recording, None);
    let one = read(vec![recording("RE1", "CA1", "completed")]).await;
    assert!(one.recording.unwrap().ends_with("/2010-04-01/Accounts/AC1/Recordings/RE1"));
    let mut later = recording("RE0", "CA1", "completed");
    later["date_created"] = json!("2026-03-01T09:30:00Z");
    later["media_url"] = json!("https://api.twilio.com/sound");
    let two = read(vec![later, recording("RE1", "CA1", "completed")]).await;
    assert_eq!(two.recording.as_deref(), Some("https://api.twilio.com/sound"));
    for status in ["absent", "deleted", "in-progress"] {
        assert_eq!(read(vec![recording("RE1", "CA1", status)]).await.recording, None, "{status}");
    }
}

#[tokio::test]
async fn a_recording_that_is_not_ready_is_awaited() {
    for (status, awaited) in [
        ("processing", Some(Awaited::Recording)),
        ("stopped", Some(Awaited::Recording)),
        ("completed", Some(Awaited::Price)),
        ("absent", Some(Awaited::Price)),
    ] {
        let server = Server::start(move |request| {
            if request.line.contains("/Recordings.json") {
                return list("recordings", &[recording("RE1", "CA1", status)], None);
            }
            let mut call = call("CA1", MORNING);
            call["status"] = json!("completed");
            Reply::json(200, call.to_string())
        })
        .await;
        let provider = connect(&server, with_recordings());
        let record = provider.record(&ProviderCallId("CA1".to_owned())).await.unwrap().unwrap();
        let call = provider.normalise(&record.bytes, Country::US).unwrap();
        assert_eq!(call.awaits, awaited, "{status}");
    }
}

#[tokio::test]
async fn calls_are_read_where_recordings_may_not_be() {
    let server = Server::start(|request| {
        if request.line.contains("/Recordings.json") {
            return Reply::json(403, r#"{"code":20003,"message":"Forbidden","status":403}"#);
        }
        answer(request, &[])
    })
    .await;
    let provider = connect(&server, with_recordings());
    let outcome = walk(&provider, a_day()).await;
    assert_eq!(outcome.walked, Ok(Walked::Whole { distinct: 2, total: None }));
    let probes = provider.examine().await;
    let said = probes.iter().find(|probe| probe.name == "recordings").unwrap();
    assert!(said.hint.as_ref().unwrap().contains("`reads_recordings = false`"), "{said:?}");
}

#[tokio::test]
async fn a_list_of_recordings_that_repeats_proves_nothing() {
    let server = Server::start(|request| {
        if request.line.contains("/Recordings.json") {
            let again = "/2010-04-01/Accounts/AC1/Recordings.json?Page=1";
            return list("recordings", &[recording("RE1", "CA1", "completed")], Some(again));
        }
        answer(request, &[])
    })
    .await;
    let outcome = walk(&connect(&server, with_recordings()), a_day()).await;
    assert!(doubt(&outcome).starts_with("recordings of "), "{:?}", outcome.walked);
}
