//! The one HTTP client: the only IO of all providers.
//!
//! Every request waits for its turn in the budget of its credential, is read to the end of its
//! body, is judged, and is repeated where that can help. What comes back is either what the
//! caller read from the answer, or a reason.

pub mod body;
pub mod budget;

mod headers;
mod judge;
mod redact;
pub(crate) mod tls;
mod traffic;

#[cfg(test)]
mod tests;

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use domain::{Next, RetryPolicy, Timestamp};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{SourceError, Wait};
use budget::{Budget, NoTurn, Standing};
pub use judge::Misread;
use judge::{Trouble, judge};
pub use redact::{clean, said};
pub use tls::{HttpError, ensure_safe};
use traffic::Counter;
pub use traffic::Traffic;

/// How long and how much a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// To reach the provider.
    pub connect_timeout: Duration,
    /// For one attempt, from its first byte to the last byte of its answer.
    pub request_timeout: Duration,
    /// The longest body that is read, after decompression.
    pub body_bytes_max: usize,
    /// When a failed request is repeated.
    pub retry: RetryPolicy,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(1),
            body_bytes_max: 64 << 20,
            retry: RetryPolicy::default(),
        }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// What errors and logs call it, such as `call logs, page 3`. Never holds a person's data.
    pub name: String,
    /// Where it goes.
    pub url: Url,
    /// Headers beside the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// What opens the door.
    pub key: Option<Key>,
    /// Fields to post. A request with them changes something at the provider: it is sent again
    /// only when it certainly changed nothing. Without them it is a GET.
    pub form: Option<Vec<(&'static str, SecretString)>>,
}

/// What opens a provider's door, in the place where it looks for it.
#[derive(Debug, Clone)]
pub enum Key {
    /// `Authorization: Bearer …`.
    Bearer(SecretString),
    /// `Authorization: Basic …`.
    Basic {
        /// The user's name, which is no secret.
        user: String,
        /// The user's password.
        password: SecretString,
    },
    /// In a header of the provider's own.
    Header(&'static str, SecretString),
}

/// One answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its whole body, decompressed.
    pub body: Bytes,
    /// The provider's clock, from the `date` header, where it sent one.
    pub server_time: Option<Timestamp>,
    facts: headers::Facts,
    headers: HeaderMap,
}

impl Answer {
    /// A header's text, where it was sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Why a request brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The provider understood and said no; the caller knows what its messages mean.
    Refused(Refusal),
    /// Everything else, already in words.
    Source(SourceError),
}

/// A no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The name of the request.
    pub request: String,
    /// The status.
    pub status: u16,
    /// The provider's message, cleaned of anything secret or personal.
    pub said: String,
}

/// What frameworks say of an address nobody serves, in whatever case.
const NO_ROUTE: [&str; 3] = ["not found", "page not found", "404 page not found"];

impl Refusal {
    /// Whether whoever was asked for one thing says that there is no such thing. Silence and web
    /// pages may come from anybody in between, and a framework's words are about the address.
    pub fn is_unknown_thing(&self) -> bool {
        let said = self.said.to_lowercase();
        let says_nothing = ["no message", "no readable message"].contains(&said.as_str());
        let is_page = said == "a web page instead of json";
        let is_route = NO_ROUTE.contains(&said.as_str()) || said.starts_with("cannot get");
        matches!(self.status, 404 | 410) && !says_nothing && !is_page && !is_route
    }
}

/// A client for one base address and one credential.
pub struct Http {
    client: reqwest::Client,
    limits: Limits,
    wait: Arc<dyn Wait>,
    budget: Arc<Budget>,
    jitter: Jitter,
    counter: Counter,
}

impl Http {
    /// A client for requests below `base`, which must be https unless it is this machine.
    pub fn new(
        base: &Url,
        limits: Limits,
        wait: Arc<dyn Wait>,
        budget: Arc<Budget>,
    ) -> Result<Self, HttpError> {
        let client = tls::client(base, &limits)?;
        Ok(Self {
            client,
            limits,
            wait,
            budget,
            jitter: Jitter::new(),
            counter: Counter::default(),
        })
    }

    /// The clock requests wait by.
    pub fn now(&self) -> Timestamp {
        self.wait.now()
    }

    /// What may be asked now, and how much of it was; nothing where there is no limit.
    pub fn standing(&self) -> Option<Standing> {
        self.budget.standing(self.wait.now())
    }

