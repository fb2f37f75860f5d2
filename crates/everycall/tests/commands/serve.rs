//! The real program serves its API to whoever holds a token.

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
