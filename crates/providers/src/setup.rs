//! What a person must say to set up a source: the keys without a default, the few with one that some
//! must change, and the secret.

use std::collections::BTreeMap;

use domain::ProviderKind;
use secrecy::SecretString;

use crate::{Credential, ProviderSettings};

/// One thing to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The key of the `[[sources]]` block.
    pub key: &'static str,
    /// What a person is asked.
    pub asks: &'static str,
    /// What an answer looks like.
    pub example: &'static str,
    /// Where a person finds it, on the provider's own pages; empty where it is theirs to choose.
    pub found: &'static str,
}

impl Question {
    /// What is asked, in few words.
    pub fn label(&self) -> &'static str {
        self.asks.split([',', ';', ':', '(']).next().unwrap_or_default().trim_end()
    }
}

/// Where the API is, for providers that nearly everybody asks at the same address.
pub const BASE_URL: Question = Question {
    key: "base_url",
    asks: "Address of the API, where it is not the usual one",
    example: "https://services.example.com",
    found: "",
};

/// Everything that must be said to set up a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetUp {
    /// The keys without a default.
    pub questions: &'static [Question],
    /// Keys with a default that some must change.
    pub optional: &'static [Question],
    /// Those of them that are part of what the source is: under another answer the calls and the proof
    /// that are there would mean something else.
    pub stays: &'static [&'static str],
    /// The secret, by the stem of its key: `token` is written as `token_env` or `token_file`.
    pub secret: Question,
}

/// Why what a person said is no set-up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSaid {
    /// A question has no answer.
    #[error("{asks}: nothing is said there")]
    Missing {
        /// Of this key.
        key: &'static str,
        /// What was asked.
        asks: &'static str,
    },
    /// Nobody asked for this.
    #[error("`{key}` is not asked for; a source that needs it is set up in the configuration")]
    Unasked {
        /// The key.
        key: String,
    },
    /// The answers make no settings.
    #[error("{why}")]
    Unreadable {
        /// A sentence.
        why: String,
    },
}

impl SetUp {
    /// Whether the secret is a user's password.
    pub fn takes_password(&self) -> bool {
        self.secret.key == "password"
    }

    /// What opens the door, from the one secret that is asked for.
    pub fn credential(&self, secret: SecretString) -> Credential {
        if self.takes_password() {
            return Credential::Password { password: secret, api_password: None };
        }
        Credential::PrivateToken(secret)
    }

    /// The settings that `said` makes, key by key; answers that are empty are none. What is not asked
    /// for is refused, so that nobody reaches further by a form than by its fields.
    pub fn settings(
        provider: ProviderKind,
        said: &BTreeMap<String, String>,
    ) -> Result<ProviderSettings, NotSaid> {
        let set_up = Self::of(provider);
        let mut own = toml::Table::new();
        for (key, value) in said {
            let is_own = |question: &&Question| question.key == key;
            let must = set_up.questions.iter().find(is_own);
            let may = set_up.optional.iter().find(is_own);
            let value = value.trim();
            match (must, may) {
                (None, None) => return Err(NotSaid::Unasked { key: key.clone() }),
                _ if value.is_empty() => {}
                (Some(_), _) => drop(own.insert(key.clone(), value.into())),
                // Of what has a default, a number is one: a port, and no name of anything.
                (None, Some(_)) => {
                    let number = value.parse::<i64>().map(toml::Value::from);
                    own.insert(key.clone(), number.unwrap_or_else(|_text| value.into()));
                }
            }
        }
        if let Some(missing) = set_up.questions.iter().find(|it| !own.contains_key(it.key)) {
            return Err(NotSaid::Missing { key: missing.key, asks: missing.asks });
        }
        let read = ProviderSettings::read(provider, own);
        read.map_err(|error| NotSaid::Unreadable { why: error.message().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn check(provider: ProviderKind, pairs: &[(&str, &str)], why: &str) {
        let error = SetUp::settings(provider, &said(pairs)).err().map(|error| error.to_string());
        assert!(error.as_deref().is_some_and(|text| text.contains(why)), "{error:?}");
    }

    #[test]
    fn every_answer_that_is_an_example_is_taken() {
        for provider in ProviderKind::ALL.iter().copied() {
            let SetUp { questions, optional, .. } = SetUp::of(provider);
            let all = questions.iter().chain(optional);
            let said = all.map(|it| (it.key.to_owned(), it.example.to_owned())).collect();
            let read = SetUp::settings(provider, &said).unwrap();
            assert_eq!(read.kind(), provider);
            assert!(questions.iter().all(|it| !it.found.is_empty()), "{provider:?}");
        }
    }

    #[test]
    fn what_stays_is_asked_for_and_so_is_what_is_read() {
        for provider in ProviderKind::ALL.iter().copied() {
            let SetUp { questions, optional, stays, .. } = SetUp::of(provider);
            let is_asked = |key: &str| questions.iter().chain(optional).any(|it| it.key == key);
            assert!(!stays.is_empty() && stays.iter().all(|key| is_asked(key)), "{provider:?}");
        }
    }

    #[test]
    fn an_id_of_digits_alone_is_a_text() {
        let said = said(&[("location_id", "12345678")]);
        let read = SetUp::settings(ProviderKind::HighlevelVoiceAi, &said).unwrap();
        assert_eq!(read.scope(), "12345678");
    }

    #[test]
    fn what_is_lacking_or_was_not_asked_for_is_said() {
        let asks = "Id of the sub-account";
        check(ProviderKind::HighlevelVoiceAi, &[], asks);
        check(ProviderKind::HighlevelVoiceAi, &[("location_id", "  ")], asks);
        check(ProviderKind::Vicidial, &[("tls_ca_file", "/etc/shadow")], "is not asked for");
        let host = [("host", "db"), ("user", "u"), ("timezone", "UTC"), ("port", "many")];
        check(ProviderKind::Vicidial, &host, "invalid type");
    }
}
