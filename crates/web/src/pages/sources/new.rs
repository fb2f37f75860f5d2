//! One more source: which provider, what it must know, and what came of trying it out.

use askama::Template;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use domain::ProviderKind;
use engine::set_up::{SetUp, SetUpAsked};
use secrecy::SecretString;

use super::PATH;
use super::form::{Form, News, Typed, answers};
use crate::door::Posted;
use crate::extract::Path;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{encoded, given};
use crate::zone::Zone;

#[derive(Template)]
#[template(path = "pages/sources/choose.html")]
struct Choose {
    frame: Frame,
    providers: Vec<(&'static str, &'static str, String)>,
}

/// Shows which providers there are.
pub async fn choose(
    State(state): State<crate::State>,
    guest: Guest,
) -> Result<Html<String>, Failure> {
    let provider = |kind: &ProviderKind| {
        let SetUp { questions, secret, .. } = SetUp::of(*kind);
        let asks = questions.iter().chain([&secret]).map(|question| question.asks);
        (kind.as_str(), kind.title(), asks.collect::<Vec<_>>().join(" · "))
    };
    html(&Choose {
        frame: Frame::new(&state, &guest, "Set up a source", PATH),
        providers: ProviderKind::ALL.iter().map(provider).collect(),
    })
}

#[derive(Template)]
#[template(path = "pages/sources/new.html")]
struct Page {
    frame: Frame,
    provider: &'static str,
    title: &'static str,
    form: Form,
}

fn provider(name: &str) -> Result<ProviderKind, Failure> {
    name.parse().map_err(|_unknown| Failure::NotFound { what: "provider" })
}

/// Shows its form.
pub async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let kind = provider(&name)?;
    let typed = Typed::from([("name".to_owned(), kind.as_str().to_owned())]);
    page(&state, &guest, kind, (&typed, News::default())).await
}

async fn page(
    state: &crate::State,
    guest: &Guest,
    kind: ProviderKind,
    (typed, news): (&Typed, News),
) -> Result<Response, Failure> {
    let status = news.status();
    let page = Page {
        frame: Frame::new(state, guest, format!("Set up {}", kind.title()), PATH),
        provider: kind.as_str(),
        title: kind.title(),
        form: Form::of(state, kind, (typed, false), news).await?,
    };
    Ok((status, html(&page)?).into_response())
}

/// Tries it out, and keeps it where it is right.
pub async fn set_up(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
    Posted(mut typed): Posted<Typed>,
) -> Result<Response, Failure> {
    let provider = provider(&name)?;
    let secret = SecretString::from(typed.remove("secret").unwrap_or_default());
    let anyway = typed.contains_key("anyway");
    let name = given(typed.get("name").map(String::as_str)).unwrap_or_default();
    let asked = match answers(&typed, &zone) {
        Ok(answers) => SetUpAsked { name, provider, answers, secret },
        Err(wrong) => return page(&state, &guest, provider, (&typed, News::wrong(wrong))).await,
    };
    let tried = state.office.set_up(&state.store, &asked, anyway, &guest.by()).await;
    if tried.as_ref().is_ok_and(|tried| tried.is_kept) {
        let place = format!("{PATH}/{}", encoded(&asked.name));
        return Ok(Redirect::to(&place).into_response());
    }
    page(&state, &guest, provider, (&typed, News::of(tried)?)).await
}
