//! Why a call waits or is left out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a waiting call lacks. The names are those the users of the replaced systems know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingReason {
    /// The record names no agent.
    NoAgentIdInCall,
    /// The record names an agent the provider's list never showed us.
    AgentNotInSystem,
    /// The agent is known and belongs to no account at the call's time.
    AgentNotAssignedToUser,
    /// No contact of the account has the call's number or id, and this source makes none.
    ContactNotFound,
    /// Several contacts of the account have the call's number.
    ContactAmbiguous,
    /// The record has neither a number nor an id of the person.
    NoPhoneInCall,
}

/// Why a call is deliberately left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExcludedReason {
    /// It happened before the account's `calls_reset_at`.
    OutsideResetDate,
    /// A rule of its source leaves it out.
    ExcludedByRule,
}

impl WaitingReason {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::NoAgentIdInCall,
        Self::AgentNotInSystem,
        Self::AgentNotAssignedToUser,
        Self::ContactNotFound,
        Self::ContactAmbiguous,
        Self::NoPhoneInCall,
    ];

    /// Its name in database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoAgentIdInCall => "no_agent_id_in_call",
            Self::AgentNotInSystem => "agent_not_in_system",
            Self::AgentNotAssignedToUser => "agent_not_assigned_to_user",
            Self::ContactNotFound => "contact_not_found",
            Self::ContactAmbiguous => "contact_ambiguous",
            Self::NoPhoneInCall => "no_phone_in_call",
        }
    }

    /// What it means, for a person.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::NoAgentIdInCall => "the provider's record names no agent",
            Self::AgentNotInSystem => "the agent is not in the provider's list of agents",
            Self::AgentNotAssignedToUser => "the agent is assigned to no account",
            Self::ContactNotFound => "no contact of the account has the call's number or lead code",
            Self::ContactAmbiguous => "several contacts of the account have the call's number",
            Self::NoPhoneInCall => "the provider's record has neither a number nor a lead code",
        }
    }

    /// Whether the call's account is known and only its contact is missing.
    pub const fn is_about_contact(self) -> bool {
        matches!(self, Self::ContactNotFound | Self::ContactAmbiguous | Self::NoPhoneInCall)
    }
}

impl ExcludedReason {
    /// Every reason.
    pub const ALL: &[Self] = &[Self::OutsideResetDate, Self::ExcludedByRule];

    /// Its name in database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutsideResetDate => "outside_reset_date",
            Self::ExcludedByRule => "excluded_by_rule",
        }
    }

    /// What it means, for a person.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::OutsideResetDate => "it happened before its account counts calls",
            Self::ExcludedByRule => "a rule of its source leaves it out",
        }
    }
}

impl fmt::Display for WaitingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for WaitingReason {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|reason| reason.as_str() == text);
        known.ok_or_else(|| format!("there is no waiting reason `{text}`"))
    }
}
