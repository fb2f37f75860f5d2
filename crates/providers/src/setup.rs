//! What a person must say to set up a source: the keys without a default, and the secret.

use domain::ProviderKind;

use crate::{highlevel_voice_ai, teli, twilio};

/// One thing to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The key of the `[[sources]]` block.
    pub key: &'static str,
    /// What a person is asked.
    pub asks: &'static str,
    /// What an answer looks like.
    pub example: &'static str,
}

/// Everything that must be said to set up a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetUp {
    /// The keys without a default.
    pub questions: &'static [Question],
    /// The secret, by the stem of its key: `token` is written as `token_env` or `token_file`.
    pub secret: Question,
}

impl SetUp {
    /// What this provider needs; `None` while it cannot be read.
    pub fn of(provider: ProviderKind) -> Option<Self> {
        match provider {
            ProviderKind::HighlevelVoiceAi => Some(highlevel_voice_ai::SET_UP),
            ProviderKind::Teli => Some(teli::SET_UP),
            ProviderKind::Twilio => Some(twilio::SET_UP),
            _ => None,
        }
    }
}
