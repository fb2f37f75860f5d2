//! Whoever reads what the program prints goes away, as `head` does.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::site::{END, Simulator, Site};

/// A site with two sources, of which this file holds the token of the other.
pub fn two_sources(simulator: &Simulator, token_file: &str) -> Site {
    let site = Site::of(simulator);
    let (base_url, location_id) = (&simulator.base_url, &simulator.location_id);
    site.write_more(
        "everycall.toml",
        &format!(
            "[[sources]]\nname = \"other\"\nprovider = \"highlevel_voice_ai\"\n\
             base_url = \"{base_url}\"\nlocation_id = \"{location_id}\"\n\
             since = \"2025-10-03\"\nunlimited = true\ntoken_file = \"{token_file}\"\n"
        ),
    );
    site
}

/// Each run, the first one first: of which source, and how it ended.
fn runs(site: &Site) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let runs = site.run(&["runs", "--json"]).json();
    runs.iter().rev().map(|run| (text(&run["source"]), text(&run["status"]))).collect()
}

fn ended(source: &str, status: &str) -> (String, String) {
    (source.to_owned(), status.to_owned())
}

#[test]
fn a_sync_that_nobody_reads_reads_every_source_and_ends_as_its_runs_did() {
    let simulator = Simulator::start(60);
    for more in [&[][..], &["--json"]] {
        let site = two_sources(&simulator, "wrong");
        site.write("wrong", "pit-wrong");
        let said = site.run_unread(&[&["sync", "--now", END], more].concat());
        assert_eq!(said.code, Some(1), "{said:?}");
        assert_eq!(said.stderr.matches("Broken pipe").count(), 1, "it is noted once: {said:?}");
        assert_eq!(runs(&site), [ended("main", "success"), ended("other", "failed")]);
    }
}

#[test]
fn gaps_are_repaired_to_the_last_source_though_nobody_reads_of_it() {
    let simulator = Simulator::start(60);
    let site = two_sources(&simulator, "token");
    assert_eq!(site.sync(&["--minutes", "60"]).code, Some(0));
    let said = site.run_unread(&["gaps", "--repair", "--now", END]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let left = site.run(&["gaps", "--json", "--now", END]);
    assert_eq!((left.code, left.json().len()), (Some(0), 0), "{left:?}");
}

#[test]
fn a_service_that_nobody_reads_goes_on() {
    let simulator = Simulator::start(60);
    let site = two_sources(&simulator, "token");
    // Whoever looks while it begins its database would be in its way.
    assert_eq!(site.run(&["sources"]).code, Some(0));
    let mut served = site.start_unread(&["serve", "--listen", "127.0.0.1:0"]);
    let begun = Instant::now();
    let are_read = |site: &Site| {
        let sources = site.run(&["sources", "--json"]).json();
        sources.iter().filter(|source| source["calls"] == 60).count() == 2
    };
    while !are_read(&site) {
        assert_eq!(served.try_wait().unwrap(), None, "it has ended");
        assert!(begun.elapsed() < Duration::from_mins(2), "both are read within seconds");
    }
    served.kill().unwrap();
    served.wait().unwrap();
}

#[test]
fn a_list_ends_quietly_once_its_reader_has_read_enough() {
    let simulator = Simulator::start(60);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    for list in [&["calls", "--json"][..], &["calls"], &["runs"], &["sources"], &["gaps"]] {
        let said = site.run_unread(list);
        assert_eq!((said.code, said.stderr.as_str()), (Some(0), ""), "{list:?}");
    }
}
