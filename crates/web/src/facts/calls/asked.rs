//! Which calls an address asks for.

use std::fmt::Write as _;

use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use schemars::JsonSchema;
use serde::Deserialize;
use store::{CallFilter, CallRow, Store};

use crate::failure::Failure;

/// Where a call can stand.
pub const PLACEMENTS: [&str; 3] = ["placed", "waiting", "excluded"];

const COUNT: i64 = 50;
const COUNT_MAX: i64 = 500;

/// What an address asks for; an empty value is as good as none. A filter that is misspelt would show
/// calls nobody asked for, so it is refused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallsAsked {
    /// Of the source of this name only.
    source: Option<String>,
    /// Of this placement only: `placed`, `waiting` or `excluded`.
    placement: Option<String>,
    /// Go on after this one: what the page before named as its next.
    after: Option<String>,
    /// How many, from 1 to 500; 50 where it is not said.
    limit: Option<String>,
}

/// What was asked, or why it makes no sense.
pub fn read(asked: Result<Query<CallsAsked>, QueryRejection>) -> Result<CallsAsked, Failure> {
    asked
        .map(|Query(asked)| asked)
        .map_err(|error| Failure::Misasked { sentence: error.body_text() })
}

/// The place of a call in the list, as addresses carry it.
pub fn after(row: &CallRow) -> String {
    format!("{}.{}", row.occurred_at, row.provider_call_id)
}

fn given(value: Option<&String>) -> Option<&str> {
    value.map(String::as_str).filter(|text| !text.is_empty())
}

impl CallsAsked {
    /// Of this source only.
    pub fn source(&self) -> Option<&str> {
        given(self.source.as_ref())
    }

    /// Of this placement only.
    pub fn placement(&self) -> Option<&str> {
        given(self.placement.as_ref())
    }

    /// After this call.
    pub fn after(&self) -> Option<&str> {
        given(self.after.as_ref())
    }

    /// How many.
    pub fn count(&self) -> Result<i64, Failure> {
        let Some(text) = given(self.limit.as_ref()) else { return Ok(COUNT) };
        let count = text.parse().ok().filter(|count| (1..=COUNT_MAX).contains(count));
        let sentence = format!("limit is a number from 1 to {COUNT_MAX}.");
        count.ok_or(Failure::Misasked { sentence })
    }

    /// The same as the store understands it.
    pub async fn filter(&self, store: &Store) -> Result<CallFilter, Failure> {
        let source = match self.source() {
            Some(name) => {
                let row = store.source_by_name(name).await?;
                Some(row.ok_or(Failure::NotFound { what: "source" })?.id)
            }
            None => None,
        };
        if self.placement().is_some_and(|asked| !PLACEMENTS.contains(&asked)) {
            let sentence = format!("placement is one of {}.", PLACEMENTS.join(", "));
            return Err(Failure::Misasked { sentence });
        }
        let placement = self.placement().map(str::to_owned);
        Ok(CallFilter { source, placement, after: self.key()?, ..CallFilter::default() })
    }

    fn key(&self) -> Result<Option<(i64, String)>, Failure> {
        let Some(text) = self.after() else { return Ok(None) };
        let key = text.split_once('.').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
        let sentence = "after is what the page before named as its next.".to_owned();
        key.map(Some).ok_or(Failure::Misasked { sentence })
    }

    /// The address of another page of the same list.
    pub fn address(&self, after: Option<&str>) -> String {
        let asked = [("source", self.source()), ("placement", self.placement()), ("after", after)];
        let given = asked.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let pairs: Vec<String> =
            given.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if pairs.is_empty() { "/calls".to_owned() } else { format!("/calls?{}", pairs.join("&")) }
    }
}

/// A value as a query carries it.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            write!(text, "%{byte:02X}").expect("a text grows");
        }
    }
    text
}
