//! Whether filters filter, how finely, and what they hide.

use domain::{Timestamp, Window};

use super::{MINUTE, probe, unanswered};
use crate::ProbeOutcome::{Notable, Right, Wrong};
use crate::twilio::client::{Client, Listing};
use crate::twilio::walk::{asked_for, times};
use crate::twilio::wire::CallPage;
use crate::{Probe, SourceError};

/// Questions about the filters; those that need a call whose time we know take it from `newest`.
pub(super) async fn examine(client: &Client, newest: &CallPage) -> Vec<Probe> {
    let mut probes = vec![far_future(client).await];
    let started = newest.calls.iter().filter(|listed| listed.has_started);
    // The oldest of the page: the newest may still change.
    let known = started.filter_map(|listed| listed.record.identity.as_ref().ok()).last();
    match known {
        None => probes.push(probe("filter", Notable, "There is no call yet to try the filters on")),
        Some(call) => {
            probes.push(seconds(client, &call.id.0, call.occurred_at).await);
            probes.push(range_end(client, &call.id.0, call.occurred_at).await);
        }
    }
    probes.extend(statuses(client).await);
    probes
}

async fn list(client: &Client, from: Timestamp, to: Timestamp) -> Result<CallPage, SourceError> {
    let started = Window::new(from, to).ok();
    let listing = Listing { started, ..Listing::default() };
    client.page(&listing.name(), client.first_page(&listing)).await
}

async fn far_future(client: &Client) -> Probe {
    let year = MINUTE * 60 * 24 * 365;
    let from = client.now() + year;
    match list(client, from, from + year).await {
        Err(error) => unanswered("far_future", &error),
        Ok(page) if page.calls.is_empty() => {
            probe("far_future", Right, "A range in the far future is empty: dates do filter")
        }
        Ok(page) => {
            let calls = page.calls.len();
            let sentence =
                format!("A range in the far future has {calls} calls: Twilio ignores our dates");
            let hint =
                Some("Report this; reading is right, and slower than it could be".to_owned());
            Probe { hint, ..probe("far_future", Wrong, sentence) }
        }
    }
}

/// Whether `StartTime` filters by the second or by the day.
async fn seconds(client: &Client, sid: &str, at: Timestamp) -> Probe {
    let page = match list(client, at - MINUTE, at + MINUTE).await {
        Ok(page) => page,
        Err(error) => return unanswered("filter", &error),
    };
    let is_trusted = client.settings().trusts_seconds;
    let is_there = times(&page).any(|(other, _)| other == sid);
    let is_inside = |other: Timestamp| other.since(at) <= MINUTE && at.since(other) <= MINUTE;
    let strangers = times(&page).filter(|(_, other)| !is_inside(*other)).count();
    if !is_there && is_trusted {
        let sentence = "A call is not listed in the two minutes around its own start, and \
            `trusts_seconds` is true: calls are being missed";
        let hint = Some("Take `trusts_seconds` out of this source's settings".to_owned());
        return Probe { hint, ..probe("filter", Wrong, sentence) };
    }
    if !is_there || strangers > 0 {
        let sentence = format!(
            "`StartTime` does not filter by the second ({strangers} calls from outside two minutes \
             came, the call itself {}); whole days are asked for, which covers that",
            if is_there { "too" } else { "not" }
        );
        return probe("filter", Notable, sentence);
    }
    let sentence = "`StartTime` filters by the second";
    let could = "`trusts_seconds = true` would make requests narrower";
    let hint = (!is_trusted).then(|| could.to_owned());
    Probe { hint, ..probe("filter", Right, sentence) }
}

async fn range_end(client: &Client, sid: &str, at: Timestamp) -> Probe {
    // Whole days, so that it can be asked however finely the filter works.
    let Ok(around) = Window::new(at, at + MINUTE) else {
        return probe("range_end", Notable, "The newest calls have no usable times");
    };
    let day = asked_for(around, false);
    match list(client, day.from(), day.to()).await {
        Err(error) => unanswered("range_end", &error),
        Ok(page) => {
            let next_day = times(&page).filter(|(_, other)| *other >= day.to()).count();
            let has_it = page.next.is_some() || times(&page).any(|(other, _)| other == sid);
            if !has_it {
                let sentence = "A call is not listed on its own day in UTC: days are not UTC's";
                let hint = Some("Set `margin_minutes = 1440`, and report this".to_owned());
                return Probe { hint, ..probe("range_end", Wrong, sentence) };
            }
            let word = if next_day == 0 { "left out" } else { "included" };
            let sentence = format!(
                "A call is listed on its own day in UTC, and the end of a range is {word}; either \
                 is fine"
            );
            probe("range_end", Right, sentence)
        }
    }
}

/// Whether each swept status filters, and what it shows that a filter on the start hides.
async fn statuses(client: &Client) -> Vec<Probe> {
    let (mut strangers, mut undialled) = (0, None);
    let mut counted = Vec::new();
    for status in &client.settings().swept_statuses {
        let listing = Listing { status: Some(status.clone()), ..Listing::default() };
        let page = match client.page(&listing.name(), client.first_page(&listing)).await {
            Ok(page) => page,
            Err(error) => return vec![unanswered("statuses", &error)],
        };
        let others = page.calls.iter().filter(|call| call.status.as_ref() != Some(status));
        strangers += others.count();
        let more = if page.next.is_some() { "over " } else { "" };
        counted.push(format!("{more}{} {status}", page.calls.len()));
        let without = page.calls.into_iter().find(|call| !call.has_started);
        undialled = undialled.or(without.and_then(|call| call.record.identity.ok()));
    }
    let counted = counted.join(", ");
    let filter = if strangers == 0 {
        probe("statuses", Right, format!("Each status is listed by itself: {counted}"))
    } else {
        let sentence =
            format!("{strangers} calls of other statuses came with those asked for: {counted}");
        probe("statuses", Notable, sentence)
    };
    let Some(call) = undialled else { return vec![filter] };
    vec![filter, hidden(client, &call.id.0, call.occurred_at).await]
}

/// Whether a call that was never dialled is on the list of its day.
async fn hidden(client: &Client, sid: &str, at: Timestamp) -> Probe {
    let day = MINUTE * 60 * 24;
    match list(client, at.floor_to(day), at.floor_to(day) + day).await {
        Err(error) => unanswered("undialled", &error),
        Ok(page) if times(&page).any(|(other, _)| other == sid) => {
            let sentence = "Calls that were never dialled are listed by their creation as well";
            let hint = "`swept_statuses = []` would save requests";
            Probe { hint: Some(hint.to_owned()), ..probe("undialled", Notable, sentence) }
        }
        Ok(_) => {
            let sentence = "Calls that were never dialled are hidden by a filter on the start; \
                they are found by their status";
            probe("undialled", Right, sentence)
        }
    }
}
