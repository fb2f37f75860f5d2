//! Who may ask for what: tokens, versions, scopes, locations, and the words of each refusal (§1, §7).

use crate::server::{Answer, Asked};

use super::access::{Access, Caller, Found, Holder};
use super::errors::error;

/// Values of the `Version` header that were ever published.
const VERSIONS: [&str; 5] = ["v3", "2023-02-21", "2021-07-28", "2021-04-15", "legacy"];

/// Recognises who asks by token and version, not yet what they may see.
pub(crate) fn recognise(access: &Access, asked: &Asked, now: i64) -> Result<Caller, Answer> {
    let invalid = || error(401, "Invalid token: access token is invalid");
    let bearer = asked
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(invalid)?;
    match asked.header("version") {
        None => return Err(error(401, "version header was not found.")),
        Some(version) if !VERSIONS.contains(&version) => {
            return Err(error(401, "version header is invalid"));
        }
        Some(_) => {}
    }
    match access.find(bearer, now) {
        Found::Good(caller) => Ok(caller),
        Found::Expired => Err(invalid()),
        Found::Unknown if bearer.starts_with("pit-") => {
            Err(error(401, "Invalid Private Integration token"))
        }
        Found::Unknown => Err(error(401, "Invalid JWT")),
    }
}

/// Whether a recognised caller may see this part of this location.
pub(crate) fn admit(
    access: &Access,
    caller: &Caller,
    asked: &Asked,
    scope: &str,
    location_id: &str,
) -> Result<(), Answer> {
    let Holder::Location(own) = &caller.holder else {
        return Err(wrong_class());
    };
    require(caller, scope)?;
    if own != location_id || asked.header("location-id").is_some() {
        return Err(error(403, "The token does not have access to this location."));
    }
    if !access.is_location_active() {
        return Err(error(400, "Location is not active"));
    }
    Ok(())
}

/// Whether a recognised caller is an agency that may do this.
pub(crate) fn admit_agency(caller: &Caller, scope: &str) -> Result<(), Answer> {
    match caller.holder {
        Holder::Location(_) => Err(wrong_class()),
        Holder::Company(_) => require(caller, scope),
    }
}

fn require(caller: &Caller, scope: &str) -> Result<(), Answer> {
    let refusal = || error(401, "The token is not authorized for this scope.");
    let mut scopes = caller.scopes.iter();
    scopes.any(|it| it == scope).then_some(()).ok_or_else(refusal)
}

fn wrong_class() -> Answer {
    error(401, "This authClass type is not allowed to access this scope.")
}
