use std::collections::HashSet;

use serde_json::Value;

use super::super::{
    CreatedAtMeans, OmittedCallType, PageSizeOverLimit, RangeEnd, RangePrecision, RangeRefusal,
    Settings,
};
use super::{NOW, ids, stage, stage_of};
use crate::world::{NewCall, World, WorldSettings};

fn times(page: &Value) -> Vec<&str> {
    let logs = page["callLogs"].as_array().unwrap().iter();
    logs.map(|log| log["createdAt"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn walking_all_pages_finds_every_listed_call_once() {
    let stage = stage(230, Settings::without_limits()).await;
    let (found, total) = stage.walk("sortBy=createdAt&sort=ascend").await;
    assert_eq!((found.len(), total), (230, 230));
    assert_eq!(found.into_iter().collect::<HashSet<_>>(), stage.listed());
}

#[tokio::test]
async fn defaults_are_ten_records_of_page_one_newest_first() {
    let stage = stage(30, Settings::without_limits()).await;
    let page = stage.list("").await;
    assert_eq!(
        (&page["page"], &page["pageSize"], &page["total"]),
        (&1.into(), &10.into(), &30.into())
    );
    assert_eq!(times(&page).len(), 10);
    assert!(times(&page).is_sorted_by(|a, b| a >= b));
}

#[tokio::test]
async fn sort_counts_only_with_sort_by() {
    let stage = stage(30, Settings::without_limits()).await;
    let ignored = stage.list("sort=ascend&nonsense=1").await;
    assert!(times(&ignored).is_sorted_by(|a, b| a >= b));
    let ascending = stage.list("sort=ascend&sortBy=createdAt").await;
    assert!(times(&ascending).is_sorted());
    let longest = stage.list("sortBy=duration&sort=descend").await;
    let logs = longest["callLogs"].as_array().unwrap();
    let durations: Vec<u64> = logs.iter().map(|log| log["duration"].as_u64().unwrap()).collect();
    assert!(durations.is_sorted_by(|a, b| a >= b));
}

#[tokio::test]
async fn filters_narrow_the_total() {
    let stage = stage(400, Settings::without_limits()).await;
    let truth = stage.simulator.truth();
    let agent = truth[0].agent_id.clone();
    let of_agent = truth.iter().filter(|call| call.agent_id == agent).count();
    let page = stage.list(&format!("agentId={}", agent.unwrap())).await;
    assert_eq!(page["total"], of_agent);

    let mut known = truth.iter().filter_map(|call| call.contact_id.clone());
    let wanted = [known.next().unwrap(), known.next().unwrap()];
    let of_contacts =
        truth.iter().filter(|call| call.contact_id.as_ref().is_some_and(|id| wanted.contains(id)));
    let page = stage.list(&format!("contactId={}%2C{}", wanted[0], wanted[1])).await;
    assert_eq!(page["total"], of_contacts.count());

    let live = stage.list("callType=LIVE").await["total"].as_u64();
    let trial = stage.list("callType=TRIAL").await["total"].as_u64();
    assert_eq!(live.unwrap() + trial.unwrap(), 400);
    let acted = stage.list("actionType=SMS,CALL_TRANSFER").await;
    assert!((1..400).contains(&acted["total"].as_u64().unwrap()));
}

#[tokio::test]
async fn an_omitted_call_type_may_mean_live_only() {
    let settings =
        Settings { omitted_call_type: OmittedCallType::LiveOnly, ..Settings::without_limits() };
    let stage = stage(400, settings).await;
    let live = stage.list("callType=LIVE").await["total"].clone();
    assert_eq!(stage.list("").await["total"], live);
}

#[tokio::test]
async fn a_page_over_fifty_is_refused_or_clamped() {
    let check = async |over, expected: u16| {
        let settings = Settings { page_size_over_limit: over, ..Settings::without_limits() };
        let stage = stage(120, settings).await;
        assert_eq!(stage.status("pageSize=100").await, expected);
        stage
    };
    check(PageSizeOverLimit::Refuse400, 400).await;
    check(PageSizeOverLimit::Refuse422, 422).await;
    let clamping = check(PageSizeOverLimit::ClampTo50, 200).await;
    let page = clamping.list("pageSize=100").await;
    assert_eq!((ids(&page).len(), &page["pageSize"]), (50, &50.into()));
}

#[tokio::test]
async fn a_range_is_given_whole_and_in_order() {
    let stage = stage(5, Settings::without_limits()).await;
    assert_eq!(stage.status("startDate=1").await, 400);
    assert_eq!(stage.status("endDate=1").await, 400);
    assert_eq!(stage.status("startDate=5&endDate=5").await, 400);
    assert_eq!(stage.status("startDate=a&endDate=5").await, 400);
    assert_eq!(stage.status("page=0").await, 400);
    let settings =
        Settings { range_refusal: RangeRefusal::Unprocessable422, ..Settings::without_limits() };
    let other = super::stage(5, settings).await;
    assert_eq!(other.status("startDate=5&endDate=5").await, 422);
}

/// How many of the calls at these milliseconds a range finds.
async fn found(settings: Settings, at: &[i64], start: i64, end: i64) -> u64 {
    let mut world = World::generate(&WorldSettings { calls: 0, ..WorldSettings::default() });
    let base = NOW - 7_200_000;
    for offset in at {
        world.insert(NewCall::at(base + offset));
    }
    let stage = stage_of(world, settings).await;
    let (start, end) = (base + start, base + end);
    let page = stage.list(&format!("startDate={start}&endDate={end}")).await;
    page["total"].as_u64().unwrap()
}

#[tokio::test]
async fn the_end_of_a_range_is_in_or_out() {
    let exclusive = Settings { range_end: RangeEnd::Exclusive, ..Settings::without_limits() };
    assert_eq!(found(Settings::without_limits(), &[999, 1000, 2000, 2001], 1000, 2000).await, 2);
    assert_eq!(found(exclusive, &[999, 1000, 2000, 2001], 1000, 2000).await, 1);
}

#[tokio::test]
async fn a_range_may_count_whole_seconds() {
    let seconds =
        Settings { range_precision: RangePrecision::Second, ..Settings::without_limits() };
    assert_eq!(found(seconds, &[999, 1000, 2999, 3000], 1500, 2000).await, 2);
}

#[tokio::test]
async fn a_zone_may_shift_the_range() {
    let shifted = Settings { zone_shift_minutes: 60, ..Settings::without_limits() };
    assert_eq!(found(shifted, &[0, 3_600_000], 0, 1000).await, 1);
}

#[tokio::test]
async fn created_at_may_be_the_end_of_a_call() {
    let end = Settings { created_at_means: CreatedAtMeans::End, ..Settings::without_limits() };
    assert_eq!(found(end, &[0], 60_000, 60_001).await, 1);
}

#[tokio::test]
async fn totals_may_lie_and_pages_may_end_early() {
    let settings = Settings { total_lie: -1, page_max: Some(2), ..Settings::without_limits() };
    let stage = stage(30, settings).await;
    assert_eq!(stage.list("page=2").await["total"], 29);
    assert_eq!(stage.status("page=3").await, 400);
}

#[tokio::test]
async fn a_hidden_call_appears_when_its_time_comes() {
    let stage = stage(20, Settings::without_limits()).await;
    let id = stage.simulator.truth()[3].id.clone();
    stage.simulator.mutate(|world| world.hide_until(&id, NOW + 1000));
    assert_eq!(stage.list("").await["total"], 19);
    stage.pass(1000);
    assert_eq!(stage.list("").await["total"], 20);
    assert_eq!(stage.listed().len(), 20);
}

#[tokio::test]
async fn a_deleted_call_is_gone_and_the_truth_keeps_it() {
    let stage = stage(20, Settings::without_limits()).await;
    let id = stage.simulator.truth()[3].id.clone();
    stage.simulator.mutate(|world| world.delete(&id));
    let (found, total) = stage.walk("").await;
    assert_eq!((found.len(), total), (19, 19));
    assert!(!found.contains(&id));
    assert_eq!(stage.simulator.truth().len(), 20);
}

#[tokio::test]
async fn an_unlisted_call_is_found_by_id_only() {
    let stage = stage(20, Settings::without_limits()).await;
    let id = stage.simulator.truth()[3].id.clone();
    stage.simulator.mutate(|world| world.set_unlisted(&id, true));
    assert_eq!((stage.list("").await["total"].as_u64(), stage.listed().len()), (Some(19), 19));
    let location = stage.simulator.location_id();
    let target = format!("/voice-ai/dashboard/call-logs/{id}?locationId={location}");
    assert_eq!(stage.get(&target).await.unwrap().json()["id"], id);
}

#[tokio::test]
async fn an_ignored_parameter_changes_nothing() {
    let settings = Settings {
        ignored_parameters: vec!["startDate".to_owned(), "endDate".to_owned()],
        ..Settings::without_limits()
    };
    let stage = stage(20, settings).await;
    let future = format!("startDate={}&endDate={}", NOW * 2, NOW * 3);
    assert_eq!(stage.list(&future).await["total"], 20);
}

#[tokio::test]
async fn calls_of_one_millisecond_may_come_in_any_order() {
    let walk = async |unstable_ties| {
        let mut world = World::generate(&WorldSettings { calls: 0, ..WorldSettings::default() });
        for _ in 0..200 {
            world.insert(NewCall::at(NOW - 7_200_000));
        }
        let settings = Settings { unstable_ties, ..Settings::without_limits() };
        let (found, total) = stage_of(world, settings).await.walk("").await;
        assert_eq!((found.len(), total), (200, 200));
        found.into_iter().collect::<HashSet<_>>().len()
    };
    assert_eq!(walk(false).await, 200);
    assert!(walk(true).await < 200, "some are missed and as many come twice");
}
