//! The doctor's questions: whether the doors open, and whether HighLevel's answers mean what we
//! take them to mean. Nothing is changed by asking.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::Timestamp;

use super::calibrate::{MINUTE, SMALL_PAGE, filter, kinds, telling};
use super::client::{Client, Listing};
use super::settings::{Channel, Reads};
use super::wire::{ExportPage, Listed};
use crate::examine::{clock, probe, unanswered};
use crate::highlevel::webhooks;
use crate::{Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right, Wrong};

/// The provider's words for where a call stands that we know.
const STATUSES: [&str; 16] = [
    "pending",
    "initiated",
    "scheduled",
    "queued",
    "ringing",
    "in-progress",
    "answered",
    "connected",
    "completed",
    "busy",
    "no-answer",
    "failed",
    "undelivered",
    "canceled",
    "cancelled",
    "voicemail",
];

/// The events that tell of calls.
const WEBHOOKS: &str = "`InboundMessage` and `OutboundMessage`";

/// Asks everything that can be asked. Later questions need the door that the first one opens.
pub async fn examine(client: &Client) -> Vec<Probe> {
    let mut probes = Vec::new();
    let newest = Listing::newest(client.settings().channel, SMALL_PAGE);
    match client.export_and_clock(newest).await {
        Err(error) => probes.push(door_closed(&error)),
        Ok((page, server_time)) => {
            probes.extend(door_open());
            let lag = client.settings().capabilities().lag;
            probes.push(clock("HighLevel", server_time, client.now(), lag));
            probes.push(page_size(&page));
            probes.push(far_future(client).await);
            probes.push(order(client, &page).await);
            probes.push(order_of_changes(client).await);
            probes.extend(known_calls(client, &page).await);
            probes.push(answered("channel", kinds(client).await.map(|told| told.probe)));
            probes.push(statuses(&page));
        }
    }
    probes.push(conversations(client).await);
    probes.push(users(client).await);
    probes.push(location(client).await);
    // What cannot be read was refused when the client was made.
    let expected = client.settings().webhook().unwrap_or_default();
    probes.push(webhooks::ask(client.is_of_app(), WEBHOOKS, expected.as_ref()));
    if client.settings().reads == Reads::Search {
        let sentence = "Calls are read by conversation search, which proves nothing";
        let hint = Some("Set `reads` to \"export\"".to_owned());
        probes.push(Probe { hint, ..probe("reads", Wrong, sentence) });
    }
    probes
}

fn answered(name: &'static str, probe: Result<Probe, SourceError>) -> Probe {
    probe.unwrap_or_else(|error| unanswered(name, &error))
}

fn door_closed(error: &SourceError) -> Probe {
    let name = match error {
        SourceError::Unauthorised { .. } => "token",
        SourceError::NotPermitted { .. } => "messages",
        SourceError::Misspoken { .. } => "version_header",
        _ => "reachable",
    };
    unanswered(name, error)
}

fn door_open() -> [Probe; 3] {
    [
        probe("token", Right, "The token opens this sub-account"),
        probe("messages", Right, "The token may export messages"),
        probe("version_header", Right, "The version header is accepted"),
    ]
}

fn page_size(page: &ExportPage) -> Probe {
    let sent = page.messages.len() as u64;
    match page.total {
        None => {
            let hint = Some("Set `counts_total` to false".to_owned());
            let sentence = "The export gives no total, so its end mark alone proves a window";
            Probe { hint, ..probe("page_size", Notable, sentence) }
        }
        Some(total) if total <= sent || sent == u64::from(SMALL_PAGE) => {
            probe("page_size", Right, format!("{sent} of {total} calls came, as asked"))
        }
        Some(total) => {
            let sentence = format!(
                "Of {SMALL_PAGE} messages asked for, {sent} came (HighLevel says {total} in all)"
            );
            probe("page_size", Notable, sentence)
        }
    }
}

async fn far_future(client: &Client) -> Probe {
    let year = Duration::from_hours(24 * 365);
    let from = client.now() + year;
    let page = match around(client, from, from + year).await {
        Err(error) => return unanswered("far_future", &error),
        Ok(page) => page,
    };
    let listed = page.total.unwrap_or(0).max(page.messages.len() as u64);
    if listed == 0 {
        return probe("far_future", Right, "A range in the far future is empty: dates do filter");
    }
    let sentence =
        format!("A range in the far future has {listed} messages: HighLevel ignores our dates");
    let hint = Some("Check `api_version`; without dates no window can be proved".to_owned());
    Probe { hint, ..probe("far_future", Wrong, sentence) }
}

