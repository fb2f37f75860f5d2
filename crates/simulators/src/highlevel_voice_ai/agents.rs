//! Agents: a list without the deleted ones, and a lookup (§2.3).

use serde_json::{Value, json};

use crate::server::{Answer, Asked};
use crate::world::{Agent, Language, World};

use super::query::Paging;
use super::settings::PageSizeOverLimit;
use crate::highlevel::errors::{error, unprocessable};

/// The deepest page of the list.
const PAGE_MAX: u32 = 5000;

/// `GET /voice-ai/agents`.
pub(super) fn list(world: &World, asked: &Asked) -> Answer {
    let paging = match Paging::read(asked, PageSizeOverLimit::Refuse422) {
        Ok(paging) if paging.page <= PAGE_MAX => paging,
        Ok(_) => return unprocessable(&["page must not be greater than 5000"]),
        Err(refusal) => return refusal,
    };
    let wanted = asked.param("query").unwrap_or_default().to_lowercase();
    let found: Vec<&Agent> = world
        .agents()
        .iter()
        .filter(|agent| !agent.is_deleted && agent.name.to_lowercase().contains(&wanted))
        .collect();
    let (start, end) = paging.bounds(found.len());
    let page = found[start..end].iter().map(|agent| body(world, agent));
    let body = json!({
        "total": found.len(),
        "page": paging.page,
        "pageSize": paging.page_size,
        "agents": page.collect::<Vec<Value>>(),
    });
    Answer::json(200, body.to_string())
}

/// `GET /voice-ai/agents/{agentId}`.
pub(super) fn get(world: &World, id: &str) -> Answer {
    let mut agents = world.agents().iter();
    match agents.find(|agent| agent.id == id && !agent.is_deleted) {
        Some(agent) => Answer::json(200, body(world, agent).to_string()),
        None => error(404, "Agent not found"),
    }
}

fn body(world: &World, agent: &Agent) -> Value {
    let (language, welcome) = match agent.language {
        Language::English => ("en-US", "Hi, thanks for calling. How can I help you?"),
        Language::Spanish => ("es", "Gracias por llamar. ¿En qué puedo ayudarle?"),
    };
    let mut body = json!({
        "id": agent.id,
        "locationId": world.location().id,
        "agentName": agent.name,
        "businessName": agent.business_name,
        "welcomeMessage": welcome,
        "agentPrompt": "Answer briefly, take the caller's name and what they need.",
        "voiceId": "simulatedVoice000001",
        "language": language,
        "patienceLevel": "high",
        "maxCallDuration": 900,
        "sendUserIdleReminders": true,
        "reminderAfterIdleTimeSeconds": 8,
        "timezone": world.location().timezone,
        "isAgentAsBackupDisabled": false,
        "actions": [],
    });
    if let Some(number) = &agent.inbound_number {
        body["inboundNumber"] = number.clone().into();
    }
    body
}
