//! Comparing, as a person sees it.

use crate::site::{END, Simulator, Site};

#[test]
fn both_sides_are_shown_to_add_up() {
    let simulator = Simulator::start(120);
    let site = Site::of(&simulator);
    let compare = ["compare", "--from", "2025-10-03", "--to", END, "--now", END];
    let before = site.run(&compare);
    assert_eq!(before.code, Some(0), "{before:?}");
    assert!(before.stdout.contains("120 only at the provider: window_not_fetched"), "{before:?}");
    assert!(before.stdout.contains("✓ both sides add up"), "{before:?}");

    site.sync(&[]);
    let after = site.run(&[&compare[..], &["--json"]].concat());
    let report = &after.json()[0];
    assert_eq!(report["summary"]["matching"], 120, "{after:?}");
    assert_eq!(report["summary"]["missingInDatabase"], 0);
    assert_eq!(report["summary"]["highlevelTotal"], 120);
    let runs = site.run(&["runs", "--json"]).json();
    assert_eq!(runs[0]["type"], "diagnostic");
}

#[test]
fn half_a_span_is_refused_before_anything_is_asked() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    let said = site.run(&["compare", "--from", "2025-10-03", "--now", END]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(site.run(&["runs", "--json"]).json().is_empty());
}
