//! The call list (§2): pages along a cursor, with relative addresses.

use serde_json::{Value, json};

use crate::faults::What;
use crate::server::{Answer, Asked};
use crate::world::World;

use super::catalogue::{Catalogue, Entry};
use super::errors::bad_request;
use super::query::Query;
use super::record::Renderer;
use super::settings::{Cursor, Settings};
use super::twist::Twist;

/// `GET /2010-04-01/Accounts/{AccountSid}/Calls.json`.
pub(super) fn list(
    world: &World,
    catalogue: &Catalogue,
    renderer: &Renderer<'_>,
    asked: &Asked,
    twists: &[What],
) -> Answer {
    let settings = renderer.settings;
    let mut query = match Query::read(asked, settings) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let twist = Twist::of(twists);
    if let Some(page) = twist.served {
        query.page = page;
        query.token = None;
    }
    let by_offset = settings.cursor == Cursor::ByOffset || twist.served.is_some();
    let after = match query.token.as_deref().filter(|_| !by_offset) {
        None => None,
        Some(token) => match token.strip_prefix("PA").and_then(|sid| catalogue.place(sid)) {
            Some(place) => Some(place),
            None => return bad_request(settings.error_body, "PageToken"),
        },
    };
    let skipped = if by_offset { query.page * query.page_size } else { 0 };
    let selected = catalogue.select(world, renderer, &query);
    let selected = selected.filter(|(place, _)| after.is_none_or(|after| *place > after));
    // One more than fits tells whether there is a next page.
    let mut found: Vec<&Entry> =
        selected.map(|(_, entry)| entry).skip(skipped).take(query.page_size + 1).collect();
    let has_more = found.len() > query.page_size;
    found.truncate(query.page_size);
    let next = found.last().filter(|_| has_more).map(|last| format!("PA{}", last.sid));
    let records = found.iter().map(|entry| {
        let call = &world.calls()[entry.call];
        renderer.render(call, &entry.line, entry.parent.as_deref())
    });
    let calls = twist.shape(records.collect());
    Answer::json(200, envelope(asked, &query, next.as_deref(), "calls", calls).to_string())
}

/// One page of any other list, by number.
pub(super) fn page_of<T>(
    asked: &Asked,
    settings: &Settings,
    key: &str,
    all: &[T],
    render: impl Fn(&T) -> Value,
) -> Answer {
    let query = match Query::read(asked, settings) {
        Ok(query) => query,
        Err(refusal) => return refusal,
    };
    let start = query.page * query.page_size;
    let next = (all.len() > start + query.page_size).then_some("");
    let shown: Vec<Value> = all.iter().skip(start).take(query.page_size).map(render).collect();
    Answer::json(200, envelope(asked, &query, next, key, shown).to_string())
}

fn envelope(
    asked: &Asked,
    query: &Query,
    next: Option<&str>,
    key: &str,
    items: Vec<Value>,
) -> Value {
    let Query { page, page_size, .. } = *query;
    let here = |page: usize, token: Option<&str>| address(asked, page_size, page, token);
    let start = page * page_size;
    let end = if items.is_empty() { start } else { start + items.len() - 1 };
    let before = page.checked_sub(1).map(|before| here(before, None));
    let mut envelope = json!({
        "first_page_uri": here(0, None),
        "end": end,
        "previous_page_uri": before,
        key: null,
        "uri": here(page, query.token.as_deref()),
        "page_size": page_size,
        "start": start,
        "next_page_uri": next.map(|token| here(page + 1, Some(token))),
        "page": page,
    });
    // Moved and not copied, since pages hold a thousand calls.
    envelope[key] = Value::Array(items);
    envelope
}

/// The address of another page, with every filter of this one.
fn address(asked: &Asked, page_size: usize, page: usize, token: Option<&str>) -> String {
    let own = ["PageSize", "Page", "PageToken"];
    let kept = asked.params.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut pairs: Vec<String> =
        kept.map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    pairs.push(format!("PageSize={page_size}"));
    pairs.push(format!("Page={page}"));
    let token = token.filter(|token| !token.is_empty());
    pairs.extend(token.map(|token| format!("PageToken={token}")));
    format!("{}?{}", asked.path, pairs.join("&"))
}

pub(super) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            _ => out.extend(format!("%{byte:02X}").chars()),
        }
    }
    out
}
