//! Webhooks of the workspace (§4): the list, which of them is the post-call webhook, and an agent's
//! own. Deliveries are not simulated.

use serde_json::{Value, json};

use crate::server::Answer;
use crate::world::World;

use super::settings::{Off, Settings, Webhook};
use super::story::agent_id;

/// When a delivery failed, in unix seconds.
const FAILED_AT: i64 = 1_795_000_000;

fn id(nth: usize) -> String {
    format!("wh_{nth}")
}

/// `GET /v1/workspace/webhooks`.
pub(super) fn list(settings: &Settings) -> Answer {
    let all = settings.webhooks.iter().enumerate();
    let all: Vec<Value> = all.map(|(nth, webhook)| entry(nth, webhook)).collect();
    Answer::json(200, json!({ "webhooks": all }).to_string())
}

fn entry(nth: usize, webhook: &Webhook) -> Value {
    json!({
        "webhook_id": id(nth),
        "name": "Calls",
        "webhook_url": webhook.url,
        "is_disabled": webhook.off != Off::No,
        "is_auto_disabled": webhook.off == Off::ByItself,
        "created_at_unix": 1_700_000_000,
        "auth_type": "hmac",
        "usage": [{ "usage_type": "ConvAI Settings" }],
        "most_recent_failure_error_code": webhook.failed_with,
        "most_recent_failure_timestamp": webhook.failed_with.map(|_| FAILED_AT),
    })
}

/// `GET /v1/convai/settings`.
pub(super) fn workspace(settings: &Settings) -> Answer {
    let first = settings.webhooks.first().map(|_| id(0));
    let webhooks = json!({
        "post_call_webhook_id": first,
        "events": settings.webhook_events,
        "transcript_format": "json",
        "send_audio": false,
    });
    let body = json!({ "webhooks": webhooks, "can_use_mcp_servers": false });
    Answer::json(200, body.to_string())
}

/// `GET /v1/convai/agents/{id}`, as far as webhooks go.
pub(super) fn agent(world: &World, settings: &Settings, id_asked: &str) -> Option<Answer> {
    let mut listed = world.agents().iter().filter(|agent| !agent.is_deleted);
    let place = listed.position(|agent| agent_id(&agent.id) == id_asked)?;
    let last = settings.webhooks.len().checked_sub(1).map(id);
    let own = last.filter(|_| settings.agent_has_webhook && place == 0);
    let own = own.map(|own| json!({ "post_call_webhook_id": own, "events": ["transcript"] }));
    let body = json!({
        "agent_id": id_asked,
        "platform_settings": { "workspace_overrides": { "webhooks": own } },
    });
    Some(Answer::json(200, body.to_string()))
}
