use std::collections::BTreeSet;
use std::io::Read;

use super::super::Settings;
use super::{NOW, Stage, ids, stage};
use crate::faults::{BadRecord, Echo, On, What};
use crate::world::NewCall;

/// A simulator with 25 calls whose first call-log answer is broken like this.
async fn broken(what: What) -> Stage {
    let stage = stage(25, Settings::default()).await;
    stage.simulator.faults().add(On::path("call-logs").gives(what));
    stage
}

#[tokio::test]
async fn a_status_comes_with_its_body_and_wait() {
    let stage = broken(What::Status {
        code: 503,
        body: "{}".to_owned(),
        retry_after: Some("7".to_owned()),
    })
    .await;
    let reply = stage.get(&stage.logs("")).await.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("7")));
    assert_eq!(stage.status("").await, 200);
    let seen: Vec<u16> = stage.simulator.requests().iter().map(|it| it.status).collect();
    assert_eq!((seen, stage.simulator.requests_count()), (vec![503, 200], 2));
}

#[tokio::test]
async fn the_edge_answers_in_html() {
    let stage = broken(What::Html(502)).await;
    let reply = stage.get(&stage.logs("")).await.unwrap();
    assert_eq!((reply.status, reply.header("content-type")), (502, Some("text/html")));
}

#[tokio::test]
async fn too_many_requests_tell_the_wait_or_do_not() {
    let told = broken(What::TooMany429 { retry_after: Some(3), with_headers: true }).await;
    let reply = told.get(&told.logs("")).await.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("3")));
    assert_eq!(reply.header("x-ratelimit-remaining"), Some("0"));
    let bare = broken(What::TooMany429 { retry_after: None, with_headers: false }).await;
    let reply = bare.get(&bare.logs("")).await.unwrap();
    assert_eq!((reply.status, reply.header("x-ratelimit-max")), (429, None));
}

#[tokio::test]
async fn half_a_body_ends_before_its_declared_length() {
    for what in [What::HalfBody, What::CloseMidBody, What::LoseResponseAfterEffect] {
        let stage = broken(what).await;
        assert!(stage.get(&stage.logs("pageSize=20")).await.is_err());
        assert_eq!(stage.status("").await, 200);
    }
}

#[tokio::test]
async fn a_wrong_length_cuts_the_json_off() {
    let stage = broken(What::WrongContentLength).await;
    let reply = stage.get(&stage.logs("")).await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_err());
}

#[tokio::test]
async fn success_may_hold_an_error_or_nothing() {
    let stage = broken(What::ErrorBodyWith200).await;
    let reply = stage.get(&stage.logs("")).await.unwrap();
    assert_eq!((reply.status, &reply.json()["statusCode"]), (200, &500.into()));
    let stage = broken(What::EmptyBody).await;
    let reply = stage.get(&stage.logs("")).await.unwrap();
    assert_eq!((reply.status, reply.body.len()), (200, 0));
    let stage = broken(What::EmptyPage200).await;
    let page = stage.list("").await;
    assert_eq!((&page["total"], ids(&page).len()), (&25.into(), 0));
}

#[tokio::test]
async fn another_page_may_come_under_either_number() {
    for (echo, echoed) in [(Echo::Asked, 2), (Echo::Served, 1)] {
        let stage = broken(What::RepeatPage { page: 1, echo }).await;
        let (wrong, right) = (stage.list("page=2").await, stage.list("page=1").await);
        assert_eq!((ids(&wrong), &wrong["page"]), (ids(&right), &echoed.into()));
    }
    let stage = broken(What::EchoOtherPage(9)).await;
    let (wrong, right) = (stage.list("page=2").await, stage.list("page=2").await);
    assert_eq!((ids(&wrong), &wrong["page"]), (ids(&right), &9.into()));
}

#[tokio::test]
async fn a_total_may_be_off_once() {
    let stage = broken(What::TotalPlus(3)).await;
    assert_eq!(stage.list("").await["total"], 28);
    assert_eq!(stage.list("").await["total"], 25);
}

#[tokio::test]
async fn a_hanging_request_ends_with_the_simulator() {
    let stage = broken(What::Hang).await;
    let target = stage.logs("");
    let Stage { simulator, .. } = stage;
    let (url, bearer) = (simulator.base_url(), format!("Bearer {}", simulator.token()));
    let asking = async {
        let headers = [("authorization", bearer.as_str()), ("version", "v3")];
        crate::probe::send(&url, "GET", &target, &headers, "").await
    };
    let stopping = async {
        while simulator.requests_count() == 0 {
            tokio::task::yield_now().await;
        }
        simulator.stop().await;
    };
    let (answer, ()) = tokio::join!(asking, stopping);
    assert!(answer.is_err());
}

#[tokio::test]
async fn raw_control_characters_break_a_strict_parser_only() {
    let stage = broken(What::RawControlCharacters).await;
    let reply = stage.get(&stage.logs("")).await.unwrap();
    assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_err());
    let escaped: String = String::from_utf8(reply.body)
        .unwrap()
        .chars()
        .map(|it| if it < ' ' { ' ' } else { it })
        .collect();
    let page: serde_json::Value = serde_json::from_str(&escaped).unwrap();
    assert_eq!(ids(&page).len(), 10);
}

