//! What a source's calls may do to contacts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ProviderKind;

/// Whether calls of a source make contacts, only look for them, or do neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactPolicy {
    /// A call from somebody unknown makes a contact, and later calls add to it.
    Created,
    /// A call waits until a contact has its number or id.
    Matched,
    /// Calls have no contacts.
    Off,
}

impl ContactPolicy {
    /// Every policy.
    pub const ALL: &[Self] = &[Self::Created, Self::Matched, Self::Off];

    /// What holds for a source that says nothing.
    ///
    /// Only Teli's calls say enough about a person to make a contact of. Calls that wait for leads
    /// nobody imports would look lost, so `matched` has to be asked for.
    pub const fn of(provider: ProviderKind) -> Self {
        match provider {
            ProviderKind::Teli => Self::Created,
            ProviderKind::HighlevelVoiceAi
            | ProviderKind::HighlevelConversations
            | ProviderKind::Vicidial
            | ProviderKind::Twilio
            | ProviderKind::Elevenlabs => Self::Off,
        }
    }

    /// Its name in configuration, database and API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Matched => "matched",
            Self::Off => "off",
        }
    }
}

impl fmt::Display for ContactPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ContactPolicy {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().copied().find(|policy| policy.as_str() == text);
        known.ok_or_else(|| {
            format!("there is no contact policy `{text}`; there is: created, matched, off")
        })
    }
}
