//! What the call history shows about itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::{Timestamp, Window};

use super::{Notable, Right, Wrong, hinted, probe, unanswered};
use crate::teli::calibrate::{answer_max, compared, newest, probe as field_probe, telling};
use crate::teli::client::{Client, Listing};
use crate::teli::wire::{CallPage, Row};
use crate::{Probe, SourceError};

const MILLISECOND: Duration = Duration::from_millis(1);

pub(super) async fn ask(client: &Client, newest_page: &CallPage) -> Vec<Probe> {
    let mut probes = vec![
        answer_length(client, newest_page).await,
        limit(client).await,
        far_future(client).await,
        order(newest_page),
        starts(newest_page),
        fields(newest_page),
        statuses(client).await,
        paging(client, newest_page).await,
        is_admin(client, newest_page).await,
    ];
    match telling(&newest_page.rows) {
        Some(call) => {
            let compared = compared(client, call, newest_page.rows.len()).await;
            probes.push(answered("window_field", compared.map(field_probe)));
            probes.push(edges(client, call).await);
        }
        None => probes.push(probe(
            "window_field",
            Notable,
            "There is no call yet to try out what windows are compared with",
        )),
    }
    probes
}

fn answered(name: &'static str, probed: Result<Probe, SourceError>) -> Probe {
    probed.unwrap_or_else(|error| unanswered(name, &error))
}

async fn answer_length(client: &Client, page: &CallPage) -> Probe {
    let (sent, asked) = (page.rows.len(), client.settings().page_size);
    let found = answer_max(client, &page.rows).await.map(|cut_at| match cut_at {
        Some(_) => hinted(
            probe(
                "page_size",
                Notable,
                format!(
                    "Of {asked} calls asked for {sent} came, and there are more: answers are cut"
                ),
            ),
            "Reading adapts; setting `page_size` to that number makes it certain",
        ),
        None if sent < asked as usize => {
            probe("page_size", Right, format!("All {sent} calls fit into one answer"))
        }
        None => probe("page_size", Right, format!("An answer holds {asked} calls, as asked")),
    });
    answered("page_size", found)
}

/// Whether more than the documented most is cut or refused.
async fn limit(client: &Client) -> Probe {
    let over = Listing { limit: Some(101), ..newest(client) };
    match client.calls(&over).await {
        Ok(page) if page.rows.len() > 100 => {
            probe("limit", Notable, "101 calls can be asked for at once; we ask for 100 at most")
        }
        Ok(page) => {
            let sent = page.rows.len();
            probe("limit", Right, format!("Of 101 calls asked for at once {sent} come, silently"))
        }
        Err(SourceError::Misspoken { .. }) => {
            probe("limit", Right, "Asking for 101 calls at once is refused")
        }
        Err(error) => unanswered("limit", &error),
    }
}

async fn far_future(client: &Client) -> Probe {
    let year = Duration::from_hours(24 * 365);
    let from = client.now() + year;
    let window = Window::new(from, from + year).ok();
    match client.calls(&Listing { window, ..newest(client) }).await {
        Err(error) => unanswered("far_future", &error),
        Ok(page) if page.rows.is_empty() => {
            probe("far_future", Right, "A window in the far future is empty: dates do filter")
        }
        Ok(page) => {
            let sentence = format!(
                "A window in the far future has {} calls: Teli ignores our dates",
                page.rows.len()
            );
            let hint = "Check `start_parameter` and `end_parameter`; without dates no window can \
                be proved";
            hinted(probe("far_future", Wrong, sentence), hint)
        }
    }
}

fn order(page: &CallPage) -> Probe {
    let starts: Vec<Timestamp> = page.rows.iter().filter_map(|row| row.start).collect();
    if starts.is_sorted_by(|a, b| a >= b) {
        return probe("order", Right, "Calls are listed newest first, by their start");
    }
    let sentence = "Calls are not listed newest first: every full answer is cut and asked again";
    probe("order", Notable, sentence)
}

fn starts(page: &CallPage) -> Probe {
    let lacking = page.rows.iter().filter(|row| row.start.is_none()).count();
    if lacking == 0 {
        return probe("start", Right, "Every call says when it began");
    }
    let sentence = format!(
        "{lacking} of {} calls do not say when they began; they go by the time of their record, and \
         a window compared with the start cannot list them",
        page.rows.len()
    );
    probe("start", Notable, sentence)
}

