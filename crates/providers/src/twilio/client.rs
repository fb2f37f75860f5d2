//! The requests of this provider: its only IO.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::{ProviderCallId, ProviderKind, Timestamp, Window};
use secrecy::SecretString;
use serde_json::value::RawValue;
use url::Url;

use super::Settings;
use super::errors::explain;
use super::settings::PAGE_SIZE_MAX;
use super::wire::{CallPage, CallResource, ResourcePage, SummaryPage, account_sids, identify};
use crate::http::Traffic;
use crate::http::budget::{Budgets, Standing};
use crate::http::{Answer, Failure, Http, Key, Misread, Request, body};
use crate::{ConnectError, Credential, RawRecord, SourceError, Tuning, Wait};

/// The version of the API, which is the first part of every path.
const VERSION: &str = "2010-04-01";

/// The end of the year 9999, later than any call.
const LATEST: Timestamp = Timestamp::from_millis(253_402_300_799_000);

/// Instants before 1970 are older than any call.
const EARLIEST: Timestamp = Timestamp::from_millis(0);

/// A client of one account.
pub struct Client {
    http: Http,
    base: Url,
    insights: Option<(Http, Url)>,
    key: Key,
    settings: Settings,
    tuning: Tuning,
}

/// Which calls a list holds.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Those that started in this span.
    pub started: Option<Window>,
    /// Those of this status.
    pub status: Option<String>,
    /// Calls per page; as set when absent.
    pub page_size: Option<u32>,
}

impl Listing {
    /// What errors and logs call it.
    pub fn name(&self) -> String {
        match (&self.started, &self.status) {
            (Some(window), _) => format!("calls of {window}"),
            (None, Some(status)) => format!("calls that are {status}"),
            (None, None) => "calls".to_owned(),
        }
    }
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
        let (base, insights) = settings.checked()?;
        let Credential::PrivateToken(token) = credential else {
            let takes = "an Auth Token or an API key's secret, as `token_env` or `token_file`";
            return Err(credential.refused_by(ProviderKind::Twilio, takes));
        };
        let tuning =
            Tuning { concurrency: tuning.concurrency.min(settings.requests_at_once), ..tuning };
        let rate = tuning.rate.unwrap_or_else(|| settings.rate());
        // Twilio counts per account, whichever key is used.
        let counted_by = ["twilio", &settings.account_sid];
        let budget = budgets.of(&counted_by, rate, tuning.concurrency);
        let beside =
            |base: &Url| Http::new(base, tuning.limits(), Arc::clone(&wait), Arc::clone(&budget));
        let insights =
            insights.map(|url| Ok::<_, ConnectError>((beside(&url)?, url))).transpose()?;
        let user = settings.user().to_owned();
        let http = Http::new(&base, tuning.limits(), wait, budget)?;
        let key = basic(user, token);
        Ok(Self { http, base, insights, key, settings, tuning })
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How patient and fast it is.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// Where the API is.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The clock it waits by.
    pub fn now(&self) -> Timestamp {
        self.http.now()
    }

    /// Where a list begins.
    pub fn first_page(&self, listing: &Listing) -> Url {
        let mut url = self.at(&["Accounts", &self.settings.account_sid, "Calls.json"]);
        let size = listing.page_size.unwrap_or(self.settings.page_size);
        let mut query = url.query_pairs_mut();
        if let Some(window) = listing.started {
            // The comparison is part of the parameter's name.
            query.append_pair("StartTime>", &second(window.from()).to_string());
            query.append_pair("StartTime<", &second(ceiling(window.to())).to_string());
        }
        if let Some(status) = &listing.status {
            query.append_pair("Status", status);
        }
        query.append_pair("PageSize", &size.to_string());
        drop(query);
        url
    }

    /// Where Twilio says the next page is, exactly as it says, and nowhere but at Twilio: the
    /// credential goes with it.
    pub fn next_page(&self, name: &str, next: &str) -> Result<Url, SourceError> {
        same_place(&self.base, next).ok_or_else(|| elsewhere(name))
    }

    /// One page of calls.
    pub async fn page(&self, name: &str, url: Url) -> Result<CallPage, SourceError> {
        Ok(self.page_and_clock(name, url).await?.0)
    }

    /// One page of calls, and the provider's clock.
    pub async fn page_and_clock(
        &self,
        name: &str,
        url: Url,
    ) -> Result<(CallPage, Option<Timestamp>), SourceError> {
        let read = |answer: &Answer| {
            let page = body::read_json(&answer.body, CallPage::split)?;
            Ok((page, answer.server_time))
        };
        self.get(&self.http, name, url, read).await.map_err(explain)
    }

    /// One call by its SID.
    pub async fn call(&self, id: &ProviderCallId) -> Result<Option<RawRecord>, SourceError> {
        let file = format!("{id}.json");
        let url = self.at(&["Accounts", &self.settings.account_sid, "Calls", &file]);
        let read = |answer: &Answer| body::read_json(&answer.body, |body| one(body, id));
        match self.get(&self.http, "call by SID", url, read).await {
            Ok(record) => Ok(Some(record)),
            Err(Failure::Refused(refusal)) if refusal.is_unknown_thing() => Ok(None),
            Err(failure) => Err(explain(failure)),
        }
    }

