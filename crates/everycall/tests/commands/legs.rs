//! Sources that see the same calls, beside each other.

use crate::site::Site;

#[test]
fn conversations_of_the_demo_name_lines_that_are_there() {
    let site = Site::empty();
    assert_eq!(site.run(&["demo", "--once", "--calls", "300", "--keep", "kept"]).code, Some(0));
    let config = ["--config", "kept/everycall.toml"];
    let with = |arguments: &[&str]| site.run(&[&config, arguments].concat());

    let checked = with(&["legs", "--source", "elevenlabs", "--from", "2020-01-01", "--json"]);
    assert_eq!(checked.code, Some(2), "a span has both ends: {checked:?}");
    let report = with(&["legs", "--source", "elevenlabs", "--json"]).json().remove(0);
    let beside = &report["beside"];
    assert_eq!(beside["provider"], "twilio");
    assert_eq!((&beside["missing"], &beside["missingCalls"]), (&0.into(), &serde_json::json!([])));
    assert!(beside["seen"].as_i64() > Some(0), "{report}");
    assert_eq!(beside["by"]["twilio"], beside["seen"]);

    // Most conversations went over a line; one that did is shown with it, and the line with it.
    let calls = with(&["calls", "--source", "elevenlabs", "--json"]).json();
    let of =
        |source: &str, id: &str| with(&["calls", "show", source, id, "--json"]).json().remove(0);
    let ids = calls.iter().map(|call| call["providerCallId"].as_str().unwrap());
    let (id, call) = ids
        .map(|id| (id, of("elevenlabs", id)))
        .find(|(_, call)| call["legs"][0]["source"] == "twilio")
        .unwrap();
    let line = call["legs"][0]["providerCallId"].as_str().unwrap();
    let back = of("twilio", line);
    let legs = back["legs"].as_array().unwrap();
    assert!(legs.iter().any(|leg| leg["providerCallId"] == id), "{back}");
    let said = with(&["calls", "show", "elevenlabs", id]).stdout;
    assert!(said.contains(&format!("by twilio: {line}")), "{said}");
    let said = with(&["legs"]);
    assert!(said.stdout.contains("seen by both"), "{said:?}");
    assert!(said.stdout.contains("names calls of HighLevel Conversations"), "{said:?}");
}
