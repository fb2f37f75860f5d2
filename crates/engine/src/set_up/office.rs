//! Where sources are tried out and set up: it has the key that seals, and the way to providers.

use std::sync::Arc;
use std::time::Duration;

use domain::{AccountId, Country};
use providers::http::budget::Budgets;
use providers::setup::SetUp;
use providers::{
    Connection, ConnectionSettings, Credential, Probe, ProbeOutcome, ProviderSettings, Tuning,
    connect,
};
use secrecy::SecretString;
use serde_json::json;
use store::{NewSetUp, SetUpRow, SourceRow, Store};

use super::{Answers, SetUpAsked, SetUpError, is_name, opened, secret_of, target};
use crate::vault::VaultKey;
use crate::{Context, Source, examine};

/// How long a provider may take to answer all that is asked when a source is tried out. Whoever asked
/// waits for it.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a key is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// Sealing: where there is none yet, one is made.
    Seals,
    /// Opening what was sealed. A key that is made now would open nothing.
    Opens,
}

/// Gives the key that seals credentials; nothing where there is none and none is made, or a sentence
/// that says why it cannot be used.
pub type KeyOf = Arc<dyn Fn(KeyUse) -> Result<Option<VaultKey>, String> + Send + Sync>;

/// Gives the connection of a source that the configuration has, or says why it cannot be made; nothing
/// where the configuration does not have it.
pub type Configured = Arc<dyn Fn(&SourceRow) -> Option<Result<Source, String>> + Send + Sync>;

/// Where sources are tried out and set up.
pub struct Office {
    /// The clock, and how patient we are.
    pub ctx: Context,
    /// The budgets of all credentials.
    pub budgets: Arc<Budgets>,
    /// The key that seals.
    pub key: KeyOf,
    /// Sources of the configuration.
    pub configured: Configured,
}

/// What trying out taught.
#[derive(Debug)]
pub struct Tried {
    /// Each answer of the provider.
    pub probes: Vec<Probe>,
    /// Whether what was tried is in use now.
    pub is_kept: bool,
}

impl Tried {
    /// Whether something must be changed.
    pub fn is_wrong(&self) -> bool {
        self.probes.iter().any(|probe| probe.outcome == ProbeOutcome::Wrong)
    }

    pub(super) fn is_refused(&self, anyway: bool) -> bool {
        self.is_wrong() && !anyway
    }
}

impl Office {
    /// Whether the configuration has this source.
    pub fn is_configured(&self, source: &SourceRow) -> bool {
        (self.configured)(source).is_some()
    }

    /// Why nothing can be sealed here, if nothing can. Looking makes no key.
    pub fn lacks_key(&self) -> Option<String> {
        (self.key)(KeyUse::Opens).err()
    }

    /// Why the credential of a source that was set up here opens nothing, if it does not.
    pub fn cannot_open(&self, source: &SourceRow, row: &SetUpRow) -> Option<String> {
        let key = self.key(KeyUse::Opens);
        let opened = key.and_then(|key| opened(row, source.provider, &key));
        opened.err().map(|error| error.to_string())
    }

    /// Tries out what was asked for, and keeps it where nothing is wrong with it, or `anyway`. The
    /// source rests until somebody lets it go on.
    pub async fn set_up(
        &self,
        store: &Store,
        asked: &SetUpAsked,
        anyway: bool,
        by: &str,
    ) -> Result<Tried, SetUpError> {
        let settings = self.checked(store, asked).await?;
        let key = self.key(KeyUse::Seals)?;
        let secret = secret_of(asked.provider, &asked.secret)?;
        let connection = self.connect(settings.clone(), asked.provider, secret.clone())?;
        let mut tried = self.ask(&connection, anyway).await?;
        if tried.is_refused(anyway) {
            return Ok(tried);
        }
        let now = self.ctx.now();
        // The answers as they are to be kept are those of what was said, and of no default.
        let answers = asked.answers.tidied();
        let said = serde_json::to_string(&answers.said).unwrap_or_default();
        let mut tx = store.begin().await?;
        let (name, kind) = (asked.name.as_str(), asked.provider);
        let row = tx.source_ensure(name, kind, settings.scope(), answers.since, now).await?;
        tx.contact_policy_set(row.id, answers.contacts).await?;
        tx.auto_account_set(row.id, answers.auto_assign).await?;
        let sealed = key.seal_secret(row.id, &secret)?;
        let new = NewSetUp {
            source: row.id,
            said: &said,
            country: answers.country.as_str(),
            every_minutes: answers.every_minutes.map(i64::from),
            sealed: &sealed,
        };
        tx.set_up_add(&new, by, now).await?;
        tx.source_pause(row.id, true, by, now).await?;
        tx.probes_save(row.id, &examine::rows(&tried.probes), now).await?;
        tx.audit_about(target(name), &json!({ "provider": kind.as_str() }));
        tx.commit().await?;
        tried.is_kept = true;
        Ok(tried)
    }

