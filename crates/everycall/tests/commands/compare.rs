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

const SPAN: [&str; 6] = ["--from", "2025-10-03", "--to", END, "--now", END];

/// A site on which everything was read.
fn read_site(simulator: &Simulator) -> Site {
    let site = Site::of(simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    site
}

#[test]
fn what_was_never_read_is_repaired_and_shown_before_and_after() {
    let simulator = Simulator::start(60);
    let site = Site::of(&simulator);
    let said = site.run(&[&["compare", "main", "--repair"], &SPAN[..]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    for words in ["60 missing here", "60 new, 0 updated", "0 missing here", "0 unexplained"] {
        assert!(said.stdout.contains(words), "no `{words}` in {said:?}");
    }
    let again = site.run(&[&["compare", "main", "--repair", "--json"], &SPAN[..]].concat());
    assert_eq!(again.json()[0]["repair"]["runs"].as_array().unwrap().len(), 0);
}

#[test]
fn a_file_of_stored_calls_matches_them_and_its_columns_are_remembered() {
    let simulator = Simulator::start(60);
    let site = read_site(&simulator);
    let said = site.run(&["calls", "--source", "main", "--export", "calls.csv"]);
    assert_eq!((said.code, said.stdout.trim()), (Some(0), "60 calls written to calls.csv"));

    let compare = ["compare", "main", "--with", "calls.csv", "--now", END];
    let refused = site.run(&compare);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("its columns are: source, providerCallId"), "{refused:?}");
    let map = ["--map", "id=providerCallId,time=occurredAt,duration=durationSeconds"];
    let mapped = site.run(&[&compare[..], &map].concat());
    assert_eq!(mapped.code, Some(0), "{mapped:?}");
    assert!(mapped.stdout.contains("60 matching + 0 differing"), "{mapped:?}");
    let remembered = site.run(&[&compare[..], &["--json"]].concat());
    let report = &remembered.json()[0];
    assert_eq!(report["summary"]["matching"], 60, "{remembered:?}");
    assert_eq!(report["file"]["rows"], 60);
    assert!(report["file"]["columns"].as_str().unwrap().contains("id=providerCallId"));
}

#[test]
fn a_report_is_written_as_files() {
    let simulator = Simulator::start(30);
    let site = Site::of(&simulator);
    let said = site.run(&[&["compare", "main", "--export", "out"], &SPAN[..]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    let missing = site.read("out/main-1-missing.csv");
    assert_eq!(missing.lines().count(), 31);
    assert!(missing.starts_with("callId,callDate,status"), "{missing}");
    for name in ["report.json", "run-log.json"] {
        let text = site.read(&format!("out/main-1-{name}"));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(json.is_object());
    }
    assert_eq!(site.read("out/main-1-differences.csv").lines().count(), 1);
}

#[test]
fn calls_are_exported_whole_and_the_evidence_of_one_is_an_archive() {
    let simulator = Simulator::start(30);
    let site = read_site(&simulator);
    assert_eq!(site.run(&["calls", "--export", "calls.jsonl"]).code, Some(0));
    let lines = site.read("calls.jsonl");
    assert_eq!(lines.lines().count(), 30);
    let call: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let id = call["providerCallId"].as_str().unwrap();
    let refused = site.run(&["calls", "--export", "calls.txt"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("none of .csv, .jsonl, .xlsx and .parquet"), "{refused:?}");
    let said = site.run(&["calls", "--export", "calls.xlsx"]);
    assert_eq!(said.stdout.trim(), "30 calls written to calls.xlsx", "{said:?}");
    assert!(std::fs::read(site.path("calls.xlsx")).unwrap().starts_with(b"PK"));
    let said = site.run(&["calls", "--export", "calls.parquet"]);
    assert_eq!(said.stdout.trim(), "30 calls written to calls.parquet", "{said:?}");
    let bytes = std::fs::read(site.path("calls.parquet")).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let agent = call["providerAgentId"].as_str().unwrap();
    let said = site.run(&["calls", "--agent", agent, "--export", "agent.csv"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let of_agent = lines.lines().filter(|line| line.contains(agent)).count();
    assert_eq!(site.read("agent.csv").lines().count(), of_agent + 1);
    assert_eq!(site.run(&["calls", "--account", "nobody's"]).code, Some(1));

    let said = site.run(&["calls", "show", "main", id, "--evidence", "one.zip"]);
    assert_eq!((said.code, said.stdout.trim()), (Some(0), "1 records written to one.zip"));
    let bytes = std::fs::read(site.path("one.zip")).unwrap();
    let raw = site.run(&["calls", "show", "main", id, "--raw"]).stdout;
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(bytes.starts_with(b"PK\x03\x04") && holds(raw.trim_end().as_bytes()));
    for name in ["call.json", "records/0001", "runs/1.json", "manifest.json"] {
        assert!(holds(name.as_bytes()), "{name}");
    }
}

#[test]
fn an_export_that_breaks_off_leaves_the_file_that_was_there_and_no_part_of_another() {
    let simulator = Simulator::start(600);
    let site = read_site(&simulator);
    let parts = || {
        let entries = std::fs::read_dir(site.path("")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains(".part")).collect::<Vec<String>>()
    };
    for name in ["calls.csv", "calls.jsonl"] {
        site.write(name, "the old one");
        let said = site.run_cramped(128, &["calls", "--export", name]);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stderr.contains("cannot be written"), "{said:?}");
        assert_eq!((site.read(name).as_str(), parts()), ("the old one", Vec::new()));
        assert_eq!(site.run(&["calls", "--export", name]).code, Some(0));
        assert!(site.read(name).lines().count() >= 600);
    }
}

#[test]
fn an_account_nothing_is_given_to_has_nothing_to_compare() {
    let simulator = Simulator::start(20);
    let site = read_site(&simulator);
    assert_eq!(site.run(&["accounts", "add", "Maple"]).code, Some(0));
    let compare = ["compare", "--account", "Maple", "--now", END];
    let hint = "assign";
    site.check_refused(&compare, 1, "account Maple gets calls from no source", hint);
    let missing = ["compare", "--account", "Birch", "--now", END];
    site.check_refused(&missing, 1, "there is no account “Birch”", "accounts");
}

#[test]
fn a_span_in_the_future_is_refused() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    let compare = ["compare", "--from", "2027-01-01", "--to", "2027-02-01", "--now", END];
    let sentence = "--from 2027-01-01T00:00:00Z is in the future; it is 2026-01-01T00:00:00Z";
    site.check_refused(&compare, 2, sentence, "Choose a span");
}

#[test]
fn an_audit_tells_every_source_and_never_takes_a_refusal_for_no_calls() {
    let simulator = Simulator::start(40);
    let site = Site::of(&simulator);
    let span = ["--from", "2025-10-03", "--to", END, "--now", END];
    let before = site.run(&[&["audit", "--json"], &span[..]].concat());
    let source = &before.json()[0]["sources"][0];
    assert_eq!(source["summary"]["missingInDatabase"], 40, "{before:?}");
    assert_eq!(before.code, Some(3));
    site.sync(&[]);
    let after = site.run(&[&["audit"], &span[..]].concat());
    assert_eq!(after.code, Some(0), "{after:?}");
    assert!(after.stdout.contains("whole"), "{after:?}");
    site.write("token", "another");
    let refused = site.run(&[&["audit"], &span[..]].concat());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains("could not look"), "{refused:?}");
    let refused = site.run(&[&["compare"], &span[..]].concat());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains("provider  could not look"), "{refused:?}");
    assert!(refused.stdout.contains("40 are here"), "{refused:?}");
}

#[test]
fn two_sources_that_saw_the_same_calls_are_compared_with_each_other() {
    let site = Site::empty();
    assert_eq!(site.run(&["demo", "--once", "--calls", "300", "--keep", "kept"]).code, Some(0));
    let config = ["--config", "kept/everycall.toml"];
    let with = |arguments: &[&str]| site.run(&[&config, arguments].concat());
    let compare = ["compare", "elevenlabs", "--with-source", "twilio"];
    let report = with(&[&compare[..], &["--json"]].concat()).json().remove(0);
    let (summary, pairing) = (&report["summary"], &report["pairing"]);
    let number = |of: &serde_json::Value, name: &str| of[name].as_u64().unwrap();
    assert_eq!(
        (&report["withSource"]["name"], &pairing["toleranceSeconds"]),
        (&"twilio".into(), &60.into())
    );
    assert!(number(pairing, "byId") > 0, "{report}");
    let both = number(summary, "matching") + number(summary, "differing");
    assert_eq!(both, number(pairing, "byId") + number(pairing, "byNumber"), "{report}");
    assert_eq!(number(summary, "providerTotal"), both + number(summary, "missingInDatabase"));
    assert_eq!(number(summary, "databaseTotal"), both + number(summary, "extraInDatabase"));
    let said = with(&compare);
    assert!(said.stdout.contains("paired by the names they tell"), "{said:?}");
    assert!(said.stdout.contains("✓ both sides add up"), "{said:?}");

    let itself = with(&["compare", "twilio", "--with-source", "twilio"]);
    assert_eq!(itself.code, Some(2), "{itself:?}");
    assert!(itself.stderr.contains("cannot be compared with itself"), "{itself:?}");
    let unknown = with(&["compare", "twilio", "--with-source", "twillio"]);
    assert!(unknown.stderr.contains("twillio"), "{unknown:?}");
    let file = with(&["compare", "twilio", "--with-source", "elevenlabs", "--with", "calls.csv"]);
    assert_eq!(file.code, Some(2), "{file:?}");
}
