//! Threads: the search over them and the messages of one (§3.1, §3.2).

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::highlevel::errors::{bad_request, error};
use crate::server::{Answer, Asked};

use super::message::Writer;
use super::rows::{Row, Rows, What};

/// One thread as of now.
struct Thread<'a> {
    first: &'a Row,
    last: &'a Row,
    numbers: Vec<u32>,
}

fn threads<'a>(rows: &'a Rows, now: i64) -> Vec<Thread<'a>> {
    let mut by_id: HashMap<&str, Thread<'a>> = HashMap::new();
    for row in rows.all.iter().filter(|row| row.is_listed(now)) {
        let new = || Thread { first: row, last: row, numbers: Vec::new() };
        let thread = by_id.entry(&row.thread).or_insert_with(new);
        thread.last = row;
        let number = number(row);
        if !thread.numbers.contains(&number) {
            thread.numbers.push(number);
        }
    }
    let mut all: Vec<Thread<'a>> = by_id.into_values().collect();
    all.sort_by(|a, b| (a.last.added, &a.last.thread).cmp(&(b.last.added, &b.last.thread)));
    all
}

fn number(row: &Row) -> u32 {
    match row.what {
        What::Call(kind) => kind.number,
        What::Text => 2,
    }
}

fn name(row: &Row) -> &'static str {
    match row.what {
        What::Call(kind) => kind.name,
        What::Text => "TYPE_SMS",
    }
}

/// `GET /conversations/search`. The sort value has no tie-breaker: a page that ends inside a tie
/// skips the rest of it.
pub(super) fn search(rows: &Rows, writer: &Writer<'_>, asked: &Asked) -> Answer {
    let is_ascending = asked.param("sort") == Some("asc");
    let limit = asked.param("limit").and_then(|it| it.parse().ok()).unwrap_or(20_usize).min(100);
    let after: Option<i64> = match asked.param("startAfterDate").map(str::parse) {
        None => None,
        Some(Ok(at)) => Some(at),
        Some(Err(_)) => return bad_request(),
    };
    let mut found = threads(rows, writer.now);
    found.retain(|thread| {
        let has_type = asked.param("lastMessageType").is_none_or(|it| it == name(thread.last));
        let has_contact =
            asked.param("contactId").is_none_or(|id| contact(writer, thread) == Some(id));
        has_type && has_contact
    });
    let total = found.len();
    if !is_ascending {
        found.reverse();
    }
    found.retain(|thread| {
        let at = thread.last.added;
        after.is_none_or(|after| if is_ascending { at > after } else { at < after })
    });
    let page = found.iter().take(limit).map(|thread| shown(writer, thread));
    let body = json!({
        "conversations": page.collect::<Vec<Value>>(),
        "total": total,
        "traceId": format!("trace-{}", writer.now),
    });
    Answer::json(200, body.to_string())
}

fn contact<'a>(writer: &Writer<'a>, thread: &Thread<'_>) -> Option<&'a str> {
    writer.world.calls()[thread.last.call].contact_id.as_deref()
}

/// A thread as it looks live, which is not as published: null fields, numbers for dates.
fn shown(writer: &Writer<'_>, thread: &Thread<'_>) -> Value {
    let last = thread.last.added;
    json!({
        "id": thread.last.thread,
        "locationId": writer.world.location().id,
        "contactId": contact(writer, thread),
        "dateAdded": thread.first.added,
        "dateUpdated": thread.last.updated(writer.now),
        "lastMessageDate": last,
        "lastMessageType": name(thread.last),
        "type": "TYPE_PHONE",
        "unreadCount": 0,
        "email": null,
        "phone": null,
        "messageTypes": thread.numbers,
        "sort": [last],
    })
}

/// `GET /conversations/{id}/messages`, newest first.
pub(super) fn messages(rows: &Rows, writer: &Writer<'_>, asked: &Asked, thread: &str) -> Answer {
    let limit = asked.param("limit").and_then(|it| it.parse().ok()).unwrap_or(20_usize).min(100);
    let listed = rows.all.iter().rev();
    let listed = listed.filter(|row| row.thread == thread && row.is_listed(writer.now));
    let mut found: Vec<&Row> = listed.collect();
    if found.is_empty() {
        return error(404, "Conversation not found");
    }
    if let Some(types) = asked.param("type") {
        found.retain(|row| types.split(',').any(|it| it == name(row)));
    }
    if let Some(last) = asked.param("lastMessageId") {
        let at = found.iter().position(|row| row.id == last);
        found.drain(..at.map_or(0, |at| at + 1));
    }
    let page = &found[..limit.min(found.len())];
    let mut list = json!({
        "nextPage": page.len() < found.len(),
        "messages": page.iter().map(|row| writer.write(row)).collect::<Vec<Value>>(),
    });
    if let Some(last) = page.last() {
        list["lastMessageId"] = json!(last.id);
    }
    let trace = format!("trace-{}", writer.now);
    let body = if writer.settings.is_nested {
        json!({ "messages": list, "traceId": trace })
    } else {
        list["traceId"] = json!(trace);
        list
    };
    Answer::json(200, body.to_string())
}
