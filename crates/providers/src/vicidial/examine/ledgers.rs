//! Calls that other ledgers know and the call tables do not, by name.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Window;

use super::super::client::Client;
use super::super::ledger::{self, Attempt, DEADLINE, Ledger};
use super::super::tables::{Copy, Schema};
use super::super::walk::in_words;
use crate::examine::{hinted, probe, unanswered};
use crate::{Probe, ProbeOutcome};

use ProbeOutcome::{Notable, Right};

/// Lost calls that are named, at most.
const NAMED_MAX: usize = 10;

/// One sentence for each ledger.
pub(super) async fn lost(client: &Client, schema: &Schema) -> Vec<Probe> {
    let until = client.now() - DEADLINE;
    let span = client.settings().ledger_span();
    let mut found: BTreeMap<Ledger, (u64, Vec<Attempt>)> = BTreeMap::new();
    // Hour by hour, so that no statement is long.
    let mut to = until;
    while until.since(to) < span {
        let from = to - Duration::from_hours(1);
        let Ok(hour) = Window::new(from, to) else { break };
        match ledger::lost(client, schema, hour, &[]).await.map_err(in_words) {
            Ok(lost) => {
                for compared in lost.ledgers {
                    let (calls, without_row) = found.entry(compared.ledger).or_default();
                    *calls += compared.calls;
                    without_row.extend(compared.without_row);
                }
            }
            Err(error) => return vec![unanswered(name(Ledger::Dial), &error)],
        }
        to = from;
    }
    let hours = span.as_secs() / 3600;
    let one = |ledger: Ledger| match found.get(&ledger) {
        Some((calls, lost)) => said(ledger, *calls, lost, hours),
        None => unread(ledger, schema),
    };
    Ledger::ALL.into_iter().map(one).collect()
}

/// What the question about a ledger is called.
const fn name(ledger: Ledger) -> &'static str {
    match ledger {
        Ledger::Dial => "lost_at_provider",
        Ledger::Extended => "lost_beside_extended_log",
        Ledger::Carrier => "lost_beside_carrier_log",
        Ledger::Recording => "lost_beside_recordings",
    }
}

fn unread(ledger: Ledger, schema: &Schema) -> Probe {
    let table = ledger.table().name();
    let sentence = if schema.has(ledger.table(), Copy::Live) {
        format!("{table} has not been compared: there is no hour to look at")
    } else if ledger == Ledger::Dial {
        "There is no ledger of dial requests, so calls lost at the provider go unseen".to_owned()
    } else {
        format!("{table} cannot be read, so calls only it knows go unseen")
    };
    probe(name(ledger), Notable, sentence)
}

fn said(ledger: Ledger, calls: u64, lost: &[Attempt], hours: u64) -> Probe {
    let (whose, table) = (ledger.calls(), ledger.table().name());
    if lost.is_empty() {
        let sentence = match ledger {
            Ledger::Dial => format!("Each of {calls} {whose} within {hours} hours has its row"),
            _ => format!(
                "Each of {calls} {whose} within {hours} hours ({table}) has its row or is named above"
            ),
        };
        return probe(name(ledger), Right, sentence);
    }
    let one = |it: &Attempt| format!("{} (lead {}, {})", it.code, it.lead, it.at);
    let mut names: Vec<String> = lost.iter().take(NAMED_MAX).map(one).collect();
    if lost.len() > NAMED_MAX {
        names.push(format!("and {} more", lost.len() - NAMED_MAX));
    }
    let sentence = format!(
        "{} of {calls} {whose} within {hours} hours ({table}) have no row at the provider: {}",
        lost.len(),
        names.join(", ")
    );
    hinted(probe(name(ledger), Notable, sentence), hint(ledger))
}

const fn hint(ledger: Ledger) -> &'static str {
    match ledger {
        Ledger::Dial => {
            "They were lost there, not here: two servers gave one uniqueid, or a row was deleted"
        }
        Ledger::Extended => {
            "They were lost there, not here: the row beside them was refused, or removed later"
        }
        Ledger::Carrier => {
            "They were lost there, not here: the carrier may bill calls that no report counts"
        }
        Ledger::Recording => {
            "They were lost there, not here: somebody was recorded, and the call's row is gone"
        }
    }
}
