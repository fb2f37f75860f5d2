//! Tokens: private integrations and OAuth pairs, made, found, rotated and revoked (§5).

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::world::Ids;

/// The scopes the simulated endpoints ask for.
pub mod scopes {
    /// Call logs.
    pub const CALLS: &str = "voice-ai-dashboard.readonly";
    /// Agents.
    pub const AGENTS: &str = "voice-ai-agents.readonly";
    /// Conversations.
    pub const CONVERSATIONS: &str = "conversations.readonly";
    /// Messages of conversations.
    pub const MESSAGES: &str = "conversations/message.readonly";
    /// Users.
    pub const USERS: &str = "users.readonly";
    /// The sub-account itself.
    pub const LOCATIONS: &str = "locations.readonly";
    /// An agency's list of installed sub-accounts.
    pub const OAUTH_READ: &str = "oauth.readonly";
    /// An agency's making of sub-account tokens.
    pub const OAUTH_WRITE: &str = "oauth.write";
    /// All that a sub-account's token needs.
    pub const ALL: [&str; 6] = [CALLS, AGENTS, CONVERSATIONS, MESSAGES, USERS, LOCATIONS];
}

/// How long an access token lives.
pub(crate) const ACCESS_SECONDS: i64 = 86_399;
/// How long an unused refresh token lives.
const REFRESH_SECONDS: i64 = 365 * 86_400;
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
pub(crate) struct Caller {
    pub(crate) app: String,
    pub(crate) holder: Holder,
    pub(crate) scopes: Vec<String>,
}

/// What is known about a bearer token.
#[derive(Debug)]
pub(crate) enum Found {
    Good(Caller),
    Expired,
    Unknown,
}

/// Whose token it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holder {
    Location(String),
    Company(String),
}

impl Holder {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Location(id) | Self::Company(id) => id,
        }
    }
}

#[derive(Debug, Clone)]
struct Token {
    caller: Caller,
    expires_at: Option<i64>,
}

/// A pair of tokens just made.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) location_id: String,
}

/// Every token that was given out and is still good.
#[derive(Debug)]
pub(crate) struct Access {
    held: Mutex<Held>,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
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
    pub(crate) fn new(seed: u64) -> Self {
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

    pub(crate) fn private_integration(&self, location_id: &str, scopes: &[&str]) -> String {
        let mut held = self.lock();
        let token = format!("pit-simulated-{}", held.ids.uuid());
        let caller = Caller {
            app: token.clone(),
            holder: Holder::Location(location_id.to_owned()),
            scopes: scopes.iter().map(|&scope| scope.to_owned()).collect(),
        };
        let expires_at = None;
        held.bearers.insert(token.clone(), Token { caller, expires_at });
        token
    }

    pub(crate) fn private_integration_elsewhere(&self) -> String {
        self.private_integration(&self.other_location_id, &scopes::ALL)
    }

    pub(crate) fn revoke(&self, token: &str) {
        let mut held = self.lock();
        held.bearers.remove(token);
        held.refreshers.remove(token);
        held.codes.remove(token);
    }

    pub(crate) fn set_location_active(&self, is_active: bool) {
        self.lock().is_location_active = is_active;
    }

    pub(crate) fn is_location_active(&self) -> bool {
        self.lock().is_location_active
    }

    pub(crate) fn install(&self, location_id: &str, now: i64) -> Install {
        let caller = self.app_of(location_id);
        let mut held = self.lock();
        let pair = held.pair(caller.clone(), now);
        let code = format!("simulated-code-{}", held.ids.uuid());
        let expires_at = None;
        held.codes.insert(code.clone(), Token { caller, expires_at });
        Install {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            access_token: pair.access_token,
            refresh_token: pair.refresh_token,
            authorization_code: code,
        }
    }

    /// A pair for a sub-account, made on an agency's behalf.
    pub(crate) fn mint(&self, location_id: &str, now: i64) -> Pair {
        let caller = self.app_of(location_id);
        self.lock().pair(caller, now)
    }

    /// An agency's access token.
    pub(crate) fn agency(&self, company_id: &str, now: i64) -> String {
        let caller = Caller {
            app: self.client_id.clone(),
            holder: Holder::Company(company_id.to_owned()),
            scopes: vec![scopes::OAUTH_READ.to_owned(), scopes::OAUTH_WRITE.to_owned()],
        };
        self.lock().pair(caller, now).access_token
    }

    fn app_of(&self, location_id: &str) -> Caller {
        Caller {
            app: self.client_id.clone(),
            holder: Holder::Location(location_id.to_owned()),
            scopes: scopes::ALL.map(str::to_owned).to_vec(),
        }
    }

    /// Trades a refresh token for a new pair; the token is good no more.
    pub(crate) fn refresh(&self, refresh_token: &str, now: i64) -> Option<Pair> {
        let mut held = self.lock();
        let token = held.refreshers.remove(refresh_token)?;
        token.is_good(now).then(|| held.pair(token.caller, now))
    }

    /// Trades an authorization code for a pair; the code is good no more.
    pub(crate) fn exchange(&self, code: &str, now: i64) -> Option<Pair> {
        let mut held = self.lock();
        let token = held.codes.remove(code)?;
        Some(held.pair(token.caller, now))
    }

    /// Who holds a bearer token.
    pub(crate) fn find(&self, bearer: &str, now: i64) -> Found {
        match self.lock().bearers.get(bearer) {
            Some(token) if token.is_good(now) => Found::Good(token.caller.clone()),
            Some(_) => Found::Expired,
            None => Found::Unknown,
        }
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
            location_id: caller.holder.id().to_owned(),
        };
        let bearer =
            Token { caller: caller.clone(), expires_at: Some(now + ACCESS_SECONDS * 1000) };
        let refresher = Token { caller, expires_at: Some(now + REFRESH_SECONDS * 1000) };
        self.bearers.insert(pair.access_token.clone(), bearer);
        self.refreshers.insert(pair.refresh_token.clone(), refresher);
        pair
    }
}