fn fields(page: &CallPage) -> Probe {
    let readable = page.rows.iter().filter(|row| row.id().is_some());
    let Some(row) = readable.max_by_key(|row| row.record.bytes.len()) else {
        return probe("fields", Notable, "There is no call yet to see which fields lists have");
    };
    let bytes = &row.record.bytes;
    let has = |name: &str| bytes.windows(name.len()).any(|it| it == name.as_bytes());
    if has("\"from_number\"") && has("\"transcript\"") {
        return probe("fields", Right, "Lists have numbers and transcripts");
    }
    let sentence = "Lists have no numbers or no transcripts: every call is asked for by its id too";
    probe("fields", Notable, sentence)
}

/// What the list without a status holds, and what each status does.
async fn statuses(client: &Client) -> Probe {
    let settings = client.settings();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let listings = std::iter::once(None).chain(settings.statuses.iter().cloned().map(Some));
    for status in listings {
        match client.calls(&Listing { status, ..newest(client) }).await {
            Err(error) => return unanswered("statuses", &error),
            Ok(page) => {
                for row in page.rows {
                    *counts.entry(row.status.unwrap_or_else(|| "none".to_owned())).or_default() +=
                        1;
                }
            }
        }
    }
    let unnamed: Vec<&str> = counts
        .keys()
        .filter(|status| !settings.statuses.contains(status))
        .map(String::as_str)
        .collect();
    let seen: Vec<&str> = counts.keys().map(String::as_str).collect();
    if unnamed.is_empty() {
        let sentence = format!("Statuses seen: {}", seen.join(", "));
        return probe("statuses", Right, sentence);
    }
    let words: Vec<String> = unnamed.iter().map(|word| quotable(word)).collect();
    let sentence = format!("There are calls of a status nobody asked for: {}", words.join(", "));
    hinted(probe("statuses", Notable, sentence), "They are read as well; name them in `statuses`")
}

/// A status as it may be repeated: the operator has to name it, and a word of letters is nobody's
/// number or secret.
fn quotable(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || letter == '-';
    if word.len() <= 30 && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        "one that is no plain word".to_owned()
    }
}

fn ids(page: &CallPage) -> BTreeSet<&str> {
    page.rows.iter().filter_map(Row::id).collect()
}

/// Whether there are pages, which nothing documents.
async fn paging(client: &Client, newest_page: &CallPage) -> Probe {
    for (name, value) in [("page", "2"), ("offset", "100")] {
        match client.calls_with(&newest(client), &[(name, value)]).await {
            Err(error) => return unanswered("paging", &error),
            Ok(page)
                if ids(&page).is_disjoint(&ids(newest_page)) && !ids(newest_page).is_empty() =>
            {
                let sentence = format!("`{name}` turns pages; we do without");
                return probe("paging", Notable, sentence);
            }
            Ok(_) => {}
        }
    }
    probe("paging", Right, "`page` and `offset` are ignored; windows are cut instead")
}

/// Whether the whole organisation is seen: its own calls alone would be fewer.
async fn is_admin(client: &Client, newest_page: &CallPage) -> Probe {
    let own = client.calls_with(&newest(client), &[("is_admin", "false")]).await;
    let sentence = match own {
        Err(SourceError::Misspoken { .. }) => {
            "The whole organisation is read; a single user's calls need `user_id`".to_owned()
        }
        Err(error) => return unanswered("is_admin", &error),
        Ok(page) => {
            let (all, own) = (ids(newest_page), ids(&page));
            if !own.is_subset(&all) && all.len() < client.settings().page_size as usize {
                let sentence = "A user's own list has calls that the organisation's lacks";
                return hinted(probe("is_admin", Wrong, sentence), "Check `organization_id`");
            }
            format!(
                "Of the newest calls {} are the organisation's, {} the user's",
                all.len(),
                own.len()
            )
        }
    };
    probe("is_admin", Right, sentence)
}

/// Whether a call at the very ends of a window is in it.
async fn edges(client: &Client, call: &Row) -> Probe {
    let Some(at) = call.start else { return probe("edges", Notable, "No call says its start") };
    let first = lists(client, call, at, at + MILLISECOND * 2).await;
    let last = lists(client, call, at - MILLISECOND * 2, at).await;
    let word = |is_in| if is_in { "included" } else { "left out" };
    answered("edges", first.and_then(|first| Ok((first, last?))).map(|(first, last)| {
        let sentence = format!(
            "A call at the first instant of a window is {}, at the last {}; requests overlap, so \
             either is fine",
            word(first),
            word(last)
        );
        probe("edges", Right, sentence)
    }))
}

async fn lists(
    client: &Client,
    call: &Row,
    from: Timestamp,
    to: Timestamp,
) -> Result<bool, SourceError> {
    let window = Window::new(from, to).ok();
    let page = client.calls(&Listing { window, ..newest(client) }).await?;
    Ok(page.rows.iter().any(|row| row.id() == call.id()))
}
