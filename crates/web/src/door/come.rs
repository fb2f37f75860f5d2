//! Who somebody is who is signed in.

use std::time::Duration;

use domain::access::Area;
use domain::users::UserRole;
use domain::{AccountId, Timestamp};
use engine::secret::{csrf_of, hashed};
use secrecy::ExposeSecret as _;
use store::SessionUser;

use super::Asker;
use super::origin;
use super::posted::is_same;
use crate::State;
use crate::failure::Failure;
use crate::guest::{Guest, Person};

/// How long a request waits for its session's last use to be written down.
const NOTE: Duration = Duration::from_millis(200);

/// The header in which a script of ours shows that it is one.
const HEADER: &str = "x-csrf-token";

/// Whoever sends a request without a token; nobody where they would have to sign in.
pub async fn come(state: &State, asker: &Asker) -> Result<Option<Guest>, Failure> {
    if !state.entrance.has_sign_in() {
        return Ok(Some(Guest::at_this_machine(state.entrance.machine())));
    }
    let Some(secret) = &asker.secret else { return Ok(None) };
    let now = state.clock.now();
    let hash = hashed(secret.expose_secret());
    let Some(session) = state.store.session_by_hash(&hash).await? else { return Ok(None) };
    if !session.holds(now) {
        return Ok(None);
    }
    note(state, &session, now).await;
    let person = person(state, session).await?;
    Ok(Some(Guest::signed_in(person, csrf_of(secret).into())))
}

/// Whether whoever came in would be let in once more, to see this area. Looking on is no use of a
/// session, and does not make it last.
pub async fn is_still_in(state: &State, asker: &Asker, area: Area) -> Result<bool, Failure> {
    if !state.entrance.has_sign_in() {
        return Ok(true);
    }
    let Some(secret) = &asker.secret else { return Ok(false) };
    let hash = hashed(secret.expose_secret());
    let Some(session) = state.store.session_by_hash(&hash).await? else { return Ok(false) };
    if !session.holds(state.clock.now()) {
        return Ok(false);
    }
    let guest = Guest::signed_in(person(state, session).await?, csrf_of(secret).into());
    Ok(guest.judge(area).is_ok())
}

async fn person(state: &State, session: SessionUser) -> Result<Person, Failure> {
    let role = session.role()?;
    let must_change_password = session.must_change_password();
    let accounts = match role {
        UserRole::Operator => Vec::new(),
        UserRole::Member => state.store.user_accounts(Some(session.user_id)).await?,
    };
    let accounts: Vec<(AccountId, String)> =
        accounts.into_iter().map(|row| (AccountId(row.account_id), row.account)).collect();
    // Until they choose, members look at the first of theirs.
    let looks_at = session.account_id.map(AccountId).or(accounts.first().map(|(id, _)| *id));
    Ok(Person {
        user: session.user_id,
        session: session.session_id,
        name: session.name,
        role,
        accounts,
        looks_at,
        must_change_password,
    })
}

/// Writes down that a session was used. A database that is busy with a run is not waited for.
async fn note(state: &State, session: &SessionUser, now: Timestamp) {
    if !session.is_use_stale(now) {
        return;
    }
    let writing = async {
        let mut tx = state.store.begin().await?;
        tx.session_seen(session.session_id, now).await?;
        tx.commit().await
    };
    match tokio::time::timeout(NOTE, writing).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!("The use of a session was not written down: {error}"),
        Err(_busy) => tracing::debug!("The database was busy; the use of a session is not noted"),
    }
}

/// Whether whoever sends a request without a token may change something by it: a script of ours, which
/// knows what our forms carry.
pub fn is_script_of_ours(headers: &axum::http::HeaderMap, guest: &Guest) -> bool {
    let sent = headers.get(HEADER).and_then(|sent| sent.to_str().ok());
    sent.is_some_and(|sent| is_same(sent, guest.csrf())) && origin::is_ours(headers)
}
