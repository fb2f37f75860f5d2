//! What is changed about one source: whether it rests, what opens its door, and what is known of it.

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::examine::rows;
use engine::set_up::{self, SetUpError, Tried};
use secrecy::SecretString;
use serde::Deserialize;
use store::SourceRow;

use super::PATH;
use super::one::{News, named, page};
use crate::door::Posted;
use crate::extract::Path;
use crate::failure::Failure;
use crate::guest::Guest;
use crate::list::encoded;
use crate::zone::Zone;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseSaid {
    /// There where it is to rest; not there where it is to go on.
    rest: Option<String>,
}

pub async fn pause(
    State(state): State<crate::State>,
    guest: Guest,
    Path(name): Path<String>,
    Posted(said): Posted<PauseSaid>,
) -> Result<Redirect, Failure> {
    let row = named(&state, &name).await?;
    let (rests, now) = (said.rest.is_some(), state.clock.now());
    set_up::pause(&state.store, &row, rests, &guest.by(), now).await?;
    Ok(back_to(&row))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

pub async fn examine(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
    Posted(Nothing {}): Posted<Nothing>,
) -> Result<Response, Failure> {
    let row = named(&state, &name).await?;
    match state.office.examine(&state.store, &row).await {
        Ok(_) => Ok(back_to(&row).into_response()),
        Err(error) => {
            let news = News { wrong: Some(sentence(error)?), ..News::default() };
            page(&state, (&guest, &zone), row, news).await
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSaid {
    secret: SecretString,
    /// There where it is to be used whatever the provider answers.
    anyway: Option<String>,
}

pub async fn credential(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
    Posted(said): Posted<CredentialSaid>,
) -> Result<Response, Failure> {
    let row = named(&state, &name).await?;
    let (office, anyway) = (&state.office, said.anyway.is_some());
    let changed = office.change_secret(&state.store, &row, &said.secret, anyway, &guest.by()).await;
    let news = match changed {
        Ok(tried) if tried.is_kept => return Ok(back_to(&row).into_response()),
        Ok(tried) => refused(&tried),
        Err(error) => News {
            offers_anyway: matches!(error, SetUpError::TooSlow { .. }),
            wrong: Some(format!("The one that is there stays: {}", sentence(error)?)),
            ..News::default()
        },
    };
    page(&state, (&guest, &zone), row, news).await
}

fn refused(tried: &Tried) -> News {
    let wrong = "The one that is there stays: something is wrong with what was tried, as below";
    let probes = Some(rows(&tried.probes));
    News { wrong: Some(wrong.to_owned()), probes, offers_anyway: true }
}

/// What was wrong, for whoever asked; what is nobody's mistake is a failure.
pub fn sentence(error: SetUpError) -> Result<String, Failure> {
    match error {
        SetUpError::Store(error) => Err(error.into()),
        error => Ok(error.to_string()),
    }
}

fn back_to(row: &SourceRow) -> Redirect {
    Redirect::to(&format!("{PATH}/{}", encoded(&row.name)))
}
