//! One more source: which provider, what it must know, and what came of trying it out.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use domain::{AccountId, Country, ProviderKind};
use engine::examine::rows;
use engine::set_up::{Question, SetUp, SetUpAsked, SetUpError};
use secrecy::SecretString;

use super::change::sentence;
use super::{PATH, probes};
use crate::door::Posted;
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Choice, Table, encoded, given};
use crate::zone::Zone;

/// What fields of the provider's own begin with.
const OWN: &str = "own.";

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
    must: Vec<Field>,
    may: Vec<Field>,
    secret: Question,
    accounts: Vec<Choice>,
    typed: Typed,
    /// Why nothing can be sealed here.
    lacks_key: Option<String>,
    wrong: Option<String>,
    /// What the provider answered, where something was wrong.
    tried: Option<Table>,
    offers_anyway: bool,
}

/// A field of the provider's own.
struct Field {
    key: &'static str,
    asks: &'static str,
    example: &'static str,
    found: &'static str,
    value: String,
}

/// What was typed, apart from secrets, which are never sent back.
#[derive(Default)]
struct Typed {
    name: String,
    since: String,
    country: String,
    every_minutes: String,
    contacts: String,
    auto_assign: String,
}

/// What came of trying.
#[derive(Default)]
struct News {
    wrong: Option<String>,
    tried: Option<Table>,
    offers_anyway: bool,
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
    let mut said = BTreeMap::new();
    said.insert("name".to_owned(), kind.as_str().to_owned());
    page(&state, &guest, kind, (&said, News::default())).await
}

async fn page(
    state: &crate::State,
    guest: &Guest,
    kind: ProviderKind,
    (said, news): (&BTreeMap<String, String>, News),
) -> Result<Response, Failure> {
    let text = |name: &str| said.get(name).cloned().unwrap_or_default();
    let field = |question: &Question| Field {
        key: question.key,
        asks: question.asks,
        example: question.example,
        found: question.found,
        value: text(&format!("{OWN}{}", question.key)),
    };
    let set_up = SetUp::of(kind);
    let accounts = state.store.accounts_list().await?.into_iter();
    let accounts = accounts.filter(|row| row.archived_at.is_none());
    let status =
        if news.wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: Frame::new(state, guest, format!("Set up {}", kind.title()), PATH),
        provider: kind.as_str(),
        title: kind.title(),
        must: set_up.questions.iter().map(field).collect(),
        may: set_up.optional.iter().map(field).collect(),
        secret: set_up.secret,
        accounts: accounts
            .map(|row| Choice { value: row.id.0.to_string(), title: row.name })
            .collect(),
        typed: Typed {
            name: text("name"),
            since: text("since"),
            country: text("country"),
            every_minutes: text("every_minutes"),
            contacts: text("contacts"),
            auto_assign: text("auto_assign"),
        },
        lacks_key: state.office.lacks_key(),
        wrong: news.wrong,
        tried: news.tried,
        offers_anyway: news.offers_anyway,
    };
    Ok((status, html(&page)?).into_response())
}

/// Tries it out, and keeps it where it is right.
pub async fn set_up(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Path(name): Path<String>,
    Posted(mut said): Posted<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    let kind = provider(&name)?;
    let secret = SecretString::from(said.remove("secret").unwrap_or_default());
    let anyway = said.contains_key("anyway");
    let asked = match asked(kind, &said, secret, &zone) {
        Ok(asked) => asked,
        Err(wrong) => {
            let news = News { wrong: Some(wrong), ..News::default() };
            return page(&state, &guest, kind, (&said, news)).await;
        }
    };
    let news = match state.office.set_up(&state.store, &asked, anyway, &guest.by()).await {
        Ok(tried) if tried.is_kept => {
            let place = format!("{PATH}/{}", encoded(&asked.name));
            return Ok(Redirect::to(&place).into_response());
        }
        Ok(tried) => News {
            wrong: Some("something must be changed, as the provider's answers say".to_owned()),
            tried: Some(probes(rows(&tried.probes), "")),
            offers_anyway: true,
        },
        Err(error) => News {
            offers_anyway: matches!(error, SetUpError::TooSlow { .. }),
            wrong: Some(sentence(error)?),
            tried: None,
        },
    };
    page(&state, &guest, kind, (&said, news)).await
}

/// What was typed, as it is asked for; or what in it makes no sense.
fn asked(
    kind: ProviderKind,
    said: &BTreeMap<String, String>,
    secret: SecretString,
    zone: &Zone,
) -> Result<SetUpAsked, String> {
    let text = |name: &str| given(said.get(name).map(String::as_str));
    let since = text("since").and_then(|written| zone.from(&written));
    let country = match text("country") {
        None => Country::US,
        Some(code) => Country::new(&code).ok_or("a country has two letters, such as US")?,
    };
    let every_minutes = match text("every_minutes") {
        None => None,
        Some(minutes) => {
            Some(minutes.parse().map_err(|_unread| "minutes are a number, such as 5")?)
        }
    };
    let contacts = match text("contacts") {
        None => None,
        Some(word) => Some(word.parse().map_err(|_unread| "contacts are created, matched or off")?),
    };
    let auto_assign = match text("auto_assign") {
        None => None,
        Some(id) => {
            Some(AccountId(id.parse().map_err(|_unread| "choose an account from the list")?))
        }
    };
    let own = said.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(OWN)?;
        Some((key.to_owned(), given(Some(value))?))
    });
    Ok(SetUpAsked {
        name: text("name").unwrap_or_default(),
        provider: kind,
        since: since.ok_or("say since when its calls are read, as a date")?,
        country,
        every_minutes,
        contacts,
        auto_assign,
        said: own.collect(),
        secret,
    })
}
