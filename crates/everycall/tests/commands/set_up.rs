//! A source that is set up in the dashboard, as the program that runs already notices it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::time::{Duration, Instant};

use domain::{Country, ProviderKind, Timestamp};
use engine::set_up::{Answers, SetUpAsked};
use secrecy::SecretString;
use serde_json::json;
use store::Store;

use crate::site::{END, Served, Simulator, Site};

/// Sets it up as its page does, with the key that `site` has.
fn set_up(site: &Site, simulator: &Simulator) {
    let at = |text: &str| Timestamp::parse_human(text).unwrap();
    let said = [("base_url", &simulator.base_url), ("location_id", &simulator.location_id)];
    let asked = SetUpAsked {
        name: "desk".to_owned(),
        provider: ProviderKind::HighlevelVoiceAi,
        answers: Answers {
            since: at("2025-10-03"),
            country: Country::US,
            every_minutes: None,
            contacts: None,
            auto_assign: None,
            said: said
                .map(|(key, value)| (key.to_owned(), value.clone()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
        },
        secret: SecretString::from(simulator.token.clone()),
    };
    let setting_up = async {
        let store = Store::open(&format!("sqlite://{}", site.path("everycall.db").display())).await;
        let store = store.unwrap();
        let office = testkit::office(&store, at(END));
        // Its clock is that of the simulated world, and the simulator's is the real one.
        let tried = office.set_up(&store, &asked, true, "user olga").await.unwrap();
        assert!(tried.is_kept);
        store.close().await;
    };
    tokio::runtime::Runtime::new().unwrap().block_on(setting_up);
}

fn calls(site: &Site) -> u64 {
    let listed = site.run(&["sources", "--json"]).json();
    listed[0]["calls"].as_u64().unwrap_or(0)
}

#[test]
fn an_empty_folder_is_enough_to_serve_and_then_to_look() {
    let site = Site::empty();
    let served = Served::that_works(&site);
    let code = served.line_with(|line| line.starts_with("Nobody can sign in yet. Set up at http"));
    assert!(code.contains("/set-up"), "{code}");
    served.line_with(|line| line.starts_with("No source is set up yet"));
    assert_eq!(served.form("/set-up", None).0, 200);
    // With the database there, every command finds it.
    let shown = site.run(&["status"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""), "{shown:?}");
    let added = site.run_with_input(&["user", "add", "olga", "--operator"], "four words do well\n");
    assert_eq!(added.code, Some(0), "{added:?}");
    let doctor = site.run(&["doctor"]).stdout;
    assert!(doctor.contains("There is no everycall.toml, and the defaults hold"), "{doctor}");
    // It says on what it goes on.
    let note = site.run(&["status", "-v"]).stderr;
    assert!(note.contains("there is no configuration at everycall.toml"), "{note}");
    assert!(!site.path("everycall.toml").exists());
}

#[test]
fn serving_without_a_configuration_says_where_the_database_lies() {
    let site = Site::empty();
    // An address that cannot be listened on begins nothing.
    let refused = site.run(&["serve", "--listen", "192.0.2.1:1"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(!site.path("everycall.db").exists());
    let mut child = site.start_telling(&["serve", "--listen", "127.0.0.1:0"]);
    let mut note = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut note).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let database = site.path("").canonicalize().unwrap().join("everycall.db");
    let expected = format!(
        "note: there is no configuration at everycall.toml; going on with the defaults, database {}\n",
        database.display()
    );
    assert_eq!(note, expected);
}

#[test]
fn a_source_that_is_set_up_while_the_program_runs_is_read_once_it_is_let_go_on() {
    let simulator = Simulator::start(40);
    let site = Site::empty();
    // The key of the office.
    site.write("everycall.key", &"07".repeat(32));
    let served = Served::that_works(&site);
    served.line_with(|line| line.starts_with("No source is set up yet"));
    set_up(&site, &simulator);
    let listed = site.run(&["sources"]).stdout;
    assert!(listed.contains("desk") && listed.contains("rests"), "{listed}");
    let shown = site.run(&["status"]).stdout;
    assert!(!shown.contains(&simulator.token), "{shown}");
    assert_eq!(site.run(&["sources", "resume", "desk"]).code, Some(0));
    let begun = Instant::now();
    while calls(&site) < 40 {
        assert!(begun.elapsed() < Duration::from_mins(1), "it is read within seconds");
    }
    // Every command knows it as it knows those of the configuration.
    let doctor = site.run(&["doctor", "desk", "--json"]).json();
    assert!(
        doctor.iter().any(|it| it["name"] == "token" && it["outcome"] == "right"),
        "{doctor:?}"
    );
    // Without its key it is not read, and says so.
    site.write("everycall.key", &"08".repeat(32));
    let said = site.run(&["sync", "desk"]);
    assert!(said.stderr.contains("does not open with this key"), "{said:?}");
    let log = site.run(&["audit-log", "--json"]).json();
    assert!(log.iter().any(|it| it["target"] == json!("source desk")), "{log:?}");
}
