//! Whether agents tell us of their conversations, and how that drifts or never was (D1, D2).

use std::sync::Arc;

use providers::{Probe, ProbeOutcome};
use simulators::elevenlabs::{Off, Settings, Webhook};
use testkit::{TestDb, on_both_databases};

use super::rig;

const OURS: &str = "https://calls.example.com/webhooks/agents";
const THEIRS: &str = "https://hooks.example.org/elsewhere";

/// What the doctor says where ours is expected, by the name of the question.
async fn told(db: Arc<TestDb>, switch: impl FnOnce(&mut Settings)) -> Vec<Probe> {
    let expected = format!("\"{OURS}\"");
    let rig = rig(db, 10, &[("webhook_url", &expected)], switch, |_, _| {}).await;
    rig.source.connection.examine().await
}

fn of<'a>(probes: &'a [Probe], name: &str) -> &'a Probe {
    let found = probes.iter().find(|probe| probe.name == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {probes:#?}"))
}

on_both_databases! {
    /// D1: the post-call webhook was never set up; every agent is silent.
    async fn agents_whose_webhook_was_never_set_up_are_named(db) {
        let probes = told(db, |_| {}).await;
        let told = of(&probes, "webhooks");
        assert_eq!(told.outcome, ProbeOutcome::Wrong);
        assert!(told.sentence.contains("tell nobody"), "{}", told.sentence);
        assert!(told.hint.as_ref().unwrap().contains("`webhook_url`"));
    }

    /// D2: one agent was given a webhook of its own; only it has drifted.
    async fn an_agent_with_a_webhook_of_its_own_has_drifted(db) {
        let probes = told(db, |it| {
            it.webhooks = vec![Webhook::to(OURS), Webhook::to(THEIRS)];
            it.agent_has_webhook = true;
        }).await;
        let told = of(&probes, "webhooks");
        assert_eq!(told.outcome, ProbeOutcome::Wrong);
        assert!(told.sentence.contains("1 has drifted"), "{}", told.sentence);
        assert!(told.sentence.contains("at hooks.example.org"), "{}", told.sentence);
    }

    /// D3: deliveries failed until ElevenLabs switched the webhook off.
    async fn a_webhook_that_was_switched_off_tells_nobody(db) {
        let probes = told(db, |it| {
            let off = Webhook { off: Off::ByItself, failed_with: Some(503), ..Webhook::to(OURS) };
            it.webhooks = vec![off];
        }).await;
        assert_eq!(of(&probes, "webhooks").outcome, ProbeOutcome::Wrong);
        let sentence = &of(&probes, "webhooks").sentence;
        assert!(sentence.contains("switched off after too many failures"), "{sentence}");
        assert!(of(&probes, "webhook_failures").sentence.ends_with("answered with 503"));
    }

    /// The right webhook is right, and a key that may not look finds nothing about agents.
    async fn a_webhook_that_is_ours_is_right_and_one_that_is_hidden_is_unknown(db) {
        let ours = |it: &mut Settings| it.webhooks = vec![Webhook::to(OURS)];
        let probes = told(Arc::clone(&db), ours).await;
        assert_eq!(of(&probes, "webhooks").outcome, ProbeOutcome::Right, "{probes:#?}");
        let probes = told(db, |it| it.lists_webhooks = false).await;
        assert_eq!(of(&probes, "webhooks").outcome, ProbeOutcome::Notable);
        assert!(of(&probes, "webhooks").sentence.starts_with("Could not look"));
    }
}
