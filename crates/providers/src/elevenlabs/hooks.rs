//! Webhooks after a call: which the workspace has, and which of them an agent uses.
//!
//! ElevenLabs sends nothing twice unless retries were switched on, switches a webhook off that fails
//! for long, and keeps no log of deliveries. So calls are found by reading, and this is looked at by
//! the doctor alone.

use std::collections::BTreeMap;

use bytes::Bytes;
use domain::Timestamp;
use serde::de::Error;

use super::client::Client;
use super::wire::Object;
use crate::json::{id, is_true, whole_number};
use crate::webhooks::Teller;
use crate::{ProviderAgent, SourceError};

/// Agents that are asked for by their ids, at most.
const AGENTS_MAX: usize = 100;

/// The event that brings a call.
const TRANSCRIPT: &str = "transcript";

/// A webhook of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// ElevenLabs' id of it.
    pub id: String,
    /// Where it leads.
    pub url: Option<String>,
    /// Why nothing is sent there, if nothing is.
    pub off: Option<&'static str>,
    /// What the last delivery that failed was answered with, and when.
    pub failure: Option<(u64, Timestamp)>,
}

impl Webhook {
    /// Reads the workspace's list.
    pub fn all(body: &Bytes) -> serde_json::Result<Vec<Self>> {
        let page: Object<'_> = serde_json::from_slice(body)?;
        if page.get("webhooks").is_none() {
            return Err(serde_json::Error::custom("there is no list"));
        }
        let all = page.list("webhooks").into_iter();
        let all = all.filter_map(|raw| Self::of(&Object::read(raw.get()).ok()?));
        Ok(all.collect())
    }

    fn of(it: &Object<'_>) -> Option<Self> {
        let off = if is_true(it.get("is_auto_disabled")) {
            Some("which ElevenLabs switched off after too many failures")
        } else {
            is_true(it.get("is_disabled")).then_some("which is switched off")
        };
        let code = it.get("most_recent_failure_error_code").and_then(whole_number);
        let at = it.get("most_recent_failure_timestamp").and_then(whole_number);
        let at = at.and_then(|seconds| i64::try_from(seconds.checked_mul(1000)?).ok());
        Some(Self {
            id: id(it.get("webhook_id"))?,
            url: it.words("webhook_url").map(Into::into),
            off,
            failure: code.zip(at.map(Timestamp::from_millis)),
        })
    }
}

/// Which webhook is used, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hook {
    /// The webhook; `None` where none is named.
    pub id: Option<String>,
    /// The events it is told of, where they are said.
    pub events: Option<Vec<String>>,
}

impl Hook {
    /// Reads the settings of the workspace.
    pub fn of_workspace(body: &Bytes) -> serde_json::Result<Self> {
        let settings: Object<'_> = serde_json::from_slice(body)?;
        Ok(Self::of(&settings.object("webhooks")))
    }

    /// Reads what an agent has instead of the workspace's.
    pub fn of_agent(body: &Bytes) -> serde_json::Result<Self> {
        let agent: Object<'_> = serde_json::from_slice(body)?;
        let own = agent.object("platform_settings").object("workspace_overrides");
        Ok(Self::of(&own.object("webhooks")))
    }

    fn of(it: &Object<'_>) -> Self {
        let events = it.get("events").map(|_| it.list("events"));
        let events = events.map(|all| all.into_iter().filter_map(|raw| id(Some(raw))).collect());
        Self { id: id(it.get("post_call_webhook_id")), events }
    }
}

/// What was found of a workspace.
#[derive(Debug)]
pub(super) struct Hooks {
    /// Whom each agent tells of its conversations, or the workspace where it has no agent.
    pub(super) tellers: Vec<Teller>,
    /// Agents that were not asked for, because there are so many.
    pub(super) unasked: usize,
    /// The webhooks in use whose last deliveries failed.
    pub(super) failing: Vec<Webhook>,
}

/// Reads the webhooks in use.
pub(super) async fn read(client: &Client) -> Result<Hooks, SourceError> {
    let usual = client.workspace_hook().await?;
    let known = client.webhooks().await?.into_iter();
    let known: BTreeMap<String, Webhook> = known.map(|it| (it.id.clone(), it)).collect();
    let agents = client.agents().await?.agents;
    let unasked = agents.len().saturating_sub(AGENTS_MAX);
    let mut hooks = Hooks { tellers: Vec::new(), unasked, failing: Vec::new() };
    let mut used = Vec::new();
    for agent in agents.iter().take(AGENTS_MAX) {
        let own = client.agent_hook(&agent.provider_agent_id).await?;
        let hook = if own.id.is_some() { own } else { usual.clone() };
        hooks.tellers.push(teller(name(agent), &hook, &known));
        used.extend(hook.id);
    }
    if agents.is_empty() {
        hooks.tellers.push(teller("the workspace".to_owned(), &usual, &known));
        used.extend(usual.id);
    }
    let failing = known.into_values().filter(|it| it.failure.is_some() && used.contains(&it.id));
    hooks.failing = failing.collect();
    Ok(hooks)
}

fn name(agent: &ProviderAgent) -> String {
    if agent.name.is_empty() { agent.provider_agent_id.clone() } else { agent.name.clone() }
}

fn teller(name: String, hook: &Hook, known: &BTreeMap<String, Webhook>) -> Teller {
    let Some(id) = &hook.id else { return Teller { name, tells: None, flaw: None } };
    let Some(webhook) = known.get(id) else {
        // An id that leads nowhere tells nobody.
        return Teller { name, tells: None, flaw: None };
    };
    let lacks = |events: &Vec<String>| !events.iter().any(|event| event == TRANSCRIPT);
    let silent = hook.events.as_ref().is_some_and(lacks);
    let off = webhook.off.or(silent.then_some("which is not told of transcripts"));
    Teller { name, tells: webhook.url.clone(), flaw: off.map(str::to_owned) }
}
