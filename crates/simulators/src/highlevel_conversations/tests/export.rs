//! The export: chains, cursors, filters and what a message says.

use serde_json::Value;

use super::super::{CallChannel, Chain, Dates, DeadCursor, Ending, Outcome, RangeField, Settings};
use super::{NOW, Stage, ids, set, stage};
use crate::highlevel::iso;
use crate::world::NewCall;

fn quiet() -> Settings {
    Settings::without_limits()
}

#[tokio::test]
async fn a_chain_lists_every_call_once_in_either_order() {
    for ending in [Ending::Null, Ending::Absent, Ending::EmptyPage, Ending::EmptyPageWithCursor] {
        let stage = stage(130, Settings { ending, ..quiet() }).await;
        let (up, total) = stage.chain("channel=Call&limit=20&sortOrder=asc").await;
        let (mut down, _) = stage.chain("channel=Call&limit=20").await;
        down.reverse();
        assert_eq!(up, down);
        assert_eq!((up.len() as u64, set(up)), (total, stage.truth()));
    }
}

#[tokio::test]
async fn without_a_channel_texts_come_too() {
    let stage = stage(100, quiet()).await;
    let (all, _) = stage.chain("limit=500").await;
    assert!(all.len() > stage.truth().len());
    assert!(set(all).is_superset(&stage.truth()));
}

#[tokio::test]
async fn the_call_channel_may_hold_plain_calls_only_or_everything() {
    let of = |call_channel| async move {
        let stage = stage(100, Settings { call_channel, ..quiet() }).await;
        (stage.chain("channel=Call&limit=500").await.0.len(), stage.truth().len())
    };
    let (plain, calls) = of(CallChannel::PlainCallsOnly).await;
    assert!(plain < calls);
    let (everything, calls) = of(CallChannel::Everything).await;
    assert!(everything > calls);
}

#[tokio::test]
async fn limits_and_words_out_of_range_are_refused() {
    let stage = stage(20, quiet()).await;
    for query in ["limit=9", "limit=501", "sortBy=duration", "sortOrder=down", "startDate=soon"] {
        assert_eq!(stage.export(query).await.status, 400, "{query}");
    }
    let wide = self::stage(20, Settings { limit_max: 1000, ..quiet() }).await;
    assert_eq!(wide.export("limit=1000").await.status, 200);
}

#[tokio::test]
async fn a_cursor_dies_two_minutes_after_the_last_request() {
    for (dead_cursor, status) in [
        (DeadCursor::Refused(400), 400),
        (DeadCursor::Refused(404), 404),
        (DeadCursor::EmptyPage, 200),
        (DeadCursor::StartsOver, 200),
    ] {
        let stage = stage(130, Settings { dead_cursor, ..quiet() }).await;
        let first = stage.export("channel=Call&limit=10").await.json();
        let cursor = first["nextCursor"].as_str().unwrap();
        stage.pass(119);
        let query = format!("channel=Call&limit=10&cursor={cursor}");
        let second = stage.export(&query).await.json();
        assert_ne!(ids(&first), ids(&second));
        stage.pass(119);
        let cursor = second["nextCursor"].as_str().unwrap();
        let query = format!("channel=Call&limit=10&cursor={cursor}");
        assert_eq!(stage.export(&query).await.status, 200, "each request keeps the chain alive");
        stage.pass(121);
        let late = stage.export(&query).await;
        assert_eq!(late.status, status);
        match dead_cursor {
            DeadCursor::EmptyPage => assert_eq!(ids(&late.json()), [""; 0]),
            DeadCursor::StartsOver => assert_eq!(ids(&late.json()), ids(&first)),
            DeadCursor::Refused(_) => {}
        }
    }
}

#[tokio::test]
async fn a_frozen_chain_does_not_see_what_comes_later() {
    for (chain, sees) in [(Chain::Frozen, false), (Chain::Live, true)] {
        let stage = stage(60, Settings { chain, ..quiet() }).await;
        let first = stage.export("channel=Call&limit=10&sortOrder=asc").await.json();
        let new = stage.simulator.add_call(NewCall::at(NOW - 600_000));
        let cursor = first["nextCursor"].as_str().unwrap();
        let rest = stage.export(&format!("channel=Call&limit=10&cursor={cursor}")).await.json();
        let grew = rest["total"].as_u64() > first["total"].as_u64();
        assert_eq!(grew, sees, "{chain:?}");
        assert!(stage.truth().contains(&new));
    }
}

#[tokio::test]
async fn without_a_tie_breaker_an_edge_inside_a_tie_skips_its_rest() {
    let tied = |chain| async move {
        let stage = stage(3, Settings { chain, ..quiet() }).await;
        for _ in 0..15 {
            stage.simulator.add_call(NewCall::at(NOW - 7_200_000));
        }
        let found = stage.chain("channel=Call&limit=10&sortOrder=asc").await.0;
        (set(found).len(), stage.truth().len())
    };
    let (found, true_calls) = tied(Chain::Live).await;
    assert_eq!(found, true_calls);
    let (found, true_calls) = tied(Chain::LiveWithoutTieBreaker).await;
    assert!(found < true_calls, "{found} {true_calls}");
}

