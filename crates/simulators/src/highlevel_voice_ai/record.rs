//! One call as the API writes it (§2.1, `CallLogDTO`).

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::highlevel::{iso, share};
use crate::world::{Action, Call, Language};

use super::catalogue::{Catalogue, shown_at};
use super::settings::{ActionIdKey, Settings, Translation};

/// What opens the system that a custom action asks, as it stands in the records of its calls.
pub const ACTION_SECRETS: [&str; 2] = ["live-key-of-orders-1c9f", "live-key-of-headers-7d20"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallLog<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<&'a str>,
    is_agent_deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_number: Option<&'a str>,
    created_at: String,
    duration: u32,
    trial_call: bool,
    executed_call_actions: Vec<Value>,
    summary: &'a str,
    transcript: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    translation: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extracted_data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sentiment: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_outcome: Option<&'a str>,
}

/// Writes calls as they look at one instant.
pub(super) struct Renderer<'a> {
    pub(super) settings: &'a Settings,
    pub(super) now: i64,
}

impl Renderer<'_> {
    /// True when time alone will not change the record any more.
    pub(super) fn is_settled(&self, call: &Call) -> bool {
        let it = self.settings;
        let longest = it.summary_after_seconds.max(it.transcript_after_seconds);
        self.has_passed(call, longest.max(it.duration_after_seconds))
    }

    /// The record as JSON.
    pub(super) fn render(&self, call: &Call, catalogue: &Catalogue) -> Vec<u8> {
        let agent = call.agent_id.as_deref().and_then(|id| catalogue.agent(id));
        let transcript = self.transcript(call);
        let log = CallLog {
            id: &call.id,
            contact_id: self.optional(call, "contactId", call.contact_id.as_deref()),
            agent_id: call.agent_id.as_deref(),
            is_agent_deleted: agent.is_some_and(|agent| agent.is_deleted),
            from_number: self.optional(call, "fromNumber", call.from_number.as_deref()),
            created_at: iso(shown_at(call, self.settings.created_at_means)),
            duration: if self.has_passed(call, self.settings.duration_after_seconds) {
                call.duration
            } else {
                0
            },
            trial_call: call.is_trial,
            executed_call_actions: call.actions.iter().map(|it| self.action(it)).collect(),
            summary: if self.has_passed(call, self.settings.summary_after_seconds) {
                &call.summary
            } else {
                ""
            },
            translation: agent
                .filter(|agent| agent.language == Language::Spanish)
                .and_then(|_| self.translation(call, &transcript)),
            transcript,
            extracted_data: self
                .optional(call, "extractedData", call.extracted_data.as_deref())
                .and_then(|text| serde_json::from_str(text).ok()),
            message_id: self.optional(call, "messageId", call.message_id.as_deref()),
            sentiment: self.settings.extra_fields.then(|| json!({ "score": 0.4 })),
            call_outcome: self.settings.extra_fields.then_some("RESOLVED_BY_AGENT"),
        };
        serde_json::to_vec(&log).expect("a record is made of texts and numbers only")
    }

    fn has_passed(&self, call: &Call, seconds: i64) -> bool {
        self.now >= call.ended_at() + seconds * 1000
    }

    fn transcript(&self, call: &Call) -> String {
        if !self.has_passed(call, self.settings.transcript_after_seconds) {
            return String::new();
        }
        let text = call.transcript.to_string();
        if self.settings.transcript_space {
            return text;
        }
        text.replace("bot: ", "bot:").replace("human: ", "human:")
    }

    fn translation(&self, call: &Call, transcript: &str) -> Option<Value> {
        let shape = match (self.settings.translation, share(&call.id, "translation")) {
            (Translation::Mixed, ..0.25) => Translation::Absent,
            (Translation::Mixed, ..0.5) => Translation::EnabledLanguage,
            (Translation::Mixed, ..0.75) => Translation::TranslatedTranscript,
            (Translation::Mixed, _) => Translation::TranscriptLanguage,
            (shape, _) => shape,
        };
        match shape {
            Translation::Absent | Translation::Mixed => None,
            Translation::EnabledLanguage => Some(json!({ "enabled": true, "language": "en" })),
            Translation::TranslatedTranscript => {
                Some(json!({ "translatedTranscript": transcript }))
            }
            Translation::TranscriptLanguage => {
                Some(json!({ "transcript": transcript, "language": "en" }))
            }
        }
    }

    fn action(&self, action: &Action) -> Value {
        let id_key = match self.settings.action_id_key {
            ActionIdKey::ActionId => "actionId",
            ActionIdKey::UnderscoreId => "_id",
        };
        let is_unknown = share(&action.id, "type") < self.settings.unknown_action_share;
        let action_type = if is_unknown { "SENTIMENT_ROUTING" } else { &action.action_type };
        json!({
            id_key: action.id,
            "actionType": action_type,
            "actionName": action.name,
            "actionParameters": parameters(&action.action_type),
            "triggerReceivedAt": iso(action.triggered_at),
            "executedAt": iso(action.triggered_at + 10_000),
        })
    }

    fn optional<'a>(&self, call: &Call, field: &str, value: Option<&'a str>) -> Option<&'a str> {
        value.filter(|_| share(&call.id, field) >= self.settings.omit_optional_share)
    }
}

fn parameters(action_type: &str) -> Value {
    let (prompt, message) = ("When the caller agrees", "One moment, please.");
    match action_type {
        "SMS" => json!({
            "triggerPrompt": prompt,
            "triggerMessage": message,
            "messageBody": "Your appointment is confirmed. Reply C to cancel.",
        }),
        "CALL_TRANSFER" => json!({
            "triggerPrompt": prompt,
            "transferToType": "number",
            "transferToValue": "+12125550199",
            "triggerMessage": message,
        }),
        "WORKFLOW_TRIGGER" => json!({
            "triggerPrompt": prompt,
            "triggerMessage": message,
            "workflowId": "0b7c8a52-5f0e-4a3c-9a55-3f4f5f0f7a11",
        }),
        "APPOINTMENT_BOOKING" => json!({
            "calendarId": "calSimulated00000001",
            "daysOfOfferingDates": 3,
            "slotsPerDay": 2,
            "hoursBetweenSlots": 1,
        }),
        "CUSTOM_ACTION" => json!({
            "triggerPrompt": prompt,
            "triggerMessage": message,
            "apiDetails": {
                "url": "https://orders.example.com/v1/orders",
                "method": "POST",
                "authenticationRequired": true,
                "authenticationValue": ACTION_SECRETS[0],
                "headers": [{ "key": "X-Api-Key", "value": ACTION_SECRETS[1] }],
            },
            "selectedPaths": ["order.status"],
        }),
        "KNOWLEDGE_BASE" => json!({
            "triggerPrompt": prompt,
            "knowledgeBaseId": "kbSimulated000000001",
        }),
        _ => json!({}),
    }
}
