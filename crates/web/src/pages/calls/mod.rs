//! Calls, newest first, page by page, with their filters in the address.

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Html;
use domain::access::Area;

use super::PageRoute;
use crate::facts::{CallFacts, CallsAsked, CallsFacts, PLACEMENTS, calls_asked};
use crate::failure::Failure;
use crate::figures::{second, span};
use crate::frame::{Frame, html};
use crate::guest::Guest;

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get("/calls", Area::Accounts, show)]
}

#[derive(Template)]
#[template(path = "pages/calls/page.html")]
struct Page {
    frame: Frame,
    sources: Vec<Choice>,
    placements: Vec<Choice>,
    calls: Vec<Line>,
    is_first: bool,
    newest: String,
    older: Option<String>,
}

struct Choice {
    name: String,
    is_chosen: bool,
}

struct Line {
    call: CallFacts,
    at: String,
    took: String,
    status: String,
}

/// Shows a page of calls.
async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    asked: Result<Query<CallsAsked>, QueryRejection>,
) -> Result<Html<String>, Failure> {
    let asked = calls_asked(asked)?;
    let now = state.clock.now();
    let found = CallsFacts::load(&state, guest.scope(), &asked).await?;
    let sources = state.store.sources_list().await?.into_iter().map(|source| source.name);
    let frame = Frame::new(&state, &guest, "Calls", "/calls").as_of(now);
    html(&Page {
        frame,
        sources: choices(sources, asked.source()),
        placements: choices(PLACEMENTS.map(str::to_owned), asked.placement()),
        is_first: asked.after().is_none(),
        newest: asked.address(None),
        older: found.next.as_deref().map(|next| asked.address(Some(next))),
        calls: found.calls.into_iter().map(Line::from).collect(),
    })
}

fn choices(all: impl IntoIterator<Item = String>, chosen: Option<&str>) -> Vec<Choice> {
    let choice = |name: String| Choice { is_chosen: chosen == Some(name.as_str()), name };
    all.into_iter().map(choice).collect()
}

impl From<CallFacts> for Line {
    fn from(call: CallFacts) -> Self {
        let took = call.duration_ms.and_then(|ms| u64::try_from(ms).ok());
        let took = took.map(|ms| span(std::time::Duration::from_secs(ms / 1000)));
        Self {
            at: second(call.occurred_at),
            took: took.map(|text| text.replace(".0 s", " s")).unwrap_or_default(),
            status: call.status.replace('_', " "),
            call,
        }
    }
}