    /// Asks a source's provider its questions again, and keeps the answers.
    pub async fn examine(&self, store: &Store, source: &SourceRow) -> Result<Tried, SetUpError> {
        let connection = self.connection(store, source).await?;
        let tried = self.ask(&connection, false).await?;
        let mut tx = store.begin().await?;
        tx.probes_save(source.id, &examine::rows(&tried.probes), self.ctx.now()).await?;
        tx.audit_about(target(&source.name), &json!({}));
        tx.commit().await?;
        Ok(tried)
    }

    async fn connection(
        &self,
        store: &Store,
        source: &SourceRow,
    ) -> Result<Connection, SetUpError> {
        if let Some(made) = (self.configured)(source) {
            let made = made.map_err(|why| SetUpError::NotConnected { why })?;
            return Ok(made.connection);
        }
        let row = store.set_up_get(source.id).await?.filter(|row| row.said.is_some());
        let row = row.ok_or_else(|| SetUpError::NotConnected {
            why: "it is no longer configured, so nobody knows how to ask it".to_owned(),
        })?;
        let (settings, credential) = opened(&row, source.provider, &self.key(KeyUse::Opens)?)?;
        self.made(settings, credential)
    }

    /// What was asked for, if it can be meant.
    async fn checked(
        &self,
        store: &Store,
        asked: &SetUpAsked,
    ) -> Result<ProviderSettings, SetUpError> {
        if !is_name(&asked.name) {
            return Err(SetUpError::NoName);
        }
        self.sensible(store, &asked.answers, asked.answers.auto_assign).await?;
        let settings = SetUp::settings(asked.provider, &asked.answers.said)?;
        if let Some(known) = store.source_by_name(&asked.name).await? {
            // What left the configuration may be set up here and goes on where it stood.
            let is_same = known.provider == asked.provider && known.scope == settings.scope();
            let was_set_up =
                store.set_up_get(known.id).await?.is_some_and(|row| row.said.is_some());
            if !is_same || was_set_up || self.is_configured(&known) {
                return Err(SetUpError::NameTaken { name: asked.name.clone() });
            }
        }
        Ok(settings)
    }

    /// Refuses what makes no sense, whatever the provider; `account` must be there.
    pub(super) async fn sensible(
        &self,
        store: &Store,
        answers: &Answers,
        account: Option<AccountId>,
    ) -> Result<(), SetUpError> {
        if answers.since > self.ctx.now() {
            return Err(SetUpError::Future);
        }
        if answers.every_minutes == Some(0) {
            return Err(SetUpError::Never);
        }
        if let Some(account) = account {
            let accounts = store.accounts_list().await?;
            let is_there = |row: &store::AccountRow| row.id == account && row.archived_at.is_none();
            if !accounts.iter().any(is_there) {
                return Err(SetUpError::NoAccount);
            }
        }
        Ok(())
    }

    /// Asks what is right and what is wrong. Whoever keeps it `anyway` need not wait for an answer.
    pub(super) async fn ask(
        &self,
        connection: &Connection,
        anyway: bool,
    ) -> Result<Tried, SetUpError> {
        let probes = match tokio::time::timeout(PATIENCE, connection.examine()).await {
            Ok(probes) => probes,
            Err(_elapsed) if anyway => Vec::new(),
            Err(_elapsed) => return Err(SetUpError::TooSlow { seconds: PATIENCE.as_secs() }),
        };
        Ok(Tried { probes, is_kept: false })
    }

    pub(super) fn connect(
        &self,
        settings: ProviderSettings,
        provider: domain::ProviderKind,
        secret: SecretString,
    ) -> Result<Connection, SetUpError> {
        self.made(settings, SetUp::of(provider).credential(secret))
    }

    fn made(
        &self,
        provider: ProviderSettings,
        credential: Credential,
    ) -> Result<Connection, SetUpError> {
        let settings = ConnectionSettings { provider, credential, tuning: Tuning::default() };
        Ok(connect(settings, Arc::clone(&self.ctx.wait), &self.budgets)?)
    }

    pub(super) fn key(&self, wanted_for: KeyUse) -> Result<VaultKey, SetUpError> {
        let key = (self.key)(wanted_for).map_err(|why| SetUpError::Key { why })?;
        key.ok_or_else(|| SetUpError::Key {
            why: "the vault key is not here. Copy it from the machine it was made on, or give the \
                  credential again"
                .to_owned(),
        })
    }
}

/// The country of a set-up, and how often it is read.
pub fn manner(row: &store::SetUpRow) -> (Country, Option<Duration>) {
    let country = row.country.as_deref().and_then(Country::new).unwrap_or(Country::US);
    let minutes = row.every_minutes.and_then(|minutes| u64::try_from(minutes).ok());
    (country, minutes.map(Duration::from_mins))
}
