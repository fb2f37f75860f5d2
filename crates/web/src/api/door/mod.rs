//! What every request to the API passes: who asks, whether that is allowed and not too often, what
//! the body may be, and whether it was answered before.

mod named;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request};
use axum::handler::Handler as _;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use domain::Timestamp;
use domain::access::{Needs, Refused, admit};
use engine::secret::hashed;
use secrecy::ExposeSecret as _;
use store::{Author, TokenRow};

pub use throttle::Throttle;

use super::route::Takes;
use crate::door::{self, Asker};
use crate::failure::Failure;
use crate::guest::Guest;

/// How long a request waits for its token's last use to be written down. It is not worth more.
const NOTE: Duration = Duration::from_millis(200);

/// What one route's door knows.
pub struct Door {
    /// The service.
    pub state: crate::State,
    /// Who asked how often; the same for all routes.
    pub throttle: Arc<Throttle>,
    /// What a request needs.
    pub needs: Needs,
    /// Whether it reads a query.
    pub reads_query: bool,
    /// The word of the query by which a change is only tried.
    pub tried_by: Option<&'static str>,
    /// What its body may be.
    pub takes: Takes,
    /// What it does, as a phrase for the audit log.
    pub what: &'static str,
    /// What does it.
    pub handler: MethodRouter<crate::State>,
}

/// What is behind the door: a handler and, where it changes something, a store on behalf of whoever
/// came in.
struct Behind {
    handler: MethodRouter<crate::State>,
    state: crate::State,
}

impl Behind {
    async fn run(self, request: Request) -> Response {
        self.handler.call(request, self.state).await
    }
}

impl Door {
    /// Lets a request in, or says why not.
    pub async fn serve(&self, request: Request) -> Response {
        self.answer(request).await.unwrap_or_else(Failure::into_response)
    }

    async fn answer(&self, request: Request) -> Result<Response, Failure> {
        let asker = Asker::of(&request, self.state.entrance.place());
        let guest = self.guest(request.headers(), &asker).await?;
        let query = request.uri().query().unwrap_or_default();
        if !self.reads_query && !query.is_empty() {
            // Whoever asks for a preview where there is none would find it done.
            let sentence = "this route reads nothing from the query, so that nothing was done";
            return Err(Failure::Misasked { sentence: sentence.to_owned() });
        }
        let is_tried = self.is_tried(query);
        let (parts, body) = self.body(request).await?;
        let name = named::name(&parts, guest.token_id())?;
        let mut request = Request::from_parts(parts, Body::from(body.clone()));
        let mut state = self.state.clone();
        if self.needs.writes && !is_tried {
            let (target, now) = (request.uri().path(), state.clock.now());
            let author = Author::new(&guest.by(), &asker.address, self.what, target, now);
            state.store = state.store.on_behalf(author);
        }
        request.extensions_mut().insert(guest);
        let behind = Behind { handler: self.handler.clone(), state };
        match name {
            Some(name) => Ok(named::once(&self.state, &name, &body, request, behind).await),
            None => Ok(behind.run(request).await),
        }
    }

    /// Whether a request only asks what a change would do: that is none, whatever is tidied up
    /// meanwhile.
    fn is_tried(&self, query: &str) -> bool {
        let is_word = |pair: &str| pair.split_once('=') == self.tried_by.map(|word| (word, "true"));
        self.tried_by.is_some() && query.split('&').any(is_word)
    }

    /// Who asks. A request with a token is judged by it, whatever it could do without one.
    async fn guest(&self, headers: &HeaderMap, asker: &Asker) -> Result<Guest, Failure> {
        let (now, peer) = (self.state.clock.now(), asker.peer);
        let token = match bearer(headers) {
            Sent::Hash(hash) => self.known(hash, peer, now).await?,
            Sent::Odd => self.unknown(peer, now)?,
            Sent::Nothing => return self.person(headers, asker).await,
        };
        let terms = token.as_ref().map(TokenRow::terms);
        let admitted = admit(terms.as_ref(), self.needs, now).map_err(refusal)?;
        let token = token.ok_or_else(|| refusal(Refused::Unknown))?;
        self.note(&token, now).await;
        Ok(Guest::with(admitted, &token))
    }

