//! What every request for a page passes: who asks, whether it is theirs, and whether a change came
//! from a page of ours.

use std::sync::Arc;

use axum::extract::Request;
use axum::handler::Handler as _;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use store::Author;

use super::{Asker, Kept, come, encoded, posted};
use crate::State;
use crate::facts::Written;
use crate::failure::Failure;
use crate::guest::Guest;
use crate::pages::{PageRoute, To};

/// What one page's door knows.
pub struct PageDoor {
    /// The service.
    pub state: State,
    /// The page.
    pub page: PageRoute,
    /// Noted is what people change.
    pub written: Written,
    /// How often each session asked; the same for all pages.
    pub asked: Arc<Kept<i64>>,
}

/// Pages that are shown to somebody who must change their password first.
const BEFORE_PASSWORD: [&str; 2] = ["/password", "/sign-out"];

impl PageDoor {
    /// Lets a request in, or says why not.
    pub async fn serve(&self, request: Request) -> Response {
        self.answer(request).await.unwrap_or_else(Failure::into_response)
    }

    async fn answer(&self, mut request: Request) -> Result<Response, Failure> {
        let asker = Asker::of(&request, self.state.entrance.place());
        let guest = match (come(&self.state, &asker).await?, self.page.to) {
            (Some(guest), To::Area) => guest,
            (Some(guest), To::Themselves) if guest.person().is_some() => guest,
            (Some(_), To::Themselves) => return Err(Failure::NotFound { what: "page" }),
            (guest, To::Anybody) => guest.unwrap_or_else(Guest::nobody),
            (None, _) => return Ok(to_sign_in(&request)),
        };
        self.may_ask(&guest)?;
        if guest.must_change_password() && !BEFORE_PASSWORD.contains(&self.page.path) {
            return Ok(see("/password"));
        }
        if self.page.to == To::Area {
            guest.judge(self.page.needs.area)?;
        }
        let mut state = self.state.clone();
        if self.page.needs.writes {
            // How people come in has entries of its own, for nobody knows yet who it is.
            let is_known = self.page.to != To::Anybody;
            request = posted::read(request, is_known.then(|| guest.csrf())).await?;
            let target = request.uri().path();
            let (who, now) = (guest.by(), state.clock.now());
            let author = Author::new(&who, &asker.address, self.page.what, target, now);
            if is_known {
                state.store = state.store.on_behalf(author);
            }
        }
        request.extensions_mut().insert(guest);
        request.extensions_mut().insert(asker);
        let answer = self.page.handler.clone().call(request, state).await;
        if self.page.needs.writes {
            self.written.note();
        }
        Ok(answer)
    }

    /// Fails where a session asks faster than anybody reads.
    fn may_ask(&self, guest: &Guest) -> Result<(), Failure> {
        let Some(person) = guest.person() else { return Ok(()) };
        let (pace, now) = (self.state.limits.pages, self.state.clock.now());
        let taken = self.asked.take(person.session, pace, now);
        taken.map_err(|wait| Failure::TooOften { what: "pages in one session", wait })
    }
}

/// Whoever is not signed in does so first, and goes on where they wanted to.
fn to_sign_in(request: &Request) -> Response {
    let wanted = request.uri().path_and_query().map_or("/", |whole| whole.as_str());
    if request.method() != Method::GET || wanted == "/" {
        return see("/sign-in");
    }
    see(&format!("/sign-in?next={}", encoded(wanted)))
}

/// Sends a browser to another page of ours.
pub fn see(path: &str) -> Response {
    let place = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}