    /// The accounts this credential sees, and whether there are more than these.
    pub async fn accounts(&self) -> Result<(Vec<String>, bool), SourceError> {
        let mut url = self.at(&["Accounts.json"]);
        url.query_pairs_mut().append_pair("PageSize", "1000");
        let read = |answer: &Answer| body::read_json(&answer.body, account_sids);
        self.get(&self.http, "accounts", url, read).await.map_err(explain)
    }

    /// Where another list of the account begins, such as `Recordings.json`.
    pub fn first_of(&self, file: &str, filters: &[(&str, String)]) -> Url {
        let mut url = self.at(&["Accounts", &self.settings.account_sid, file]);
        url.query_pairs_mut()
            .extend_pairs(filters)
            .append_pair("PageSize", &PAGE_SIZE_MAX.to_string());
        url
    }

    /// Where the recordings of one call are listed; no call has more than a page of them.
    pub fn recordings_of(&self, id: &ProviderCallId) -> Url {
        let path = ["Accounts", &self.settings.account_sid, "Calls", &id.0, "Recordings.json"];
        let mut url = self.at(&path);
        url.query_pairs_mut().append_pair("PageSize", &PAGE_SIZE_MAX.to_string());
        url
    }

    /// One page of another list, whose resources stand under `key`.
    pub async fn resources<T>(
        &self,
        (name, key): (&str, &str),
        url: Url,
        read: impl Fn(&RawValue) -> T,
    ) -> Result<ResourcePage<T>, SourceError> {
        let read = |answer: &Answer| {
            body::read_json(&answer.body, |body| ResourcePage::split(body, key, &read))
        };
        self.get(&self.http, name, url, read).await.map_err(explain)
    }

    /// Where Insights' list of a span begins; `None` where Insights is not set up.
    pub fn first_summaries(&self, window: Window) -> Option<Url> {
        let (_, base) = self.insights.as_ref()?;
        let mut url = below(base, &["v1", "Voice", "Summaries"]);
        url.query_pairs_mut()
            .append_pair("StartTime", &second(window.from()).to_string())
            .append_pair("EndTime", &second(ceiling(window.to())).to_string())
            .append_pair("ProcessingState", "all")
            .append_pair("PageSize", "1000");
        Some(url)
    }

    /// One page of summaries, and where the next one is; `None` where Insights is not set up, or
    /// not open to this account.
    pub async fn summaries(
        &self,
        url: Url,
    ) -> Result<Option<(SummaryPage, Option<Url>)>, SourceError> {
        const NAME: &str = "Voice Insights summaries";
        let Some((http, base)) = &self.insights else { return Ok(None) };
        let read = |answer: &Answer| body::read_json(&answer.body, SummaryPage::read);
        let page = match self.get(http, NAME, url, read).await {
            Ok(page) => page,
            Err(Failure::Refused(refusal)) if matches!(refusal.status, 403 | 404) => {
                return Ok(None);
            }
            Err(failure) => return Err(explain(failure)),
        };
        let next = page.next.as_deref().map(|next| same_place(base, next));
        let next = next.map(|next| next.ok_or_else(|| elsewhere(NAME))).transpose()?;
        Ok(Some((page, next)))
    }

    async fn get<T>(
        &self,
        http: &Http,
        name: &str,
        url: Url,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, Failure> {
        let headers = vec![("accept", "application/json".to_owned())];
        let key = Some(self.key.clone());
        let request = Request { name: name.to_owned(), url, headers, key, form: None };
        let noted = |answer: &Answer| {
            // By it Twilio's support finds an answer again.
            let request_id = answer.header("twilio-request-id").unwrap_or("none");
            let at_once = answer.header("twilio-concurrent-requests").unwrap_or("none");
            tracing::debug!(request_id, at_once, "Twilio answered as {request_id}");
            read(answer)
        };
        http.send(&request, noted).await
    }

    fn at(&self, path: &[&str]) -> Url {
        below(&self.base, &[&[VERSION], path].concat())
    }
}

fn basic(user: String, password: SecretString) -> Key {
    Key::Basic { user, password }
}

fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// A link, which is relative or absolute, if it stays where it was found.
fn same_place(base: &Url, link: &str) -> Option<Url> {
    base.join(link).ok().filter(|url| url.origin() == base.origin())
}

fn elsewhere(name: &str) -> SourceError {
    let what = "the next page it names is not at Twilio's own address".to_owned();
    SourceError::Nonsense { request: name.to_owned(), what }
}

/// Whole seconds: Twilio knows no finer ones.
fn second(at: Timestamp) -> Timestamp {
    at.clamp(EARLIEST, LATEST).floor_to(Duration::from_secs(1))
}

fn ceiling(at: Timestamp) -> Timestamp {
    at + Duration::from_millis(999)
}

/// A record that stands alone. It must be the one that was asked for.
fn one(body: &Bytes, id: &ProviderCallId) -> serde_json::Result<RawRecord> {
    let record: &serde_json::value::RawValue = serde_json::from_slice(body)?;
    let asked_for = CallResource::read(record.get()).and_then(|call| call.id());
    if asked_for.as_ref() != Ok(id) {
        return Err(serde::de::Error::custom("another record"));
    }
    let identity = identify(record.get());
    Ok(RawRecord { identity, bytes: body.slice_ref(record.get().as_bytes()) })
}
