//! What the doctor finds at a provider that behaves, and at others.

use serde_json::{Value, json};

use super::{START, connect, connect_with, detail, reply, row};
use crate::elevenlabs::Settings;
use crate::testing::{Received, Reply, Server};
use crate::{Probe, ProbeOutcome, Provider};

/// A workspace of twelve calls, of which the switches say what is odd about it.
#[derive(Default, Clone, Copy)]
struct Odd {
    ignores_dates: bool,
    newest_first: bool,
    state: Option<&'static str>,
    summary: Option<&'static str>,
    running: u64,
    lost: usize,
    unlisted: usize,
    excludes_ends: bool,
    hooks: Hooks,
}

/// What the workspace's webhooks are like.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Hooks {
    #[default]
    Ours,
    None,
    Elsewhere,
    OfOneAgent,
    SwitchedOff,
    WithoutTranscripts,
    Failing,
    Closed,
}

const OURS: &str = "https://calls.example.com/webhooks/agents";

fn webhooks(odd: Odd) -> Reply {
    if odd.hooks == Hooks::Closed {
        let body = json!({ "detail": { "status": "missing_permissions", "message": "No." } });
        return Reply::json(401, body.to_string());
    }
    let url = if odd.hooks == Hooks::Elsewhere { "https://x.example.org/?s=secret" } else { OURS };
    let is_off = odd.hooks == Hooks::SwitchedOff;
    let failed = (odd.hooks == Hooks::Failing).then_some(404);
    let at = failed.map(|_| START);
    let hook = |id: &str, url: &str| {
        json!({ "webhook_id": id, "webhook_url": url, "is_disabled": is_off,
            "is_auto_disabled": is_off, "most_recent_failure_error_code": failed,
            "most_recent_failure_timestamp": at })
    };
    let other = hook("wh_2", "https://agent.example.org/hook");
    reply(&json!({ "webhooks": [hook("wh_1", url), other] }))
}

fn settings_of_workspace(odd: Odd) -> Reply {
    let id = (odd.hooks != Hooks::None).then_some("wh_1");
    let event = if odd.hooks == Hooks::WithoutTranscripts { "audio" } else { "transcript" };
    reply(&json!({ "webhooks": { "post_call_webhook_id": id, "events": [event] } }))
}

fn agent(odd: Odd) -> Reply {
    let id = (odd.hooks == Hooks::OfOneAgent).then_some("wh_2");
    let own = json!({ "webhooks": { "post_call_webhook_id": id } });
    reply(&json!({ "agent_id": "a", "platform_settings": { "workspace_overrides": own } }))
}

fn rows(odd: Odd) -> Vec<Value> {
    let rows = (0..12).map(|nth| {
        let mut row = row(&format!("conv_{nth}"), START - 3600 + nth * 60);
        if let Some(state) = odd.state {
            row["status"] = json!(state);
        }
        if let Some(summary) = odd.summary {
            row["transcript_summary"] = json!(summary);
        }
        row
    });
    rows.collect()
}

fn list(request: &Received, odd: Odd) -> Reply {
    let bound = |name: &str| request.query(name).map(|_| request.number(name));
    let cut = i64::from(odd.excludes_ends);
    let from = bound("call_start_after_unix").map_or(i64::MIN, |after| after + cut);
    let to = bound("call_start_before_unix").map_or(i64::MAX, |before| before - cut);
    let at = |row: &Value| row["start_time_unix_secs"].as_i64().unwrap();
    let mut rows = rows(odd);
    rows.retain(|row| odd.ignores_dates || (from..=to).contains(&at(row)));
    if odd.newest_first || request.query("sort_direction").as_deref() == Some("desc") {
        rows.reverse();
    }
    let skip = usize::try_from(request.number("cursor")).unwrap();
    let size = usize::try_from(request.number("page_size")).unwrap();
    let page: Vec<Value> = rows.iter().skip(skip).take(size).cloned().collect();
    let next = skip + page.len();
    let has_more = next < rows.len();
    reply(&json!({ "conversations": page, "has_more": has_more,
        "next_cursor": has_more.then(|| next.to_string()) }))
}

fn answer(request: &Received, odd: Odd) -> Reply {
    let path = request.line.split([' ', '?']).nth(1).unwrap_or_default();
    match path.strip_prefix("/v1/convai/").unwrap_or_default() {
        "conversations" => list(request, odd).with("date", "Sun, 01 Mar 2026 12:00:20 GMT"),
        "" => webhooks(odd),
        "settings" => settings_of_workspace(odd),
        "agents/a" => agent(odd),
        "agents" => reply(&json!({ "agents": [{ "agent_id": "a" }], "has_more": false })),
        "analytics/live-count" => reply(&json!({ "count": odd.running })),
        "batch-calling/workspace" => {
            reply(&json!({ "batch_calls": [{ "id": "btcal_1" }], "has_more": false }))
        }
        "batch-calling/btcal_1" => {
            let recipient = |status: &str, id: Value| {
                json!({ "status": status, "conversation_id": id,
                    "created_at_unix": START - 3600, "updated_at_unix": START })
            };
            let mut all = vec![
                recipient("pending", Value::Null),
                recipient("completed", json!("conv_1")),
                recipient("failed", Value::Null),
            ];
            let unlisted = (0..odd.unlisted).map(|nth| json!(format!("conv_unlisted_{nth}")));
            all.extend(unlisted.map(|id| recipient("completed", id)));
            all.extend((0..odd.lost).map(|_| recipient("completed", Value::Null)));
            reply(&json!({ "id": "btcal_1", "recipients": all }))
        }
        path => reply(&detail(path.trim_start_matches("conversations/"))),
    }
}

