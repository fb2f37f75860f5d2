//! What placement looks at.

use crate::{Call, Direction, Tag, Timestamp};

/// What placement looks at.
#[derive(Debug, Clone, Copy)]
pub struct PlacementFacts<'a> {
    /// The provider's id of the agent, if the record names one.
    pub provider_agent_id: Option<&'a str>,
    /// The call's own time, which decides between assignments.
    pub occurred_at: Timestamp,
    /// Which way it went, where that is known.
    pub direction: Option<Direction>,
    /// The calling number in E.164.
    pub from: Option<&'a str>,
    /// The called number in E.164.
    pub to: Option<&'a str>,
    /// Its campaign, in the provider's words.
    pub campaign: Option<&'a str>,
    /// Whether it was made to try an agent out.
    pub is_test: bool,
}

impl<'a> PlacementFacts<'a> {
    /// A call of which only its agent and its time are known.
    pub const fn of_agent(provider_agent_id: Option<&'a str>, occurred_at: Timestamp) -> Self {
        Self {
            provider_agent_id,
            occurred_at,
            direction: None,
            from: None,
            to: None,
            campaign: None,
            is_test: false,
        }
    }

    /// The numbers that may be our side's: the called one of an inbound call, the calling one of an
    /// outbound one, and either where nobody says which way it went.
    pub fn our_numbers(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let called = self.to.filter(|_| self.direction != Some(Direction::Outbound));
        let calling = self.from.filter(|_| self.direction != Some(Direction::Inbound));
        called.into_iter().chain(calling)
    }
}

impl<'a> From<&'a Call> for PlacementFacts<'a> {
    fn from(call: &'a Call) -> Self {
        Self {
            provider_agent_id: call.agent.as_ref().map(|agent| agent.provider_agent_id.as_str()),
            occurred_at: call.occurred_at.at,
            direction: call.direction,
            from: call.from.as_ref().and_then(|phone| phone.e164.as_deref()),
            to: call.to.as_ref().and_then(|phone| phone.e164.as_deref()),
            campaign: call.campaign.as_deref(),
            is_test: call.tags.contains(&Tag::TestCall),
        }
    }
}
