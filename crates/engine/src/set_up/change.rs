//! Changing what was said of a source that was set up in the dashboard.

use providers::ProviderSettings;
use providers::setup::SetUp;
use secrecy::SecretString;
use serde_json::json;
use store::{ChangedSetUp, SetUpRow, SourceRow, Store};

use super::{Answers, Office, SetUpError, Tried, secret_of, target};
use crate::examine;

/// What is to be said of a source from now on.
pub struct ChangeAsked {
    /// All of it, the secret apart.
    pub answers: Answers,
    /// What opens the door; the one that is there stays where none is said.
    pub secret: Option<SecretString>,
    /// The version of the set-up that whoever asks has looked at.
    pub version: i64,
}

impl Office {
    /// How a source was set up in the dashboard, where it was and the configuration does not have it.
    pub async fn set_up_of(
        &self,
        store: &Store,
        source: &SourceRow,
    ) -> Result<SetUpRow, SetUpError> {
        let row = store.set_up_get(source.id).await?.filter(|row| row.said.is_some());
        let row = row.filter(|_| !self.is_configured(source));
        row.ok_or_else(|| SetUpError::Configured { name: source.name.clone() })
    }

    /// Keeps what is said of a source from now on. Where that leads elsewhere, or the secret is another,
    /// it is tried out first, and what is there stays until it is found right, or `anyway`.
    pub async fn change(
        &self,
        store: &Store,
        source: &SourceRow,
        asked: &ChangeAsked,
        anyway: bool,
        by: &str,
    ) -> Result<Tried, SetUpError> {
        let before = Answers::of(&self.set_up_of(store, source).await?)?;
        let after = asked.answers.tidied();
        let mut changed = before.changes(&after);
        if changed.is_empty() && asked.secret.is_none() {
            return Ok(Tried { probes: Vec::new(), is_kept: true });
        }
        let settings = still(source, &before, &after)?;
        let account = after.auto_assign.filter(|_| before.auto_assign != after.auto_assign);
        self.sensible(store, &after, account).await?;
        let mut tried = Tried { probes: Vec::new(), is_kept: false };
        let mut sealed = None;
        if let Some(typed) = &asked.secret {
            let key = self.key(super::KeyUse::Seals)?;
            let secret = secret_of(source.provider, typed)?;
            let connection = self.connect(settings, source.provider, secret.clone())?;
            tried = self.ask(&connection, anyway).await?;
            if tried.is_refused(anyway) {
                return Ok(tried);
            }
            sealed = Some(key.seal_secret(source.id, &secret)?);
            changed.push(SetUp::of(source.provider).secret.key.to_owned());
        } else if let Some(key) = before.own_changes(&after).first() {
            return Err(secret_again(source, key));
        }
        let now = self.ctx.now();
        let said = serde_json::to_string(&after.said).unwrap_or_default();
        let change = ChangedSetUp {
            source: source.id,
            version: asked.version,
            said: &said,
            country: after.country.as_str(),
            every_minutes: after.every_minutes.map(i64::from),
            sealed: sealed.as_deref(),
        };
        let mut tx = store.begin().await?;
        if !tx.set_up_change(&change, by, now).await? {
            return Err(SetUpError::ChangedMeanwhile { name: source.name.clone() });
        }
        let (name, kind) = (source.name.as_str(), source.provider);
        tx.source_ensure(name, kind, &source.scope, after.since, now).await?;
        tx.contact_policy_set(source.id, after.contacts).await?;
        tx.auto_account_set(source.id, after.auto_assign).await?;
        if sealed.is_some() {
            tx.probes_save(source.id, &examine::rows(&tried.probes), now).await?;
        }
        tx.audit_about(target(name), &json!({ "changed": changed }));
        tx.commit().await?;
        tried.is_kept = true;
        Ok(tried)
    }

    /// Tries out another secret for a source, and uses it from now on where nothing is wrong with it, or
    /// `anyway`. Until then the one that is there stays.
    pub async fn change_secret(
        &self,
        store: &Store,
        source: &SourceRow,
        typed: &SecretString,
        anyway: bool,
        by: &str,
    ) -> Result<Tried, SetUpError> {
        let row = self.set_up_of(store, source).await?;
        let asked = ChangeAsked {
            answers: Answers::of(&row)?,
            secret: Some(typed.clone()),
            version: row.version.unwrap_or(0),
        };
        self.change(store, source, &asked, anyway, by).await
    }
}

/// The settings that are said now, if they are of what the source reads.
fn still(
    source: &SourceRow,
    before: &Answers,
    after: &Answers,
) -> Result<ProviderSettings, SetUpError> {
    let SetUp { questions, optional, stays, .. } = SetUp::of(source.provider);
    let changed = before.own_changes(after);
    let other = questions.iter().chain(optional).find(|question| {
        stays.contains(&question.key) && changed.iter().any(|key| key == question.key)
    });
    if let Some(question) = other {
        return Err(SetUpError::Stays { asks: question.asks });
    }
    let settings = SetUp::settings(source.provider, &after.said)?;
    if settings.scope() != source.scope {
        let (was, is) = (source.scope.clone(), settings.scope().to_owned());
        return Err(SetUpError::AnotherSource { was, is });
    }
    Ok(settings)
}

/// The secret that is kept opens one door, and would be sent to whatever address is said.
fn secret_again(source: &SourceRow, key: &str) -> SetUpError {
    let SetUp { questions, optional, secret, .. } = SetUp::of(source.provider);
    let question = questions.iter().chain(optional).find(|question| question.key == key);
    let changed = question.map_or("what is said", |question| question.asks);
    SetUpError::SecretAgain { asks: secret.asks, changed }
}
