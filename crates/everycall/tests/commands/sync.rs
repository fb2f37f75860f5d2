//! Pulling, and pulling again.

use crate::site::{END, Simulator, Site};
use crate::unread::two_sources;

#[test]
fn a_second_run_writes_nothing_twice() {
    let simulator = Simulator::start(400);
    let site = Site::of(&simulator);

    let first = site.sync(&["--json"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let report = &first.json()[0];
    assert_eq!((&report["success"], &report["new"]), (&true.into(), &400.into()));

    let again = site.sync(&["--json", "--from", "2025-10-03", "--to", END]);
    let report = &again.json()[0];
    assert_eq!((&report["new"], &report["updated"]), (&0.into(), &0.into()));
    assert_eq!(report["unchanged"], 400);

    // A second earlier: the clock runs on while the program does, and a later run finds a new gap
    // as long as it is late.
    let due = site.run(&["sync", "--now", "2025-12-31T23:59:59Z"]);
    assert!(due.stdout.contains("nothing was due"), "{due:?}");
    assert!(due.stdout.contains("✓ the accounts balance"), "{due:?}");
}

#[test]
fn a_dry_run_foresees_and_writes_nothing() {
    let simulator = Simulator::start(150);
    let site = Site::of(&simulator);
    let dry = site.sync(&["--dry-run", "--json"]);
    assert_eq!((&dry.json()[0]["new"], &dry.json()[0]["dryRun"]), (&150.into(), &true.into()));
    assert!(site.run(&["runs", "--json"]).json().is_empty());
    assert!(site.run(&["calls", "--json"]).json().is_empty());
}

#[test]
fn the_token_may_come_from_the_environment_with_its_prefix() {
    let simulator = Simulator::start(50);
    let site = Site::of(&simulator);
    site.configure(&simulator, &simulator.location_id, "token_env = \"TEST_TOKEN\"");
    let token = format!("Bearer {}", simulator.token);
    let arguments = ["sync", "--now", END, "--json"];
    let said = site.run_with(&arguments, &[("TEST_TOKEN", &token)]);
    assert_eq!(said.json()[0]["new"], 50, "{said:?}");
}

#[test]
fn a_wrong_token_fails_the_run_and_says_what_to_do() {
    let simulator = Simulator::start(50);
    let site = Site::of(&simulator);
    site.write("token", "pit-wrong");
    let said = site.sync(&[]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stdout.contains("the provider refused our token"), "{said:?}");
    assert!(said.stdout.contains("hint: "), "{said:?}");
    assert!(!format!("{said:?}").contains("pit-wrong"), "a token is never shown");
    let runs = site.run(&["runs", "--json"]).json();
    assert_eq!(runs[0]["status"], "failed");
}

#[test]
fn a_wrong_location_fails_the_run_and_says_what_to_do() {
    let simulator = Simulator::start(50);
    let site = Site::of(&simulator);
    site.configure(&simulator, "AnotherLocation00000", "token_file = \"token\"");
    let said = site.sync(&[]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stdout.contains("location_id"), "{said:?}");
}

#[test]
fn a_source_does_not_change_its_location_in_silence() {
    let simulator = Simulator::start(50);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    site.configure(&simulator, "Another", "token_file = \"token\"");
    let location = &simulator.location_id;
    site.check_refused(
        &["sync"],
        2,
        &format!("source `main` was set up for {location}, and the configuration says Another"),
        "a name of its own",
    );
}

/// Its lease is told for far longer than that of whoever comes, who need not wait to know better.
#[test]
fn a_source_that_somebody_else_reads_keeps_none_of_the_others_from_being_read() {
    let simulator = Simulator::slow(2000);
    let site = two_sources(&simulator, "token");
    let more = "[sync]\nlease_seconds = 600\n";
    site.write("long.toml", &(site.read("everycall.toml") + more));
    let reading = ["--config", "long.toml", "-vv", "sync", "main", "--now", END];
    assert!(site.killed_after(&reading, 4, "sqlite://everycall.db"), "it was done too soon");

    let said = site.sync(&["--all", "--json"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("is already reading `main`"), "{said:?}");
    let reports = said.json();
    assert_eq!((reports.len(), &reports[0]["new"]), (1, &2000.into()), "{reports:?}");
    let refused = site.sync(&["main"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
}
