//! The doctor's questions: whether the door opens, and whether Teli's answers mean what we take
//! them to mean. Nothing is changed by asking.

mod assumptions;
mod history;
mod second;

use domain::Timestamp;

use super::calibrate::{Learnt, newest};
use super::client::Client;
use crate::{Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right, Wrong};

/// Asks everything that can be asked. Later questions need the door that the first one opens.
pub(super) async fn examine(client: &Client, learnt: &Learnt) -> Vec<Probe> {
    let mut probes = Vec::new();
    // What is learnt here is told below; an error is told there too.
    learnt.renew(client).await.ok();
    match client.calls_and_clock(&newest(client)).await {
        Err(error) => probes.push(door_closed(&error)),
        Ok((page, server_time)) => {
            probes.push(probe("token", Right, "The key opens Teli"));
            probes.push(probe("calls", Right, "The key may list the organisation's calls"));
            probes.push(clock(server_time, client));
            probes.extend(history::ask(client, &page).await);
            probes.extend(second::ask(client, learnt).await);
        }
    }
    probes.push(agents(client).await);
    probes.extend(assumptions::all(client.settings(), learnt));
    probes
}

fn probe(name: &'static str, outcome: ProbeOutcome, sentence: impl Into<String>) -> Probe {
    Probe { name, outcome, sentence: sentence.into(), hint: None }
}

fn hinted(probe: Probe, hint: &str) -> Probe {
    Probe { hint: Some(hint.to_owned()), ..probe }
}

/// A question that got no answer.
fn unanswered(name: &'static str, error: &SourceError) -> Probe {
    Probe { name, outcome: Wrong, sentence: error.to_string(), hint: error.hint().map(Into::into) }
}

fn door_closed(error: &SourceError) -> Probe {
    let name = match error {
        SourceError::Unauthorised { .. } => "token",
        SourceError::NotPermitted { .. } | SourceError::Misspoken { .. } => "calls",
        _ => "reachable",
    };
    unanswered(name, error)
}

fn clock(server_time: Option<Timestamp>, client: &Client) -> Probe {
    let Some(theirs) = server_time else {
        return probe("clock", Notable, "Teli sent no time to compare our clock with");
    };
    let ours = client.now();
    let skew = ours.since(theirs).max(theirs.since(ours));
    let sentence = format!("Our clock and Teli's differ by {} s", skew.as_secs());
    if skew.as_secs() < 60 {
        return probe("clock", Right, sentence);
    }
    let lag = client.settings().capabilities(None).lag;
    let outcome = if skew < lag { Notable } else { Wrong };
    let hint = "Let this machine set its clock from the network (NTP)";
    hinted(probe("clock", outcome, sentence), hint)
}

async fn agents(client: &Client) -> Probe {
    match client.agents().await {
        Ok(agents) => {
            let ids = agents.len();
            probe("agents", Right, format!("The key may list agents; they go by {ids} ids"))
        }
        Err(error) => {
            let without = "Calls are read without the list of agents; their names are missing";
            hinted(Probe { outcome: Notable, ..unanswered("agents", &error) }, without)
        }
    }
}