#[tokio::test]
async fn the_world_changes_between_two_pages() {
    let stage = broken(What::then_mutate(|world| {
        world.insert(NewCall::at(NOW - 120_000));
    }))
    .await;
    let first = stage.list("page=1").await;
    let second = stage.list("page=2").await;
    assert_eq!((&first["total"], &second["total"]), (&25.into(), &26.into()));
    assert_eq!(ids(&first).last(), ids(&second).first(), "rows have shifted");
}

#[tokio::test]
async fn bad_records_leave_their_neighbours_whole() {
    let stage = broken(What::BadRecords(vec![
        (0, BadRecord::WithoutId),
        (1, BadRecord::NullCreatedAt),
        (2, BadRecord::TextDuration),
        (3, BadRecord::NotAnObject),
        (4, BadRecord::UnknownEnums),
    ]))
    .await;
    let (bad, good) = (stage.list("").await, stage.list("").await);
    let logs = bad["callLogs"].as_array().unwrap();
    assert!(logs[0].get("id").is_none() && logs[1]["createdAt"].is_null());
    assert_eq!((&logs[2]["duration"], &logs[3]), (&"abc".into(), &42.into()));
    assert_eq!(logs[4]["executedCallActions"][0]["actionType"], "TELEPORT");
    assert_eq!(logs[5..], good["callLogs"].as_array().unwrap()[5..]);
}

#[tokio::test]
async fn a_record_may_be_left_out_or_come_twice() {
    let stage = broken(What::OmitRecord(9)).await;
    stage.simulator.faults().add(On::path("call-logs").from_nth(2).gives(What::RepeatRecord(0)));
    let (short, long) = (stage.list("").await, stage.list("").await);
    let good = ids(&stage.list("").await);
    assert_eq!((&short["total"], ids(&short)), (&25.into(), good[..9].to_vec()));
    assert_eq!(ids(&long), [&good[..1], &good[..]].concat());
}

#[tokio::test]
async fn records_may_come_in_another_order() {
    let stage = broken(What::Shuffle(1)).await;
    let (shuffled, good) = (ids(&stage.list("").await), ids(&stage.list("").await));
    assert_ne!(shuffled, good);
    assert_eq!(BTreeSet::from_iter(shuffled), BTreeSet::from_iter(good));
}

#[tokio::test]
async fn a_record_may_be_huge() {
    let stage = broken(What::PadRecord { record: 1, bytes: 10_000_000 }).await;
    let page = stage.list("").await;
    assert!(page["callLogs"][1]["transcript"].as_str().unwrap().len() > 10_000_000);
}

#[tokio::test]
async fn faults_on_one_request_add_up() {
    let stage = broken(What::TotalPlus(1)).await;
    stage.simulator.faults().add(On::path("call-logs").gives(What::EchoOtherPage(4)));
    let page = stage.list("").await;
    assert_eq!((&page["total"], &page["page"]), (&26.into(), &4.into()));
    assert_eq!(stage.simulator.faults().struck(), 2);
}

#[tokio::test]
async fn half_a_compressed_body_is_half_as_well() {
    let settings = Settings { gzip: true, ..Settings::default() };
    let stage = stage(25, settings).await;
    stage.simulator.faults().add(On::path("call-logs").gives(What::HalfBody));
    let bearer = format!("Bearer {}", stage.simulator.token());
    let headers =
        [("authorization", bearer.as_str()), ("version", "v3"), ("accept-encoding", "gzip")];
    let url = stage.simulator.base_url();
    let target = stage.logs("");
    assert!(crate::probe::send(&url, "GET", &target, &headers, "").await.is_err());
    assert!(crate::probe::send(&url, "GET", &target, &headers, "").await.is_ok());
}

#[tokio::test]
async fn an_accepting_client_gets_gzip() {
    let settings = Settings { gzip: true, ..Settings::default() };
    let stage = stage(10, settings).await;
    let bearer = format!("Bearer {}", stage.simulator.token());
    let headers =
        [("authorization", bearer.as_str()), ("version", "v3"), ("accept-encoding", "gzip")];
    let url = stage.simulator.base_url();
    let reply = crate::probe::send(&url, "GET", &stage.logs(""), &headers, "").await.unwrap();
    assert_eq!(reply.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&reply.body[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text.as_bytes(), stage.get(&stage.logs("")).await.unwrap().body);
}

#[tokio::test]
async fn a_dropped_simulator_listens_no_more() {
    let Stage { simulator, .. } = stage(1, Settings::default()).await;
    let url = simulator.base_url();
    drop(simulator);
    while crate::probe::send(&url, "GET", "/", &[], "").await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_cut_connection_leaves_the_others_alone() {
    let stage = broken(What::CloseMidBody).await;
    let (first, second) = (stage.logs("pageSize=20"), stage.logs("pageSize=20&x=1"));
    let (first, second) = tokio::join!(stage.get(&first), stage.get(&second));
    assert_ne!(first.is_ok(), second.is_ok());
}