    /// Somebody without a token: whoever is signed in reads what their pages show, and what they
    /// change is sent by a script of ours.
    async fn person(&self, headers: &HeaderMap, asker: &Asker) -> Result<Guest, Failure> {
        let why = |why: &str| Failure::Unauthorised { why: why.to_owned(), has_token: false };
        let come = door::come(&self.state, asker).await?;
        let guest = come.ok_or_else(|| why("there is no token with this request"))?;
        if self.needs.writes && !door::is_script_of_ours(headers, &guest) {
            return Err(why("there is no token with this request"));
        }
        if guest.must_change_password() {
            return Err(Failure::PasswordFirst);
        }
        guest.judge(self.needs.area)?;
        if let Some(secret) = asker.secret.as_ref().filter(|_| guest.person().is_some()) {
            self.throttle.ask(hashed(secret.expose_secret()), self.state.clock.now())?;
        }
        Ok(guest)
    }

    /// The token of this hash. Who sent many that nobody knows is not looked for again, unless
    /// theirs was good lately.
    async fn known(
        &self,
        hash: [u8; 32],
        peer: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Option<TokenRow>, Failure> {
        if !self.throttle.was_good(&hash) {
            self.throttle.may_try(peer, now)?;
        }
        let Some(token) = self.state.store.token_by_hash(&hash).await? else {
            self.throttle.was_bad(&hash);
            return self.unknown(peer, now);
        };
        self.throttle.ask(hash, now)?;
        Ok(Some(token))
    }

    fn unknown(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<Option<TokenRow>, Failure> {
        self.throttle.failed(peer, now)?;
        Ok(None)
    }

    /// Writes down that a token was used. A database that is busy with a run is not waited for.
    async fn note(&self, token: &TokenRow, now: Timestamp) {
        if !token.is_use_stale(now) {
            return;
        }
        let writing = async {
            let mut tx = self.state.store.begin().await?;
            tx.token_used(token.token_id, now).await?;
            tx.commit().await
        };
        match tokio::time::timeout(NOTE, writing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!("The use of a token was not written down: {error}"),
            Err(_busy) => tracing::debug!("The database was busy; the use of a token is not noted"),
        }
    }

    /// Reads the body, of the type and length it may have.
    async fn body(&self, mut request: Request) -> Result<(Parts, Bytes), Failure> {
        if let Some(wanted) = self.takes.content_type()
            && !is_of_type(request.headers(), wanted)
        {
            return Err(Failure::OtherType { wanted });
        }
        let bytes_max = self.takes.bytes_max();
        DefaultBodyLimit::max(bytes_max).apply(&mut request);
        let (parts, body) = request.into_parts();
        // The limit goes along in the parts, for whoever reads the body after the door.
        let whole = Request::from_parts(parts.clone(), body);
        let read = Bytes::from_request(whole, &()).await.map_err(|rejection| {
            if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                return Failure::TooLong { bytes_max };
            }
            Failure::Misasked { sentence: "the body broke off before its end".to_owned() }
        })?;
        Ok((parts, read))
    }
}

/// What stands in the `Authorization` of a request.
#[derive(Clone, Copy)]
enum Sent {
    /// It has none.
    Nothing,
    /// No token of ours.
    Odd,
    /// A token with this hash.
    Hash([u8; 32]),
}

fn bearer(headers: &HeaderMap) -> Sent {
    let mut sent = headers.get_all(header::AUTHORIZATION).into_iter();
    let Some(first) = sent.next() else { return Sent::Nothing };
    let only = sent.next().is_none().then_some(first);
    let hash = only.and_then(|value| {
        let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
        let is_bearer = scheme.eq_ignore_ascii_case("bearer");
        engine::access::secret_hash(secret.trim()).filter(|_| is_bearer)
    });
    hash.map_or(Sent::Odd, Sent::Hash)
}

fn refusal(refused: Refused) -> Failure {
    let why = refused.to_string();
    match refused {
        Refused::Unknown | Refused::Revoked { .. } | Refused::Expired { .. } => {
            Failure::Unauthorised { why, has_token: true }
        }
        Refused::MayNotWrite | Refused::OperatorsOnly | Refused::AccountNotGranted => {
            Failure::Forbidden { why }
        }
    }
}

/// Whether the body is said to be of this type, whatever its parameters.
fn is_of_type(headers: &HeaderMap, wanted: &str) -> bool {
    let said = headers.get(header::CONTENT_TYPE).and_then(|said| said.to_str().ok());
    let kind = said.and_then(|said| said.split(';').next()).map(str::trim);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
}
