//! Setting up, and looking at what is there.

use std::net::TcpListener;

use crate::site::{Simulator, Site};
use crate::unread::two_sources;

#[test]
fn init_writes_a_file_to_fill_in_and_never_writes_over_one() {
    let site = Site::empty();
    assert_eq!(site.run(&["init"]).code, Some(0));
    assert!(site.read("everycall.toml").contains("location_id = \"\""));
    site.check_refused(&["init"], 2, "everycall.toml is there already", "--force");
    site.write("everycall.toml", "mine");
    let cramped = site.run_cramped(1, &["init", "--force"]);
    assert_eq!(cramped.code, Some(2), "{cramped:?}");
    assert_eq!(site.read("everycall.toml"), "mine", "what cannot be written takes nothing");
    assert_eq!(site.run(&["init", "--force"]).code, Some(0));
    assert!(site.read("everycall.toml").contains("[[sources]]"));
}

#[test]
fn the_doctor_finds_nothing_wrong_where_all_is_well() {
    let simulator = Simulator::start(50);
    let site = Site::of(&simulator);
    let findings = site.run(&["doctor", "--json"]).json();
    let outcome = |name: &str| {
        let found = findings.iter().find(|finding| finding["name"] == name);
        found.map(|finding| finding["outcome"].clone())
    };
    for name in ["file", "reachable", "writable", "token", "call_logs"] {
        assert_eq!(outcome(name), Some("right".into()), "{name}");
    }
}

#[test]
fn the_doctor_names_what_is_wrong() {
    let without = Site::empty().run(&["doctor"]);
    assert_eq!(without.code, Some(1));
    assert!(without.stdout.contains("✗ there is no configuration"), "{without:?}");

    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    site.write("token", "pit-wrong");
    let said = site.run(&["doctor"]);
    assert_eq!(said.code, Some(1));
    assert!(said.stdout.contains("✗ "), "{said:?}");
    assert!(!said.stdout.contains("pit-wrong"));
}

