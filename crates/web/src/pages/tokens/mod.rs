//! Tokens that open the API, for operators.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use domain::access::{Area, Role};
use domain::{AccountId, Timestamp};
use engine::access::{TokenAsked, TokenError, token_add, token_revoke};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use store::TokenRow;

use super::PageRoute;
use crate::door::{Posted, see};
use crate::failure::Failure;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::zone::Zone;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    let area = Area::Operators;
    vec![
        PageRoute::get("/tokens", area, show),
        PageRoute::post("/tokens", area, "Give out a token", add),
        PageRoute::post("/tokens/revoke", area, "Revoke a token", revoke),
    ]
}

#[derive(Template)]
#[template(path = "pages/tokens/page.html")]
struct Page {
    frame: Frame,
    tokens: Vec<Line>,
    accounts: Vec<(i64, String)>,
    typed: String,
    wrong: Option<String>,
    /// A token that was just given out: its name and its secret, shown this once.
    given: Option<(String, String)>,
}

struct Line {
    name: String,
    whose: String,
    may: &'static str,
    state: String,
    holds: bool,
    since: String,
    by: String,
    used: String,
}

impl Line {
    fn of(row: TokenRow, zone: &Zone, now: Timestamp) -> Self {
        let second = |at| zone.second(at).text;
        let terms = row.terms();
        let (state, holds) = match (terms.revoked_at, terms.expires_at) {
            (Some(at), _) => (format!("revoked {}", second(at)), false),
            (None, Some(at)) if at <= now => (format!("expired {}", second(at)), false),
            (None, Some(at)) => (format!("holds until {}", second(at)), true),
            (None, None) => ("holds".to_owned(), true),
        };
        let time = |millis| second(Timestamp::from_millis(millis));
        Self {
            whose: row.account.unwrap_or_else(|| "an operator".to_owned()),
            may: if terms.may_write { "read and write" } else { "read" },
            state,
            holds,
            since: time(row.created_at),
            by: row.created_by,
            used: row.last_used_at.map_or_else(|| "never".to_owned(), time),
            name: row.name,
        }
    }
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
) -> Result<Response, Failure> {
    page(&state, (&guest, &zone), "", Told::Nothing).await
}

enum Told {
    Nothing,
    Wrong(String),
    Given(String, String),
}

async fn page(
    state: &crate::State,
    (guest, zone): (&Guest, &Zone),
    typed: &str,
    told: Told,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let tokens = state.store.tokens_list().await?;
    let tokens = tokens.into_iter().map(|row| Line::of(row, zone, now)).collect();
    let accounts = state.store.accounts_list().await?.into_iter();
    let accounts = accounts.filter(|row| row.archived_at.is_none());
    let accounts = accounts.map(|row| (row.id.0, row.name)).collect();
    let frame = Frame::new(state, guest, "Tokens", "/tokens").read_at(now).zone(zone);
    let (status, wrong, given) = match told {
        Told::Nothing => (StatusCode::OK, None, None),
        Told::Wrong(sentence) => (StatusCode::UNPROCESSABLE_ENTITY, Some(sentence), None),
        Told::Given(name, secret) => (StatusCode::CREATED, None, Some((name, secret))),
    };
    let typed = typed.to_owned();
    Ok((status, html(&Page { frame, tokens, accounts, typed, wrong, given })?).into_response())
}

#[derive(Deserialize)]
struct Add {
    name: String,
    /// The id of an account, or nothing for an operator's.
    #[serde(default)]
    account: String,
    /// There where it may change things.
    #[serde(default)]
    write: Option<String>,
    /// After how many days it ends, or nothing.
    #[serde(default)]
    days: String,
}

async fn add(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Posted(form): Posted<Add>,
) -> Result<Response, Failure> {
    let wrong = |sentence: String| page(&state, (&guest, &zone), &form.name, Told::Wrong(sentence));
    let role = match form.account.as_str() {
        "" => Role::Operator,
        account => match account.parse() {
            Ok(id) => Role::Member(AccountId(id)),
            Err(_) => return Err(Failure::NotFound { what: "account" }),
        },
    };
    let now = state.clock.now();
    let expires_at = match form.days.trim() {
        "" => None,
        days => match days.parse::<u32>() {
            Ok(days @ 1..=3650) => {
                Some(now + std::time::Duration::from_hours(24 * u64::from(days)))
            }
            _ => return wrong("days are a number from 1 to 3650".to_owned()).await,
        },
    };
    let may_write = form.write.is_some();
    let asked = TokenAsked { name: form.name.clone(), role, may_write, expires_at };
    match token_add(&state.store, &asked, &guest.by(), now).await {
        Ok((row, secret)) => {
            let told = Told::Given(row.name, secret.expose_secret().to_owned());
            page(&state, (&guest, &zone), "", told).await
        }
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(error) => wrong(error.to_string()).await,
    }
}

#[derive(Deserialize)]
struct Revoke {
    name: String,
}

async fn revoke(
    State(state): State<crate::State>,
    guest: Guest,
    Posted(form): Posted<Revoke>,
) -> Result<Response, Failure> {
    match token_revoke(&state.store, &form.name, &guest.by(), state.clock.now()).await {
        Ok(_) => Ok(see("/tokens")),
        Err(TokenError::NoToken { .. }) => Err(Failure::NotFound { what: "token" }),
        Err(TokenError::Store(error)) => Err(error.into()),
        Err(error) => Err(Failure::Defect { detail: error.to_string() }),
    }
}
