//! Who may ask for what: private integrations, OAuth tokens, locations, scopes, versions (§1, §5).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::server::{Answer, Asked};
use crate::world::Ids;

use super::errors::error;

/// The scopes the simulated endpoints ask for.
pub mod scopes {
    /// Call logs.
    pub const CALLS: &str = "voice-ai-dashboard.readonly";
    /// Agents.
    pub const AGENTS: &str = "voice-ai-agents.readonly";
    /// The sub-account itself.
    pub const LOCATIONS: &str = "locations.readonly";
    /// All of them.
    pub const ALL: [&str; 3] = [CALLS, AGENTS, LOCATIONS];
}

/// How long an access token lives.
pub(super) const ACCESS_SECONDS: i64 = 86_399;
/// How long an unused refresh token lives.
const REFRESH_SECONDS: i64 = 365 * 86_400;
/// Values of the `Version` header that were ever published.
const VERSIONS: [&str; 5] = ["v3", "2023-02-21", "2021-07-28", "2021-04-15", "legacy"];

/// What an installed OAuth app holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The app.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Good for 86,399 seconds.
    pub access_token: String,
    /// Good once.
    pub refresh_token: String,
    /// A code that was not exchanged yet: another way to a pair of tokens, good once.
    pub authorization_code: String,
}

/// Who asks, once recognised.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) app: String,
    pub(super) location_id: String,
    scopes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Token {
    caller: Caller,
    expires_at: Option<i64>,
}

/// A pair of tokens just made.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) access_token: String,
    pub(super) refresh_token: String,
    pub(super) scopes: Vec<String>,
    pub(super) location_id: String,
}

/// Every token that was given out and is still good.
#[derive(Debug)]
pub(super) struct Access {
    held: Mutex<Held>,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    other_location_id: String,
}

#[derive(Debug)]
struct Held {
    ids: Ids,
    bearers: HashMap<String, Token>,
    refreshers: HashMap<String, Token>,
    codes: HashMap<String, Token>,
    is_location_active: bool,
}

impl Access {
    pub(super) fn new(seed: u64) -> Self {
        let mut ids = Ids::new(seed ^ 0x00ac_ce55);
        Self {
            client_id: format!("{}-simulated", ids.object(0)),
            client_secret: format!("simulated-{}", ids.uuid()),
            other_location_id: ids.short(),
            held: Mutex::new(Held {
                ids,
                bearers: HashMap::new(),
                refreshers: HashMap::new(),
                codes: HashMap::new(),
                is_location_active: true,
            }),
        }
    }

    pub(super) fn private_integration(&self, location_id: &str, scopes: &[&str]) -> String {
        let mut held = self.lock();
        let token = format!("pit-simulated-{}", held.ids.uuid());
        let caller = Caller {
            app: token.clone(),
            location_id: location_id.to_owned(),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        };
        let expires_at = None;
        held.bearers
            .insert(token.clone(), Token { caller, expires_at });
        token
    }

    pub(super) fn private_integration_elsewhere(&self) -> String {
        self.private_integration(&self.other_location_id, &scopes::ALL)
    }

    pub(super) fn revoke(&self, token: &str) {
        let mut held = self.lock();
        held.bearers.remove(token);
        held.refreshers.remove(token);
        held.codes.remove(token);
    }

    pub(super) fn set_location_active(&self, is_active: bool) {
        self.lock().is_location_active = is_active;
    }

    pub(super) fn is_location_active(&self) -> bool {
        self.lock().is_location_active
    }

    pub(super) fn install(&self, location_id: &str, now: i64) -> Install {
        let caller = Caller {
            app: self.client_id.clone(),
            location_id: location_id.to_owned(),
            scopes: scopes::ALL.map(str::to_owned).to_vec(),
        };
        let mut held = self.lock();
        let pair = held.pair(caller.clone(), now);
        let code = format!("simulated-code-{}", held.ids.uuid());
        let expires_at = None;
        held.codes
            .insert(code.clone(), Token { caller, expires_at });
        Install {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            access_token: pair.access_token,
            refresh_token: pair.refresh_token,
            authorization_code: code,
        }
    }

    /// Trades a refresh token for a new pair; the token is good no more.
    pub(super) fn refresh(&self, refresh_token: &str, now: i64) -> Option<Pair> {
        let mut held = self.lock();
        let token = held.refreshers.remove(refresh_token)?;
        token.is_good(now).then(|| held.pair(token.caller, now))
    }

    /// Trades an authorization code for a pair; the code is good no more.
    pub(super) fn exchange(&self, code: &str, now: i64) -> Option<Pair> {
        let mut held = self.lock();
        let token = held.codes.remove(code)?;
        Some(held.pair(token.caller, now))
    }

    /// Recognises who asks by token and version, not yet what they may see.
    pub(super) fn recognise(&self, asked: &Asked, now: i64) -> Result<Caller, Answer> {
        let bearer = asked
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or_else(|| error(401, "Invalid token: access token is invalid"))?;
        match asked.header("version") {
            None => return Err(error(401, "version header was not found.")),
            Some(version) if !VERSIONS.contains(&version) => {
                return Err(error(401, "version header is invalid"));
            }
            Some(_) => {}
        }
        let held = self.lock();
        match held.bearers.get(bearer) {
            Some(token) if token.is_good(now) => Ok(token.caller.clone()),
            Some(_) => Err(error(401, "Invalid token: access token is invalid")),
            None if bearer.starts_with("pit-") => {
                Err(error(401, "Invalid Private Integration token"))
            }
            None => Err(error(401, "Invalid JWT")),
        }
    }

    /// Whether a recognised caller may see this part of this location.
    pub(super) fn admit(
        &self,
        caller: &Caller,
        asked: &Asked,
        scope: &str,
        location_id: &str,
    ) -> Result<(), Answer> {
        if !caller.scopes.iter().any(|it| it == scope) {
            return Err(error(401, "The token is not authorized for this scope."));
        }
        let is_foreign = caller.location_id != location_id;
        if is_foreign || asked.header("location-id").is_some() {
            return Err(error(
                403,
                "The token does not have access to this location.",
            ));
        }
        if !self.is_location_active() {
            return Err(error(400, "Location is not active"));
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Token {
    fn is_good(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

impl Held {
    fn pair(&mut self, caller: Caller, now: i64) -> Pair {
        let pair = Pair {
            access_token: format!("simulated-access-{}", self.ids.uuid()),
            refresh_token: format!("simulated-refresh-{}", self.ids.uuid()),
            scopes: caller.scopes.clone(),
            location_id: caller.location_id.clone(),
        };
        let bearer = Token {
            caller: caller.clone(),
            expires_at: Some(now + ACCESS_SECONDS * 1000),
        };
        let refresher = Token {
            caller,
            expires_at: Some(now + REFRESH_SECONDS * 1000),
        };
        self.bearers.insert(pair.access_token.clone(), bearer);
        self.refreshers
            .insert(pair.refresh_token.clone(), refresher);
        pair
    }
}
