//! The doctor's questions: whether the door opens, and whether Twilio's answers mean what we take
//! them to mean. Nothing is changed by asking.

mod beside;
mod filters;
mod webhooks;

use std::collections::HashSet;
use std::time::Duration;

use super::client::{Client, Listing};
use super::sweep::Order;
use super::wire::CallPage;
use crate::examine::{clock, probe, unanswered};
use crate::{Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right};

/// Calls per page when two pages are compared.
const SMALL_PAGE: u32 = 2;

const MINUTE: Duration = Duration::from_mins(1);

/// Asks everything that can be asked. Later questions need the door that the first one opens.
pub async fn examine(client: &Client) -> Vec<Probe> {
    let newest = Listing::default();
    let url = client.first_page(&newest);
    let (page, server_time) = match client.page_and_clock(&newest.name(), url).await {
        Ok(answer) => answer,
        Err(error) => return vec![door_closed(&error)],
    };
    let mut probes = Vec::from(door_open());
    let lag = client.settings().capabilities().lag;
    probes.push(clock("Twilio", server_time, client.now(), lag));
    probes.push(page_size(&page, client.settings().page_size));
    probes.push(order(&page));
    probes.push(cursor(client).await);
    probes.extend(filters::examine(client, &page).await);
    probes.extend(beside::recordings(client).await);
    probes.extend(webhooks::ask(client).await);
    probes.push(beside::subaccounts(client).await);
    probes.extend(beside::insights(client).await);
    probes
}

fn door_closed(error: &SourceError) -> Probe {
    let name = match error {
        SourceError::Unauthorised { .. } => "token",
        SourceError::NotPermitted { .. } => "calls",
        SourceError::NotFound { .. } => "account",
        _ => "reachable",
    };
    unanswered(name, error)
}

fn door_open() -> [Probe; 2] {
    [
        probe("token", Right, "The token opens this account"),
        probe("calls", Right, "The token may list calls"),
    ]
}

fn page_size(page: &CallPage, asked: u32) -> Probe {
    let sent = page.calls.len() as u64;
    if page.next.is_none() {
        return probe("page_size", Right, format!("All {sent} calls fit on one page"));
    }
    let echoed = page.page_size.unwrap_or(sent);
    if sent == u64::from(asked) && echoed == sent {
        return probe("page_size", Right, format!("A page holds {asked} calls, as asked"));
    }
    let sentence = format!(
        "Of {asked} calls asked for per page, {sent} came (Twilio says {echoed}); the list is read \
         to its own end all the same"
    );
    probe("page_size", Notable, sentence)
}

fn order(page: &CallPage) -> Probe {
    let calls = page.calls.len();
    if !Order::of(page).is_other() {
        return probe("order", Right, format!("The newest calls come first ({calls} looked at)"));
    }
    let sentence = "Calls do not come newest first, so lists by status are read to their end";
    probe("order", Notable, sentence)
}

/// Whether the cursor leads from one small page to another one.
async fn cursor(client: &Client) -> Probe {
    match two_pages(client).await {
        Err(error) => unanswered("cursor", &error),
        Ok((_, None)) => probe("cursor", Notable, "There are too few calls to turn a page"),
        Ok((first, Some(second))) => {
            let known: HashSet<_> = sids(&first).collect();
            let again = sids(&second).filter(|sid| known.contains(sid)).count();
            if again == 0 {
                return probe("cursor", Right, "The second page goes on where the first ends");
            }
            let sentence = format!("{again} calls of the first page come again on the second");
            probe("cursor", Notable, sentence)
        }
    }
}

async fn two_pages(client: &Client) -> Result<(CallPage, Option<CallPage>), SourceError> {
    let listing = Listing { page_size: Some(SMALL_PAGE), ..Listing::default() };
    let name = listing.name();
    let first = client.page(&name, client.first_page(&listing)).await?;
    let second = match &first.next {
        None => None,
        Some(next) => Some(client.page(&name, client.next_page(&name, next)?).await?),
    };
    Ok((first, second))
}

fn sids(page: &CallPage) -> impl Iterator<Item = &str> {
    super::walk::times(page).map(|(sid, _)| sid)
}
