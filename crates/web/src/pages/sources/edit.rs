//! What was said of a source that was set up here, said differently.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use engine::set_up::{Answers, ChangeAsked, SetUpError};
use secrecy::SecretString;
use store::{SetUpRow, SourceRow};

use super::PATH;
use super::form::{Form, News, Typed, answers, filled};
use super::one::named;
use crate::door::Posted;
use crate::extract::Path;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::encoded;
use crate::zone::Zone;

#[derive(Template)]
#[template(path = "pages/sources/edit.html")]
struct Page {
    frame: Frame,
    name: String,
    /// Where the source is.
    path: String,
    /// Its version, which the form carries.
    version: i64,
    /// Its form; none where the configuration has it.
    form: Option<Form>,
}

/// How it was set up here; nothing where it was not.
async fn own(state: &crate::State, source: &SourceRow) -> Result<Option<SetUpRow>, Failure> {
    match state.office.set_up_of(&state.store, source).await {
        Ok(row) => Ok(Some(row)),
        Err(SetUpError::Configured { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Shows its form, filled in.
pub async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let source = named(&state, &name).await?;
    let Some(row) = own(&state, &source).await? else {
        return page(&state, &guest, &source, (0, None));
    };
    let typed = filled(&Answers::of(&row)?, &zone);
    let form = Form::of(&state, source.provider, (&typed, true), News::default()).await?;
    page(&state, &guest, &source, (row.version.unwrap_or(0), Some(form)))
}

fn page(
    state: &crate::State,
    guest: &Guest,
    source: &SourceRow,
    (version, form): (i64, Option<Form>),
) -> Result<Response, Failure> {
    let status = form.as_ref().map(|form| form.news.status()).unwrap_or_default();
    let page = Page {
        frame: Frame::new(state, guest, format!("Change {}", source.name), PATH),
        name: source.name.clone(),
        path: place(source),
        version,
        form,
    };
    Ok((status, html(&page)?).into_response())
}

/// Tries it out where it leads elsewhere, and keeps it where it is right.
pub async fn change(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
    Posted(mut typed): Posted<Typed>,
) -> Result<Response, Failure> {
    let source = named(&state, &name).await?;
    let before = Answers::of(&state.office.set_up_of(&state.store, &source).await?)?;
    let secret = typed.remove("secret").filter(|typed| !typed.trim().is_empty());
    let secret = secret.map(SecretString::from);
    let anyway = typed.contains_key("anyway");
    let version = typed.get("version").and_then(|text| text.parse().ok()).unwrap_or(0);
    // What no field is there for stays as it is.
    let kept = filled(&before, &zone).into_iter();
    for (name, value) in kept.filter(|(name, _)| name.starts_with("own.")) {
        typed.entry(name).or_insert(value);
    }
    let news = match answers(&typed, &zone) {
        Ok(mut answers) => {
            // A date that was not touched is the instant it stands for, whoever's clock reads it.
            if zone.date(answers.since) == zone.date(before.since) {
                answers.since = before.since;
            }
            let asked = ChangeAsked { answers, secret, version };
            let (office, by) = (&state.office, guest.by());
            let tried = office.change(&state.store, &source, &asked, anyway, &by).await;
            if tried.as_ref().is_ok_and(|tried| tried.is_kept) {
                return Ok(Redirect::to(&place(&source)).into_response());
            }
            News::of(tried)?
        }
        Err(wrong) => News::wrong(wrong),
    };
    let form = Form::of(&state, source.provider, (&typed, true), news).await?;
    page(&state, &guest, &source, (version, Some(form)))
}

fn place(source: &SourceRow) -> String {
    format!("{PATH}/{}", encoded(&source.name))
}
