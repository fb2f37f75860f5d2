//! Whether a provider tells somebody of its calls, and whom: what its configuration says, beside
//! the address this source expects.
//!
//! Calls are found by reading, whatever is configured here; a webhook only makes them appear
//! sooner. Of an address the host alone is ever said, because the rest may hold a secret.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use url::Url;

use crate::examine::{hinted, probe};
use crate::{ConnectError, Probe, ProbeOutcome, SourceError};

use ProbeOutcome::{Notable, Right, Wrong};

/// What the probe is called at every provider.
pub(crate) const NAME: &str = "webhooks";

/// Things that are named in one sentence, at most.
const NAMED_MAX: usize = 10;

/// A thing at the provider, such as a number or an agent, and whom it tells of its calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Teller {
    /// What a person finds it by; never a whole telephone number.
    pub(crate) name: String,
    /// The address it tells; `None` where it tells nobody.
    pub(crate) tells: Option<String>,
    /// Why nothing useful arrives there all the same, as in "…4711, which is switched off".
    pub(crate) flaw: Option<String>,
}

/// What tellers are called, and what cures a wrong address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// One of them.
    pub(crate) one: &'static str,
    /// Several.
    pub(crate) many: &'static str,
    /// What to do at the provider when one of them does not tell the expected address.
    pub(crate) cure: &'static str,
}

/// The address of a `webhook_url` setting, which is refused where it is none.
pub(crate) fn expected(webhook_url: Option<&str>) -> Result<Option<Url>, ConnectError> {
    let Some(text) = webhook_url else { return Ok(None) };
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(Some).ok_or_else(|| {
        // What stands there may be a secret, so it is not repeated.
        let why =
            "`webhook_url` is not an address such as https://calls.example.com/webhooks/phones";
        ConnectError::Setting { why: why.to_owned() }
    })
}

/// A person finds a number by its last four digits.
pub(crate) fn last_four(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    format!("…{}", digits[digits.len().saturating_sub(4)..].iter().collect::<String>())
}

/// The host of an address.
pub(crate) fn host(address: &str) -> String {
    let url = Url::parse(address.trim()).ok();
    let host = url.as_ref().and_then(Url::host_str).map(str::to_owned);
    host.unwrap_or_else(|| "what is no address".to_owned())
}

/// The question got no answer, which says nothing about the configuration.
pub(crate) fn could_not_look(error: &SourceError, needs: &str) -> Probe {
    let mut sentence = error.to_string();
    if let Some(hint) = error.hint() {
        // What cures reading calls does not cure this.
        sentence = sentence.replace(&format!(". {hint}"), "");
    }
    let sentence = format!("Could not look where calls are told: {sentence}");
    hinted(probe(NAME, Notable, sentence), needs)
}

/// Judges what was found. With an expected address, every teller must tell it.
pub(crate) fn judge(kind: Kind, tellers: &[Teller], expected: Option<&Url>) -> Probe {
    let Kind { one, many, cure } = kind;
    let all = tellers.len();
    if all == 0 {
        return probe(NAME, Right, format!("There are no {many} that could tell of calls"));
    }
    let silent: Vec<String> =
        tellers.iter().filter(|it| it.tells.is_none()).map(|it| it.name.clone()).collect();
    let Some(expected) = expected else {
        return unexpected(kind, tellers, &silent);
    };
    let ours = expected.host_str().unwrap_or_default();
    let elsewhere: Vec<String> =
        tellers.iter().filter_map(|teller| drift(teller, expected)).collect();
    if silent.is_empty() && elsewhere.is_empty() {
        let whose = if all == 1 { format!("The one {one}") } else { format!("All {all} {many}") };
        let tell = verb(all);
        let sentence = format!("{whose} {tell} {ours} of calls, as `webhook_url` says");
        return probe(NAME, Right, sentence);
    }
    let sentence = match (all, silent.is_empty()) {
        (1, false) => format!("The one {one} ({}) tells nobody of calls", names(&silent)),
        (1, true) => format!("The one {one} has drifted ({})", names(&elsewhere)),
        _ => format!("Of {all} {many}, {}", differing(all, ours, &silent, &elsewhere)),
    };
    hinted(probe(NAME, Wrong, sentence), cure)
}

