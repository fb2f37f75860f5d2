//! The doctor's questions: whether the door opens, and whether HighLevel's answers mean what we
//! take them to mean. Nothing is changed by asking.

use std::collections::HashSet;
use std::time::Duration;

use domain::{Timestamp, Window};

use super::client::{Client, Listing};
use super::wire::CallPage;
use crate::examine::{clock, probe, unanswered};
use crate::highlevel::webhooks;
use crate::{Identity, Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right, Wrong};

/// Calls per page when pages are added up, so that few calls make several pages.
const SMALL_PAGE: u32 = 10;

/// More calls than this are not added up.
const SAMPLE_CALLS_MAX: u64 = 200;

const MINUTE: Duration = Duration::from_mins(1);

/// The events that tell of calls.
const WEBHOOKS: &str = "`VoiceAiCallEnd`";

/// Asks everything that can be asked. Later questions need the door that the first one opens.
pub async fn examine(client: &Client) -> Vec<Probe> {
    let mut probes = Vec::new();
    let page_size = client.settings().page_size;
    let newest = Listing { window: None, page: 1, page_size, is_newest_first: true, kind: None };
    match client.calls_and_clock(newest).await {
        Err(error) => probes.push(door_closed(&error)),
        Ok((page, server_time)) => {
            probes.extend(door_open());
            let lag = client.settings().capabilities().lag;
            probes.push(clock("HighLevel", server_time, client.now(), lag));
            probes.push(page_size_echo(&page, page_size));
            probes.push(far_future(client).await);
            let kinds = super::trials::ask(client).await;
            probes.push(kinds.unwrap_or_else(|error| unanswered("call_types", &error)));
            probes.extend(known_calls(client, &page).await);
        }
    }
    probes.push(agents(client).await);
    probes.push(location(client).await);
    // What cannot be read was refused when the client was made.
    let expected = client.settings().webhook().unwrap_or_default();
    probes.push(webhooks::ask(client.is_of_app(), WEBHOOKS, expected.as_ref()));
    probes
}

fn door_closed(error: &SourceError) -> Probe {
    let name = match error {
        SourceError::Unauthorised { .. } => "token",
        SourceError::NotPermitted { .. } => "call_logs",
        SourceError::Misspoken { .. } => "version_header",
        _ => "reachable",
    };
    unanswered(name, error)
}

fn door_open() -> [Probe; 3] {
    [
        probe("token", Right, "The token opens this sub-account"),
        probe("call_logs", Right, "The token may list calls"),
        probe("version_header", Right, "The version header is accepted"),
    ]
}

fn page_size_echo(page: &CallPage, asked: u32) -> Probe {
    let sent = page.records.len() as u64;
    let echoed = page.page_size.unwrap_or(sent);
    if page.total <= sent {
        return probe("page_size", Right, format!("All {sent} calls fit on one page"));
    }
    if sent == u64::from(asked) && echoed == sent {
        return probe("page_size", Right, format!("A page holds {asked} calls, as asked"));
    }
    let sentence = format!(
        "Of {asked} calls asked for per page, {sent} came (HighLevel says {echoed}); reading adapts"
    );
    probe("page_size", Notable, sentence)
}

async fn far_future(client: &Client) -> Probe {
    let year = Duration::from_hours(24 * 365);
    let from = client.now() + year;
    match around(client, from, from + year).await {
        Err(error) => unanswered("far_future", &error),
        Ok(page) if page.total == 0 && page.records.is_empty() => {
            probe("far_future", Right, "A range in the far future is empty: dates do filter")
        }
        Ok(page) => {
            let sentence = format!(
                "A range in the far future has {} calls: HighLevel ignores our dates",
                page.total.max(page.records.len() as u64)
            );
            let hint =
                Some("Check `api_version`; without dates no window can be proved".to_owned());
            Probe { hint, ..probe("far_future", Wrong, sentence) }
        }
    }
}

/// Questions that need calls whose time we know.
async fn known_calls(client: &Client, newest: &CallPage) -> Vec<Probe> {
    let mut known: Vec<&Identity> =
        newest.records.iter().filter_map(|record| record.identity.as_ref().ok()).collect();
    known.sort_by_key(|call| call.occurred_at);
    let (Some(oldest), Some(latest)) = (known.first(), known.last()) else {
        return vec![probe("filter", Notable, "There is no call yet to try the filters on")];
    };
    vec![
        filter(client, oldest).await,
        range_end(client, oldest).await,
        sums(client, oldest.occurred_at, latest.occurred_at).await,
    ]
}

