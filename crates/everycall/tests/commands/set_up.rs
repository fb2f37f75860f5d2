//! A source that is set up in the dashboard, as the program that runs already notices it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::{Country, ProviderKind, Timestamp};
use engine::set_up::SetUpAsked;
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
        since: at("2025-10-03"),
        country: Country::US,
        every_minutes: None,
        contacts: None,
        auto_assign: None,
        said: said
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .into_iter()
            .collect::<BTreeMap<_, _>>(),
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
fn a_source_that_is_set_up_while_the_program_runs_is_read_once_it_is_let_go_on() {
    let simulator = Simulator::start(40);
    let site = Site::empty();
    site.write("everycall.toml", "");
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
