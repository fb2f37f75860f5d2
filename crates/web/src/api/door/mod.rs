//! What every request to the API passes: who asks, whether that is allowed and not too often, what
//! the body may be, and whether it was answered before.

mod named;
mod throttle;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::Timestamp;
use domain::access::{Needs, Refused, admit};
use store::TokenRow;

pub use throttle::{Limits, Throttle};

use super::route::Takes;
use crate::failure::Failure;
use crate::guest::Guest;

/// How long a request waits for its token's last use to be written down. It is not worth more.
const NOTE: Duration = Duration::from_millis(200);

/// What one route's door knows.
#[derive(Clone)]
pub struct Door {
    /// The service.
    pub state: crate::State,
    /// Who asked how often; the same for all routes.
    pub throttle: Arc<Throttle>,
    /// What a request needs.
    pub needs: Needs,
    /// What its body may be.
    pub takes: Takes,
}

/// Lets a request in, or says why not.
pub async fn enter(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let (sent, peer) = (bearer(request.headers()), peer(&request));
    let guest = match door.guest(sent, peer).await {
        Ok(guest) => guest,
        Err(failure) => return failure.into_response(),
    };
    let (parts, body) = match door.body(request).await {
        Ok(read) => read,
        Err(failure) => return failure.into_response(),
    };
    let name = match named::name(&parts, guest.token_id()) {
        Ok(name) => name,
        Err(failure) => return failure.into_response(),
    };
    request = Request::from_parts(parts, Body::from(body.clone()));
    request.extensions_mut().insert(guest);
    match name {
        Some(name) => named::once(&door.state, &name, &body, request, next).await,
        None => next.run(request).await,
    }
}

impl Door {
    /// Who asks. A request with a token is judged by it, whatever it could do without one.
    async fn guest(&self, sent: Sent, peer: Option<IpAddr>) -> Result<Guest, Failure> {
        let now = self.state.clock.now();
        let token = match sent {
            Sent::Hash(hash) => self.known(hash, peer, now).await?,
            Sent::Odd => self.unknown(peer, now)?,
            Sent::Nothing if !self.needs.writes => {
                return Ok(Guest::at_this_machine(self.state.entrance.machine()));
            }
            Sent::Nothing => {
                let why = "there is no token with this request".to_owned();
                return Err(Failure::Unauthorised { why, has_token: false });
            }
        };
        let terms = token.as_ref().map(TokenRow::terms);
        let admitted = admit(terms.as_ref(), self.needs, now).map_err(refusal)?;
        let token = token.ok_or_else(|| refusal(Refused::Unknown))?;
        self.note(&token, now).await;
        Ok(Guest::with(admitted, &token))
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

fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
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
