//! The account's numbers: who answers their calls, and who is told of them.
//!
//! A number's own addresses count unless it has an application, whose addresses then stand for
//! them, or a trunk, on which Twilio tells nobody of a call.

use std::collections::{BTreeMap, HashSet};

use serde_json::value::RawValue;

use super::client::Client;
use crate::SourceError;
use crate::json::{Fields, id, words};
use crate::webhooks::{Teller, last_four};

/// Pages of numbers, or of applications, that are read.
const PAGES_MAX: usize = 20;

/// What the numbers of an account do with a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Whom each number tells of its calls.
    pub(super) tellers: Vec<Teller>,
    /// The address that answers the calls of each number, where there is one.
    pub(super) answered_by: Vec<Option<String>>,
    /// Numbers on a trunk.
    pub(super) on_trunks: usize,
}

/// A number, or an application, as far as its addresses go.
#[derive(Debug, Clone, Default)]
struct Addresses {
    sid: Option<String>,
    phone_number: Option<String>,
    voice_url: Option<String>,
    status_callback: Option<String>,
    status_callback_method: Option<String>,
    application: Option<String>,
    trunk: Option<String>,
}

impl Addresses {
    fn read(raw: &RawValue) -> Self {
        let fields: Fields<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
        Self {
            sid: id(fields.get("sid")),
            phone_number: id(fields.get("phone_number")),
            voice_url: words(fields.get("voice_url")),
            status_callback: words(fields.get("status_callback")),
            status_callback_method: words(fields.get("status_callback_method")),
            application: id(fields.get("voice_application_sid")),
            trunk: id(fields.get("trunk_sid")),
        }
    }
}

/// Reads every number of the account, and the applications that stand for their addresses.
pub(super) async fn read(client: &Client) -> Result<Numbers, SourceError> {
    let numbers = all(client, "IncomingPhoneNumbers.json", "incoming_phone_numbers").await?;
    let applications = if numbers.iter().any(|number| number.application.is_some()) {
        all(client, "Applications.json", "applications").await?
    } else {
        Vec::new()
    };
    let applications = applications.into_iter();
    let applications = applications.filter_map(|it| Some((it.sid.clone()?, it)));
    Ok(told(numbers, &applications.collect()))
}

async fn all(client: &Client, file: &str, key: &str) -> Result<Vec<Addresses>, SourceError> {
    let name = key.replace('_', " ");
    let (mut url, mut seen, mut found) = (client.first_of(file, &[]), HashSet::new(), Vec::new());
    for _ in 0..PAGES_MAX {
        let page = client.resources((&name, key), url, Addresses::read).await?;
        found.extend(page.items);
        match page.next {
            Some(next) if seen.insert(next.clone()) => url = client.next_page(&name, &next)?,
            _ => break,
        }
    }
    Ok(found)
}

fn told(numbers: Vec<Addresses>, applications: &BTreeMap<String, Addresses>) -> Numbers {
    let mut found = Numbers::default();
    for number in numbers {
        if number.trunk.is_some() {
            found.on_trunks += 1;
            continue;
        }
        let name = last_four(number.phone_number.as_deref().unwrap_or_default());
        let of = number.application.as_ref().and_then(|sid| applications.get(sid));
        let of = of.unwrap_or(&number);
        let by = of.status_callback_method.as_deref().unwrap_or("POST");
        let flaw = (!by.eq_ignore_ascii_case("POST")).then(|| format!("by {by} and not by POST"));
        found.tellers.push(Teller { name, tells: of.status_callback.clone(), flaw });
        found.answered_by.push(of.voice_url.clone());
    }
    found
}
