//! Whom agents tell of their conversations, and whether that arrives.

use super::{Notable, Right, probe};
use crate::Probe;
use crate::elevenlabs::client::Client;
use crate::elevenlabs::hooks::{self, Webhook};
use crate::examine::hinted;
use crate::webhooks::{Kind, could_not_look, host, judge};

const AGENTS: Kind = Kind {
    one: "agent",
    many: "agents",
    cure: "Make a webhook to `webhook_url` in the workspace (Settings, Webhooks), choose it as the \
        post-call webhook with the event `transcript`, and take out agents' own ones. Calls are \
        read meanwhile, only later",
};

const NEEDS: &str = "Give the API key the right to read the workspace's webhooks; reading calls does \
    not need it";

/// Both questions, from one reading of the webhooks.
pub(super) async fn ask(client: &Client) -> Vec<Probe> {
    let hooks = match hooks::read(client).await {
        Ok(hooks) => hooks,
        Err(error) => return vec![could_not_look(&error, NEEDS)],
    };
    // What cannot be read was refused when the client was made.
    let expected = client.settings().webhook().unwrap_or_default();
    let mut told = judge(AGENTS, &hooks.tellers, expected.as_ref());
    if hooks.unasked > 0 {
        let unasked = hooks.unasked;
        told.sentence = format!("{}; {unasked} more agents were not asked for", told.sentence);
        told.outcome = if told.outcome == Right { Notable } else { told.outcome };
    }
    let mut probes = vec![told];
    probes.extend(hooks.failing.iter().filter_map(failure));
    probes
}

fn failure(webhook: &Webhook) -> Option<Probe> {
    let (code, at) = webhook.failure?;
    let host = host(webhook.url.as_deref().unwrap_or_default());
    let sentence =
        format!("The last delivery to {host} that failed was at {at}, answered with {code}");
    let hint = "ElevenLabs repeats a delivery only where retries are switched on, and switches the \
        webhook off when it fails for long; what was not delivered is read all the same";
    Some(hinted(probe("webhook_failures", Notable, sentence), hint))
}
