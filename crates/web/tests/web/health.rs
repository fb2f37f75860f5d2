//! How sources go, on the first page, on their own and in the API.

use std::sync::Arc;
use std::time::Duration;

use domain::{Capabilities, Rhythm, RunKind, RunStatus, Tiers};
use store::RunEnd;

use crate::sample::{self, NOW, at};
use crate::{folder, get};

/// The sample, whose sources are read every five minutes by a provider with a limit.
async fn state(folder: &std::path::Path) -> web::State {
    let mut state = sample::usual(folder, "Agent").await;
    state.known = Arc::new(|_source| web::Known {
        capabilities: Capabilities {
            lag: Duration::from_mins(10),
            tiers: Tiers::new(vec![Duration::from_mins(15), Duration::from_hours(2)]),
            window_max: Duration::from_hours(24),
            window_min: Duration::from_mins(1),
            window_calls_max: u64::MAX,
            margin: Duration::ZERO,
            patience: Duration::ZERO,
        },
        grace: Duration::ZERO,
        rhythm: Some(Rhythm::Every(Duration::from_hours(2))),
        budget: Some(web::Budget {
            used: 3,
            limit: 90,
            interval_seconds: 10,
            day_used: Some(1_500),
            day_limit: Some(190_000),
        }),
    });
    state
}

#[tokio::test]
async fn what_is_told_of_a_source_is_what_its_runs_and_its_schedule_say() {
    let folder = folder();
    let state = state(folder.path()).await;
    // Its last run began an hour ago, so that the next one is in an hour.
    let page = get(&state, "/").await.text;
    let sentence = "the next run is in 1 h; calls of the last 10 min may still come.";
    assert!(
        page.contains("Each source was read well within the last 59 min")
            && page.contains(sentence),
        "{page}"
    );
    let one = get(&state, "/sources/main").await.text;
    for told in [
        "in 1 h",
        "1,500 of 190,000 today (99.2 % left)",
        "Calls of the last 10 min may still come; each time is read again at +15 min and +2 h, and stands then.",
        "not known yet",
    ] {
        assert!(one.contains(told), "{told}: {one}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&get(&state, "/api/v1/status").await.text).expect("it is JSON");
    let health = &json["sources"][0]["health"];
    assert_eq!(health["nextRun"]["at"], "2026-11-21T14:05:00Z", "{health}");
    assert_eq!(health["nextRun"]["why"], "rhythm");
    assert_eq!(health["settleDelaySeconds"], 600);
    assert_eq!(health["budget"]["dayUsed"], 1500);
    // The same source after a run that failed, and while it rests.
    let row = state.store.source_by_name("main").await.expect("it answers").expect("it is there");
    let mut tx = state.store.begin().await.expect("nobody else writes");
    let run = tx.run_start(row.id, RunKind::Auto, "{}", at(NOW)).await.expect("it is new");
    let end = RunEnd::new(RunStatus::Failed, "{}", Some("no answer"));
    tx.run_finish(run, end, at(NOW)).await.expect("it is under way");
    tx.commit().await.expect("there is room");
    let one = get(&state, "/sources/main").await.text;
    assert!(one.contains("in 1 min, after 1 failed run"), "{one}");
    let mut tx = state.store.begin().await.expect("nobody else writes");
    tx.source_pause(row.id, true, "op", at(NOW)).await.expect("it is there");
    tx.commit().await.expect("there is room");
    let one = get(&state, "/sources/main").await.text;
    assert!(one.contains("rests for under a minute"), "{one}");
}
