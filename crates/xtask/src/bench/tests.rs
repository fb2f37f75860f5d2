use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::database::with_database;
use super::machine::value_of;
use super::measure::{Cost, measure};
use super::report::{Line, table};
use super::scenarios::{Span, config_text};
use super::simulator::Door;
use super::summary::{Expected, Summary};

fn cost(wall_ms: u64) -> Cost {
    Cost {
        wall: Duration::from_millis(wall_ms),
        cpu: Duration::from_millis(500),
        peak_bytes: 40_000_000,
    }
}

#[test]
fn the_table_shows_the_middle_and_the_best_run() {
    let floor = Line {
        engine: "SQLite",
        calls: 10_000,
        scenario: "floor",
        costs: vec![cost(400)],
        floor: None,
        pages: None,
        requests_allowed: None,
    };
    let first_load = Line {
        engine: "SQLite",
        calls: 10_000,
        scenario: "first load",
        costs: vec![cost(1000), cost(500), cost(4000)],
        floor: Some(Duration::from_millis(400)),
        pages: Some(200),
        requests_allowed: Some(250.0),
    };
    let expected = "\
| engine | calls | scenario   | calls/s (best) | seconds | CPU s | peak MB | × floor | requests/s |
| ------ | ----- | ---------- | -------------- | ------- | ----- | ------- | ------- | ---------- |
| SQLite | 10000 | first load | 10000 (20000)  | 1.00    | 0.50  | 40      | 2.50    | 200 of 250 |
| SQLite | 10000 | floor      | 25000 (25000)  | 0.40    | 0.50  | 40      | –       | –          |";
    assert_eq!(table(&[first_load, floor]), expected);
}

fn summary(text: &str) -> Result<Summary> {
    Ok(serde_json::from_str(text)?)
}

const FIRST_LOAD: &str = r#"{"success":true,"savedCount":5,"totalFetched":6,"pagesFetched":2,
    "duration_ms":9,"new":5,"updated":0,"unchanged":0,"repeated":1,"setAside":0,"waiting":0}"#;

#[test]
fn a_first_load_brings_every_call() -> Result<()> {
    let loaded = summary(FIRST_LOAD)?;
    loaded.check(Expected::AllNew(5))?;
    assert!(loaded.check(Expected::AllNew(6)).is_err());
    assert!(loaded.check(Expected::AllUnchanged(5)).is_err());
    Ok(())
}

#[test]
fn a_run_that_failed_or_set_a_record_aside_is_not_measured() -> Result<()> {
    for (was, is) in
        [(r#""success":true"#, r#""success":false"#), (r#""setAside":0"#, r#""setAside":1"#)]
    {
        let loaded = summary(&FIRST_LOAD.replace(was, is))?;
        assert!(loaded.check(Expected::New(5)).is_err(), "{is}");
    }
    Ok(())
}

#[test]
fn records_that_nobody_fetched_cannot_be_counted() -> Result<()> {
    let loaded = summary(&FIRST_LOAD.replace(r#""totalFetched":6"#, r#""totalFetched":5"#))?;
    assert!(loaded.check(Expected::AllNew(5)).is_err());
    Ok(())
}

#[test]
fn before_the_incremental_run_something_is_there_and_something_is_missing() -> Result<()> {
    let loaded = summary(FIRST_LOAD)?;
    loaded.check(Expected::NewBelow(6))?;
    assert!(loaded.check(Expected::NewBelow(5)).is_err());
    Ok(())
}

#[test]
fn the_last_hundredth_of_ninety_days_is_most_of_a_day() -> Result<()> {
    let span = Span::fixed()?;
    assert_eq!(span.since.to_string(), "2025-10-03T00:00:00Z");
    let earlier = span.before_the_last_hundredth()?.to_string();
    assert_eq!(earlier, "2025-12-31T02:24:00Z");
    Ok(())
}

#[test]
fn the_configuration_holds_the_source_and_only_the_path_of_its_token() -> Result<()> {
    let door = Door(serde_json::from_str(
        r#"{"provider": "teli", "base_url": "http://127.0.0.1:9", "token": "hidden"}"#,
    )?);
    let (url, folder) = ("sqlite:///tmp/bench.db", tempfile::tempdir()?);
    let text = config_text(url, &door, folder.path(), "2025-10-03T00:00:00Z")?;
    let config: toml::Value = toml::from_str(&text)?;
    assert_eq!(config["database"]["url"].as_str(), Some(url));
    let file = config["sources"][0]["token_file"].as_str().unwrap_or_default();
    assert_eq!(std::fs::read_to_string(file)?, "hidden");
    assert_eq!(config["sources"][0]["base_url"].as_str(), Some("http://127.0.0.1:9"));
    assert_eq!(config["sources"][0]["since"].as_str(), Some("2025-10-03T00:00:00Z"));
    assert!(!text.contains("hidden"));
    Ok(())
}

#[test]
fn a_database_is_another_path_on_the_same_server() -> Result<()> {
    let url = with_database("postgres://me@127.0.0.1:5432/postgres?sslmode=disable", "fresh")?;
    assert_eq!(url, "postgres://me@127.0.0.1:5432/fresh?sslmode=disable");
    Ok(())
}

#[test]
fn memory_is_shown_in_gibibytes() {
    let text = "MemTotal:       25165824 kB\nmodel name\t: A Processor\n";
    assert_eq!(value_of(text, "MemTotal").as_deref(), Some("24.0 GiB"));
    assert_eq!(value_of(text, "model name").as_deref(), Some("A Processor"));
    assert_eq!(value_of(text, "absent"), None);
}

#[test]
fn a_program_is_measured_by_its_last_line() -> Result<()> {
    let mut command = Command::new("sh");
    command.args(["-c", "echo working; echo '[1, 2]'"]);
    let (numbers, cost): (Vec<u32>, Cost) = measure(&mut command)?;
    assert_eq!(numbers, [1, 2]);
    assert!(cost.peak_bytes > 0);
    Ok(())
}

#[test]
fn a_program_that_fails_is_quoted() -> Result<()> {
    let mut command = Command::new("sh");
    command.args(["-c", "echo the disk is full >&2; exit 3"]);
    let error = measure::<u32>(&mut command).err().context("it should fail")?;
    assert_eq!(format!("{error:#}"), "the disk is full: `sh` failed with code 3");
    assert_eq!(crate::run::exit_code(&error), 3);
    Ok(())
}
