//! The newcomer's command.

use crate::site::Site;

#[test]
fn the_demo_pulls_balances_and_leaves_something_waiting() {
    let said = Site::empty().run(&["demo", "--once", "--calls", "300"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for words in [
        "calls of 90 days at",
        "= new",
        "✓ the accounts balance",
        "3 of 3 windows proved",
        "agent_not_assigned_to_user  Agent – ENG",
        "agent_not_in_system",
        "Three things to try next",
    ] {
        assert!(said.stdout.contains(words), "{words} in {}", said.stdout);
    }
    assert!(!said.stdout.contains('\u{1b}'), "colours only where somebody sees them");
}

#[test]
fn a_kept_demo_can_be_looked_at_and_is_not_written_over() {
    let site = Site::empty();
    assert_eq!(site.run(&["demo", "--once", "--calls", "200", "--keep", "kept"]).code, Some(0));
    let config = ["--config", "kept/everycall.toml"];
    let with = |arguments: &[&str]| site.run(&[&config, arguments].concat());

    let status = || {
        let all = with(&["status", "--json"]).json();
        let found = all.into_iter().find(|source| source["name"] == "highlevel_voice_ai");
        found.unwrap()
    };
    assert_eq!(status()["stored"], 200);
    let waiting = status()["waiting"].as_i64().unwrap();
    let source = ["--source", "highlevel_voice_ai", "--account", "Maple Street Dental"];
    let assigned = with(&[&["assign", "Agent – ENG"], &source[..]].concat());
    let words = "Assigned Agent – ENG (highlevel_voice_ai)";
    assert!(assigned.stdout.starts_with(words), "{assigned:?}");
    assert!(status()["waiting"].as_i64().unwrap() < waiting);

    site.check_refused(
        &["demo", "--once", "--keep", "kept"],
        2,
        "there is an everycall in kept already",
        "another folder",
    );
}
