//! Schedules of comparisons on the command line.

use serde_json::json;
use testkit::on_both_databases;

use crate::site::{Simulator, Site};

const MANY_JOBS: &str = "
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= 1000)
INSERT INTO jobs (source_id, kind, parameters, status, asked_at, asked_by, ended_at, outcome)
SELECT 1, 'sync', '{}', 'done', 9, 'ann', 9, 'well' FROM n";

on_both_databases! {
    async fn a_schedule_is_listed_with_its_last_job_however_many_others_came_since(db) {
        let simulator = Simulator::start(5);
        let site = Site::of(&simulator);
        let run = |arguments: &[&str]| {
            site.run_with(arguments, &[("EVERYCALL_DATABASE_URL", &db.url)])
        };
        assert_eq!(run(&["sync"]).code, Some(0));
        let weekly = ["schedule", "add", "weekly", "--source", "main", "--cron", "0 6 * * mon"];
        assert_eq!(run(&weekly).code, Some(0));
        assert!(run(&["schedule", "list"]).stdout.contains("never"));
        assert_eq!(run(&["schedule", "run", "weekly"]).code, Some(0));
        assert_eq!(run(&["jobs", "cancel", "1"]).code, Some(0));
        db.execute(MANY_JOBS).await;
        let listed = run(&["schedule", "list", "--json"]).json();
        let last = (&listed[0]["lastJob"], &listed[0]["lastOutcome"]);
        assert_eq!(last, (&json!(1), &json!("Cancelled before it began")));
        assert!(!run(&["schedule", "list"]).stdout.contains("never"));
    }
}

#[test]
fn a_schedule_is_added_listed_run_paused_and_removed() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let none = site.run(&["schedule", "list"]).stdout;
    assert!(none.contains("schedule add weekly"), "{none}");
    let weekly = ["schedule", "add", "weekly", "--source", "main", "--cron", "0 6 * * mon"];
    let to = ["--send-to", "ann@example.com", "--send-to", "https://hooks.example.com/x"];
    let added = site.run(&[&weekly[..], &to, &["--time-zone", "Europe/Berlin"]].concat());
    assert!(added.stdout.contains("weekly compares main. It is first made at "), "{added:?}");
    assert!(added.stderr.contains("no [mail] host is configured here"), "{added:?}");
    let listed = site.run(&["schedule", "list", "--json"]).json();
    assert_eq!((&listed[0]["days"], &listed[0]["repairs"]), (&7.into(), &false.into()));
    assert_eq!(listed[0]["sendTo"][1], "https://hooks.example.com/x");
    assert!(listed[0]["nextAt"].as_str().is_some_and(|at| at.ends_with(":00:00Z")), "{listed:?}");

    let asked = site.run(&["schedule", "run", "weekly"]).stdout;
    assert!(asked.starts_with("Asked for job 1;"), "{asked}");
    let job = site.run(&["jobs", "--json"]).json();
    assert_eq!((&job[0]["schedule"], &job[0]["kind"]), (&"weekly".into(), &"compare".into()));
    assert_eq!(site.run(&["jobs", "cancel", "1"]).stdout, "Job 1: Cancelled before it began.\n");

    assert_eq!(site.run(&["schedule", "pause", "weekly"]).stdout, "weekly is paused.\n");
    assert!(site.run(&["schedule", "list"]).stdout.contains("paused"));
    assert_eq!(site.run(&["schedule", "pause", "weekly", "--end"]).stdout, "weekly goes on.\n");
    site.check_refused(
        &weekly,
        1,
        "there is a schedule “weekly” already",
        "schedule remove weekly",
    );
    let wrong = ["schedule", "add", "x", "--source", "main", "--cron", "0 6 * *"];
    let why = "`0 6 * *` names no times: it has 4 fields instead of five: minute, hour, day of month, month, day of week";
    site.check_refused(&wrong, 2, why, "0 6 * * mon");
    assert_eq!(
        site.run(&["schedule", "remove", "weekly"]).stdout,
        "Removed weekly; what it made stays.\n"
    );
    site.check_refused(
        &["schedule", "run", "weekly"],
        1,
        "there is no schedule “weekly”",
        "schedule list",
    );
}
