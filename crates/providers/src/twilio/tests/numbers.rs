//! Whom numbers tell of their calls, as the doctor says it.

use serde_json::{Value, json};

use super::{connect, list, page, settings};
use crate::testing::{Reply, Server};
use crate::twilio::Settings;
use crate::{Probe, ProbeOutcome, Provider};

use ProbeOutcome::{Notable, Right, Wrong};

const OURS: &str = "https://calls.example.com/webhooks/phones";
const VOICE: &str = "https://voice.example.com/answer?key=secret";

fn number(digit: u8, callback: &str) -> Value {
    json!({"sid": format!("PN{digit}"), "phone_number": format!("+1212555010{digit}"),
        "voice_url": VOICE, "status_callback": callback, "status_callback_method": "POST",
        "voice_application_sid": "", "trunk_sid": null})
}

/// What is found of these numbers, the last of them on a page of its own.
async fn found(numbers: Vec<Value>, webhook_url: Option<&str>) -> Vec<Probe> {
    let server = Server::start(move |request| {
        let is = |what: &str| request.line.contains(what);
        let (first, rest) = numbers.split_at(numbers.len().saturating_sub(1));
        if is("IncomingPhoneNumbers.json") {
            let next = (!is("Page=1")).then_some("/IncomingPhoneNumbers.json?Page=1");
            return list("incoming_phone_numbers", if next.is_some() { first } else { rest }, next);
        }
        if is("Applications.json") {
            let one = json!({"sid": "AP1", "voice_url": VOICE, "status_callback": OURS});
            return list("applications", &[one], None);
        }
        if is("Accounts.json") { list("accounts", &[], None) } else { page(&[], None) }
    })
    .await;
    let webhook_url = webhook_url.map(str::to_owned);
    let probes = connect(&server, Settings { webhook_url, ..settings() }).examine().await;
    probes.into_iter().filter(|it| ["webhooks", "voice_urls"].contains(&it.name)).collect()
}

/// What is said of whom these numbers tell.
async fn check(numbers: Vec<Value>, webhook_url: Option<&str>, outcome: ProbeOutcome, said: &str) {
    let probes = found(numbers, webhook_url).await;
    assert_eq!((probes[0].outcome, probes[0].sentence.as_str()), (outcome, said));
    let all = format!("{probes:?}");
    assert!(!all.contains("secret") && !all.contains("1212555"), "{all}");
}

#[tokio::test]
async fn numbers_that_tell_us_are_configured() {
    let right = "All 2 numbers tell calls.example.com of calls, as `webhook_url` says";
    check(vec![number(1, OURS), number(2, OURS)], Some(OURS), Right, right).await;
}

#[tokio::test]
async fn numbers_that_tell_nobody_or_others_are_named() {
    let other = "https://api.example.org/twilio/status?token=secret";
    let said = "Of 3 numbers, 1 tells calls.example.com of calls, as `webhook_url` says; 1 tells \
        nobody (…0102); 1 has drifted (…0103 at api.example.org)";
    let numbers = vec![number(1, OURS), number(2, ""), number(3, other)];
    check(numbers, Some(OURS), Wrong, said).await;
    let said = "None of 2 numbers tells anybody of its calls; they are found by reading alone";
    check(vec![number(1, ""), number(2, "")], None, Notable, said).await;
}

#[tokio::test]
async fn an_application_stands_for_the_addresses_of_its_number() {
    let mut by_get = number(2, OURS);
    by_get["status_callback_method"] = json!("GET");
    let mut of_application = number(1, "https://elsewhere.example.org");
    of_application["voice_application_sid"] = json!("AP1");
    let said = "Of 2 numbers, 1 tells calls.example.com of calls, as `webhook_url` says; 1 has \
        drifted (…0102, by GET and not by POST)";
    check(vec![of_application, by_get], Some(OURS), Wrong, said).await;
}

#[tokio::test]
async fn a_number_on_a_trunk_can_tell_nobody() {
    let mut on_trunk = number(2, "");
    on_trunk["trunk_sid"] = json!("TK1");
    let said = "The one number tells calls.example.com of calls, as `webhook_url` says; on trunks, \
        of whose calls Twilio tells nobody: 1";
    check(vec![number(1, OURS), on_trunk], Some(OURS), Notable, said).await;
}

#[tokio::test]
async fn whoever_answers_is_named_by_host() {
    let mut silent = number(2, OURS);
    silent["voice_url"] = json!("");
    let probes = found(vec![number(1, OURS), silent], None).await;
    let said = "Calls to numbers are answered: 1 by nobody, 1 by voice.example.com";
    assert_eq!((probes[1].outcome, probes[1].sentence.as_str()), (Notable, said));
}

#[tokio::test]
async fn a_key_that_may_not_look_is_no_finding_about_numbers() {
    let server = Server::start(|request| {
        if request.line.contains("IncomingPhoneNumbers.json") {
            return Reply::json(403, r#"{"code":20003,"message":"Forbidden","status":403}"#);
        }
        page(&[], None)
    })
    .await;
    let webhook_url = Some(OURS.to_owned());
    let probes = connect(&server, Settings { webhook_url, ..settings() }).examine().await;
    let told = probes.iter().find(|probe| probe.name == "webhooks").unwrap();
    assert_eq!(told.outcome, Notable);
    assert!(told.sentence.starts_with("Could not look where calls are told"), "{told:?}");
    assert!(told.hint.as_ref().unwrap().contains("right to list phone numbers"), "{told:?}");
}
