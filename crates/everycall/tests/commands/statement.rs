//! Statements, as a person makes and checks them.

use crate::site::{END, Simulator, Site};

#[test]
fn a_statement_is_made_checked_and_changed_by_nobody() {
    let simulator = Simulator::start(60);
    let site = Site::of(&simulator);
    site.sync(&[]);
    assert_eq!(site.run(&["accounts", "add", "Maple"]).code, Some(0));
    let agents = site.run(&["agents", "--json"]).json();
    let agent = agents[0]["providerAgentId"].as_str().expect("an agent has an id").to_owned();
    let assigned = site.run(&["assign", &agent, "--account", "Maple"]);
    assert_eq!(assigned.code, Some(0), "{assigned:?}");

    let file = site.path("maple.json");
    let file = file.to_str().expect("the path is text");
    let make = ["statement", "make", "Maple", "--from", "2025-10-03", "--to", END, "--now", END];
    let first = site.run(&[&make[..], &["--out", file]].concat());
    assert_eq!(first.code, Some(3), "{first:?}");
    assert!(first.stdout.contains("were not compared with the provider"), "{first:?}");
    let again = site.run(&[&make[..], &["--out", file]].concat());
    assert_eq!(again.code, Some(1), "a file that is there is not overwritten: {again:?}");

    let key = site.run(&["statement", "key"]).stdout;
    let verified = site.run(&["statement", "verify", file, "--key", key.trim(), "--here"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.contains("signed with the key you named"), "{verified:?}");
    assert!(verified.stdout.contains("here as they were"), "{verified:?}");

    let text = std::fs::read_to_string(file).expect("it was written");
    std::fs::write(file, text.replacen("\"calls\": ", "\"calls\": 1", 1)).expect("it is ours");
    let changed = site.run(&["statement", "verify", file]);
    assert_eq!(changed.code, Some(1), "{changed:?}");
    assert!(changed.stderr.contains("changed after it was signed"), "{changed:?}");
    assert_eq!(site.run(&["statement", "list", "Maple", "--json"]).json().len(), 1);
}

#[test]
fn a_statement_that_cannot_be_made_says_why() {
    let simulator = Simulator::start(5);
    let site = Site::of(&simulator);
    assert_eq!(site.run(&["accounts", "add", "Maple"]).code, Some(0));
    for (arguments, said) in [
        (vec!["Maple", "--month", "2025-13"], "no month such as"),
        (vec!["Maple", "--from", "2999-01-01", "--to", "2999-02-01"], "has not begun"),
        (vec!["Maple", "--from", "2025-10-03", "--to", "2025-10-01"], "--to that lies after"),
        (vec!["Nobody", "--from", "2025-10-03", "--to", "2025-10-05"], "there is no account"),
        (vec!["Maple"], "--month"),
    ] {
        let made = site.run(&[&["statement", "make"], &arguments[..]].concat());
        assert!(matches!(made.code, Some(1 | 2)), "{made:?}");
        assert!(made.stderr.contains(said), "{made:?}");
    }
    assert_eq!(site.run(&["statement", "verify", "absent.json"]).code, Some(1));
}
