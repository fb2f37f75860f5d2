//! What this provider promises, against answers as documented and answers as feared.

mod errors;
mod numbers;
mod recordings;
mod records;
mod requests;
mod settings;
mod sweeps;
mod walk;

use std::collections::BTreeSet;

use domain::{RetryPolicy, Timestamp, Window};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Client, Settings, Twilio};
use crate::http::budget::{Budgets, Rate};
use crate::testing::{HandClock, Received, Reply, Server};
use crate::{Credential, Page, Provider, SourceError, Tuning, Walked};

const NOON: &str = "2026-03-10T12:00:00Z";
const ACCOUNT: &str = "AC00000000000000000000000000000001";
const KEY: &str = "SK00000000000000000000000000000002";

fn settings() -> Settings {
    Settings { swept_statuses: Vec::new(), reads_recordings: false, ..Settings::new(ACCOUNT) }
}

fn connect(server: &Server, settings: Settings) -> Twilio {
    let settings = Settings { base_url: server.url.clone(), ..settings };
    let retry = RetryPolicy { attempts_max: 2, ..RetryPolicy::default() };
    let tuning = Tuning { retry, rate: Some(Rate::Unlimited), ..Tuning::default() };
    let credential = Credential::PrivateToken("auth-token-1".into());
    let clock = HandClock::at(NOON);
    Twilio::new(Client::new(settings, credential, tuning, clock, &Budgets::new()).unwrap())
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn window(from: &str, to: &str) -> Window {
    Window::new(at(from), at(to)).unwrap()
}

/// A call of this SID that started, and was created, at this instant.
fn call(sid: impl Into<String>, started: &str) -> Value {
    json!({"sid": sid.into(), "date_created": started, "start_time": started})
}

/// A call of this SID that was created at this instant and never dialled.
fn undialled(sid: impl Into<String>, created: &str) -> Value {
    json!({"sid": sid.into(), "date_created": created, "start_time": null, "status": "canceled"})
}

/// A page with these calls, and the next one if there is one.
fn page(calls: &[Value], next: Option<String>) -> Reply {
    let next = next.map_or(Value::Null, Value::String);
    let body = json!({"calls": calls, "next_page_uri": next, "page_size": 1000});
    Reply::json(200, body.to_string())
}

/// The next page's address, as Twilio writes it.
fn next_of(request: &Received, page: i64) -> String {
    let target = request.line.split(' ').nth(1).unwrap();
    let (path, query) = target.split_once('?').unwrap();
    let url = url::Url::parse(&format!("http://x/?{query}")).unwrap();
    let kept = url.query_pairs().filter(|(name, _)| name != "Page");
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("Page", &page.to_string())
        .finish();
    format!("{path}?{query}")
}

/// A page of another list.
fn list(key: &str, items: &[Value], next: Option<&str>) -> Reply {
    Reply::json(200, json!({ key: items, "next_page_uri": next }).to_string())
}

/// What one walk brought.
struct Outcome {
    walked: Result<Walked, SourceError>,
    got: BTreeSet<String>,
    pages: Vec<Page>,
}

async fn walk(provider: &Twilio, window: Window) -> Outcome {
    let (sender, mut receiver) = mpsc::channel(1);
    let collect = async {
        let mut pages: Vec<Page> = Vec::new();
        while let Some(page) = receiver.recv().await {
            pages.push(page);
        }
        pages
    };
    let reading = async {
        let walked = provider.walk(window, &sender).await;
        drop(sender);
        walked
    };
    let (walked, pages) = tokio::join!(reading, collect);
    let fresh = pages.iter().flat_map(|page| &page.records).filter(|(_, again)| !again);
    let ids = fresh.filter_map(|(record, _)| record.identity.as_ref().ok());
    let got = ids.map(|identity| identity.id.0.clone()).collect();
    Outcome { walked, got, pages }
}

fn doubt(outcome: &Outcome) -> &str {
    match &outcome.walked {
        Ok(Walked::Doubtful { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}
