//! From settings to a connection that can be asked.

use std::sync::Arc;
use std::time::Duration;

use domain::{ProviderKind, RetryPolicy};

use crate::http::budget::{Budgets, Rate};
use crate::http::{HttpError, Limits};
use crate::{
    Credential, Provider, Wait, elevenlabs, highlevel_conversations, highlevel_voice_ai, teli,
    twilio, vicidial,
};

/// A provider, ready to be asked.
pub type Connection = Arc<dyn Provider>;

/// Everything needed to talk to one provider.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// Which provider, and what it must know.
    pub provider: ProviderSettings,
    /// What opens its door.
    pub credential: Credential,
    /// How patient and how fast we are.
    pub tuning: Tuning,
}

/// The settings of each provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderSettings {
    /// Calls handled by HighLevel's own AI agents.
    HighlevelVoiceAi(highlevel_voice_ai::Settings),
    /// Conversations of ElevenLabs' agents.
    Elevenlabs(elevenlabs::Settings),
    /// Calls that went over Twilio's lines.
    Twilio(twilio::Settings),
    /// Every call of a HighLevel sub-account, as messages of its conversations.
    HighlevelConversations(highlevel_conversations::Settings),
    /// Calls of a ViciDial cluster, from its database.
    Vicidial(vicidial::Settings),
    /// Calls of Teli's AI agents.
    Teli(teli::Settings),
}

impl ProviderSettings {
    /// Reads a provider's own keys from its block of the configuration.
    pub fn read(kind: ProviderKind, own: toml::Table) -> Result<Self, toml::de::Error> {
        match kind {
            ProviderKind::HighlevelVoiceAi => Ok(Self::HighlevelVoiceAi(own.try_into()?)),
            ProviderKind::Elevenlabs => Ok(Self::Elevenlabs(own.try_into()?)),
            ProviderKind::Twilio => Ok(Self::Twilio(own.try_into()?)),
            ProviderKind::HighlevelConversations => {
                Ok(Self::HighlevelConversations(own.try_into()?))
            }
            ProviderKind::Vicidial => Ok(Self::Vicidial(own.try_into()?)),
            ProviderKind::Teli => Ok(Self::Teli(own.try_into()?)),
        }
    }

    /// Which provider they are for.
    pub fn kind(&self) -> ProviderKind {
        match self {
            Self::HighlevelVoiceAi(_) => ProviderKind::HighlevelVoiceAi,
            Self::Elevenlabs(_) => ProviderKind::Elevenlabs,
            Self::Twilio(_) => ProviderKind::Twilio,
            Self::HighlevelConversations(_) => ProviderKind::HighlevelConversations,
            Self::Vicidial(_) => ProviderKind::Vicidial,
            Self::Teli(_) => ProviderKind::Teli,
        }
    }

    /// What of the provider is read; part of a source's identity.
    pub fn scope(&self) -> &str {
        match self {
            Self::HighlevelVoiceAi(settings) => &settings.location_id,
            Self::Elevenlabs(settings) => &settings.workspace,
            Self::Twilio(settings) => &settings.account_sid,
            Self::HighlevelConversations(settings) => &settings.location_id,
            Self::Vicidial(settings) => settings.scope(),
            Self::Teli(settings) => &settings.organization_id,
        }
    }
}

/// How patient and how fast we are with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// To reach the provider.
    pub connect_timeout: Duration,
    /// For one attempt of one request, body included.
    pub request_timeout: Duration,
    /// The longest answer that is read.
    pub body_bytes_max: usize,
    /// When a failed request is repeated.
    pub retry: RetryPolicy,
    /// Requests in flight at once.
    pub concurrency: usize,
    /// How fast; `None` is what suits the provider, [`Rate::Unlimited`] is no limit at all.
    pub rate: Option<Rate>,
}

impl Default for Tuning {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            connect_timeout: limits.connect_timeout,
            request_timeout: limits.request_timeout,
            body_bytes_max: limits.body_bytes_max,
            retry: limits.retry,
            concurrency: 16,
            rate: None,
        }
    }
}

impl Tuning {
    /// The part that concerns single requests.
    pub fn limits(&self) -> Limits {
        Limits {
            connect_timeout: self.connect_timeout,
            request_timeout: self.request_timeout,
            body_bytes_max: self.body_bytes_max,
            retry: self.retry,
        }
    }
}

/// Why a connection cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The settings name an address that cannot be called.
    #[error("`base_url` = `{base_url}` is not an address such as https://services.example.com")]
    NotAnAddress {
        /// As configured.
        base_url: String,
    },
    /// A setting has no possible value.
    #[error("{why}")]
    Setting {
        /// A sentence that names the setting.
        why: String,
    },
    /// The credential is of a kind that this provider does not take.
    #[error("{provider} does not take {given}; it takes {takes}")]
    WrongCredential {
        /// Its name on screen.
        provider: &'static str,
        /// What was given.
        given: &'static str,
        /// What it takes, and the key to write it under.
        takes: &'static str,
    },
    /// The HTTP client cannot be built.
    #[error(transparent)]
    Http(#[from] HttpError),
}

/// Makes a connection. Nothing is sent yet.
pub fn connect(
    settings: ConnectionSettings,
    wait: Arc<dyn Wait>,
    budgets: &Budgets,
) -> Result<Connection, ConnectError> {
    let ConnectionSettings { provider, credential, tuning } = settings;
    match provider {
        ProviderSettings::HighlevelVoiceAi(settings) => {
            let client =
                highlevel_voice_ai::Client::new(settings, credential, tuning, wait, budgets)?;
            Ok(Arc::new(highlevel_voice_ai::HighlevelVoiceAi::new(client)))
        }
        ProviderSettings::Elevenlabs(settings) => {
            let client = elevenlabs::Client::new(settings, credential, tuning, wait, budgets)?;
            Ok(Arc::new(elevenlabs::Elevenlabs::new(client)))
        }
        ProviderSettings::Twilio(settings) => {
            let client = twilio::Client::new(settings, credential, tuning, wait, budgets)?;
            Ok(Arc::new(twilio::Twilio::new(client)))
        }
        ProviderSettings::HighlevelConversations(settings) => {
            let client =
                highlevel_conversations::Client::new(settings, credential, tuning, wait, budgets)?;
            Ok(Arc::new(highlevel_conversations::HighlevelConversations::new(client)))
        }
        ProviderSettings::Vicidial(settings) => {
            let client = vicidial::Client::new(settings, credential, tuning, wait, budgets)?;
            Ok(Arc::new(vicidial::Vicidial::new(client)))
        }
        ProviderSettings::Teli(settings) => {
            let client = teli::Client::new(settings, credential, tuning, wait, budgets)?;
            Ok(Arc::new(teli::Teli::new(client)))
        }
    }
}