/// Whether a call at this instant is listed in a range.
async fn has(stage: &Stage, id: &str, from: i64, to: i64) -> bool {
    let query = format!("channel=Call&limit=500&startDate={}&endDate={}", iso(from), iso(to));
    ids(&stage.export(&query).await.json()).contains(&id.to_owned())
}

#[tokio::test]
async fn ranges_filter_by_one_time_or_the_other_and_with_an_end_or_without() {
    let at = NOW - 7_200_000;
    let call = |stage: &Stage| stage.simulator.add_call(NewCall::at(at));
    let by_added = stage(5, quiet()).await;
    let id = call(&by_added);
    assert!(has(&by_added, &id, at - 1000, at).await);
    assert!(!has(&by_added, &id, at + 1, at + 1000).await);
    let open = stage(5, Settings { is_end_inclusive: false, ..quiet() }).await;
    let id = call(&open);
    assert!(!has(&open, &id, at - 1000, at).await);
    let shifted = stage(5, Settings { zone_shift_minutes: 60, ..quiet() }).await;
    let id = call(&shifted);
    assert!(has(&shifted, &id, at - 3_601_000, at - 3_599_000).await);
    // Put in just now with an old date: written now.
    let by_updated = stage(5, Settings { range_field: RangeField::Updated, ..quiet() }).await;
    let id = call(&by_updated);
    assert!(!has(&by_updated, &id, at - 1000, at + 1000).await);
    assert!(has(&by_updated, &id, NOW - 1000, NOW).await);
}

#[tokio::test]
async fn what_changed_comes_first_by_its_last_writing() {
    let stage = stage(60, quiet()).await;
    let old = stage.chain("channel=Call&limit=10&sortOrder=asc").await.0[0].clone();
    let world_id = stage.simulator.call_id(&old).unwrap();
    stage.pass(60);
    stage.simulator.mutate(|world| world.edit(&world_id, |call| call.duration += 1));
    let query = "channel=Call&limit=10&sortBy=updatedAt";
    assert_eq!(ids(&stage.export(query).await.json())[0], old);
}

#[tokio::test]
async fn a_call_is_pending_until_it_ends() {
    let settings = Settings { other_types_share: 0.0, answered_share: 1.0, ..quiet() };
    let stage = stage(5, settings).await;
    let id = stage.simulator.add_call(NewCall::at(NOW - 10_000));
    let target = format!("/conversations/messages/{id}");
    let before = stage.get(&target).await.json()["message"].clone();
    assert_eq!(before["meta"], serde_json::json!({"call": {"status": "pending"}}));
    stage.pass(60);
    let after = stage.get(&target).await.json()["message"].clone();
    assert_eq!(after["meta"]["call"], serde_json::json!({"status": "completed", "duration": 60}));
    assert_ne!(before["dateUpdated"], after["dateUpdated"]);
}

#[tokio::test]
async fn dates_and_outcomes_have_several_shapes() {
    let first = |settings: Settings| async move {
        let stage = stage(5, settings).await;
        stage.export("channel=Call").await.json()["messages"][0].clone()
    };
    let usual = Settings { other_types_share: 0.0, answered_share: 1.0, ..quiet() };
    let message = first(Settings { dates: Dates::Millis, ..usual.clone() }).await;
    assert!(message["dateAdded"].is_i64());
    let message = first(Settings { dates: Dates::Seconds, ..usual.clone() }).await;
    assert!(message["dateAdded"]["seconds"].is_i64());
    let message = first(Settings { outcome: Outcome::InMeta, ..usual }).await;
    assert!(message["meta"]["callDuration"].is_string());
}

#[tokio::test]
async fn every_kind_of_call_comes_and_inbound_ones_name_no_user() {
    let stage = stage(300, Settings { has_surprises: true, ..quiet() }).await;
    let page = stage.export("channel=Call&limit=500").await.json();
    let messages = page["messages"].as_array().unwrap();
    let kinds: std::collections::BTreeSet<&str> =
        messages.iter().map(|it| it["messageType"].as_str().unwrap()).collect();
    for kind in
        ["TYPE_CALL", "TYPE_IVR_CALL", "TYPE_VOICEMAIL", "TYPE_CUSTOM_CALL", "TYPE_HOLOGRAM"]
    {
        assert!(kinds.contains(kind), "{kind}");
    }
    let is_inbound = |it: &&Value| it["direction"] == "inbound";
    assert!(messages.iter().filter(is_inbound).all(|it| it.get("userId").is_none()));
    assert!(messages.iter().any(|it| it.get("userId").is_some()));
}
