//! The doctor's questions: whether the door opens, and whether Teli's answers mean what we take
//! them to mean. Nothing is changed by asking.

mod assumptions;
mod history;
mod second;

use super::calibrate::{Learnt, newest};
use super::client::Client;
use crate::examine::{clock, hinted, probe, unanswered};
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
            let lag = client.settings().capabilities(None).lag;
            probes.push(clock("Teli", server_time, client.now(), lag));
            probes.extend(history::ask(client, &page).await);
            probes.extend(second::ask(client, learnt).await);
        }
    }
    probes.push(agents(client).await);
    let sentence = "Teli publishes no webhook for calls, so there is none to configure; calls are \
        found by reading alone";
    probes.push(probe(crate::webhooks::NAME, Notable, sentence));
    probes.extend(assumptions::all(client.settings(), learnt));
    probes
}

fn door_closed(error: &SourceError) -> Probe {
    let name = match error {
        SourceError::Unauthorised { .. } => "token",
        SourceError::NotPermitted { .. } | SourceError::Misspoken { .. } => "calls",
        _ => "reachable",
    };
    unanswered(name, error)
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