fn differing(all: usize, ours: &str, silent: &[String], elsewhere: &[String]) -> String {
    let right = all - silent.len() - elsewhere.len();
    let mut found = Vec::new();
    if right > 0 {
        found.push(format!("{right} {} {ours} of calls, as `webhook_url` says", verb(right)));
    }
    if !silent.is_empty() {
        found.push(format!("{} {} nobody ({})", silent.len(), verb(silent.len()), names(silent)));
    }
    if !elsewhere.is_empty() {
        let has = if elsewhere.len() == 1 { "has" } else { "have" };
        found.push(format!("{} {has} drifted ({})", elsewhere.len(), names(elsewhere)));
    }
    found.join("; ")
}

/// What is configured, where nobody said what should be.
fn unexpected(kind: Kind, tellers: &[Teller], silent: &[String]) -> Probe {
    let Kind { one, many, .. } = kind;
    let all = tellers.len();
    if silent.len() == all {
        let whose = if all == 1 {
            format!("The one {one} tells")
        } else {
            format!("None of {all} {many} tells")
        };
        let whom = if all == 1 { "nobody" } else { "anybody" };
        let sentence = format!("{whose} {whom} of its calls; they are found by reading alone");
        return probe(NAME, Notable, sentence);
    }
    let mut hosts: BTreeMap<String, usize> = BTreeMap::new();
    for told in tellers.iter().filter_map(|it| it.tells.as_deref()) {
        *hosts.entry(host(told)).or_default() += 1;
    }
    let mut found: Vec<String> =
        hosts.iter().map(|(host, count)| format!("{count} {} {host}", verb(*count))).collect();
    if !silent.is_empty() {
        found.push(format!("{} {} nobody ({})", silent.len(), verb(silent.len()), names(silent)));
    }
    let flawed: Vec<String> = tellers.iter().filter_map(flaw).collect();
    if !flawed.is_empty() {
        found.push(format!("nothing useful comes from {}", names(&flawed)));
    }
    let is_one = hosts.len() == 1 && silent.is_empty() && flawed.is_empty();
    let sentence = format!("Of {all} {many}, {}", found.join("; "));
    let hint = "With `webhook_url` in this source's settings, what differs from it is named";
    hinted(probe(NAME, if is_one { Right } else { Notable }, sentence), hint)
}

fn verb(count: usize) -> &'static str {
    if count == 1 { "tells" } else { "tell" }
}

/// How a teller differs from what is expected; `None` where it does not, or tells nobody.
fn drift(teller: &Teller, expected: &Url) -> Option<String> {
    let told = teller.tells.as_deref()?;
    let Some(url) = Url::parse(told.trim()).ok().filter(Url::has_host) else {
        return Some(format!("{} at {}", teller.name, host(told)));
    };
    if !is_same_host(&url, expected) {
        return Some(format!("{} at {}", teller.name, host(told)));
    }
    if !is_same(&url, expected) {
        return Some(format!("{} at {}, by another path", teller.name, host(told)));
    }
    flaw(teller)
}

fn flaw(teller: &Teller) -> Option<String> {
    teller.flaw.as_ref().map(|flaw| format!("{}, {flaw}", teller.name))
}

fn is_same_host(url: &Url, expected: &Url) -> bool {
    url.scheme() == expected.scheme()
        && url.host_str() == expected.host_str()
        && url.port_or_known_default() == expected.port_or_known_default()
}

/// Whether both lead to one place. A fragment is not sent; Twilio keeps its retry rules there. A
/// query counts only where one is expected, since it may be of each number's own.
fn is_same(url: &Url, expected: &Url) -> bool {
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    path(url) == path(expected) && expected.query().is_none_or(|query| url.query() == Some(query))
}

fn names(all: &[String]) -> String {
    let shown = all.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
