use super::super::{ErrorBody, Insights, Settings};
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
