//! Sources: set up, given another credential, examined, paused. A secret is taken and never given.

mod change;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::access::Area;
use domain::{ContactPolicy, Country, ProviderKind, Timestamp};
use engine::examine::rows;
use engine::set_up::{self, Answers, SetUpAsked, SetUpError, Tried};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::asked::{Named, Said, account, whole_opt};
use super::instant::DayOrInstant;
use super::route::Route;
use super::sources::named;
use super::told::AsOf;
use crate::failure::Failure;
use crate::guest::Guest;
use change::{SetUpFacts, SourceChange};

/// Everything under `/sources`.
pub fn routes() -> Vec<Route> {
    use Area::Operators;
    vec![
        Route::post("/sources", "Set up a source", Operators, add)
            .takes::<SourceSaid>()
            .makes::<TriedFacts>(),
        Route::get("/sources/{source}", "Show how a source was set up", Operators, change::show)
            .gives::<AsOf<SetUpFacts>>(),
        Route::patch("/sources/{source}", "Change a source", Operators, change::change)
            .takes::<SourceChange>()
            .gives::<TriedFacts>(),
        Route::post(
            "/sources/{source}/credential",
            "Give a source another credential",
            Operators,
            credential,
        )
        .takes::<CredentialSaid>()
        .gives::<TriedFacts>(),
        Route::post("/sources/{source}/examine", "Examine a source", Operators, examine)
            .gives::<TriedFacts>(),
        Route::post("/sources/{source}/pause", "Pause a source", Operators, pause)
            .takes::<PauseSaid>()
            .gives::<PauseFacts>(),
    ]
}

/// A source to be set up. It is tried out first, and rests until it is let go on.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SourceSaid {
    /// What it is called: letters, digits, `-` and `_`.
    name: String,
    /// What kind of system it is, such as `twilio`.
    provider: String,
    /// Where its history begins.
    #[schemars(with = "DayOrInstant")]
    since: Timestamp,
    /// What the provider must know, by the keys of its page in `docs/providers`; only those that
    /// `everycall sources add` asks for and few others are taken.
    #[serde(default)]
    settings: BTreeMap<String, String>,
    /// What opens the provider's door. It is kept sealed and never given out.
    #[schemars(with = "String")]
    secret: SecretString,
    /// The country of numbers written without one, in two letters; US where it is not said.
    country: Option<String>,
    /// How often it is read; as the configuration says where it is not said.
    #[serde(default, deserialize_with = "whole_opt")]
    every_minutes: Option<u32>,
    /// What its calls do to contacts: `created`, `matched` or `off`; what suits the provider where it
    /// is not said.
    contacts: Option<String>,
    /// The account that gets its agents which nobody has assigned.
    auto_assign: Option<Named>,
    /// Keep it although something is wrong with it.
    #[serde(default)]
    anyway: bool,
}

/// Another credential.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CredentialSaid {
    /// What opens the provider's door. It is tried out first; what is there stays until it is right.
    #[schemars(with = "String")]
    secret: SecretString,
    /// Use it although something is wrong with it.
    #[serde(default)]
    anyway: bool,
}

/// Whether a source is to rest.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PauseSaid {
    /// True to let it rest, false to let it go on.
    rests: bool,
}

/// Whether a source rests.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PauseFacts {
    source: String,
    rests: bool,
}

/// What trying out a source taught.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct TriedFacts {
    source: String,
    findings: Vec<Finding>,
}

/// One answer of a provider.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Finding {
    /// What was looked at.
    name: String,
    /// `right`, `notable` or `wrong`.
    outcome: String,
    sentence: String,
    /// What to do about it.
    hint: Option<String>,
}

impl TriedFacts {
    fn of(source: String, tried: &Tried) -> Self {
        let finding = |row: store::ProbeRow| {
            let store::ProbeRow { name, outcome, sentence, hint } = row;
            Finding { name, outcome, sentence, hint }
        };
        Self { source, findings: rows(&tried.probes).into_iter().map(finding).collect() }
    }
}

impl From<SetUpError> for Failure {
    fn from(error: SetUpError) -> Self {
        let sentence = error.to_string();
        match error {
            SetUpError::Store(error) => error.into(),
            SetUpError::NameTaken { .. }
            | SetUpError::Configured { .. }
            | SetUpError::ChangedMeanwhile { .. } => Self::Conflict { sentence },
            _ => Self::Unusable { sentence },
        }
    }
}

/// What was not kept, because something is wrong with it.
fn refused(tried: &Tried) -> Failure {
    let wrong = rows(&tried.probes).into_iter().filter(|row| row.outcome == "wrong");
    let said: Vec<String> = wrong.map(|row| row.sentence).collect();
    Failure::Unusable { sentence: format!("nothing was kept: {}", said.join("; ")) }
}

async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    Said(said): Said<SourceSaid>,
) -> Result<(StatusCode, Json<TriedFacts>), Failure> {
    let provider: ProviderKind =
        said.provider.parse().map_err(|unknown: domain::UnknownProvider| Failure::Unusable {
            sentence: unknown.to_string(),
        })?;
    let auto_assign = match &said.auto_assign {
        Some(named) => Some(account(&state, &guest, named).await?.id),
        None => None,
    };
    let answers = Answers {
        since: said.since,
        country: said.country.map_or(Ok(Country::US), country)?,
        every_minutes: said.every_minutes,
        contacts: said.contacts.as_deref().map(contacts).transpose()?,
        auto_assign,
        said: said.settings,
    };
    let asked = SetUpAsked { name: said.name, provider, answers, secret: said.secret };
    let tried = state.office.set_up(&state.store, &asked, said.anyway, &guest.by()).await?;
    if !tried.is_kept {
        return Err(refused(&tried));
    }
    Ok((StatusCode::CREATED, Json(TriedFacts::of(asked.name, &tried))))
}

fn country(code: String) -> Result<Country, Failure> {
    Country::try_from(code).map_err(|sentence| Failure::Unusable { sentence })
}

fn contacts(word: &str) -> Result<ContactPolicy, Failure> {
    let sentence = || "contacts are one of created, matched and off".to_owned();
    word.parse().map_err(|_unknown| Failure::Unusable { sentence: sentence() })
}

async fn credential(
    State(state): State<crate::State>,
    guest: Guest,
    Path(name): Path<String>,
    Said(said): Said<CredentialSaid>,
) -> Result<Json<TriedFacts>, Failure> {
    let row = named(&state, &name).await?;
    let (office, by) = (&state.office, guest.by());
    let tried = office.change_secret(&state.store, &row, &said.secret, said.anyway, &by).await?;
    if !tried.is_kept {
        return Err(refused(&tried));
    }
    Ok(Json(TriedFacts::of(row.name, &tried)))
}

async fn examine(
    State(state): State<crate::State>,
    Path(name): Path<String>,
) -> Result<Json<TriedFacts>, Failure> {
    let row = named(&state, &name).await?;
    let tried = state.office.examine(&state.store, &row).await?;
    Ok(Json(TriedFacts::of(row.name, &tried)))
}

async fn pause(
    State(state): State<crate::State>,
    guest: Guest,
    Path(name): Path<String>,
    Said(PauseSaid { rests }): Said<PauseSaid>,
) -> Result<Json<PauseFacts>, Failure> {
    let row = named(&state, &name).await?;
    set_up::pause(&state.store, &row, rests, &guest.by(), state.clock.now()).await?;
    Ok(Json(PauseFacts { source: row.name, rests }))
}
