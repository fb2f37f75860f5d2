//! What a request says: its query, its body, and what its path names.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use domain::{AccountId, Country};
use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use store::AccountRow;

use crate::failure::Failure;
use crate::guest::Guest;

/// What stands in the query.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        let read = Query::try_from_uri(&parts.uri);
        read.map(|Query(asked)| Self(asked))
            .map_err(|error| Failure::Misasked { sentence: error.body_text() })
    }
}

/// What stands in the body, as JSON.
pub struct Said<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Said<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let Sent(body) = Sent::from_request(request, state).await?;
        serde_json::from_slice(&body).map(Self).map_err(|error| {
            let what = if error.is_data() { "says what is not understood" } else { "is no JSON" };
            Failure::Misasked { sentence: format!("the body {what}: {error}") }
        })
    }
}

/// The body as it was sent. How long it may be and of which type was seen to at the door.
pub struct Sent(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for Sent {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let body = Bytes::from_request(request, state).await;
        body.map(Self).map_err(|error| Failure::Defect { detail: error.to_string() })
    }
}

/// The id in the path, of whatever kind.
pub struct Id(pub i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let read = Path::<i64>::from_request_parts(parts, state).await;
        read.map(|Path(id)| Self(id))
            .map_err(|_no_number| Failure::Misasked { sentence: "an id is a number".to_owned() })
    }
}

const COUNT: u32 = 50;
const COUNT_MAX: u32 = 500;

/// How many are listed at once.
pub fn count(limit: Option<u32>) -> Result<usize, Failure> {
    let count = limit.unwrap_or(COUNT);
    if !(1..=COUNT_MAX).contains(&count) {
        let sentence = format!("limit is a number from 1 to {COUNT_MAX}");
        return Err(Failure::Misasked { sentence });
    }
    Ok(count as usize)
}

/// The part of a list that was asked for, and what to ask for to go on. The rows are by their ids.
pub fn page<T>(
    rows: Vec<T>,
    after: Option<i64>,
    limit: Option<u32>,
    id: impl Fn(&T) -> i64,
) -> Result<(Vec<T>, Option<i64>), Failure> {
    let count = count(limit)?;
    let mut rows: Vec<T> =
        rows.into_iter().filter(|row| after.is_none_or(|after| id(row) > after)).collect();
    let has_more = rows.len() > count;
    rows.truncate(count);
    let next = rows.last().filter(|_| has_more).map(id);
    Ok((rows, next))
}

/// An account, by its id or its name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Named {
    /// Its id.
    Id(#[serde(deserialize_with = "whole")] i64),
    /// Its name.
    Name(String),
}

/// The account that is meant, as far as whoever asks sees it.
pub async fn account(
    state: &crate::State,
    guest: &Guest,
    named: &Named,
) -> Result<AccountRow, Failure> {
    let rows = state.store.accounts_list().await?;
    let is_meant = |row: &AccountRow| match named {
        Named::Id(id) => row.id.0 == *id,
        Named::Name(name) => row.name == name.trim(),
    };
    let row = rows.into_iter().find(is_meant);
    let row = row.ok_or(Failure::NotFound { what: "account" })?;
    guest.sees(row.id, "account")?;
    Ok(row)
}

/// The account of this id, as far as whoever asks sees it.
pub async fn account_at(
    state: &crate::State,
    guest: &Guest,
    id: i64,
) -> Result<AccountRow, Failure> {
    guest.sees(AccountId(id), "account")?;
    account(state, guest, &Named::Id(id)).await
}

/// A country as it is written.
pub fn country(written: Option<&str>) -> Result<Option<Country>, Failure> {
    let read = |text: &str| {
        let sentence = || format!("“{text}” is no country; one is two letters, such as US");
        Country::new(text).ok_or_else(|| Failure::Unusable { sentence: sentence() })
    };
    written.map(read).transpose()
}

/// A whole number, however it is written: JSON has one kind of number, and `1.0` is as whole as `1`.
pub fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(deserializer: D) -> Result<T, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let no_fraction = |number: f64| {
        let text = format!("{number:.0}");
        (number.fract() == 0.0).then(|| text.parse().ok()).flatten()
    };
    let whole = number.as_i64().or_else(|| number.as_f64().and_then(no_fraction));
    let fits = whole.and_then(|whole: i64| T::try_from(whole).ok());
    fits.ok_or_else(|| D::Error::custom(format!("{number} is no such whole number")))
}

/// The same where it need not be there.
pub fn whole_opt<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    struct Whole<T>(T);
    impl<'de, T: TryFrom<i64>> Deserialize<'de> for Whole<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            whole(deserializer).map(Self)
        }
    }
    Ok(Option::<Whole<T>>::deserialize(deserializer)?.map(|Whole(number)| number))
}

/// The same where null takes it back.
pub fn whole_told<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
    deserializer: D,
) -> Result<Told<T>, D::Error> {
    Ok(whole_opt(deserializer)?.map_or(Told::Null, Told::This))
}

/// That exactly one of these is said, as a schema says it: those that are said by being true have it
/// so, the others are texts.
pub fn exactly_one(names: &[&str]) -> Value {
    let said = |name: &&str| {
        let is_flag = ["wholeSource", "testCalls"].contains(name);
        let said = if is_flag { json!({ "const": true }) } else { json!({ "type": "string" }) };
        json!({ "required": [name], "properties": { *name: said } })
    };
    names.iter().map(said).collect()
}

/// A field that can be taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Told<T> {
    /// It is not there, and stays as it is.
    #[default]
    Nothing,
    /// It is null.
    Null,
    /// It is this.
    This(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::This))
    }
}
