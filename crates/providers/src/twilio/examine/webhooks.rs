//! Whom the account's numbers tell of their calls, and who answers those.

use std::collections::BTreeMap;

use super::probe;
use crate::ProbeOutcome::{Notable, Right};
use crate::twilio::client::Client;
use crate::twilio::numbers::{self, Numbers};
use crate::webhooks::{Kind, could_not_look, host, judge};
use crate::{Probe, ProbeOutcome};

const NUMBERS: Kind = Kind {
    one: "number",
    many: "numbers",
    cure: "Set the status callback of these numbers, or of their application, to `webhook_url` by \
        POST (Twilio Console, Phone Numbers, Active numbers). Calls are read meanwhile, only later",
};

const NEEDS: &str = "An API key with restricted rights needs the right to list phone numbers and, \
    where numbers have one, applications; reading calls does not";

/// Both questions, from one reading of the numbers.
pub(super) async fn ask(client: &Client) -> Vec<Probe> {
    let numbers = match numbers::read(client).await {
        Ok(numbers) => numbers,
        Err(error) => return vec![could_not_look(&error, NEEDS)],
    };
    // What cannot be read was refused when the client was made.
    let expected = client.settings().webhook().unwrap_or_default();
    let mut told = judge(NUMBERS, &numbers.tellers, expected.as_ref());
    if numbers.on_trunks > 0 {
        let on_trunks = numbers.on_trunks;
        told.sentence = format!(
            "{}; on trunks, of whose calls Twilio tells nobody: {on_trunks}",
            told.sentence
        );
        told.outcome = if told.outcome == Right { Notable } else { told.outcome };
    }
    let mut probes = vec![told];
    probes.extend(answers(&numbers));
    probes
}

/// An integration that takes a number over answers its calls from then on.
fn answers(numbers: &Numbers) -> Option<Probe> {
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    for answered_by in &numbers.answered_by {
        let whose = answered_by.as_deref().map_or_else(|| "nobody".to_owned(), host);
        *hosts.entry(whose).or_default() += 1;
    }
    let found: Vec<String> =
        hosts.iter().map(|(host, count)| format!("{count} by {host}")).collect();
    let outcome: ProbeOutcome = if hosts.contains_key("nobody") { Notable } else { Right };
    let sentence = format!("Calls to numbers are answered: {}", found.join(", "));
    (!hosts.is_empty()).then(|| probe("voice_urls", outcome, sentence))
}
