//! `[[sources]]`: one connection to a provider each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::{ContactPolicy, Country, ProviderKind, Rhythm, Timestamp};
use engine::set_up::{self, SetUpError};
use providers::http::budget::Rate;
use providers::setup::{Question, SetUp};
use providers::{ProviderSettings, Tuning};
use serde::Deserialize;
use store::SetUpRow;

use super::near::nearest;
use super::schedule::Schedule;
use super::secret::Secret;
use super::unreadable;
use crate::mistake::Mistake;

/// One `[[sources]]` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What the operator calls it.
    pub name: String,
    /// Where its history begins.
    pub since: Timestamp,
    /// The country of numbers written without one.
    pub country: Country,
    /// Whether its calls make contacts, look for them, or neither; unsaid: what suits the provider.
    pub contacts: Option<ContactPolicy>,
    /// The account that gets its agents which nobody has assigned.
    pub auto_assign: Option<String>,
    /// Which provider, and what it must know.
    pub provider: ProviderSettings,
    /// What opens its door.
    pub door: Door,
    /// How patient and how fast.
    pub tuning: Tuning,
    /// How often it is read by itself, where it differs from the others.
    pub rhythm: Option<Rhythm>,
}

/// What opens a provider's door, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Door {
    /// A token or key a person made.
    Token(Secret),
    /// A user's password, and that of a second door where there is one.
    Password {
        /// Of the main door.
        password: Secret,
        /// Of the second one.
        api_password: Option<Secret>,
    },
    /// One secret in the database, sealed: the source was set up in the dashboard.
    Sealed(Vec<u8>),
    /// An app's tokens.
    OAuth {
        /// The app.
        client_id: String,
        /// Its secret.
        client_secret: Secret,
        /// The installation's token.
        refresh_token: Secret,
    },
}

/// The keys every provider's sources have; the rest are the provider's own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Common {
    name: String,
    provider: String,
    since: Timestamp,
    #[serde(default = "country")]
    country: Country,
    contacts: Option<ContactPolicy>,
    auto_assign: Option<String>,
    concurrency: Option<usize>,
    every_minutes: Option<u64>,
    cron: Option<String>,
    #[serde(default)]
    unlimited: bool,
    token_env: Option<String>,
    token_file: Option<PathBuf>,
    password_env: Option<String>,
    password_file: Option<PathBuf>,
    api_password_env: Option<String>,
    api_password_file: Option<PathBuf>,
    oauth: Option<OAuth>,
}