async fn examined(odd: Odd) -> Vec<Probe> {
    let server = Server::start(move |request| answer(request, odd)).await;
    let expected = Settings { webhook_url: Some(OURS.to_owned()), ..Settings::default() };
    connect_with(&server, expected).examine().await
}

async fn found(odd: Odd, name: &str, outcome: ProbeOutcome, words: &str) {
    let probes = examined(odd).await;
    let probe = probes.iter().find(|probe| probe.name == name);
    let probe = probe.unwrap_or_else(|| panic!("no {name}: {probes:#?}"));
    assert_eq!(probe.outcome, outcome, "{probe:?}");
    assert!(probe.sentence.contains(words), "{probe:?}");
}

use ProbeOutcome::{Notable, Right, Wrong};

#[tokio::test]
async fn a_provider_that_behaves_is_right_in_everything() {
    let probes = examined(Odd::default()).await;
    let names: Vec<&str> = probes.iter().map(|probe| probe.name).collect();
    assert_eq!(
        names,
        [
            "token",
            "conversations",
            "clock",
            "page_size",
            "far_future",
            "statuses",
            "range_ends",
            "order",
            "detail",
            "row_and_detail",
            "agents",
            "batch_calls",
            "webhooks",
        ]
    );
    assert!(probes.iter().all(|probe| probe.outcome == Right), "{probes:#?}");
}

#[tokio::test]
async fn what_is_odd_is_named() {
    let usual = Odd::default();
    let included = "at the first second of a range is included, at the last included";
    found(usual, "range_ends", Right, included).await;
    let half_open = Odd { excludes_ends: true, ..usual };
    let excluded = "at the first second of a range is left out, at the last left out";
    found(half_open, "range_ends", Right, excluded).await;
    let ignores = Odd { ignores_dates: true, ..usual };
    found(ignores, "far_future", Wrong, "ignores our dates").await;
    let newest = Odd { newest_first: true, ..usual };
    found(newest, "order", Notable, "do not come oldest first").await;
    let state = Odd { state: Some("archived"), ..usual };
    found(state, "statuses", Notable, "not published").await;
    let running = Odd { running: 3, ..usual };
    found(running, "statuses", Notable, "none of them is listed").await;
    let differs = Odd { summary: Some("Otherwise."), ..usual };
    found(differs, "row_and_detail", Notable, "differ in summary").await;
    let silent = Odd { summary: Some(""), ..usual };
    found(silent, "row_and_detail", Notable, "no summaries").await;
    let counted = "Of the 2 recipients beyond pending in the 1 newest batch calls, 1 have a \
        conversation, 1 failed or were cancelled without one, and 0 have none";
    found(usual, "batch_calls", Right, counted).await;
    let lost = Odd { lost: 4, ..usual };
    found(lost, "batch_calls", Notable, "and 4 have none for no reason given").await;
    let all = "the list of calls has each of these conversations";
    found(usual, "batch_calls", Right, all).await;
    let unlisted = Odd { unlisted: 2, ..usual };
    let lacks = "the list of calls lacks 2 of these conversations";
    found(unlisted, "batch_calls", Notable, lacks).await;
}

#[tokio::test]
async fn webhooks_that_are_not_ours_are_named() {
    let with = |hooks| Odd { hooks, ..Odd::default() };
    let right = "The one agent tells calls.example.com of calls, as `webhook_url` says";
    found(with(Hooks::Ours), "webhooks", Right, right).await;
    found(with(Hooks::None), "webhooks", Wrong, "(a) tells nobody of calls").await;
    found(with(Hooks::Elsewhere), "webhooks", Wrong, "(a at x.example.org)").await;
    found(with(Hooks::OfOneAgent), "webhooks", Wrong, "(a at agent.example.org)").await;
    let off = "(a, which ElevenLabs switched off after too many failures)";
    found(with(Hooks::SwitchedOff), "webhooks", Wrong, off).await;
    let deaf = "(a, which is not told of transcripts)";
    found(with(Hooks::WithoutTranscripts), "webhooks", Wrong, deaf).await;
    let failed = "The last delivery to calls.example.com that failed was at";
    found(with(Hooks::Failing), "webhook_failures", Notable, failed).await;
    found(with(Hooks::Closed), "webhooks", Notable, "Could not look where calls are told").await;
    let said = format!("{:?}", examined(with(Hooks::Elsewhere)).await);
    assert!(!said.contains("secret"), "{said}");
}

#[tokio::test]
async fn a_closed_door_is_the_first_thing_said() {
    for (status, code, name) in [
        (401, "invalid_api_key", "token"),
        (401, "missing_permissions", "conversations"),
        (503, "down", "reachable"),
    ] {
        let body = json!({ "detail": { "status": code, "message": "No." } });
        let server = Server::saying(vec![Reply::json(status, body.to_string())]).await;
        let probes = connect(&server).examine().await;
        assert_eq!((probes[0].name, probes[0].outcome), (name, Wrong));
    }
}
