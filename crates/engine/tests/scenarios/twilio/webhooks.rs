//! Whether numbers tell us of their calls, and how that drifts (D1, D2).

use std::sync::Arc;

use providers::ProbeOutcome;
use simulators::simulated::toml_text;
use simulators::twilio::{Number, Settings};
use testkit::{TestDb, on_both_databases};

use super::{probe, probes, rig};

const OURS: &str = "https://calls.example.com/webhooks/phones";
const THEIRS: &str = "https://api.example.org/twilio/status-callback";

/// What the doctor says of numbers like these, where ours is expected.
async fn told(db: Arc<TestDb>, switches: Settings) -> (ProbeOutcome, String) {
    let (rig, _) = rig(db, switches, &[("webhook_url", toml_text(OURS))]).await;
    let probes = probes(&rig).await;
    let told = probe(&probes, "webhooks");
    (told.outcome, told.sentence.clone())
}

fn numbers(numbers: Vec<Number>) -> Settings {
    Settings { numbers, ..Settings::default() }
}

on_both_databases! {
    /// Another integration took a number over, and one was never set up: both are named.
    async fn a_number_whose_webhook_drifted_is_named(db) {
        let all = vec![Number::telling(OURS), Number::telling(THEIRS), Number::silent()];
        let (outcome, said) = told(db, numbers(all)).await;
        assert_eq!(outcome, ProbeOutcome::Wrong);
        assert!(said.contains("…0101 at api.example.org"), "{said}");
        assert!(said.contains("1 tells nobody (…0102)"), "{said}");
        assert!(!said.contains("2125550"), "{said}");
    }

    /// Numbers that tell us, by themselves and by an application.
    async fn numbers_whose_webhook_is_ours_are_right(db) {
        let of_application = Number { has_application: true, ..Number::telling(OURS) };
        let retried = Number::telling(&format!("{OURS}#rc=5&rp=all"));
        let (outcome, said) = told(db, numbers(vec![of_application, retried])).await;
        assert_eq!(outcome, ProbeOutcome::Right, "{said}");
    }

    /// Not being let in is no finding about numbers.
    async fn numbers_that_may_not_be_listed_are_said_to_be_unknown(db) {
        let switches = Settings { lists_numbers: false, ..Settings::default() };
        let (outcome, said) = told(db, switches).await;
        assert_eq!(outcome, ProbeOutcome::Notable);
        assert!(said.starts_with("Could not look"), "{said}");
    }
}
