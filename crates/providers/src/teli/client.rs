//! The requests of this provider: its only IO.

use std::fmt;
use std::sync::Arc;

use domain::{ProviderCallId, ProviderKind, Timestamp, Window};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Settings;
use super::errors::explain;
use super::wire::{self, CallPage, EXPORT, LIST};
use crate::http::Traffic;
use crate::http::budget::{Budgets, Rate, Standing};
use crate::http::{Answer, Failure, Http, Key, Misread, Request, body};
use crate::{ConnectError, Credential, ProviderAgent, RawRecord, SourceError, Tuning, Wait};

/// Everything an export can say about a call. By default it leaves out when a call ended and how.
const COLUMNS: &str = "call_id,start_time,end_time,duration_seconds,from_number,to_number,\
    direction,agent_name,user_sentiment,call_successful,in_voicemail,call_status,recording_url,\
    campaign_id,contact_id,transcript";

/// A client of one organisation.
pub struct Client {
    http: Http,
    base: Url,
    key: SecretString,
    settings: Settings,
    tuning: Tuning,
}

/// Which calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Calls of this status; `None` asks without one.
    pub status: Option<String>,
    /// Calls of this span; `None` for the newest there are.
    pub window: Option<Window>,
    /// How many at most; `None` does not say.
    pub limit: Option<u32>,
}

impl fmt::Display for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.status {
            Some(status) => write!(f, "{status} calls")?,
            None => f.write_str("calls without a status")?,
        }
        match self.window {
            Some(window) => write!(f, " of {window}"),
            None => Ok(()),
        }
    }
}

/// An export, read to its end.
#[derive(Debug, Clone)]
pub struct Exported {
    /// Its rows.
    pub page: CallPage,
    /// Whether Teli says that it left out some.
    pub is_truncated: bool,
}

impl Client {
    /// What may be asked now, and how much of it was.
    pub fn standing(&self) -> Option<Standing> {
        self.http.standing()
    }

    /// What was asked so far, and how it was answered.
    pub fn traffic(&self) -> Traffic {
        self.http.traffic()
    }