/// Whether both orders by the time of a message are what they say.
async fn order(client: &Client, newest: &ExportPage) -> Probe {
    let oldest = Listing {
        is_newest_first: false,
        ..Listing::newest(client.settings().channel, SMALL_PAGE)
    };
    let oldest = match client.export_first(oldest).await {
        Ok(page) => page,
        Err(error) => return unanswered("order", &error),
    };
    let (up, down) = (times(&oldest.messages), times(&newest.messages));
    let is_right = up.is_sorted() && down.iter().rev().is_sorted();
    let is_apart = up.last().zip(down.first()).is_none_or(|(old, new)| old <= new);
    if is_right && is_apart {
        return probe("order", Right, "Messages come oldest first and newest first, as asked");
    }
    let sentence = "Messages do not come in the order asked for; a window is proved by its total \
        and its end mark all the same";
    probe("order", Notable, sentence)
}

async fn order_of_changes(client: &Client) -> Probe {
    let listing =
        Listing { by_updated: true, ..Listing::newest(client.settings().channel, SMALL_PAGE) };
    let page = match client.export_first(listing).await {
        Ok(page) => page,
        Err(error) => return unanswered("order_of_changes", &error),
    };
    let written: Vec<_> = page.messages.iter().filter_map(|it| it.updated_at).collect();
    if written.len() == page.messages.len() && written.iter().rev().is_sorted() {
        let sentence = "Messages come by when they were last written, as asked";
        return probe("order_of_changes", Right, sentence);
    }
    let sentence = "Messages do not come by when they were last written: late changes are found \
        only when their windows are read again";
    let hint = Some("Set `reads_changes` to false, which saves requests".to_owned());
    Probe { hint, ..probe("order_of_changes", Notable, sentence) }
}

/// Questions that need a call whose time we know.
async fn known_calls(client: &Client, newest: &ExportPage) -> Vec<Probe> {
    let Some(call) = telling(&newest.messages) else {
        return vec![probe("filter", Notable, "There is no call yet to try the filters on")];
    };
    vec![answered("filter", filter(client, call).await), range_end(client, call).await]
}

async fn range_end(client: &Client, call: &Listed) -> Probe {
    let Ok(identity) = &call.record.identity else {
        return probe("range_end", Notable, "There is no call yet to try the ends of ranges on");
    };
    let at = identity.occurred_at;
    let up_to = around(client, at - MINUTE, at).await;
    let from = around(client, at, at + MINUTE).await;
    let has = |page: &ExportPage| {
        page.messages
            .iter()
            .any(|it| it.record.identity.as_ref().is_ok_and(|it| it.id == identity.id))
    };
    let word = |is_in| if is_in { "included" } else { "left out" };
    match (up_to, from) {
        (Ok(up_to), Ok(from)) => {
            let sentence = format!(
                "A call at the first instant of a range is {}, at the last {}; requests overlap, \
                 so either is fine",
                word(has(&from)),
                word(has(&up_to)),
            );
            probe("range_end", Right, sentence)
        }
        (Err(error), _) | (_, Err(error)) => unanswered("range_end", &error),
    }
}

fn statuses(page: &ExportPage) -> Probe {
    let words = page.messages.iter().filter_map(|message| message.status.as_deref());
    let seen: BTreeSet<String> = words.map(str::to_lowercase).collect();
    let strange = seen.iter().filter(|word| !STATUSES.contains(&word.as_str())).count();
    if strange > 0 {
        let sentence = format!("{strange} of {} words for a call's state are unknown", seen.len());
        return probe("statuses", Notable, sentence);
    }
    let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    probe("statuses", Right, format!("The newest calls are: {}", seen.join(", ")))
}

/// Needed by `reads = "search"` only.
async fn conversations(client: &Client) -> Probe {
    match client.threads(client.now().as_millis()).await {
        Ok(_) => probe("conversations", Right, "The token may search conversations"),
        Err(error @ SourceError::NotPermitted { .. })
            if client.settings().reads == Reads::Export =>
        {
            Probe { outcome: Notable, ..unanswered("conversations", &error) }
        }
        Err(error) => unanswered("conversations", &error),
    }
}

async fn users(client: &Client) -> Probe {
    match client.users().await {
        Ok(users) => probe("users", Right, format!("The token may list the {} users", users.len())),
        Err(error) if !client.settings().lists_users => {
            Probe { outcome: Notable, ..unanswered("users", &error) }
        }
        Err(error) => {
            let hint = error.hint().map(|hint| format!("{hint}. Or set `lists_users` to false"));
            Probe { hint, ..unanswered("users", &error) }
        }
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

async fn around(
    client: &Client,
    from: Timestamp,
    to: Timestamp,
) -> Result<ExportPage, SourceError> {
    let settings = client.settings();
    let listing = Listing {
        from: Some(from),
        to: Some(to),
        is_newest_first: false,
        ..Listing::newest(Channel::Call, settings.page_size)
    };
    client.export_first(Listing { channel: settings.channel, ..listing }).await
}

fn times(messages: &[Listed]) -> Vec<Timestamp> {
    let identities = messages.iter().filter_map(|message| message.record.identity.as_ref().ok());
    identities.map(|identity| identity.occurred_at).collect()
}
