//! What waiting calls wait for, and the command that ends their waiting.

use domain::{Timestamp, WaitingReason, WhyLacking};
use engine::gaps::{Gap, What};
use schemars::JsonSchema;
use serde::Serialize;
use store::WaitingGroup;

use super::unsigned;
use crate::api::Instant;

/// Calls that wait for the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingFor {
    /// What they lack.
    pub reason: String,
    /// What that means.
    pub sentence: String,
    /// The provider's id of the agent they name.
    pub provider_agent_id: Option<String>,
    /// The agent's name, where it is known.
    pub agent: Option<String>,
    /// How many.
    pub calls: u64,
    /// When the oldest of them happened.
    #[schemars(with = "Instant")]
    pub oldest: Timestamp,
    /// What to run.
    pub command: Option<String>,
}

impl WaitingFor {
    /// A group of a source's waiting calls.
    pub fn of(source: &str, group: WaitingGroup) -> Self {
        let reason: Option<WaitingReason> = group.reason.parse().ok();
        let named = group.agent.as_deref().filter(|name| is_plain(name));
        let agent = named.or(group.provider_agent_id.as_deref());
        let command = match reason {
            // Several sources may have an agent of this name. One that is in no list is named by its
            // id.
            Some(WaitingReason::AgentNotAssignedToUser | WaitingReason::AgentNotInSystem) => agent
                .map(|agent| {
                    let (agent, source) = (quoted(agent), quoted(source));
                    format!("everycall assign {agent} --source {source} --account NAME")
                }),
            Some(WaitingReason::ContactNotFound) => {
                Some("everycall contacts import FILE --account NAME".to_owned())
            }
            Some(WaitingReason::ContactAmbiguous) => {
                Some("everycall contacts merge CONTACT CONTACT".to_owned())
            }
            Some(WaitingReason::NoAgentIdInCall | WaitingReason::NoPhoneInCall) | None => None,
        };
        Self {
            sentence: reason.map_or_else(|| group.reason.clone(), |r| r.sentence().to_owned()),
            reason: group.reason,
            provider_agent_id: group.provider_agent_id,
            agent: group.agent,
            calls: unsigned(group.calls),
            oldest: Timestamp::from_millis(group.oldest),
            command,
        }
    }
}

/// Whether a shell and the command line take this name as one word when it is quoted.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('-') && !name.contains(char::is_control)
}

/// The command that repairs a gap.
pub fn repairing(source: &str, gap: &Gap) -> String {
    let source = quoted(source);
    let span = format!("--from {} --to {}", gap.window.from(), gap.window.to());
    match gap.what {
        What::Calls(_) => format!("everycall sync {source} {span}"),
        What::Proof(WhyLacking::Refused) => format!("everycall doctor {source}"),
        What::Proof(WhyLacking::UnderWay) => format!("everycall runs --source {source}"),
        What::Proof(_) => format!("everycall backfill {source} {span}"),
    }
}

/// A name as a shell takes it literally: what a provider sends must not become a command.
fn quoted(name: &str) -> String {
    if !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    {
        name.to_owned()
    } else if name.contains(['"', '$', '`', '\\', '!']) {
        format!("'{}'", name.replace('\'', r"'\''"))
    } else {
        format!("\"{name}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(reason: WaitingReason, agent: Option<&str>) -> Option<String> {
        let group = WaitingGroup {
            reason: reason.as_str().to_owned(),
            provider_agent_id: Some("a1".to_owned()),
            agent: agent.map(str::to_owned),
            calls: 3,
            oldest: 0,
        };
        WaitingFor::of("main", group).command
    }

    #[test]
    fn the_command_can_be_pasted_whatever_the_agent_is_called() {
        let assign = |agent| command(WaitingReason::AgentNotAssignedToUser, Some(agent));
        let wanted =
            |word: &str| Some(format!("everycall assign {word} --source main --account NAME"));
        assert_eq!(assign("Agent – ENG"), wanted("\"Agent – ENG\""));
        assert_eq!(assign("Anna's \"$(rm -rf ~)\""), wanted(r#"'Anna'\''s "$(rm -rf ~)"'"#));
        assert_eq!(assign("--force"), wanted("a1"));
        assert_eq!(assign("two\nlines"), wanted("a1"));
    }

    #[test]
    fn an_agent_no_list_shows_is_assigned_by_its_id() {
        let assign = command(WaitingReason::AgentNotInSystem, None);
        let wanted = "everycall assign a1 --source main --account NAME";
        assert_eq!(assign.as_deref(), Some(wanted));
        assert_eq!(command(WaitingReason::NoAgentIdInCall, None), None);
    }
}
