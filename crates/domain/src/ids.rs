//! An id type per kind, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id! {
    /// One configured connection to a provider.
    SourceId
}
number_id! {
    /// The tenant a call belongs to.
    AccountId
}
number_id! {
    /// An agent of one source, as we number it. The provider's own id is a text beside it.
    AgentId
}
number_id! {
    /// The person on the other side of a call.
    ContactId
}
number_id! {
    /// One assignment of an agent's calls to an account.
    AssignmentId
}
number_id! {
    /// One rule of a source, as it is kept.
    RuleId
}
number_id! {
    /// Something a person or a schedule asked to be done.
    JobId
}
number_id! {
    /// One execution over a window.
    RunId
}

/// The provider's own id of a call: with its source, the only key a call has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProviderCallId(pub String);

impl fmt::Display for ProviderCallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A kind of system that has calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderKind {
    /// Calls handled by HighLevel's own AI agents.
    HighlevelVoiceAi,
    /// Every call of a HighLevel sub-account, by people and AI, as messages of its conversations.
    HighlevelConversations,
    /// Calls of Teli's AI agents.
    Teli,
    /// Calls of a ViciDial contact centre, from its database.
    Vicidial,
    /// Calls that went over Twilio's lines.
    Twilio,
    /// Conversations of ElevenLabs' agents.
    Elevenlabs,
}

impl ProviderKind {
    /// Every provider there is.
    pub const ALL: &[Self] = &[
        Self::HighlevelVoiceAi,
        Self::HighlevelConversations,
        Self::Teli,
        Self::Vicidial,
        Self::Twilio,
        Self::Elevenlabs,
    ];

    /// Its name in configuration, database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HighlevelVoiceAi => "highlevel_voice_ai",
            Self::HighlevelConversations => "highlevel_conversations",
            Self::Teli => "teli",
            Self::Vicidial => "vicidial",
            Self::Twilio => "twilio",
            Self::Elevenlabs => "elevenlabs",
        }
    }

    /// Its name on screen.
    pub const fn title(self) -> &'static str {
        match self {
            Self::HighlevelVoiceAi => "HighLevel Voice AI",
            Self::HighlevelConversations => "HighLevel Conversations",
            Self::Teli => "Teli",
            Self::Vicidial => "ViciDial",
            Self::Twilio => "Twilio",
            Self::Elevenlabs => "ElevenLabs",
        }
    }
}

/// A provider nobody here knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no provider `{0}`; there is: {known}", known = names())]
pub struct UnknownProvider(pub String);

fn names() -> String {
    ProviderKind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

impl FromStr for ProviderKind {
    type Err = UnknownProvider;
    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        let known = Self::ALL.iter().copied().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| UnknownProvider(text.to_owned()))
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