/// Whether a range around a call's own time lists it, and nothing from elsewhere.
pub(super) async fn filter(client: &Client, call: &Identity) -> Probe {
    let at = call.occurred_at;
    let page = match around(client, at - MINUTE, at + MINUTE).await {
        Ok(page) => page,
        Err(error) => return unanswered("filter", &error),
    };
    if !has(&page, call) {
        let sentence = "A call is not listed in the two minutes around its own time: HighLevel \
            reads ranges in another zone. Requests are wider, which covers that";
        return probe("filter", Notable, sentence);
    }
    let is_inside = |other: &Identity| {
        other.occurred_at.since(at) <= MINUTE && at.since(other.occurred_at) <= MINUTE
    };
    let strangers = identities(&page).filter(|other| !is_inside(other)).count();
    if strangers > 0 {
        let sentence = format!("{strangers} calls outside a range were listed in it");
        return probe("filter", Notable, sentence);
    }
    probe("filter", Right, "The range filters calls by `createdAt`, exactly and in UTC")
}

async fn range_end(client: &Client, call: &Identity) -> Probe {
    let at = call.occurred_at;
    let up_to = around(client, at - MINUTE, at).await;
    let from = around(client, at, at + MINUTE).await;
    let word = |is_in| if is_in { "included" } else { "left out" };
    match (up_to, from) {
        (Ok(up_to), Ok(from)) => {
            let sentence = format!(
                "A call at the first instant of a range is {}, at the last {}; requests overlap, \
                 so either is fine",
                word(has(&from, call)),
                word(has(&up_to, call)),
            );
            probe("range_end", Right, sentence)
        }
        (Err(error), _) | (_, Err(error)) => unanswered("range_end", &error),
    }
}

/// Adds up the small pages of a span that holds the newest calls, and looks at their order.
async fn sums(client: &Client, oldest: Timestamp, latest: Timestamp) -> Probe {
    let Ok(window) = Window::new(oldest - MINUTE, latest + MINUTE) else {
        return probe("total", Notable, "The newest calls have no usable times");
    };
    let mut distinct = HashSet::new();
    let (mut number, mut is_ordered, mut before) = (1, true, Timestamp::MIN);
    let total = loop {
        let listing = Listing {
            window: Some(window),
            page: number,
            page_size: SMALL_PAGE,
            is_newest_first: false,
            kind: None,
        };
        let page = match client.calls(listing).await {
            Ok(page) => page,
            Err(error) => return unanswered("total", &error),
        };
        for call in identities(&page) {
            is_ordered &= before <= call.occurred_at;
            before = call.occurred_at;
            distinct.insert(call.id.clone());
        }
        let is_last = page.records.is_empty() || number * u64::from(SMALL_PAGE) >= page.total;
        if is_last || page.total > SAMPLE_CALLS_MAX {
            break page.total;
        }
        number += 1;
    };
    let listed = distinct.len() as u64;
    if total > SAMPLE_CALLS_MAX {
        return probe("total", Notable, format!("{total} calls are too many to add up here"));
    }
    if listed != total {
        let sentence = format!("HighLevel says {total} calls and lists {listed} of them");
        return probe("total", Notable, sentence);
    }
    if !is_ordered {
        return probe(
            "total",
            Notable,
            format!("{total} calls add up, not in the order asked for"),
        );
    }
    probe("total", Right, format!("{total} calls add up over {number} pages, oldest first"))
}

async fn agents(client: &Client) -> Probe {
    match client.agents_page(1).await {
        Ok(page) => probe("agents", Right, format!("The token may list the {} agents", page.total)),
        Err(error) => unanswered("agents", &error),
    }
}

/// The sub-account's own page is not needed for reading calls.
async fn location(client: &Client) -> Probe {
    match client.location().await {
        Ok(()) => probe("location", Right, "The sub-account can be read"),
        Err(error @ SourceError::NotPermitted { .. }) => {
            Probe { outcome: Notable, ..unanswered("location", &error) }
        }
        Err(error) => unanswered("location", &error),
    }
}

async fn around(client: &Client, from: Timestamp, to: Timestamp) -> Result<CallPage, SourceError> {
    let window = Window::new(from, to).ok();
    let page_size = client.settings().page_size;
    client.calls(Listing { window, page: 1, page_size, is_newest_first: false, kind: None }).await
}

fn identities(page: &CallPage) -> impl Iterator<Item = &Identity> {
    page.records.iter().filter_map(|record| record.identity.as_ref().ok())
}

fn has(page: &CallPage, call: &Identity) -> bool {
    identities(page).any(|other| other.id == call.id)
}
