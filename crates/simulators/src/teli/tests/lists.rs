use std::collections::HashSet;

use super::super::{
    Edges, FilterField, LimitOverMax, OmittedStatus, Order, Paging, Settings, call_id,
};
use super::{NOW, ids, iso, stage};
use crate::simulated::Simulated;
use crate::world::NewCall;

fn at(edges: Edges) -> Settings {
    Settings { edges, error_share: 0.0, ..Settings::default() }
}

#[tokio::test]
async fn a_list_has_fifty_ended_calls_newest_first_and_no_total() {
    let stage = stage(130, Settings::default()).await;
    let reply = stage.ask("").await.json();
    assert_eq!(reply["count"], 50);
    assert!(reply.get("total").is_none() && reply.get("has_more").is_none());
    let rows = reply["calls"].as_array().unwrap();
    let starts: Vec<i64> =
        rows.iter().map(|row| row["start_timestamp"].as_i64().unwrap()).collect();
    assert!(starts.is_sorted_by(|a, b| a >= b));
    assert!(rows.iter().all(|row| row["call_status"] == "ended"));
}

#[tokio::test]
async fn no_answer_has_more_than_a_hundred() {
    let stage = stage(230, Settings::default()).await;
    assert_eq!(stage.list("limit=500").await.len(), 100);
    assert_eq!(stage.ask("limit=0").await.status, 400);
    let strict = Settings { limit_over_max: LimitOverMax::Refuse400, ..Settings::default() };
    let stage = super::stage(230, strict).await;
    assert_eq!(stage.ask("limit=101").await.status, 400);
}

#[tokio::test]
async fn keys_and_organisations_are_told_apart() {
    let stage = stage(5, Settings::default()).await;
    let path = "/v1/voice/calls?is_admin=true";
    assert_eq!(stage.get(path).await.status, 400);
    let path = format!("{path}&organization_id={}", stage.simulator.organization_id());
    assert_eq!(stage.get(&path).await.status, 200);
    assert_eq!(stage.get_as("teli_no", &path).await.status, 401);
    let other = stage.simulator.key_of_other_organisation().to_owned();
    assert_eq!(stage.get_as(&other, &path).await.status, 403);
    let reply = stage.get("/v1/agents").await;
    assert_eq!((reply.status, &reply.json()["success"]), (400, &false.into()));
}

#[tokio::test]
async fn the_edges_of_a_range_are_as_switched() {
    for (edges, found) in [(Edges::Inclusive, 3), (Edges::HalfOpen, 2), (Edges::Exclusive, 1)] {
        let stage = stage(0, at(edges)).await;
        let start = NOW - 7_200_000;
        stage.simulator.mutate(|world| {
            for offset in [0, 1, 2] {
                world.insert(NewCall::at(start + offset));
            }
        });
        let range = format!("start_date={}&end_date={}", iso(start), iso(start + 2));
        assert_eq!(stage.list(&range).await.len(), found, "{edges:?}");
    }
}

#[tokio::test]
async fn a_range_compares_what_is_switched() {
    let created = Settings { filter_field: FilterField::Created, ..at(Edges::Inclusive) };
    for (settings, found) in [(at(Edges::Inclusive), 1), (created, 0)] {
        let stage = stage(0, settings).await;
        let start = NOW - 7_200_000;
        stage.simulator.mutate(|world| world.insert(NewCall::at(start)));
        let range = format!("start_date={}&end_date={}", iso(start - 1), iso(start + 1));
        assert_eq!(stage.list(&range).await.len(), found);
    }
}