const COMMON: [&str; 17] = [
    "name",
    "provider",
    "since",
    "country",
    "contacts",
    "auto_assign",
    "concurrency",
    "every_minutes",
    "cron",
    "unlimited",
    "token_env",
    "token_file",
    "password_env",
    "password_file",
    "api_password_env",
    "api_password_file",
    "oauth",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OAuth {
    client_id: String,
    client_secret_env: Option<String>,
    client_secret_file: Option<PathBuf>,
    refresh_token_env: Option<String>,
    refresh_token_file: Option<PathBuf>,
}

const fn country() -> Country {
    Country::US
}

impl Source {
    /// Reads one block. `place` names it as long as its own name is not known.
    pub fn read(place: &str, mut table: toml::Table, schedule: &Schedule) -> Result<Self, Mistake> {
        let name = table.get("name").and_then(toml::Value::as_str).unwrap_or(place).to_owned();
        refuse_literals(&name, &table)?;
        let (mut common, mut own) = (toml::Table::new(), toml::Table::new());
        for (key, value) in std::mem::take(&mut table) {
            let side = if COMMON.contains(&key.as_str()) { &mut common } else { &mut own };
            side.insert(key, value);
        }
        let common: Common =
            common.try_into().map_err(|error| unreadable::of_source(&name, &error, &[]))?;
        if !set_up::is_name(&common.name) {
            return Err(Mistake::new(
                format!("`{}` is no name for a source", common.name),
                "Use letters, digits, `-` and `_`",
            ));
        }
        let provider = provider(&common, own)?;
        let tuning = tuning(&common)?;
        let rhythm = rhythm(&common, schedule)?;
        let (since, country, contacts) = (common.since, common.country, common.contacts);
        let auto_assign = common.auto_assign.clone();
        let door = door(common)?;
        Ok(Self { name, since, country, contacts, auto_assign, provider, door, tuning, rhythm })
    }
}

impl Source {
    /// One that was set up in the dashboard.
    pub fn set_up(
        row: &SetUpRow,
        kind: ProviderKind,
        since: Timestamp,
    ) -> Result<Self, SetUpError> {
        let provider = set_up::settings_of(row, kind)?;
        let (country, every) = set_up::manner(row);
        Ok(Self {
            name: row.name.clone(),
            since,
            country,
            // Both are kept with the source itself.
            contacts: None,
            auto_assign: None,
            provider,
            door: Door::Sealed(row.sealed.clone().unwrap_or_default()),
            tuning: Tuning::default(),
            rhythm: every.map(Rhythm::Every),
        })
    }

    /// Whether it was set up in the dashboard.
    pub fn was_set_up(&self) -> bool {
        matches!(self.door, Door::Sealed(_))
    }
}

/// A secret in the configuration ends up in backups, tickets and repositories.
fn refuse_literals(name: &str, table: &toml::Table) -> Result<(), Mistake> {
    let oauth = table.get("oauth").and_then(toml::Value::as_table);
    let literals = [
        "token",
        "password",
        "api_password",
        "client_secret",
        "refresh_token",
        "access_token",
        "api_key",
    ];
    let found = literals.into_iter().find(|key| {
        table.contains_key(*key) || oauth.is_some_and(|oauth| oauth.contains_key(*key))
    });
    match found {
        Some(key) => Err(Mistake::new(
            format!(
                "source `{name}` has its `{key}` in the configuration, where secrets do not belong"
            ),
            format!(
                "Put it into an environment variable and write {key}_env = \"NAME\", or into a file and write {key}_file = \"PATH\"; then make a new one, as this one has been seen"
            ),
        )),
        None => Ok(()),
    }
}

fn provider(common: &Common, own: toml::Table) -> Result<ProviderSettings, Mistake> {
    let kind: ProviderKind = common.provider.parse().map_err(|_unknown| {
        let known = ProviderKind::ALL.iter().map(|kind| kind.as_str());
        let hint = match nearest(&common.provider, known.clone()) {
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => format!("There is: {}", known.collect::<Vec<_>>().join(", ")),
        };
        Mistake::new(
            format!("source `{}`: there is no provider `{}`", common.name, common.provider),
            hint,
        )
    })?;
    refuse_empty(&common.name, kind, &own)?;
    ProviderSettings::read(kind, own)
        .map_err(|error| unreadable::of_source(&common.name, &error, &COMMON))
}

/// What must be said is said.
fn refuse_empty(name: &str, kind: ProviderKind, own: &toml::Table) -> Result<(), Mistake> {
    let questions = SetUp::of(kind).questions;
    let is_empty =
        |key| own.get(key).and_then(toml::Value::as_str).is_some_and(|text| text.trim().is_empty());
    match questions.iter().find(|question| is_empty(question.key)) {
        Some(Question { key, asks, .. }) => {
            Err(Mistake::new(format!("source `{name}`: `{key}` is empty"), *asks))
        }
        None => Ok(()),
    }
}

fn tuning(common: &Common) -> Result<Tuning, Mistake> {
    let usual = Tuning::default();
    let concurrency = common.concurrency.unwrap_or(usual.concurrency);
    if concurrency == 0 {
        return Err(Mistake::new(
            format!("source `{}`: `concurrency` is 0", common.name),
            "Give it at least 1, or leave it out",
        ));
    }
    let rate = common.unlimited.then_some(Rate::Unlimited);
    Ok(Tuning { concurrency, rate, ..usual })
}

fn rhythm(common: &Common, schedule: &Schedule) -> Result<Option<Rhythm>, Mistake> {
    if let Some(cron) = &common.cron {
        if common.every_minutes.is_some() {
            return Err(Mistake::new(
                format!("source `{}` has both `every_minutes` and `cron`", common.name),
                "Keep the one it is to be read by",
            ));
        }
        return schedule.times(cron, &format!("source `{}`:", common.name)).map(Some);
    }
    if common.every_minutes == Some(0) {
        return Err(Mistake::new(
            format!("source `{}`: `every_minutes` is 0", common.name),
            "Give it at least 1, or leave it out",
        ));
    }
    Ok(common.every_minutes.map(|minutes| Rhythm::Every(Duration::from_mins(minutes))))
}

fn door(common: Common) -> Result<Door, Mistake> {
    let Common { name, token_env, token_file, password_env, password_file, oauth, .. } = common;
    let Some(oauth) = oauth else {
        if password_env.is_none() && password_file.is_none() {
            return Ok(Door::Token(Secret::of(&name, "token", token_env, token_file)?));
        }
        let (env, file) = (common.api_password_env, common.api_password_file);
        let has_second = env.is_some() || file.is_some();
        let second = has_second.then(|| Secret::of(&name, "api_password", env, file));
        return Ok(Door::Password {
            password: Secret::of(&name, "password", password_env, password_file)?,
            api_password: second.transpose()?,
        });
    };
    if token_env.is_some() || token_file.is_some() {
        return Err(Mistake::new(
            format!("source `{name}` has both a token and [sources.oauth]"),
            "Keep one: token_env or token_file for a private integration, [sources.oauth] for a marketplace app",
        ));
    }
    let OAuth { client_id, client_secret_env, client_secret_file, .. } = oauth;
    Ok(Door::OAuth {
        client_id,
        client_secret: Secret::of(&name, "client_secret", client_secret_env, client_secret_file)?,
        refresh_token: Secret::of(
            &name,
            "refresh_token",
            oauth.refresh_token_env,
            oauth.refresh_token_file,
        )?,
    })
}

/// Where relative paths begin: the folder of the configuration file.
pub fn folder_of(config: &Path) -> PathBuf {
    config.parent().map(Path::to_path_buf).unwrap_or_default()
}
