use serde_json::Value;

use super::super::{Outcome, Settings};
use super::stage;

#[tokio::test]
async fn every_scalar_is_a_text_or_null() {
    let stage = stage(60, Settings::default()).await;
    for call in stage.list("PageSize=100").await["calls"].as_array().unwrap() {
        for (name, value) in call.as_object().unwrap() {
            let is_fine = value.is_null() || value.is_string() || name == "subresource_uris";
            assert!(is_fine, "{name} is {value}");
        }
        let sid = call["sid"].as_str().unwrap();
        assert_eq!((sid.len(), &sid[..2]), (34, "CA"));
        assert!(call["date_created"].as_str().unwrap().ends_with(" +0000"));
        assert_eq!(&stage.call(sid).await.json(), call, "the same by its SID");
    }
}

#[tokio::test]
async fn a_dialled_call_goes_through_its_steps() {
    let settings = Settings { price_after_seconds: 60, ..Settings::default() };
    let stage = stage(0, settings).await;
    let sid = stage.add(0, 100, Outcome::Completed);
    let mut seen = Vec::new();
    for pass in [0, 5000, 100_000, 60_000] {
        stage.pass(pass);
        let call = stage.call(&sid).await.json();
        let text = |name: &str| call[name].as_str().map(str::to_owned);
        seen.push((text("status").unwrap(), call["end_time"].is_null(), text("duration")));
        assert_eq!(call["price"].is_null(), pass != 60_000);
        assert!(!call["start_time"].is_null());
    }
    let done = ("completed".to_owned(), false, Some("100".to_owned()));
    let before = |status: &str| (status.to_owned(), true, None);
    assert_eq!(seen, [before("ringing"), before("in-progress"), done.clone(), done]);
}

#[tokio::test]
async fn a_call_given_up_in_the_queue_never_starts() {
    let stage = stage(0, Settings::default()).await;
    let sid = stage.add(0, 100, Outcome::CanceledQueued);
    for (pass, status) in [(0, "queued"), (101_000, "canceled")] {
        stage.pass(pass);
        let call = stage.call(&sid).await.json();
        assert_eq!(call["status"], status);
        assert_eq!((&call["start_time"], &call["price"]), (&Value::Null, &Value::Null));
    }
}

#[tokio::test]
async fn a_status_and_a_new_call_may_lag_behind() {
    let settings =
        Settings { appears_after_seconds: 10, status_lag_seconds: 20, ..Settings::default() };
    let stage = stage(0, settings).await;
    let sid = stage.add(0, 5, Outcome::Completed);
    assert_eq!(stage.call(&sid).await.status, 404);
    stage.pass(15_000);
    assert_ne!(stage.call(&sid).await.json()["status"], "completed");
    stage.pass(15_000);
    assert_eq!(stage.call(&sid).await.json()["status"], "completed");
}
