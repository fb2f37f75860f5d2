//! What was said of a source that was set up here: shown, and said differently.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use domain::{ContactPolicy, Timestamp};
use engine::set_up::{Answers, ChangeAsked};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{TriedFacts, contacts, country, refused};
use crate::api::asked::{Named, Said, Told, account, whole_told};
use crate::api::instant::{DayOrInstant, Instant};
use crate::api::sources::named;
use crate::api::told::AsOf;
use crate::failure::Failure;
use crate::guest::Guest;

/// What is to be different about a source that was set up here; what is not said stays as it is.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SourceChange {
    /// Where its history begins.
    #[schemars(with = "Option<DayOrInstant>")]
    since: Option<Timestamp>,
    /// What the provider must know, key by key; null is what holds by itself. What the source reads
    /// stays, and where anything else differs, `secret` is said again.
    #[serde(default)]
    settings: BTreeMap<String, Option<String>>,
    /// What opens the provider's door. It is tried out first; what is there stays until it is right.
    #[schemars(with = "Option<String>")]
    secret: Option<SecretString>,
    /// The country of numbers written without one, in two letters.
    country: Option<String>,
    /// How often it is read; null is as the configuration says.
    #[serde(default, deserialize_with = "whole_told")]
    #[schemars(with = "Option<u32>")]
    every_minutes: Told<u32>,
    /// What its calls do to contacts: `created`, `matched` or `off`; null is what suits the provider.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    contacts: Told<String>,
    /// The account that gets its agents which nobody has assigned; null is none.
    #[serde(default)]
    #[schemars(with = "Option<Named>")]
    auto_assign: Told<Named>,
    /// Keep it although something is wrong with it.
    #[serde(default)]
    anyway: bool,
}

/// How a source was set up. Its secret is told to nobody.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SetUpFacts {
    source: String,
    provider: &'static str,
    /// Where its history begins.
    #[schemars(with = "Instant")]
    since: Timestamp,
    /// What the provider must know, where it was said.
    settings: BTreeMap<String, String>,
    country: String,
    every_minutes: Option<u32>,
    contacts: Option<&'static str>,
    /// The id of the account that gets its agents which nobody has assigned.
    auto_assign: Option<i64>,
    /// Since when it rests.
    #[schemars(with = "Option<Instant>")]
    rests_since: Option<Timestamp>,
    /// When it was changed last, and by whom.
    #[schemars(with = "Option<Instant>")]
    changed_at: Option<Timestamp>,
    changed_by: Option<String>,
}

pub(super) async fn show(
    State(state): State<crate::State>,
    Path(name): Path<String>,
) -> Result<Json<AsOf<SetUpFacts>>, Failure> {
    let as_of = state.clock.now();
    let source = named(&state, &name).await?;
    let row = state.office.set_up_of(&state.store, &source).await?;
    let answers = Answers::of(&row)?;
    let what = SetUpFacts {
        source: source.name,
        provider: source.provider.as_str(),
        since: answers.since,
        settings: answers.said,
        country: answers.country.as_str().to_owned(),
        every_minutes: answers.every_minutes,
        contacts: answers.contacts.map(ContactPolicy::as_str),
        auto_assign: answers.auto_assign.map(|account| account.0),
        rests_since: row.paused_at.map(Timestamp::from_millis),
        changed_at: row.changed_at.map(Timestamp::from_millis),
        changed_by: row.changed_by,
    };
    Ok(Json(AsOf { as_of, what }))
}

impl SourceChange {
    /// What is said of the source from now on.
    async fn after(
        self,
        state: &crate::State,
        guest: &Guest,
        before: Answers,
    ) -> Result<Answers, Failure> {
        let mut after = before;
        after.since = self.since.unwrap_or(after.since);
        if let Some(code) = self.country {
            after.country = country(code)?;
        }
        match self.every_minutes {
            Told::Nothing => {}
            Told::Null => after.every_minutes = None,
            Told::This(minutes) => after.every_minutes = Some(minutes),
        }
        match self.contacts {
            Told::Nothing => {}
            Told::Null => after.contacts = None,
            Told::This(word) => after.contacts = Some(contacts(&word)?),
        }
        match self.auto_assign {
            Told::Nothing => {}
            Told::Null => after.auto_assign = None,
            Told::This(named) => {
                after.auto_assign = Some(account(state, guest, &named).await?.id);
            }
        }
        for (key, value) in self.settings {
            match value {
                Some(value) => drop(after.said.insert(key, value)),
                None => drop(after.said.remove(&key)),
            }
        }
        Ok(after)
    }
}

pub(super) async fn change(
    State(state): State<crate::State>,
    guest: Guest,
    Path(name): Path<String>,
    Said(mut said): Said<SourceChange>,
) -> Result<Json<TriedFacts>, Failure> {
    let source = named(&state, &name).await?;
    let row = state.office.set_up_of(&state.store, &source).await?;
    let (secret, anyway) = (said.secret.take(), said.anyway);
    let answers = said.after(&state, &guest, Answers::of(&row)?).await?;
    let asked = ChangeAsked { answers, secret, version: row.version.unwrap_or(0) };
    let (office, by) = (&state.office, guest.by());
    let tried = office.change(&state.store, &source, &asked, anyway, &by).await?;
    if !tried.is_kept {
        return Err(refused(&tried));
    }
    Ok(Json(TriedFacts::of(source.name, &tried)))
}
