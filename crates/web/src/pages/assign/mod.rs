//! Whose calls are these: an agent, a number, a campaign or a whole source is given to an account,
//! after a look at what that would move.

use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{Html, Redirect};
use domain::access::Area;
use serde::Deserialize;

use super::PageRoute;
use crate::api::{AssignSaid, Named, assigned};
use crate::door::Posted;
use crate::extract::Query;
use crate::failure::Failure;
use crate::figures::Count;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Choice, address, given};

const PATH: &str = "/assign";

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Operators, show),
        PageRoute::post(PATH, Area::Operators, "Assign calls", assign),
    ]
}

/// Whose calls, and to whom they go.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    source: Option<String>,
    /// `agent`, `number`, `campaign` or `source`.
    what: Option<String>,
    /// Which of these.
    value: Option<String>,
    /// To this account, by name.
    account: Option<String>,
    /// How many calls have just moved.
    moved: Option<u64>,
}

const WHATS: [(&str, &str); 4] = [
    ("agent", "the agent"),
    ("number", "the number"),
    ("campaign", "the campaign"),
    ("source", "the whole source"),
];

impl Asked {
    fn what(&self) -> &str {
        self.what.as_deref().unwrap_or("agent")
    }

    /// What is said, once all of it is.
    fn said(&self) -> Option<AssignSaid> {
        let (source, value) = (given(self.source.as_deref())?, given(self.value.as_deref()));
        let account = Named::Name(given(self.account.as_deref())?);
        let mut said = AssignSaid {
            agent: None,
            number: None,
            campaign: None,
            whole_source: false,
            source: Some(source),
            account,
            from: None,
            to: None,
        };
        match self.what() {
            "agent" => said.agent = Some(value?),
            "number" => said.number = Some(value?),
            "campaign" => said.campaign = Some(value?),
            "source" => said.whole_source = true,
            _ => return None,
        }
        Some(said)
    }
}

#[derive(Template)]
#[template(path = "pages/assign/page.html")]
struct Page {
    frame: Frame,
    sources: Vec<Choice>,
    accounts: Vec<Choice>,
    whats: [(&'static str, &'static str); 4],
    source: String,
    what: String,
    value: String,
    account: String,
    preview: Option<Count>,
    moved: Option<Count>,
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Failure> {
    let said = asked.said().filter(|_| asked.moved.is_none());
    let preview = match said {
        Some(said) => {
            let Json(outcome) = assigned(&state, &guest, said, true).await?;
            Some(Count(outcome.calls_moved))
        }
        None => None,
    };
    let choice = |name: String| Choice { value: name.clone(), title: name };
    let sources = state.store.sources_list().await?.into_iter().map(|row| choice(row.name));
    let accounts = state.store.accounts_list().await?.into_iter();
    let accounts = accounts.filter(|row| row.archived_at.is_none()).map(|row| choice(row.name));
    html(&Page {
        frame: Frame::new(&state, &guest, "Assign calls", "/waiting"),
        sources: sources.collect(),
        accounts: accounts.collect(),
        whats: WHATS,
        what: asked.what().to_owned(),
        source: asked.source.unwrap_or_default(),
        value: asked.value.unwrap_or_default(),
        account: asked.account.unwrap_or_default(),
        preview,
        moved: asked.moved.map(Count),
    })
}

async fn assign(
    State(state): State<crate::State>,
    guest: Guest,
    Posted(asked): Posted<Asked>,
) -> Result<Redirect, Failure> {
    let said = asked.said().ok_or_else(|| Failure::Unusable {
        sentence: "say whose calls go to which account".to_owned(),
    })?;
    let Json(outcome) = assigned(&state, &guest, said, false).await?;
    let moved = outcome.calls_moved.to_string();
    let asked = [
        ("source", asked.source.as_deref()),
        ("what", asked.what.as_deref()),
        ("value", asked.value.as_deref()),
        ("account", asked.account.as_deref()),
        ("moved", Some(moved.as_str())),
    ];
    // Asking for the page again must not assign again.
    Ok(Redirect::to(&address(PATH, asked)))
}
