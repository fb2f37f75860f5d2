//! From settings to a connection that can be asked.

use std::sync::Arc;
use std::time::Duration;

use domain::{ProviderKind, RetryPolicy};
use serde::de::DeserializeOwned;

use crate::http::budget::{Budgets, Rate};
use crate::http::{HttpError, Limits};
use crate::setup::SetUp;
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

/// What a provider's settings know of it, beside what is read from the configuration.
pub(crate) trait ProviderOwn: DeserializeOwned {
    /// What a person must say.
    const SET_UP: SetUp;

    /// What of the provider is read; part of a source's identity.
    fn scope(&self) -> &str;

    /// Makes a connection. Nothing is sent yet.
    fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError>;
}

/// What every connection is made with, whatever its provider.
pub(crate) struct Means<'a> {
    /// What opens the door.
    pub(crate) credential: Credential,
    /// How patient and how fast.
    pub(crate) tuning: Tuning,
    /// The clock that can wait.
    pub(crate) wait: Arc<dyn Wait>,
    /// The budgets of all credentials.
    pub(crate) budgets: &'a Budgets,
}

/// Makes the list of providers: a variant and a folder each.
macro_rules! providers {
    ($($(#[$doc:meta])* $name:ident in $folder:ident,)+) => {
        /// The settings of each provider.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ProviderSettings {
            $($(#[$doc])* $name($folder::Settings),)+
        }

        impl ProviderSettings {
            /// Reads a provider's own keys from its block of the configuration.
            pub fn read(kind: ProviderKind, own: toml::Table) -> Result<Self, toml::de::Error> {
                match kind {
                    $(ProviderKind::$name => Ok(Self::$name(own.try_into()?)),)+
                }
            }

            /// Which provider they are for.
            pub fn kind(&self) -> ProviderKind {
                match self {
                    $(Self::$name(_) => ProviderKind::$name,)+
                }
            }

            /// What of the provider is read; part of a source's identity.
            pub fn scope(&self) -> &str {
                match self {
                    $(Self::$name(settings) => ProviderOwn::scope(settings),)+
                }
            }

            fn connect(self, means: Means<'_>) -> Result<Connection, ConnectError> {
                match self {
                    $(Self::$name(settings) => settings.connect(means),)+
                }
            }
        }

        impl SetUp {
            /// What this provider needs.
            pub fn of(provider: ProviderKind) -> Self {
                match provider {
                    $(ProviderKind::$name => <$folder::Settings as ProviderOwn>::SET_UP,)+
                }
            }
        }
    };
}

providers! {
    /// Calls handled by HighLevel's own AI agents.
    HighlevelVoiceAi in highlevel_voice_ai,
    /// Conversations of ElevenLabs' agents.
    Elevenlabs in elevenlabs,
    /// Calls that went over Twilio's lines.
    Twilio in twilio,
    /// Every call of a HighLevel sub-account, as messages of its conversations.
    HighlevelConversations in highlevel_conversations,
    /// Calls of a ViciDial cluster, from its database.
    Vicidial in vicidial,
    /// Calls of Teli's AI agents.
    Teli in teli,
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
    provider.connect(Means { credential, tuning, wait, budgets })
}
