use secrecy::SecretString;

use super::*;
use crate::Tuning;
use crate::http::budget::{Budgets, Rate};
use crate::testing::{HandClock, Reply, Server};
use crate::vicidial::Settings;
use crate::vicidial::api::{Api, Refused, Version};

fn api(server: &Server) -> Api {
    let settings = Settings {
        api_url: Some(format!("{}/vicidial/non_agent_api.php", server.url)),
        api_user: Some("apiuser".to_owned()),
        ..Settings::new("127.0.0.1", "everycall", "UTC0")
    };
    let password = Some(SecretString::from("s3cret-word".to_owned()));
    let tuning = Tuning { rate: Some(Rate::Unlimited), ..Tuning::default() };
    let clock = HandClock::at("2026-03-31T12:00:00Z");
    Api::new(&settings, password, tuning, clock, &Budgets::new()).unwrap().unwrap()
}

async fn refused(body: &str) -> String {
    let server = Server::saying(vec![Reply::json(200, body)]).await;
    let error = format!("{:?}", api(&server).totals_of_day("2026-03-30", "---ALL---").await);
    assert!(!error.contains("s3cret-word"), "{error}");
    error
}

#[tokio::test]
async fn the_version_tells_the_clock() {
    let body = "VERSION: 2.14-190|BUILD: 240801-1130|DATE: 2026-03-31 08:00:00|EPOCH: 1774958400|DST: 1|TZ: -5.00|TZNOW: -4|\n";
    let server = Server::saying(vec![Reply::json(200, body)]).await;
    let version = api(&server).version().await.unwrap();
    assert_eq!(version, Version { now: at("2026-03-31T12:00:00Z"), offset_seconds: -4 * 3600 });
    let asked = server.received();
    assert!(
        asked[0].line.starts_with("POST /vicidial/non_agent_api.php HTTP"),
        "{}",
        asked[0].line
    );
    assert!(asked[0].body.contains("pass=s3cret-word"));
}

#[tokio::test]
async fn totals_are_read_by_group_and_hour() {
    let body = "SALES|12|3|00-1,01-11|SALE-2,NA-10|\nSUPPORT|5|5|09-5|SALE-5|\n";
    let server = Server::saying(vec![Reply::json(200, body)]).await;
    let totals = api(&server).totals_of_day("2026-03-30", "---ALL---").await.unwrap();
    let said: Vec<_> = totals.iter().map(|it| (it.group.as_str(), it.calls)).collect();
    assert_eq!(said, [("SALES", 12), ("SUPPORT", 5)]);
    let hours = totals[0].hours.unwrap();
    assert_eq!((hours[0], hours[1], hours[9]), (1, 11, 0));
}

#[tokio::test]
async fn errors_with_200_are_errors_and_repeat_no_password() {
    let wrong = "ERROR: Login incorrect, please try again: |apiuser|s3cret-word|BAD|";
    assert!(refused(wrong).await.contains("`api_user`"));
    let twice = "ERROR: auth USER DOES NOT HAVE PERMISSION TO USE THIS FUNCTION: |apiuser|x|\nERROR: Invalid Source: |everycall|";
    assert!(refused(twice).await.contains("level 9"));
    assert!(
        refused("ERROR: Too many login attempts, try again in 15 minutes: |a|LOCK|")
            .await
            .contains("locked")
    );
    assert!(refused("ERROR: something new |s3cret-word|").await.contains("error"));
}

#[tokio::test]
async fn a_total_that_cannot_be_read_is_no_total() {
    for body in [
        "SALES|12|3",
        "SALES|twelve|3|a|b|",
        "SALES|12|3|00-1,01-1",
        "SALES|12|3|00-1,01-1|SALE-2|",
        "SALES|12|3|00-12|SALE-13|",
        "SALES|12|3|25-12|SALE-2|",
    ] {
        assert!(refused(body).await.contains("cannot be read"), "{body}");
    }
    let complaint = "SALES|1|1|00-1|SALE-1|\n<br /><b>Warning</b>: mysqli_query()";
    assert!(refused(complaint).await.contains("complains"));
}

#[tokio::test]
async fn a_web_page_or_nothing_is_no_answer() {
    for body in ["<html>busy</html>", ""] {
        let server = Server::saying(vec![Reply::json(200, body)]).await;
        let answer = api(&server).version().await;
        assert!(matches!(answer, Err(Refused::Source(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn only_the_functions_own_words_mean_that_there_are_none() {
    let body = "ERROR: call_status_stats NO RECORDS FOUND: |6666|";
    let server = Server::saying(vec![Reply::json(200, body)]).await;
    assert_eq!(api(&server).totals_of_day("2026-03-30", "---ALL---").await, Ok(Vec::new()));
    assert!(refused("ERROR: other_function NO RECORDS FOUND: |6666|").await.contains("an error"));
    let unclear = "ERROR: call_status_stats INVALID SEARCH PARAMETERS - x";
    assert!(refused(unclear).await.contains("does not understand"));
}
