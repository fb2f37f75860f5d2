//! What stands beside the call list: recordings, subaccounts, and Insights' own count.

use std::time::Duration;

use domain::Window;
use tokio::sync::mpsc;

use super::{probe, unanswered};
use crate::ProbeOutcome::{Notable, Right};
use crate::twilio::client::Client;
use crate::twilio::marks::Marks;
use crate::twilio::recordings::Recordings;
use crate::twilio::{insights, walk};
use crate::{Page, Probe, SourceError, Walked};

const HOUR: Duration = Duration::from_hours(1);

/// Their calls are in their own lists.
pub(super) async fn subaccounts(client: &Client) -> Probe {
    const NAME: &str = "subaccounts";
    let own = &client.settings().account_sid;
    match client.accounts().await {
        Ok((sids, is_more)) => {
            let others = sids.iter().filter(|sid| *sid != own).count();
            if others == 0 && !is_more {
                return probe(NAME, Right, "There are no subaccounts beside this account");
            }
            let more = if is_more { "more than " } else { "" };
            let sentence = format!(
                "There are {more}{others} other accounts, whose calls are not in this list"
            );
            let hint = "Each account whose calls you want is a source with its own `account_sid`, \
                and with this one as `parent_account_sid` if this token is to open it";
            Probe { hint: Some(hint.to_owned()), ..probe(NAME, Notable, sentence) }
        }
        // An API key may well not, and reading calls does not need it.
        Err(error) if error.needs_operator() => {
            let sentence = "This token may not list accounts, so subaccounts are not known; calls \
                of subaccounts are in their own lists";
            probe(NAME, Notable, sentence)
        }
        Err(error) => unanswered(NAME, &error),
    }
}

/// Whether recordings can be listed; `None` where they are not to be.
pub(super) async fn recordings(client: &Client) -> Option<Probe> {
    const NAME: &str = "recordings";
    client.settings().reads_recordings.then_some(())?;
    let url = client.first_of("Recordings.json", &[]);
    Some(match client.resources(("recordings", "recordings"), url, |_| ()).await {
        Ok(page) => {
            let more = if page.next.is_some() { "more than " } else { "" };
            let count = page.items.len();
            probe(NAME, Right, format!("The token may list recordings; there are {more}{count}"))
        }
        Err(error) if error.needs_operator() => {
            let sentence = "This token may not list recordings, so calls are kept without theirs";
            let hint = "Give the API key the right to read recordings, or set \
                `reads_recordings = false`, which saves requests";
            Probe { hint: Some(hint.to_owned()), ..probe(NAME, Notable, sentence) }
        }
        Err(error) => unanswered(NAME, &error),
    })
}

/// One whole day, counted twice. `None` where Insights is not set up.
pub(super) async fn insights(client: &Client) -> Option<Probe> {
    const NAME: &str = "insights";
    client.settings().insights_url.as_ref()?;
    let now = client.now();
    let day = Window::new(now - HOUR * 25, now - HOUR).ok()?;
    let theirs = match insights::count(client, day).await {
        Ok(Some(theirs)) => theirs,
        Ok(None) => {
            let sentence =
                "Voice Insights is not open to this account, so nothing is counted twice";
            return Some(probe(NAME, Notable, sentence));
        }
        Err(error) => return Some(unanswered(NAME, &error)),
    };
    Some(match listed(client, day).await {
        Ok(Walked::Whole { distinct, .. }) => {
            let sentence = format!("For {day} Insights counts {theirs} calls, the list {distinct}");
            let outcome = if distinct == theirs { Right } else { Notable };
            probe(NAME, outcome, sentence)
        }
        Ok(_) => probe(NAME, Notable, format!("{day} could not be read whole to be compared")),
        Err(error) => unanswered(NAME, &error),
    })
}

/// Walks a window for its number alone.
async fn listed(client: &Client, window: Window) -> Result<Walked, SourceError> {
    let (sender, mut receiver) = mpsc::channel::<Page>(1);
    let marks = Marks::default();
    let walking = async {
        let without = Recordings::default();
        let walked = walk::calls(client, &marks, &without, (window, &sender)).await;
        drop(sender);
        walked
    };
    let draining = async { while receiver.recv().await.is_some() {} };
    tokio::join!(walking, draining).0
}