#[test]
fn fetching_agents_says_what_is_new_and_what_is_not() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    let first = site.run(&["agents", "fetch", "main"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    let said = "main: The provider lists 5 agents, 5 of them new.";
    assert!(first.stdout.contains(said), "{first:?}");
    assert_eq!(first.stdout.matches("+ new: ").count(), 5, "{first:?}");
    let second = site.run(&["agents", "fetch", "main"]);
    assert!(second.stdout.contains("5 agents, 0 of them new."), "{second:?}");
    let listed = site.run(&["agents", "--json"]).json();
    assert!(listed.iter().all(|agent| agent["state"] == "active"), "{listed:?}");
}

#[test]
fn every_listing_has_json() {
    let simulator = Simulator::start(60);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    assert_eq!(site.run(&["accounts", "add", "Maple"]).code, Some(0));
    for (arguments, rows) in [
        (["sources", "--json"], 1),
        (["agents", "--json"], 5),
        (["accounts", "--json"], 1),
        (["status", "--json"], 1),
        (["runs", "--json"], 1),
        (["calls", "--json"], 20),
    ] {
        assert_eq!(site.run(&arguments).json().len(), rows, "{arguments:?}");
    }
    let run = &site.run(&["runs", "show", "1", "--json"]).json()[0];
    assert_eq!(run["response"]["new"], 60);
    assert!(run["logs"].as_array().unwrap().len() > 3);
}

#[test]
fn changes_of_calls_are_told_from_a_bookmark_on() {
    let simulator = Simulator::start(100);
    let site = Site::of(&simulator);
    assert_eq!(site.run(&["sync"]).code, Some(0));
    let (mut since, mut ids) = ("r1".to_owned(), std::collections::BTreeSet::new());
    loop {
        let mut lines = site.run(&["calls", "changes", "--since", &since, "--limit", "30"]).json();
        let end = lines.pop().expect("there is a last line");
        let told = lines.iter().filter_map(|call| call["providerCallId"].as_str());
        ids.extend(told.map(str::to_owned));
        end["next"].as_str().expect("it is a text").clone_into(&mut since);
        if end["hasMore"] == false {
            break;
        }
    }
    let listed = site.run(&["calls", "--limit", "1000", "--json"]).json().len();
    assert_eq!((ids.len(), listed > 60), (listed, true));
    let again = site.run(&["calls", "changes", "--since", &since]).json();
    assert_eq!(again, [serde_json::json!({ "next": since, "hasMore": false })]);
    site.check_refused(
        &["calls", "changes", "--since", "r1_1.99"],
        2,
        "this bookmark is of another database, or of this one before an older copy was put back",
        "Throw your copy away and begin without --since",
    );
}

#[test]
fn calls_are_listed_page_by_page_and_shown_as_sent() {
    let simulator = Simulator::start(60);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let list = |after: &[&str]| {
        let arguments = ["calls", "--source", "main", "--limit", "40", "--json"];
        let page = site.run(&[&arguments, after].concat()).json();
        page.iter().map(|call| call["providerCallId"].as_str().unwrap().to_owned()).collect()
    };
    let first: Vec<String> = list(&[]);
    let second: Vec<String> = list(&["--after", first.last().unwrap()]);
    assert_eq!((first.len(), second.len()), (40, 20));
    assert!(second.iter().all(|id| !first.contains(id)));

    let raw = &site.run(&["calls", "show", "main", &first[0], "--raw"]).json()[0];
    assert_eq!(raw["id"].as_str(), Some(first[0].as_str()));
}

#[test]
fn the_older_ones_that_a_list_names_are_of_the_same_list() {
    let simulator = Simulator::start(60);
    // Both sources have the same calls, so that every place of the list has two.
    let site = two_sources(&simulator, "token");
    assert_eq!(site.sync(&[]).code, Some(0));
    for filter in [
        &[][..],
        &["--placement", "waiting"],
        &["--source", "other"],
        &["--from", "2025-11-01", "--to", "2025-12-15"],
        &["--said", "the"],
    ] {
        let all = site.run(&[&["calls", "--limit", "1000", "--json"], filter].concat()).json();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let all = all.iter().map(|call| (text(&call["source"]), text(&call["providerCallId"])));
        let mut all: Vec<(String, String)> = all.collect();
        let pages = site.pages(&[&["calls", "--limit", "7"], filter].concat(), "Older ones: ");
        assert!(all.len() > 14 && pages.len() > 2, "{filter:?}: {} calls", all.len());
        // Where the last place has two calls, nobody has looked behind it.
        assert!(pages[..pages.len() - 1].iter().all(|page| page.len() >= 7), "{pages:?}");
        let word = |row: &String, nth| row.split_whitespace().nth(nth).unwrap().to_owned();
        let listed = pages.concat();
        let listed = listed.iter().map(|row| (word(row, 1), word(row, 2)));
        let mut listed: Vec<(String, String)> = listed.collect();
        // The two of one place have no order.
        all.sort();
        listed.sort();
        assert_eq!(listed, all, "{filter:?}");
    }
    site.check_refused(
        &["calls", "--after", "nobody"],
        2,
        "`nobody` is no place of a list over all sources",
        "--source",
    );
}

#[test]
fn an_agent_no_list_ever_showed_can_be_assigned_by_its_id() {
    let simulator = Simulator::start(200);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let status = &site.run(&["status", "--json"]).json()[0];
    let groups = status["waitingFor"].as_array().unwrap();
    let deleted = groups.iter().find(|group| group["reason"] == "agent_not_in_system").unwrap();
    let id = deleted["providerAgentId"].as_str().unwrap();
    assert_eq!(site.run(&["accounts", "add", "Maple"]).code, Some(0));
    let arguments = ["assign", id, "--account", "Maple"];
    let preview = site.run(&[&arguments[..], &["--preview"]].concat());
    assert!(preview.stdout.contains("Nothing was changed"), "{preview:?}");
    let said = site.run(&arguments);
    assert!(said.stdout.contains(&format!("{} calls placed", deleted["calls"])), "{said:?}");
}

#[test]
fn an_address_in_use_is_told() {
    let site = Site::of(&Simulator::start(1));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = site.run(&["serve", "--only-dashboard", "--listen", &address]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert!(said.stderr.contains(&format!("{address} cannot be listened on")), "{said:?}");
}

#[test]
fn a_source_that_is_added_can_be_read_at_once() {
    let simulator = Simulator::start(20);
    let site = Site::empty();
    site.write("token", &simulator.token);
    let base = format!("base_url={}", simulator.base_url);
    let location = format!("location_id={}", simulator.location_id);
    let mut told = vec!["sources", "add", "main", "--provider", "highlevel_voice_ai"];
    told.extend(["--since", "2025-10-03", "--set", &base]);
    site.check_refused(
        &told,
        2,
        "nobody can be asked here, and --set location_id=… was not given",
        "…/location/THIS/dashboard",
    );
    told.extend(["--set", &location, "--set", "page_size=10", "--secret-file", "token"]);
    let said = site.run(&told);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.stdout.contains("doctor main"), "{said:?}");
    let report = &site.run(&["sync", "--all", "--json"]).json()[0];
    // Where windows touch depends on the hour of the day, and a call on an edge is listed twice.
    assert_eq!((&report["new"], &report["success"]), (&20.into(), &true.into()));
    site.check_refused(&told, 2, "two sources are called `main`", "a name of its own");
}

#[test]
fn a_source_is_added_to_the_file_that_a_link_leads_to() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let site = Site::empty();
    let real = site.path("real.toml");
    site.write("real.toml", "# Ours\n");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.toml", site.path("everycall.toml")).unwrap();
    let add = ["sources", "add", "more", "--provider", "elevenlabs", "--since", "2026-01-01"];
    let said = site.run(&[&add[..], &["--secret-env", "ELEVENLABS_KEY"]].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(site.path("everycall.toml").is_symlink());
    let text = site.read("real.toml");
    assert!(text.starts_with("# Ours\n") && text.contains("name = \"more\""), "{text}");
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_source_that_only_a_person_can_mend_says_what_to_change_and_since_when() {
    let simulator = Simulator::start(20);
    let site = Site::of(&simulator);
    assert_eq!(site.sync(&[]).code, Some(0));
    let before = site.run(&["status", "--json"]).json();
    assert!(before[0]["needsPerson"].is_null(), "{before:?}");
    // The clock goes on while the program works.
    let is_at =
        |value: &serde_json::Value, second: &str| value.as_str().unwrap().starts_with(second);
    assert!(before[0]["nextRunAt"].is_null(), "it was read by hand only: {before:?}");

    site.write("token", "pit-wrong");
    for now in ["2026-01-01T06:00:00Z", "2026-01-01T12:00:00Z"] {
        assert_ne!(site.run(&["sync", "--now", now]).code, Some(0));
    }
    let refused = site.run(&["status", "--json"]).json();
    let trouble = &refused[0]["needsPerson"];
    assert!(is_at(&trouble["since"], "2026-01-01T06:00:00"), "{trouble}");
    assert_eq!(trouble["runs"], 2);
    let said = site.run(&["status"]).stdout;
    assert!(said.contains("since 2026-01-01T06:00:00") && said.contains("Z, 2 runs"), "{said}");
    assert!(said.contains("private integration"), "{said}");
    assert!(!said.contains("pit-wrong"), "{said}");

    site.write("token", &simulator.token);
    assert_eq!(site.run(&["sync", "--now", "2026-01-01T18:00:00Z"]).code, Some(0));
    assert!(site.run(&["status", "--json"]).json()[0]["needsPerson"].is_null());
}
