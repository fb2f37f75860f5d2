use std::io;

use serde_json::{Value, json};

use super::super::{RateLimit, Settings, scopes};
use super::{NOW, Stage, stage};
use crate::faults::{On, What};
use crate::probe::{Reply, send};

async fn message(stage: &Stage, headers: &[(&str, &str)]) -> (u16, String) {
    let url = stage.simulator.base_url();
    let reply = send(&url, "GET", &stage.logs(""), headers, "").await.unwrap();
    (reply.status, reply.json()["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn refusals_are_worded_as_documented() {
    let stage = stage(1, Settings::default()).await;
    let bearer = |token: &str| format!("Bearer {token}");
    let good = bearer(stage.simulator.token());
    let other = bearer(stage.simulator.token_of_other_location());
    let narrow = bearer(&stage.simulator.token_with_scopes(&[scopes::AGENTS]));
    let version = ("version", "2021-07-28");
    let check = async |headers: &[(&str, &str)], status, text: &str| {
        assert_eq!(message(&stage, headers).await, (status, text.to_owned()));
    };
    check(&[("authorization", &good), version], 200, "").await;
    check(&[version], 401, "Invalid token: access token is invalid").await;
    check(&[("authorization", &good)], 401, "version header was not found.").await;
    check(&[("authorization", &good), ("version", "1")], 401, "version header is invalid").await;
    let unknown = [("authorization", "Bearer pit-nobody"), version];
    check(&unknown, 401, "Invalid Private Integration token").await;
    check(&[("authorization", "Bearer abc"), version], 401, "Invalid JWT").await;
    let narrow = [("authorization", narrow.as_str()), version];
    check(&narrow, 401, "The token is not authorized for this scope.").await;
    let foreign = "The token does not have access to this location.";
    check(&[("authorization", &other), version], 403, foreign).await;
    check(&[("authorization", &good), version, ("location-id", "x")], 403, foreign).await;
    stage.simulator.set_location_active(false);
    check(&[("authorization", &good), version], 400, "Location is not active").await;
}

#[tokio::test]
async fn an_unknown_route_cannot_be_got() {
    let stage = stage(1, Settings::default()).await;
    let reply = stage.get("/nowhere?x=1").await.unwrap();
    assert_eq!((reply.status, &reply.json()["message"]), (404, &"Cannot GET /nowhere".into()));
}

#[tokio::test]
async fn the_location_tells_its_zone() {
    let stage = stage(1, Settings::default()).await;
    let target = format!("/locations/{}", stage.simulator.location_id());
    let body = stage.get(&target).await.unwrap().json();
    assert_eq!(body["location"]["timezone"], "America/New_York");
}

async fn refresh(stage: &Stage, token: &str) -> io::Result<Reply> {
    let app = stage.simulator.install();
    let form = format!(
        "client_id={}&client_secret={}&grant_type=refresh_token&refresh_token={token}",
        app.client_id, app.client_secret,
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    send(&stage.simulator.base_url(), "POST", "/oauth/token", &headers, &form).await
}

fn said(reply: &Reply) -> (u16, Value) {
    (reply.status, reply.json()["message"].clone())
}

#[tokio::test]
async fn an_access_token_ends_and_a_refresh_token_works_once() {
    let stage = stage(1, Settings::default()).await;
    let app = stage.simulator.install();
    let target = stage.logs("");
    assert_eq!(stage.get_as(&app.access_token, &target).await.unwrap().status, 200);
    stage.pass(86_399_000);
    assert_eq!(stage.get_as(&app.access_token, &target).await.unwrap().status, 401);

    let pair = refresh(&stage, &app.refresh_token).await.unwrap().json();
    assert_eq!(pair["expires_in"], 86_399);
    let fresh = pair["access_token"].as_str().unwrap();
    assert_eq!(stage.get_as(fresh, &target).await.unwrap().status, 200);
    let again = refresh(&stage, &app.refresh_token).await.unwrap();
    assert_eq!(said(&again), (400, "Invalid grant: refresh token is invalid".into()));
}

#[tokio::test]
async fn a_paused_location_keeps_its_refresh_token() {
    let stage = stage(1, Settings::default()).await;
    let app = stage.simulator.install();
    stage.simulator.set_location_active(false);
    let paused = refresh(&stage, &app.refresh_token).await.unwrap();
    assert_eq!(said(&paused), (400, "Location is not active".into()));
    stage.simulator.set_location_active(true);
    assert_eq!(refresh(&stage, &app.refresh_token).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_lost_answer_has_spent_the_refresh_token() {
    let stage = stage(1, Settings::default()).await;
    let app = stage.simulator.install();
    stage.simulator.faults().add(On::path("/oauth/token").gives(What::LoseResponseAfterEffect));
    assert!(refresh(&stage, &app.refresh_token).await.is_err());
    assert_eq!(refresh(&stage, &app.refresh_token).await.unwrap().status, 400);
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_v3_speaks_camel_case() {
    let stage = stage(1, Settings::default()).await;
    let app = stage.simulator.install();
    let body = json!({
        "clientId": app.client_id,
        "clientSecret": app.client_secret,
        "grantType": "authorization_code",
        "code": app.authorization_code,
    });
    let headers = [("content-type", "application/json"), ("version", "v3")];
    let url = stage.simulator.base_url();
    let ask = async |body: &Value| {
        send(&url, "POST", "/oauth/token", &headers, &body.to_string()).await.unwrap()
    };
    assert!(ask(&body).await.json()["accessToken"].is_string());
    assert_eq!(ask(&body).await.status, 400);
    let nameless = ask(&json!({ "grantType": "refresh_token" })).await;
    assert_eq!(said(&nameless), (400, "Missing parameter: clientId".into()));
    let other = ask(&json!({ "grantType": "password" })).await;
    assert_eq!(said(&other), (400, "Invalid parameter: grantType".into()));
}

#[tokio::test]
async fn a_burst_is_refused_until_its_interval_has_passed() {
    let settings = Settings {
        rate_limit: Some(RateLimit { max: 2, interval_ms: 10_000, daily: 3 }),
        ..Settings::default()
    };
    let stage = stage(1, settings).await;
    let first = stage.get(&stage.logs("")).await.unwrap();
    assert_eq!(first.header("x-ratelimit-remaining"), Some("1"));
    assert_eq!(first.header("x-ratelimit-daily-reset"), Some("86400000"));
    assert_eq!(stage.status("").await, 200);
    assert_eq!(stage.status("").await, 429);
    stage.pass(10_000);
    assert_eq!(stage.status("").await, 200);
    let refused = stage.get(&stage.logs("")).await.unwrap();
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("x-ratelimit-daily-remaining"), Some("0"));
    stage.pass(86_400_000);
    assert_eq!(stage.status("").await, 200);
}

#[tokio::test]
async fn the_date_header_follows_the_clock() {
    let settings = Settings { clock_skew_ms: 60_000, ..Settings::default() };
    let stage = stage(1, settings).await;
    let reply = stage.get("/x").await.unwrap();
    assert_eq!(NOW, 1_795_136_400_000);
    assert_eq!(reply.header("date"), Some("Fri, 20 Nov 2026 01:01:00 GMT"));
}

#[tokio::test]
async fn an_agency_lists_its_installs_and_mints_their_tokens() {
    let stage = stage(1, Settings::default()).await;
    let agency = stage.simulator.agency_token();
    let (url, location) = (stage.simulator.base_url(), stage.simulator.location_id());
    let company = stage.simulator.mutate(|world| world.location().company_id.clone());
    let client_id = stage.simulator.install().client_id;
    let app = client_id.split('-').next().unwrap();

    let target = format!("/oauth/installedLocations?companyId={company}&appId={app}");
    let list = stage.get_as(&agency, &target).await.unwrap().json();
    assert_eq!((&list["count"], &list["locations"][0]["_id"]), (&1.into(), &location.into()));

    let ask = async |token: &str, path: &str, version: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("version", version)];
        let form = format!("companyId={company}&locationId={location}");
        send(&url, "POST", path, &headers, &form).await.unwrap()
    };
    let minted = ask(&agency, "/oauth/locationToken", "2021-07-28").await.json();
    let token = minted["access_token"].as_str().unwrap();
    assert_eq!(stage.get_as(token, &stage.logs("")).await.unwrap().status, 200);

    let wrong = "This authClass type is not allowed to access this scope.";
    let refused = ask(token, "/oauth/locationToken", "2021-07-28").await;
    assert_eq!(said(&refused), (401, wrong.into()));
    let refused = stage.get_as(&agency, &stage.logs("")).await.unwrap();
    assert_eq!(said(&refused), (401, wrong.into()));
    let old = ask(&agency, "/oauth/location-token", "2021-07-28").await;
    assert_eq!(said(&old), (404, "Cannot POST /oauth/location-token".into()));
    assert_eq!(ask(&agency, "/oauth/location-token", "v3").await.status, 200);
}
