//! The doctor's questions: whether the door opens, and whether ElevenLabs' answers mean what we
//! take them to mean. Nothing is changed by asking.

mod known;
mod webhooks;

use super::batches;
use super::client::{Client, Listing, Span};
use super::wire::{ConversationPage, Next, Object};
use crate::examine::{clock, probe, unanswered};
use crate::{Probe, ProbeOutcome, SourceError};
use std::collections::BTreeMap;

use ProbeOutcome::{Notable, Right, Wrong};

/// The states of a conversation that are published.
const STATES: [&str; 5] = ["initiated", "in-progress", "processing", "done", "failed"];

const YEAR_SECONDS: i64 = 365 * 86_400;

/// Asks everything that can be asked. Later questions need the door that the first one opens.
pub async fn examine(client: &Client) -> Vec<Probe> {
    let mut probes = Vec::new();
    let page_size = client.settings().page_size;
    let newest = Listing { span: None, cursor: None, page_size, is_newest_first: true };
    match client.conversations_and_clock(newest).await {
        Err(error) => probes.push(door_closed(&error)),
        Ok((page, server_time)) => {
            probes.extend(door_open());
            let lag = client.settings().capabilities().lag;
            probes.push(clock("ElevenLabs", server_time, client.now(), lag));
            probes.push(page_size_kept(&page, page_size));
            probes.push(far_future(client).await);
            probes.push(states(client, &page).await);
            probes.extend(known::examine(client, &page).await);
        }
    }
    probes.push(agents(client).await);
    probes.push(batch_calls(client).await);
    probes.extend(webhooks::ask(client).await);
    probes
}

/// A question that got no answer and that reading calls does not depend on.
fn unanswered_aside(name: &'static str, error: &SourceError) -> Probe {
    Probe { outcome: Notable, ..unanswered(name, error) }
}

fn door_closed(error: &SourceError) -> Probe {
    let name = match error {
        SourceError::Unauthorised { .. } => "token",
        SourceError::NotPermitted { .. } => "conversations",
        _ => "reachable",
    };
    unanswered(name, error)
}

fn door_open() -> [Probe; 2] {
    [
        probe("token", Right, "The API key opens this workspace"),
        probe("conversations", Right, "The API key may list conversations"),
    ]
}

fn page_size_kept(page: &ConversationPage, asked: u32) -> Probe {
    let sent = page.records.len() as u64;
    match page.next {
        _ if sent > u64::from(asked) => {
            let sentence = format!("Of {asked} calls asked for per page, {sent} came");
            probe("page_size", Notable, sentence)
        }
        Next::End => probe("page_size", Right, format!("All {sent} calls fit on one page")),
        _ if sent == u64::from(asked) => {
            probe("page_size", Right, format!("A page holds {asked} calls, as asked"))
        }
        _ => {
            let sentence = format!(
                "Of {asked} calls asked for per page, {sent} came, and more follow; reading goes by the cursor"
            );
            probe("page_size", Notable, sentence)
        }
    }
}

async fn far_future(client: &Client) -> Probe {
    let from = client.now().as_millis().div_euclid(1000) + YEAR_SECONDS;
    match known::within(client, Span::between(from, from + YEAR_SECONDS)).await {
        Err(error) => unanswered("far_future", &error),
        Ok(page) if page.records.is_empty() => {
            probe("far_future", Right, "A range in the far future is empty: dates do filter")
        }
        Ok(page) => {
            let calls = page.records.len();
            let sentence = format!(
                "A range in the far future has {calls} calls or more: ElevenLabs ignores our dates"
            );
            let hint = Some("Check `base_url`; without dates no window can be read".to_owned());
            Probe { hint, ..probe("far_future", Wrong, sentence) }
        }
    }
}

/// Which states rows name, and whether running conversations are listed at all.
async fn states(client: &Client, newest: &ConversationPage) -> Probe {
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for row in &newest.rows {
        let row = std::str::from_utf8(row).ok().and_then(|row| Object::read(row).ok());
        let state = row.as_ref().and_then(|row| row.words("status"));
        *counted.entry(state.map_or_else(|| "none".to_owned(), Into::into)).or_default() += 1;
    }
    let unknown = counted.keys().find(|state| !STATES.contains(&state.as_str()));
    if unknown.is_some() {
        // The word itself is not repeated: nobody knows what it holds.
        let sentence = "Some calls are in a state that is not published; they are kept, as \
            `unknown`, until they name one that is";
        return probe("statuses", Notable, sentence);
    }
    let listed = counted.get("in-progress").copied().unwrap_or(0);
    let running = client.live_count().await.ok().flatten();
    let words: Vec<String> =
        counted.iter().map(|(state, calls)| format!("{calls} {state}")).collect();
    let words = if words.is_empty() { "no calls".to_owned() } else { words.join(", ") };
    match running {
        Some(running) if running > 0 && listed == 0 => {
            let sentence = format!(
                "{running} conversations are going on and none of them is listed: calls appear when they end, and the tiers find those that last longer than `lag_minutes`"
            );
            probe("statuses", Notable, sentence)
        }
        Some(running) => {
            let sentence = format!("The newest page has {words}; {running} are going on now");
            probe("statuses", Right, sentence)
        }
        None => probe("statuses", Right, format!("The newest page has {words}")),
    }
}

async fn agents(client: &Client) -> Probe {
    match client.agents().await {
        Ok(agents) => {
            let count = agents.agents.len();
            probe("agents", Right, format!("The API key may list the {count} agents"))
        }
        Err(error) => unanswered("agents", &error),
    }
}

/// Recipients of batch calls are counted by somebody else than the list of calls.
async fn batch_calls(client: &Client) -> Probe {
    let (batches, counted) = match batches::recent(client).await {
        Ok((0, _)) => return probe("batch_calls", Right, "There are no batch calls to count by"),
        Ok(found) => found,
        Err(error) => return unanswered_aside("batch_calls", &error),
    };
    let called = counted.conversed + counted.failed + counted.unexplained;
    let sentence = format!(
        "Of the {called} recipients beyond pending in the {batches} newest batch calls, {} have a conversation, {} failed or were cancelled without one, and {} have none for no reason given",
        counted.conversed, counted.failed, counted.unexplained
    );
    let unlisted = match batches::unlisted(client, &counted).await {
        Ok(unlisted) => unlisted,
        Err(error) => return unanswered_aside("batch_calls", &error),
    };
    let sentence = match unlisted {
        Some(0) => format!("{sentence}; the list of calls has each of these conversations"),
        Some(missing) => {
            format!("{sentence}; the list of calls lacks {missing} of these conversations")
        }
        None => sentence,
    };
    let is_right = counted.unexplained == 0 && unlisted.unwrap_or(0) == 0;
    probe("batch_calls", if is_right { Right } else { Notable }, sentence)
}
