//! Questions that need calls whose time and state we know.

use std::collections::HashSet;

use domain::{Awaited, Country};

use super::{Notable, Right, Wrong, probe, unanswered};
use crate::elevenlabs::client::{Client, Listing, Span};
use crate::elevenlabs::normalise::{Reading, normalise};
use crate::elevenlabs::wire::{ConversationPage, Next, Object};
use crate::{Identity, Probe, RawRecord, SourceError, parts};

/// Calls per page when the cursor is tried, so that few calls make several pages.
const SMALL_PAGE: u32 = 5;

/// Pages that are read to try the cursor.
const PAGES_TRIED: usize = 4;

const MINUTE_SECONDS: i64 = 60;

pub(super) async fn examine(client: &Client, newest: &ConversationPage) -> Vec<Probe> {
    let mut known: Vec<&Identity> = identities(newest).collect();
    known.sort_by_key(|call| call.occurred_at);
    let (Some(oldest), Some(latest)) = (known.first(), known.last()) else {
        return vec![probe("filter", Notable, "There is no call yet to try the filters on")];
    };
    let mut probes = vec![
        range(client, oldest).await,
        cursor(client, Span::between(second(oldest) - 1, second(latest) + 1)).await,
    ];
    probes.extend(detail(client, newest).await);
    probes
}

/// A page of a span, oldest first.
pub(super) async fn within(client: &Client, span: Span) -> Result<ConversationPage, SourceError> {
    let page_size = client.settings().page_size;
    let listing = Listing { span: Some(span), cursor: None, page_size, is_newest_first: false };
    client.conversations(listing).await
}

fn identities(page: &ConversationPage) -> impl Iterator<Item = &Identity> {
    page.records.iter().filter_map(|record| record.identity.as_ref().ok())
}

fn has(page: &ConversationPage, call: &Identity) -> bool {
    identities(page).any(|other| other.id == call.id)
}

fn second(call: &Identity) -> i64 {
    call.occurred_at.as_millis().div_euclid(1000)
}

/// Whether a range lists a call at its own time, and which of its bounds are inclusive.
async fn range(client: &Client, call: &Identity) -> Probe {
    let at = second(call);
    let around = within(client, Span::between(at - MINUTE_SECONDS, at + MINUTE_SECONDS)).await;
    let up_to = within(client, Span::between(at - MINUTE_SECONDS, at)).await;
    let from = within(client, Span::between(at, at + MINUTE_SECONDS)).await;
    let (around, up_to, from) = match (around, up_to, from) {
        (Ok(around), Ok(up_to), Ok(from)) => (around, up_to, from),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
            return unanswered("range_ends", &error);
        }
    };
    if !has(&around, call) {
        let sentence = "A call is not listed in the two minutes around its own start: ranges are \
            not about when a call began, and no window can be proved";
        let hint = Some("Report this; nothing in the settings cures it".to_owned());
        return Probe { hint, ..probe("range_ends", Wrong, sentence) };
    }
    let word = |is_in| if is_in { "included" } else { "left out" };
    let sentence = format!(
        "A call at the first second of a range is {}, at the last {}; requests overlap, so either is fine",
        word(has(&from, call)),
        word(has(&up_to, call)),
    );
    probe("range_ends", Right, sentence)
}

/// Reads a few small pages: whether they are oldest first, and whether the cursor goes on.
async fn cursor(client: &Client, span: Span) -> Probe {
    let (mut next, mut seen) = (None::<String>, HashSet::new());
    let (mut is_ordered, mut before, mut calls) = (true, i64::MIN, 0);
    for _ in 0..PAGES_TRIED {
        let listing = Listing {
            span: Some(span),
            cursor: next.as_deref(),
            page_size: SMALL_PAGE,
            is_newest_first: false,
        };
        let page = match client.conversations(listing).await {
            Ok(page) => page,
            Err(error) => return unanswered("order", &error),
        };
        for call in identities(&page) {
            is_ordered &= before <= second(call);
            before = second(call);
            calls += 1;
            seen.insert(call.id.clone());
        }
        match page.next {
            Next::At(cursor) => next = Some(cursor),
            Next::End | Next::Nowhere => break,
        }
    }
    if seen.len() < calls {
        let sentence = format!("Of {calls} calls on small pages, only {} differ", seen.len());
        return probe("order", Notable, sentence);
    }
    if !is_ordered {
        let sentence = "Calls do not come oldest first, as asked; calls that begin while a list \
            is read may shift it, and are found when it is read again";
        return probe("order", Notable, sentence);
    }
    probe("order", Right, format!("{calls} calls on small pages come oldest first, each once"))
}

/// Whether a call can be read by its id, and whether its row tells when its detail is old.
async fn detail(client: &Client, newest: &ConversationPage) -> Vec<Probe> {
    let rows = newest.rows.iter().zip(&newest.records);
    let mut done = rows.filter(|(row, _)| state(row).as_deref() == Some("done"));
    let Some((row, record, id)) =
        done.find_map(|(row, record)| Some((row, record, &record.identity.as_ref().ok()?.id)))
    else {
        return vec![probe("detail", Notable, "There is no finished call yet to read by its id")];
    };
    let detailed = match client.conversation(id).await {
        Ok(Some(detailed)) => detailed,
        Ok(None) => {
            let sentence = "A call that is listed is not known by its id";
            return vec![probe("detail", Wrong, sentence)];
        }
        Err(error) => return vec![unanswered("detail", &error)],
    };
    let opened = probe("detail", Right, "A call can be read by its id");
    vec![opened, rows_tell_changes(client, row, record, detailed)]
}

fn rows_tell_changes(
    client: &Client,
    row: &[u8],
    listed: &RawRecord,
    detailed: RawRecord,
) -> Probe {
    let has_summary = read(row).is_some_and(|row| row.words("transcript_summary").is_some());
    let both = parts::merge(&listed.bytes, detailed.bytes);
    let reading = Reading { home: Country::US, base: client.base(), rows_tell_changes: true };
    let call = normalise(&both, &reading);
    if call.is_ok_and(|call| call.awaits == Some(Awaited::Detail)) {
        let hint = client.settings().rows_tell_changes.then(|| {
            "Set `rows_tell_changes = false`, or every call is asked for until `patience_hours`"
                .to_owned()
        });
        let sentence = "A finished call's row and its detail differ in summary, duration or cost, \
            so a row does not tell when a detail is old";
        return Probe { hint, ..probe("row_and_detail", Notable, sentence) };
    }
    if !has_summary {
        let sentence = "Rows have no summaries although they were asked for: an analysis that is \
            made anew later is not noticed";
        return probe("row_and_detail", Notable, sentence);
    }
    let sentence =
        "A finished call's row and its detail agree, so a row tells when a detail is old";
    probe("row_and_detail", Right, sentence)
}

fn read(row: &[u8]) -> Option<Object<'_>> {
    Object::read(std::str::from_utf8(row).ok()?).ok()
}

fn state(row: &[u8]) -> Option<String> {
    Some(read(row)?.words("status")?.into_owned())
}
