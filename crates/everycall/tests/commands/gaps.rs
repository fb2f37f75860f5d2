//! The ledger that people see: days, gaps, history, volumes.

use serde_json::Value;

use crate::site::{END, Simulator, Site};

const LATER: &str = "2026-01-01T03:00:00Z";

#[test]
fn coverage_shows_each_day_and_gaps_are_named_and_repaired() {
    let simulator = Simulator::start(400);
    let site = Site::of(&simulator);
    let nothing = site.run(&["gaps"]);
    assert!(nothing.stdout.contains("Nothing was read yet"), "{nothing:?}");
    assert_eq!(site.sync(&[]).code, Some(0));

    let coverage = site.run(&["coverage", "main", "--now", END]);
    assert_eq!(coverage.code, Some(0), "{coverage:?}");
    assert!(coverage.stdout.contains("  week of     Mon"), "{coverage:?}");
    assert!(coverage.stdout.contains("90 of 90 days are proved"), "{coverage:?}");
    let days = &site.run(&["coverage", "--json", "--now", END]).json()[0]["days"];
    let days = days.as_array().unwrap();
    // The clock goes on while the program works, into a day of which nothing is wanted yet.
    let is_proved = |day: &Value| {
        ["settled", "listed", "not_wanted"].contains(&day["standing"].as_str().unwrap())
    };
    assert!(days.iter().all(is_proved), "{days:?}");

    let none = site.run(&["gaps", "--now", END]);
    assert_eq!(none.code, Some(0), "{none:?}");
    assert!(none.stdout.contains("main: no gaps"), "{none:?}");
    let standing = site.run(&["status", "--now", END]);
    assert!(standing.stdout.contains("gaps      none"), "{standing:?}");

    let some = site.run(&["gaps", "--json", "--now", LATER]);
    assert_eq!(some.code, Some(3), "{some:?}");
    let gaps = some.json();
    assert!(gaps.iter().any(|gap| gap["cause"] == "not_read_since"), "{gaps:?}");
    let standing = site.run(&["status", "--json", "--now", LATER]).json().remove(0);
    // The clock goes on between two looks, so the newest ends a little later.
    let told = |gap: &Value| [gap["from"].clone(), gap["cause"].clone()];
    let in_status: Vec<_> = standing["gaps"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(in_status, gaps.iter().map(told).collect::<Vec<_>>());
    let sentence = site.run(&["status", "--now", LATER]).stdout;
    assert!(sentence.contains("gaps      1 not proved"), "{sentence}");
    let command = gaps[0]["command"].as_str().unwrap();
    assert!(command.contains("backfill main --from "), "{command}");

    let repaired = site.run(&["gaps", "main", "--repair", "--now", LATER]);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    assert!(repaired.stdout.contains("main before: 1 not proved"), "{repaired:?}");
    assert!(repaired.stdout.contains("main after: no gaps"), "{repaired:?}");
}

#[test]
fn a_refusal_is_a_gap_that_names_the_doctor() {
    let simulator = Simulator::start(50);
    let site = Site::of(&simulator);
    site.write("token", "pit-wrong");
    assert_eq!(site.sync(&[]).code, Some(1));
    let said = site.run(&["gaps", "--now", END]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.stdout.contains("refused: the provider refused"), "{said:?}");
    assert!(said.stdout.contains("doctor main"), "{said:?}");
    assert!(!said.stdout.contains("pit-wrong"));
}

#[test]
fn history_is_read_in_pieces_and_goes_on_where_it_stopped() {
    let simulator = Simulator::start(400);
    let site = Site::of(&simulator);
    site.configure(
        &simulator,
        &simulator.location_id,
        "token_file = \"token\"\nwindow_days_max = 7",
    );
    let backfill = |more: &[&str]| {
        let span = ["backfill", "main", "--from", "2025-11-02", "--to", "2025-12-31", "--now", END];
        site.run(&[&span, more].concat())
    };
    site.check_refused(
        &["backfill", "main"],
        2,
        "how much history is to be read was not said",
        "--days",
    );
    let foreseen = backfill(&["--dry-run", "--windows", "2"]);
    assert!(foreseen.stdout.contains("Nothing was written"), "{foreseen:?}");
    let first = backfill(&["--windows", "3"]);
    assert_eq!(first.code, Some(3), "{first:?}");
    assert!(
        first.stdout.contains("windows are left") && first.stdout.contains("Go on: "),
        "{first:?}"
    );
    let rest = backfill(&["--json"]);
    assert_eq!(rest.code, Some(0), "{rest:?}");
    let lines = rest.json();
    let last = &lines[lines.len() - 1]["backfill"];
    assert_eq!((&last["windowsLeft"], &last["secondsLeft"]), (&0.into(), &0.into()));
    let again = backfill(&[]);
    assert!(again.stdout.contains("Nothing to read"), "{again:?}");
    // What lies before and after is what nobody has come to.
    let gaps = site.run(&["gaps", "--json", "--now", END]).json();
    let told: Vec<_> = gaps.iter().map(|gap| (&gap["cause"], &gap["from"])).collect();
    let (cause, after, before) =
        ("not_reached".into(), "2025-12-31T00:00:00Z".into(), "2025-10-03T00:00:00Z".into());
    assert_eq!(told, [(&cause, &after), (&cause, &before)]);
    // The last days alone, counted from now.
    let days = site.run(&["backfill", "main", "--days", "2", "--json", "--now", END]);
    assert_eq!(days.code, Some(0), "{days:?}");
    site.check_refused(
        &["backfill", "main", "--from", "2025-01-01", "--to", "2025-02-01", "--now", END],
        2,
        "source `main` begins at 2025-10-03T00:00:00Z, after all of 2025-01-01T00:00:00Z to 2025-02-01T00:00:00Z",
        "`since`",
    );
}

#[test]
fn the_last_minutes_alone_leave_what_lies_before_them_a_gap() {
    let simulator = Simulator::start(400);
    let site = Site::of(&simulator);
    let said = site.sync(&["--minutes", "120", "--json"]);
    assert_eq!(said.json()[0]["success"], true, "{said:?}");
    let status = &site.run(&["status", "--json", "--now", END]).json()[0];
    assert_eq!(status["provedUntil"], serde_json::Value::Null);
    let gaps = status["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(gaps[0]["from"], "2025-10-03T00:00:00Z");
    assert!(gaps[0]["to"].as_str().unwrap().starts_with("2025-12-31T22:00:00"), "{gaps:?}");
    let refused = site.run(&["sync", "--minutes", "0"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let refused = site.run(&["sync", "--minutes", "5", "--from", "2025-12-01"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[test]
fn volumes_count_every_stored_call() {
    let simulator = Simulator::start(400);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let rows = site.run(&["volumes", "--days", "120", "--json", "--now", END]).json();
    let sum: i64 = rows.iter().map(|row| row["calls"].as_i64().unwrap()).sum();
    assert_eq!(sum, 400);
    let table = site.run(&["volumes", "main", "--days", "3", "--now", END]);
    assert!(table.stdout.contains("day (UTC)"), "{table:?}");
    assert_eq!(table.stdout.lines().filter(|line| line.starts_with("202")).count(), 3, "{table:?}");
}