    /// What was asked so far, and how it was answered.
    pub fn traffic(&self) -> Traffic {
        self.counter.traffic()
    }

    /// Waits on the same clock.
    pub async fn wait(&self, duration: Duration) {
        self.wait.wait(duration).await;
    }

    /// Sends a request until `read` has understood an answer or repeating it is pointless.
    pub async fn send<T>(
        &self,
        request: &Request,
        read: impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, Failure> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let trouble = match self.attempt(request, &read).await {
                Ok(understood) => return Ok(understood),
                Err(trouble) => trouble,
            };
            let next = if request.form.is_none() || trouble.was_not_acted_on() {
                self.limits.retry.after(attempts, trouble.kind(), self.jitter.next())
            } else {
                Next::GiveUp
            };
            let Next::Wait(pause) = next else {
                return Err(trouble.into_failure(&request.name, attempts));
            };
            self.pause(request, &trouble, attempts, pause).await;
        }
    }

    async fn pause(&self, request: &Request, trouble: &Trouble, attempts: u32, pause: Duration) {
        let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(
            request = request.name,
            attempts,
            pause_ms,
            "{}: {trouble}; trying again",
            request.name
        );
        if trouble.is_rate_limit() {
            // Whoever shares the credential would only be turned away as well.
            self.budget.pause_until(self.wait.now() + pause, &*self.wait).await;
        }
        self.wait.wait(pause).await;
        self.counter.sends_again();
    }

    async fn attempt<T>(
        &self,
        request: &Request,
        read: &impl Fn(&Answer) -> Result<T, Misread>,
    ) -> Result<T, Trouble> {
        let answer = {
            let asked_at = self.wait.now();
            let turn = self.budget.acquire(&*self.wait).await;
            self.counter.waited(self.wait.now().since(asked_at));
            let _turn = turn.map_err(|no| match no {
                NoTurn::DaySpent { wait } => Trouble::DaySpent { wait },
                NoTurn::Unasked { why } => Trouble::Unasked { why: why.why },
            })?;
            let answer = self.exchange(request).await;
            let told = answer.as_ref().ok().map(|answer| (answer.status, answer.body.len()));
            self.counter.answered(told);
            answer?
        };
        self.budget.observe(&answer.facts.rate, self.wait.now());
        judge(&answer, self.wait.now(), read)
    }

    async fn exchange(&self, request: &Request) -> Result<Answer, Trouble> {
        let mut building = match &request.form {
            None => self.client.get(request.url.clone()),
            Some(fields) => {
                let fields = fields.iter().map(|(name, value)| (*name, value.expose_secret()));
                self.client.post(request.url.clone()).form(&fields.collect::<Vec<_>>())
            }
        };
        for (name, value) in &request.headers {
            building = building.header(*name, value);
        }
        building = match &request.key {
            None => building,
            Some(Key::Bearer(token)) => building.bearer_auth(token.expose_secret()),
            Some(Key::Basic { user, password }) => {
                building.basic_auth(user, Some(password.expose_secret()))
            }
            Some(Key::Header(name, value)) => building.header(*name, value.expose_secret()),
        };
        let sent_at = self.wait.now();
        let response = building.send().await.map_err(|error| Trouble::from_transport(&error))?;
        let status = response.status().as_u16();
        let facts = headers::Facts::of(response.headers());
        if let Some(theirs) = facts.date {
            // The answer is younger than the question, however long it took, and the header has whole
            // seconds; theirs may be as much further on.
            self.counter.compared_clocks(sent_at.since(theirs + Duration::from_secs(1)));
        }
        let headers = response.headers().clone();
        let body = body::read_to_end(response, self.limits.body_bytes_max).await?;
        Ok(Answer { status, body, server_time: facts.date, facts, headers })
    }
}

/// Spreads the pauses of clients that failed together. Not for secrets.
struct Jitter(AtomicU64);

impl Jitter {
    fn new() -> Self {
        Self(AtomicU64::new(RandomState::new().hash_one(0)))
    }

    /// A number in 0..=1000.
    fn next(&self) -> u16 {
        // splitmix64: a counter, stirred.
        let step = 0x9e37_79b9_7f4a_7c15_u64;
        let counted = self.0.fetch_add(step, Ordering::Relaxed).wrapping_add(step);
        let mixed = (counted ^ (counted >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u16::try_from((mixed >> 33) % 1001).unwrap_or(1000)
    }
}
