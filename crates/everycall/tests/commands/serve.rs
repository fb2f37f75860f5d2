//! The real program serves its API to whoever holds a token.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::site::{Served, Simulator, Site};

#[test]
fn an_account_is_added_over_http_with_a_token_and_told_in_its_history() {
    let simulator = Simulator::start(40);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let secret = |name: &str, more: &[&str]| -> String {
        let given = site.run(&[&["token", "add", name, "--json"], more].concat()).json();
        given[0]["token"].as_str().unwrap().to_owned()
    };
    let (writer, reader) = (secret("ops", &["--write"]), secret("crm", &[]));
    let served = Served::by(&site);
    let maple = json!({ "name": "Maple" });

    let (status, refused) = served.ask("POST", "/accounts", None, &maple);
    assert_eq!((status, &refused["type"]), (401, &json!("urn:everycall:problem:unauthorised")));
    assert_eq!(served.ask("POST", "/accounts", Some(&reader), &maple).0, 403);
    let (status, added) = served.ask("POST", "/accounts", Some(&writer), &maple);
    assert_eq!((status, &added["name"]), (201, &json!("Maple")), "{added}");
    let (status, calls) = served.ask("GET", "/calls?limit=500", Some(&reader), &Value::Null);
    assert_eq!((status, calls["calls"].as_array().map(Vec::len)), (200, Some(40)));

    let history = site.run(&["accounts", "show", "Maple"]).stdout;
    assert!(history.contains("token ops added the account Maple"), "{history}");
    // What another process takes back is refused from the next request on.
    site.run(&["token", "revoke", "ops"]);
    let (status, refused) =
        served.ask("POST", "/accounts", Some(&writer), &json!({ "name": "Elm" }));
    assert_eq!(status, 401, "{refused}");
    // Wrong tokens are counted by address, and whoever's was good goes on.
    let wrong = format!("evc_{}", "A".repeat(43));
    let tried = (0..12).map(|_| served.ask("GET", "/calls", Some(&wrong), &Value::Null).0);
    assert!(tried.collect::<Vec<u16>>().ends_with(&[429]));
    assert_eq!(served.ask("GET", "/runs", Some(&reader), &Value::Null).0, 200);
}

#[test]
fn what_is_asked_for_over_http_begins_at_once_and_is_listed_with_what_came_of_it() {
    let simulator = Simulator::start(40);
    let site = Site::of(&simulator);
    let given = site.run(&["token", "add", "ops", "--write", "--json"]).json();
    let secret = given[0]["token"].as_str().unwrap().to_owned();
    let none = site.run(&["jobs"]).stdout;
    assert_eq!(none, "Nothing was asked to be done yet.\n");
    let served = Served::that_works(&site);
    let asked_at = Instant::now();
    let said = json!({ "kind": "sync", "source": "main", "dryRun": true });
    let (status, asked) = served.ask("POST", "/jobs", Some(&secret), &said);
    assert_eq!((status, &asked["job"]["status"]), (201, &json!("waiting")), "{asked}");
    let url = format!("/jobs/{}", asked["job"]["id"]);
    let job = loop {
        let (_, job) = served.ask("GET", &url, Some(&secret), &Value::Null);
        if job["status"] == "done" {
            break job;
        }
        assert!(asked_at.elapsed() < Duration::from_secs(20), "{job}");
    };
    let began = asked_at.elapsed();
    assert!(began < Duration::from_secs(10), "a look per second, on a busy machine: {began:?}");
    assert_eq!(job["report"]["dryRun"], true, "{job}");
    let listed = site.run(&["jobs", "--json"]).json();
    assert_eq!((&listed[0]["kind"], &listed[0]["status"]), (&json!("sync"), &json!("done")));
    assert_eq!(listed[0]["askedBy"], "token ops");
    let table = site.run(&["jobs", "--source", "main"]).stdout;
    assert!(table.contains("sync, dry") && table.contains("done"), "{table}");
    site.check_refused(&["jobs", "cancel", "7"], 1, "there is no job 7", "jobs");
}