    /// A client with these settings. Nothing is sent yet.
    pub fn new(
        settings: Settings,
        credential: Credential,
        tuning: Tuning,
        wait: Arc<dyn Wait>,
        budgets: &Budgets,
    ) -> Result<Self, ConnectError> {
        let base = settings.checked()?;
        let Credential::PrivateToken(key) = credential else {
            return Err(credential.refused_by(ProviderKind::Teli, "an API key as its token"));
        };
        let rate = tuning.rate.unwrap_or_else(|| settings.rate());
        let tuning = Tuning { concurrency: concurrency(&settings, &tuning), ..tuning };
        let budget = budgets.of(&[key.expose_secret()], rate, tuning.concurrency);
        let http = Http::new(&base, tuning.limits(), wait, budget)?;
        Ok(Self { http, base, key, settings, tuning })
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Requests it keeps in flight at once.
    pub fn concurrency(&self) -> usize {
        self.tuning.concurrency
    }

    /// The clock it waits by.
    pub fn now(&self) -> Timestamp {
        self.http.now()
    }

    /// The newest calls of a listing, up to its limit.
    pub async fn calls(&self, listing: &Listing) -> Result<CallPage, SourceError> {
        self.calls_with(listing, &[]).await
    }

    /// The same with further parameters, which come last and so count.
    pub async fn calls_with(
        &self,
        listing: &Listing,
        more: &[(&'static str, &str)],
    ) -> Result<CallPage, SourceError> {
        let request = self.listing(listing, more);
        self.get(request, |answer| split(answer, LIST)).await
    }

    /// The same, and the provider's clock.
    pub async fn calls_and_clock(
        &self,
        listing: &Listing,
    ) -> Result<(CallPage, Option<Timestamp>), SourceError> {
        let request = self.listing(listing, &[]);
        self.get(request, |answer| Ok((split(answer, LIST)?, answer.server_time))).await
    }

    /// Every call of a listing, by the export. A limit would be one of its own kind: whether it is
    /// heard is not documented.
    pub async fn export(&self, listing: &Listing) -> Result<Exported, SourceError> {
        let more =
            [("format", "json"), ("columns", COLUMNS), ("include_extracted_fields", "false")];
        let mut request = self.listing(listing, &more);
        request.name = format!("export of {listing}");
        let read = |answer: &Answer| {
            let page = split(answer, EXPORT)?;
            let said = answer.header("x-export-truncated");
            let is_truncated = said.is_some_and(|said| !said.eq_ignore_ascii_case("false"));
            Ok(Exported { page, is_truncated })
        };
        self.get(request, read).await
    }

    /// One call by its id; `None` when Teli does not know it.
    pub async fn call(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        let request = self.request("call by id".to_owned(), &["v1", "voice", "calls", &id.0]);
        let read = |answer: &Answer| body::read_json(&answer.body, |body| wire::detail(body, id));
        match self.http.send(&request, read).await {
            Ok(record) => Ok(Some(record)),
            Err(Failure::Refused(refusal)) if refusal.is_unknown_thing() => Ok(None),
            Err(failure) => Err(explain(failure)),
        }
    }

    /// All agents, each under every id it has.
    pub async fn agents(&self) -> Result<Vec<ProviderAgent>, SourceError> {
        let mut request = self.request("agents".to_owned(), &["v1", "agents"]);
        let organization_id = &self.settings.organization_id;
        request.url.query_pairs_mut().append_pair("organization_id", organization_id);
        self.get(request, |answer| body::read_json(&answer.body, wire::agents)).await
    }

    fn listing(&self, listing: &Listing, more: &[(&'static str, &str)]) -> Request {
        let settings = &self.settings;
        let mut request = self.request(listing.to_string(), &["v1", "voice", "calls"]);
        let mut query = request.url.query_pairs_mut();
        query.append_pair("organization_id", &settings.organization_id);
        query.append_pair("is_admin", "true");
        if let Some(user_id) = &settings.user_id {
            query.append_pair("user_id", user_id);
        }
        if let Some(status) = &listing.status {
            query.append_pair("call_status", status);
        }
        if let Some(window) = listing.window {
            query.append_pair(&settings.start_parameter, &iso(window.from()));
            query.append_pair(&settings.end_parameter, &iso(window.to()));
        }
        if let Some(limit) = listing.limit {
            query.append_pair("limit", &limit.to_string());
        }
        query.extend_pairs(more);
        drop(query);
        request
    }

    fn request(&self, name: String, path: &[&str]) -> Request {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let headers = vec![("accept", "application/json".to_owned())];
        let key = Some(Key::Header("x-api-key", self.key.clone()));
        Request { name, url, headers, key, form: None }
    }

    async fn get<T>(
        &self,
        request: Request,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, SourceError> {
        self.http.send(&request, read).await.map_err(explain)
    }
}

/// No limit is published, so few requests go at once unless whoever runs the program has lifted
/// every limit, as benchmarks against our own simulator do.
fn concurrency(settings: &Settings, tuning: &Tuning) -> usize {
    match tuning.rate {
        Some(Rate::Unlimited) => tuning.concurrency,
        _ => tuning.concurrency.min(settings.requests_at_once as usize),
    }
}

fn split(answer: &Answer, part: &str) -> Result<CallPage, Misread> {
    body::read_json(&answer.body, |body| CallPage::split(body, part))
}

/// The earliest and the latest instant any API of this kind reads: 1970, and the end of 9999.
const INSTANTS: (i64, i64) = (0, 253_402_300_799_999);

fn iso(at: Timestamp) -> String {
    let millis = at.as_millis().clamp(INSTANTS.0, INSTANTS.1);
    let instant = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    format!("{instant:.3}")
}
