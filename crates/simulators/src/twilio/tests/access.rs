use super::super::{ErrorBody, Insights, Number, Outcome, Settings};
use super::stage;

#[tokio::test]
async fn the_account_and_its_key_open_the_door_and_nobody_else() {
    let stage = stage(3, Settings::default()).await;
    let target = stage.account("Calls.json");
    let (account, token) = (stage.simulator.account_sid(), stage.simulator.auth_token());
    let (key, secret) = stage.simulator.api_key();
    for (user, password, status) in [
        (account, token, 200),
        (key, secret, 200),
        (account, secret, 401),
        (key, token, 401),
        ("", "", 401),
    ] {
        assert_eq!(stage.get_as(user, password, &target).await.status, status);
    }
}

#[tokio::test]
async fn a_main_account_opens_its_subaccount() {
    use crate::Simulated;
    let stage = stage(3, Settings { is_subaccount: true, ..Settings::default() }).await;
    let target = stage.account("Calls.json");
    let keys = stage.simulator.configuration();
    let parent = keys.iter().find(|(key, _)| *key == "parent_account_sid").unwrap();
    let (parent, secret) = (parent.1.trim_matches('"'), stage.simulator.secrets());
    assert_eq!(stage.get_as(parent, &secret[0].1, &target).await.status, 200);
    assert_eq!(stage.get_as(parent, stage.simulator.auth_token(), &target).await.status, 401);
}

#[tokio::test]
async fn numbers_and_applications_are_listed_where_they_may_be() {
    let number = Number { has_application: true, ..Number::telling("https://a.example.com/x") };
    let settings = Settings { numbers: vec![number, Number::silent()], ..Settings::default() };
    let open = stage(1, settings.clone()).await;
    let listed = open.get(&open.account("IncomingPhoneNumbers.json?PageSize=1")).await.json();
    let first = &listed["incoming_phone_numbers"][0];
    assert_eq!(first["status_callback"], "");
    let applications = open.get(&open.account("Applications.json")).await.json();
    assert_eq!(applications["applications"][0]["sid"], first["voice_application_sid"]);
    assert_eq!(applications["applications"][0]["status_callback"], "https://a.example.com/x");
    let next = listed["next_page_uri"].as_str().unwrap();
    let listed = open.get(next).await.json();
    assert_eq!(listed["incoming_phone_numbers"].as_array().unwrap().len(), 1);
    assert!(listed["next_page_uri"].is_null());
    let closed = stage(1, Settings { lists_numbers: false, ..settings }).await;
    assert_eq!(closed.get(&closed.account("IncomingPhoneNumbers.json")).await.status, 403);
}

#[tokio::test]
async fn recordings_are_listed_by_creation_and_by_call() {
    let settings = Settings { recorded_share: 1.0, ..Settings::default() };
    let open = stage(0, settings).await;
    let long = open.add(3_600_000, 60, Outcome::Completed);
    open.add(3_600_000, 60, Outcome::Busy);
    let all = open.get(&open.account("Recordings.json")).await.json();
    let all = all["recordings"].as_array().unwrap().clone();
    assert!((1..=2).contains(&all.len()), "{all:?}");
    assert!(all.iter().all(|it| it["call_sid"] == long.as_str() && it["status"] == "completed"));
    let of_call = open.get(&open.account(&format!("Calls/{long}/Recordings.json"))).await.json();
    assert_eq!(of_call["recordings"].as_array().unwrap(), &all);
    let later = "Recordings.json?DateCreated%3E=2030-01-01T00:00:00Z";
    let none = open.get(&open.account(later)).await.json();
    assert_eq!(none["recordings"].as_array().unwrap().len(), 0);
    let sid = all[0]["sid"].as_str().unwrap().to_owned();
    open.simulator.hand().set(|settings| settings.deleted_recordings.push(sid));
    let left = open.get(&open.account("Recordings.json")).await.json();
    assert_eq!(left["recordings"].as_array().unwrap().len(), all.len() - 1);
    open.simulator.hand().set(|settings| settings.lists_recordings = false);
    assert_eq!(open.get(&open.account("Recordings.json")).await.status, 403);
}

#[tokio::test]
async fn each_shape_of_error_has_its_fields() {
    for (shape, has, lacks) in [
        (ErrorBody::Legacy, "more_info", "title"),
        (ErrorBody::WithoutCode, "message", "code"),
        (ErrorBody::ProblemDetails, "type", "message"),
    ] {
        let stage = stage(1, Settings { error_body: shape, ..Settings::default() }).await;
        let body = stage.call("CA0").await.json();
        assert_eq!(body["status"], 404);
        assert!(body.get(has).is_some() && body.get(lacks).is_none(), "{body}");
    }
}

#[tokio::test]
async fn accounts_beside_this_one_are_listed_where_they_may_be() {
    let settings = Settings { subaccounts: 2, ..Settings::default() };
    let open = stage(1, settings.clone()).await;
    let listed = open.get("/2010-04-01/Accounts.json").await.json();
    assert_eq!(listed["accounts"].as_array().unwrap().len(), 3);
    let closed = stage(1, Settings { lists_accounts: false, ..settings }).await;
    assert_eq!(closed.get("/2010-04-01/Accounts.json").await.status, 403);
}

#[tokio::test]
async fn insights_lists_the_same_calls_unless_it_is_closed() {
    let open = stage(40, Settings::default()).await;
    let target = "/v1/Voice/Summaries?StartTime=2026-09-01T00:00:00Z&PageSize=15";
    let mut page = open.get(target).await.json();
    let mut calls = 0;
    loop {
        calls += page["call_summaries"].as_array().unwrap().len();
        let Some(next) = page["meta"]["next_page_url"].as_str() else { break };
        let next = next.strip_prefix(&open.simulator.base_url()).unwrap().to_owned();
        page = open.get(&next).await.json();
    }
    assert!((30..=40).contains(&calls), "{calls} of the last thirty days");
    for (insights, status) in [(Insights::Forbidden, 403), (Insights::Missing, 404)] {
        let closed = stage(1, Settings { insights, ..Settings::default() }).await;
        assert_eq!(closed.get(target).await.status, status);
    }
}
