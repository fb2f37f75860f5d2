//! Calls, newest first, page by page, with everything that is asked for in the address.

mod columns;
mod export;
mod spans;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Html;
use domain::access::Area;

use super::PageRoute;
use crate::facts::{CallsAsked, CallsFacts, PLACEMENTS, calls_asked, statuses};
use crate::failure::Failure;
use crate::figures::Count;
use crate::frame::{Frame, html};
use crate::guest::Guest;
use crate::list::{Choice, Filter, Table, address};
use crate::zone::Zone;
use columns::Hidden;
pub use columns::lasted;
pub use export::Making;

const PATH: &str = "/calls";

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get(PATH, Area::Accounts, show),
        PageRoute::get(export::PATH, Area::Accounts, export::send),
    ]
}

#[derive(Template)]
#[template(path = "pages/calls/page.html")]
struct Page {
    frame: Frame,
    path: &'static str,
    filters: Vec<Filter>,
    spans: Vec<Choice>,
    columns: Vec<columns::Toggle>,
    hidden: String,
    looked: Option<Looked>,
    table: Table,
    first: Option<String>,
    next: Option<String>,
    /// Where what is shown can be read from its provider now, for operators.
    sync: Option<String>,
    files: Vec<(&'static str, String)>,
}

/// How far calls were looked through that no index finds.
struct Looked {
    through: Count,
    back_to: String,
}

impl Looked {
    fn of(found: &CallsFacts, zone: &Zone) -> Option<Self> {
        let through = found.looked_through.and_then(|count| u64::try_from(count).ok())?;
        let back_to = zone.minute(found.looked_back_to?).text;
        Some(Self { through: Count(through), back_to })
    }
}

/// Shows a page of calls.
async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    uri: Uri,
) -> Result<Html<String>, Failure> {
    let (hidden, rest) = Hidden::of(uri.query().unwrap_or_default());
    let asked = calls_asked(Query::try_from_uri(&rest))?;
    let now = state.clock.now();
    let found = CallsFacts::load(&state, &guest, &zone, &asked).await?;
    let filters = filters(&state, &guest, &asked).await?;
    let at = |otherwise: &[(&str, Option<&str>)]| hidden.kept_in(asked.address(PATH, otherwise));
    let columns = hidden.toggles(&asked.address(PATH, &[]));
    let table = hidden.table(&found.calls, &zone);
    html(&Page {
        frame: Frame::new(&state, &guest, "Calls", PATH).read_at(now).zone(&zone),
        path: PATH,
        filters,
        spans: spans::choices(&zone, now, &asked, at),
        columns,
        hidden: hidden.text(),
        looked: Looked::of(&found, &zone),
        table,
        first: asked.after().map(|_| at(&[("after", None)])),
        next: found.next.as_deref().map(|next| at(&[("after", Some(next))])),
        sync: guest.may_see(Area::Operators).then(|| sync(&asked)),
        files: export::files(&asked).into_iter().collect(),
    })
}

/// Where what is shown can be read from its provider now.
fn sync(asked: &CallsAsked) -> String {
    address("/sync", ["source", "from", "to"].map(|name| (name, asked.get(name))))
}

async fn filters(
    state: &crate::State,
    guest: &Guest,
    asked: &CallsAsked,
) -> Result<Vec<Filter>, Failure> {
    let words = |words: &[&str]| -> Vec<(String, String)> {
        words.iter().map(|word| ((*word).to_owned(), word.replace('_', " "))).collect()
    };
    let named = |names: Vec<String>| names.into_iter().map(|name| (name.clone(), name));
    let mut filters = Vec::new();
    if guest.may_see(Area::Operators) {
        let sources = state.store.sources_list().await?.into_iter().map(|row| row.name);
        let accounts = state.store.accounts_list().await?.into_iter().map(|row| row.name);
        filters.extend([
            Filter::of(("source", "Source"), asked.get("source"), named(sources.collect())),
            Filter::of(("account", "Account"), asked.get("account"), named(accounts.collect())),
        ]);
    }
    let direction = words(&["inbound", "outbound"]);
    filters.extend([
        Filter::of(("status", "Status"), asked.get("status"), words(&statuses())),
        Filter::of(("direction", "Direction"), asked.get("direction"), direction),
        Filter::of(("placement", "Placement"), asked.get("placement"), words(&PLACEMENTS)),
        Filter::written(("from", "From"), "date", asked.get("from"), ""),
        Filter::written(("to", "To"), "date", asked.get("to"), ""),
        Filter::written(("number", "Number"), "search", asked.get("number"), "+1 201 555 0123"),
        Filter::written(("said", "Said"), "search", asked.get("said"), "appointment"),
    ]);
    // What came from another page's link can be seen and taken away again.
    for (name, label) in [("agent", "Agent's id"), ("contact", "Contact's id")] {
        if let Some(value) = asked.get(name) {
            filters.push(Filter::written((name, label), "search", Some(value), ""));
        }
    }
    Ok(filters)
}
