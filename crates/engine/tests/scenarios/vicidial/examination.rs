//! What the doctor says of an installation.

use std::sync::Arc;

use providers::ProbeOutcome;
use simulators::Simulated as _;
use simulators::vicidial::{Act, Settings};
use testkit::on_both_databases;

use super::{Scene, small};

on_both_databases! {
    /// Everything in order is said to be, and no secret is in any sentence.
    async fn the_examination_says_what_is_right(db) {
        let scene = Scene::set(db).await;
        let probes = scene.probes().await;
        for name in ["password", "tables", "rights", "timezone", "replica", "plan", "api_clock"] {
            let probe = probes.iter().find(|probe| probe.name == name);
            assert_eq!(probe.unwrap().outcome, ProbeOutcome::Right, "{probe:?}");
        }
        let total = probes.iter().find(|probe| probe.name == "control_total").unwrap();
        assert_eq!(total.outcome, ProbeOutcome::Right, "{total:?}");
        let said = format!("{probes:?}");
        for (_, secret) in scene.cluster.secrets() {
            assert!(!said.contains(&secret));
        }
    }

    /// Campaigns without a call URL are counted, and a URL that gives passwords away is told of by
    /// its campaign's name alone.
    async fn call_urls_are_counted_and_never_repeated(db) {
        let scene = Scene::set_with(db, Settings::default(), small()).await;
        let probe = scene.probe("call_urls").await;
        assert_eq!(probe.outcome, ProbeOutcome::Right, "{probe:?}");
        let said = "of 2 active campaigns, 1 have no dispo call URL and 2 no start call URL, and of 1 \
                    active in-groups, 1 have no dispo call URL";
        assert!(probe.sentence.contains(said), "{}", probe.sentence);
        scene.cluster.set_dispo_url("QUIET", "VARhttps://h.example.com/?k=s3cret&p=--A--pass--B--");
        let probe = scene.probe("call_urls").await;
        assert_eq!(probe.outcome, ProbeOutcome::Wrong, "{probe:?}");
        assert!(probe.sentence.contains("QUIET"), "{}", probe.sentence);
        assert!(!format!("{probe:?}").contains("example.com"), "{probe:?}");
    }

    /// D2: a campaign tells somebody else than us of its calls, and others tell nobody.
    async fn campaigns_whose_call_url_drifted_are_named(db) {
        let ours = "https://calls.example.com/webhooks/dialler";
        let keys = vec![("webhook_url", format!("\"{ours}\""))];
        let scene = Scene::with_keys(db, keys).await;
        scene.cluster.set_dispo_url("QUIET", &format!("VAR{ours}?lead=--A--lead_id--B--"));
        let probe = scene.probe("webhooks").await;
        assert_eq!(probe.outcome, ProbeOutcome::Wrong, "{probe:?}");
        let right = "1 tells calls.example.com of calls, as `webhook_url` says";
        assert!(probe.sentence.contains(right), "{}", probe.sentence);
        scene.cluster.set_dispo_url("QUIET", "VARhttps://h.example.org/?k=s3cret");
        let probe = scene.probe("webhooks").await;
        assert!(probe.sentence.contains("QUIET at h.example.org"), "{}", probe.sentence);
        assert!(!format!("{probe:?}").contains("s3cret"), "{probe:?}");
    }

    /// The doctor says which schema it is and what it lacks, and whether the server is strict.
    async fn the_schema_and_the_mode_are_named(db) {
        let scene = Scene::set_with(Arc::clone(&db), Settings::default(), small()).await;
        let probe = scene.probe("schema").await;
        assert!(probe.sentence.starts_with("Schema version 1728; no column"), "{}", probe.sentence);
        for (mode, outcome) in
            [("STRICT_TRANS_TABLES", ProbeOutcome::Notable), ("", ProbeOutcome::Right)]
        {
            let said = format!("SELECT '{mode}'");
            scene.cluster.on("@@global.sql_mode", 0, usize::MAX, Act::Instead(said));
            assert_eq!(scene.probe("sql_mode").await.outcome, outcome);
        }
        let site = Settings {
            without_columns: vec![("vicidial_carrier_log", "caller_code")],
            ..Settings::default()
        };
        let scene = Scene::set_with(db, site, small()).await;
        let probe = scene.probe("schema").await;
        assert!(probe.sentence.contains("vicidial_carrier_log.caller_code"), "{}", probe.sentence);
    }
}
