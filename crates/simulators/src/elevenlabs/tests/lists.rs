//! The list: order, ranges, cursors, refusals.

use std::collections::HashSet;

use super::{NOW, Settings, ids, stage};
use crate::elevenlabs::{Cursor, Edge, ErrorShape, LastCursor};

#[tokio::test]
async fn a_list_is_newest_first_and_the_other_way_when_asked() {
    let stage = stage(70, Settings::default()).await;
    let (newest, pages) = stage.walk("page_size=30").await;
    let (mut oldest, _) = stage.walk("page_size=20&sort_direction=asc").await;
    oldest.reverse();
    assert_eq!((newest.len(), pages), (70, 3));
    assert_eq!(newest, oldest);
    let usual = stage.list("").await;
    assert_eq!(ids(&usual).len(), 30);
}

#[tokio::test]
async fn a_row_has_what_is_documented_and_no_line() {
    let stage = stage(30, Settings::default()).await;
    let page = stage.list("summary_mode=include").await;
    for row in page["conversations"].as_array().unwrap() {
        for field in ["agent_id", "conversation_id", "status", "call_successful"] {
            assert!(row[field].is_string(), "{field}");
        }
        for field in ["start_time_unix_secs", "call_duration_secs", "message_count"] {
            assert!(row[field].is_u64(), "{field}");
        }
        assert!(row.get("call_sid").is_none() && row.get("phone_call").is_none());
        assert_eq!(row["transcript_summary"].is_string(), row["status"] == "done");
    }
    let plain = stage.list("").await;
    assert!(plain["conversations"][0]["transcript_summary"].is_null());
}

#[tokio::test]
async fn the_bounds_are_inclusive_or_not_as_the_switches_say() {
    for (range_start, range_end, listed) in [
        (Edge::Inclusive, Edge::Inclusive, 3),
        (Edge::Exclusive, Edge::Inclusive, 2),
        (Edge::Inclusive, Edge::Exclusive, 2),
        (Edge::Exclusive, Edge::Exclusive, 1),
    ] {
        let stage = stage(0, Settings { range_start, range_end, ..Settings::default() }).await;
        stage.add_all(&[600, 500, 400]);
        let at = |ago: i64| NOW / 1000 - ago;
        let query = format!("call_start_after_unix={}&call_start_before_unix={}", at(600), at(400));
        assert_eq!(ids(&stage.list(&query).await).len(), listed, "{range_start:?} {range_end:?}");
    }
}

#[tokio::test]
async fn calls_of_one_second_are_kept_lost_or_repeated_by_the_kind_of_cursor() {
    for (cursor, listed, distinct) in
        [(Cursor::ByPlace, 10, 10), (Cursor::AfterSecond, 8, 8), (Cursor::ByCount, 10, 10)]
    {
        let stage = stage(0, Settings { cursor, ..Settings::default() }).await;
        stage.add_all(&[900, 800, 700, 600, 600, 600, 500, 400, 300, 200]);
        let (found, _) = stage.walk("page_size=4&sort_direction=asc").await;
        let different: HashSet<_> = found.iter().collect();
        assert_eq!((found.len(), different.len()), (listed, distinct), "{cursor:?}");
    }
    let stage = stage(0, Settings { cursor: Cursor::FromSecond, ..Settings::default() }).await;
    stage.add_all(&[900, 800, 700]);
    let first = stage.list("page_size=2&sort_direction=asc").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = stage.list(&format!("page_size=2&sort_direction=asc&cursor={cursor}")).await;
    assert_eq!(ids(&first)[1], ids(&second)[0]);
}

#[tokio::test]
async fn the_last_page_says_so_in_three_ways() {
    for (last_cursor, has) in
        [(LastCursor::Null, false), (LastCursor::Absent, false), (LastCursor::Present, true)]
    {
        let stage = stage(3, Settings { last_cursor, ..Settings::default() }).await;
        let page = stage.list("").await;
        assert_eq!(page["has_more"], false);
        assert_eq!(page["next_cursor"].is_string(), has);
        assert_eq!(page.get("next_cursor").is_none(), last_cursor == LastCursor::Absent);
    }
}

#[tokio::test]
async fn a_page_may_be_ordered_the_old_way() {
    let settings = Settings { knows_sort: false, knows_summaries: false, ..Settings::default() };
    let stage = stage(10, settings).await;
    let asked = stage.list("sort_direction=asc&summary_mode=include").await;
    assert_eq!(ids(&asked), ids(&stage.list("").await));
    assert!(asked["conversations"][0]["transcript_summary"].is_null());
}

#[tokio::test]
async fn refusals_have_the_shapes_that_are_documented() {
    for error_shape in [ErrorShape::Current, ErrorShape::Older] {
        let stage = stage(3, Settings { error_shape, ..Settings::default() }).await;
        let refused = stage.get_as("sk_wrong", "conversations").await;
        assert_eq!(
            (refused.status, &refused.json()["detail"]["status"]),
            (401, &"invalid_api_key".into())
        );
        let right = stage.get_as(stage.simulator.token_without_rights(), "conversations").await;
        assert_eq!(
            (right.status, &right.json()["detail"]["status"]),
            (401, &"missing_permissions".into())
        );
        let unknown = stage.get("conversations/conv_nobody").await;
        assert_eq!(unknown.status, 404);
        assert!(unknown.json()["detail"]["message"].is_string());
        let many = stage.get("conversations?page_size=101").await;
        assert_eq!(many.status, 422);
        assert!(many.json()["detail"][0]["msg"].is_string());
        assert_eq!(stage.get("nothing").await.json()["detail"], "Not Found");
    }
}

#[tokio::test]
async fn too_many_requests_are_refused_until_a_second_has_passed() {
    let stage = stage(3, Settings { requests_per_second: Some(2), ..Settings::default() }).await;
    assert_eq!(stage.get("conversations").await.status, 200);
    assert_eq!(stage.get("conversations").await.status, 200);
    let refused = stage.get("conversations").await;
    assert_eq!(
        (refused.status, &refused.json()["detail"]["code"]),
        (429, &"rate_limit_exceeded".into())
    );
    stage.pass(1);
    assert_eq!(stage.get("conversations").await.status, 200);
}