#[tokio::test]
async fn statuses_are_hidden_unless_asked_for() {
    let settings = Settings {
        error_share: 0.3,
        hidden_status: Some(("not_connected", 0.2)),
        ..Settings::default()
    };
    let stage = stage(90, settings.clone()).await;
    let mut all = HashSet::new();
    for status in ["ended", "error", "not_connected"] {
        let listed = ids(&stage.list(&format!("limit=100&call_status={status}")).await);
        assert!(!listed.is_empty() && listed.len() < 90, "{status}");
        all.extend(listed);
    }
    assert_eq!(all.len(), 90);
    let open = Settings { omitted_status: OmittedStatus::All, ..settings };
    assert_eq!(super::stage(90, open).await.list("limit=100").await.len(), 90);
}

#[tokio::test]
async fn a_call_is_ongoing_until_it_ends() {
    let settings = Settings { lists_ongoing: true, ..at(Edges::Inclusive) };
    let stage = stage(0, settings).await;
    let id = stage
        .simulator
        .mutate(|world| world.insert(NewCall { duration: 600, ..NewCall::at(NOW - 60_000) }));
    let listed = stage.list("call_status=ongoing").await;
    assert_eq!(ids(&listed), [call_id(&id)]);
    assert!(listed[0]["end_timestamp"].is_null());
    stage.clock.fetch_add(3_600_000, std::sync::atomic::Ordering::Relaxed);
    assert!(stage.list("call_status=ongoing").await.is_empty());
    assert_eq!(stage.list("call_status=ended").await.len(), 1);
}

#[tokio::test]
async fn pages_are_ignored_unless_switched_on() {
    let stage = stage(60, at(Edges::Inclusive)).await;
    assert_eq!(stage.list("limit=10").await, stage.list("limit=10&page=2").await);
    let settings = Settings { paging: Paging::Honoured, ..at(Edges::Inclusive) };
    let stage = super::stage(60, settings).await;
    let pages = [stage.list("limit=10&page=2").await, stage.list("limit=10&offset=10").await];
    assert_eq!(pages[0], pages[1]);
    assert_ne!(pages[0], stage.list("limit=10").await);
}

#[tokio::test]
async fn order_and_counts_are_as_switched() {
    let settings = Settings { order: Order::Any, count_is_total: true, ..at(Edges::Inclusive) };
    let stage = stage(60, settings).await;
    let reply = stage.ask("limit=10").await.json();
    assert_eq!(reply["count"], 60);
    let starts: Vec<i64> = reply["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["start_timestamp"].as_i64().unwrap())
        .collect();
    assert!(!starts.is_sorted_by(|a, b| a >= b));
}

#[tokio::test]
async fn an_export_has_everything_up_to_its_cap_and_says_so() {
    let settings = Settings { export_rows_max: 120, ..at(Edges::Inclusive) };
    let stage = stage(120, settings.clone()).await;
    let whole = stage.ask("format=json&columns=call_id,end_time,call_status").await;
    assert_eq!(whole.header("x-export-truncated"), None);
    let rows = whole.json()["calls"].as_array().unwrap().clone();
    assert_eq!((rows.len(), rows[0].as_object().unwrap().len()), (120, 3));
    let stage = super::stage(121, settings).await;
    let cut = stage.ask("format=json").await;
    assert_eq!(cut.header("x-export-truncated"), Some("true"));
    let rows = cut.json()["calls"].as_array().unwrap().clone();
    assert!(rows.len() == 120 && rows[0].get("call_status").is_none());
}

#[tokio::test]
async fn what_is_added_is_shown_at_once_under_its_own_id() {
    let stage = stage(3, Settings { error_share: 0.0, ..Settings::default() }).await;
    let id = stage.simulator.add(NOW - 30 * 3_600_000);
    assert!(Simulated::truth(&stage.simulator).iter().any(|call| call.id == id));
    let listed = ids(&stage.list("").await);
    assert!(listed.contains(&id));
    let before = stage.list("").await;
    assert!(Simulated::change(&stage.simulator, &id));
    assert_ne!(stage.list("").await, before);
    assert!(Simulated::remove(&stage.simulator, &id));
    assert!(!ids(&stage.list("").await).contains(&id));
}
