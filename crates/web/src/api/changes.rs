//! Calls that changed since a bookmark, for whoever keeps a copy of them.

use axum::Json;
use axum::extract::State;
use domain::Bookmark;
use domain::access::Area;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{ChangedCall, ChangedError};

use super::asked::{Asked, count};
use super::route::Route;
use super::told::AsOf;
use crate::facts::CallFacts;
use crate::failure::Failure;
use crate::guest::Guest;

/// Where it is.
pub fn routes() -> Vec<Route> {
    let what = "List calls that changed since a bookmark";
    let list = Route::get("/calls/changes", what, Area::Accounts, list);
    vec![list.asks::<ChangesAsked>().gives::<AsOf<CallChanges>>()]
}

/// Which changes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangesAsked {
    /// The bookmark that an earlier page named as its next; from the beginning where it is not said.
    #[schemars(extend("pattern" = r"^$|^r1(\.[0-9]{1,18})?(_[0-9]{1,18}\.[0-9]{1,18}(\.([0-9a-f]{2})*)?)*$"), example = &"r1")]
    since: Option<String>,
    /// How many, from 1 to 500; 50 where it is not said.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u32>,
}

/// A page of changes.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CallChanges {
    /// In the order in which a copy takes them in. A call that changes meanwhile comes again.
    changes: Vec<Change>,
    /// The bookmark to go on with, now or later. It stays as it is where nothing has changed.
    next: String,
    /// Whether there are more already.
    has_more: bool,
}

/// A call as it is now, or one that left.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
enum Change {
    /// A call that is new or has changed.
    Call(Box<CallFacts>),
    /// A call that is no longer this account's.
    Left(Departed),
}

/// A call that is no longer this account's; nothing else is told of it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Departed {
    source: String,
    provider_call_id: String,
    /// Always true.
    left: bool,
}

impl From<ChangedCall> for Change {
    fn from(changed: ChangedCall) -> Self {
        let ChangedCall { source, provider_call_id, call, .. } = changed;
        match call {
            Some(row) => Self::Call(Box::new(row.into())),
            None => Self::Left(Departed { source, provider_call_id, left: true }),
        }
    }
}

impl From<ChangedError> for Failure {
    fn from(error: ChangedError) -> Self {
        match error {
            ChangedError::Ahead => {
                let begin = "Throw the copy away and begin without `since`";
                Self::Conflict { sentence: format!("{error}. {begin}") }
            }
            ChangedError::Store(error) => error.into(),
        }
    }
}

async fn list(
    State(state): State<crate::State>,
    guest: Guest,
    Asked(asked): Asked<ChangesAsked>,
) -> Result<Json<AsOf<CallChanges>>, Failure> {
    let as_of = state.clock.now();
    let since = match asked.since.as_deref().filter(|text| !text.is_empty()) {
        None => Bookmark::default(),
        Some(text) => text.parse().map_err(|error: domain::NotABookmark| Failure::Misasked {
            sentence: error.to_string(),
        })?,
    };
    let page = state.store.calls_changed(guest.scope(), &since, count(asked.limit)?).await?;
    let changes = page.calls.into_iter().map(Change::from).collect();
    let what = CallChanges { changes, next: page.next.to_string(), has_more: page.has_more };
    Ok(Json(AsOf { as_of, what }))
}
