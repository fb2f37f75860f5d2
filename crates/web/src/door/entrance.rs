//! How people come in: what was configured, and what this process remembers of it.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use domain::access::Pace;
use engine::secret::{NoRandomness, code, csrf_of, secret};
use engine::users::identity::IdentityProvider;
use secrecy::SecretString;

use super::Kept;
use super::hasher::Hasher;
use super::set_up::SetUp;
use crate::failure::Failure;

/// How often one address may try to sign in, or to set up.
const TRIES: Pace = Pace { burst: 10, per_minute: 10 };

/// How the service stands in its network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Names it answers to, besides those of this machine.
    pub hosts: Vec<String>,
    /// Whether a proxy before it says from where requests come, and by which scheme.
    pub has_trusted_proxy: bool,
    /// Whether it speaks TLS itself.
    pub is_tls: bool,
}

/// Signing in by an identity provider, beside passwords.
#[derive(Debug)]
pub struct SingleSignOn {
    /// What its button says.
    pub label: String,
    /// Who says who somebody is.
    pub provider: IdentityProvider,
}

/// The way in for people.
pub struct Entrance {
    has_sign_in: bool,
    place: Place,
    single: Option<SingleSignOn>,
    /// What forms carry where nobody signs in: made anew by each process.
    machine: Arc<str>,
    set_up: Mutex<Option<SetUp>>,
    tries: Kept<Option<IpAddr>>,
    /// What hashes passwords.
    pub(crate) hasher: Hasher,
}

impl Entrance {
    /// One through which whoever reaches this machine comes as the operator.
    pub fn without_sign_in() -> Result<Self, NoRandomness> {
        Self::new(false, Place::default())
    }

    /// One through which people come who sign in.
    pub fn with_sign_in(place: Place) -> Result<Self, NoRandomness> {
        Self::new(true, place)
    }

    fn new(has_sign_in: bool, place: Place) -> Result<Self, NoRandomness> {
        let (machine, set_up) = (csrf_of(&secret()?).into(), Mutex::new(None));
        let (tries, hasher) = (Kept::new(), Hasher::new());
        Ok(Self { has_sign_in, place, single: None, machine, set_up, tries, hasher })
    }

    /// The same where people may also come by an identity provider.
    #[must_use]
    pub fn and_single(self, single: SingleSignOn) -> Self {
        Self { single: Some(single), ..self }
    }

    /// Signing in by an identity provider, where there is one and people sign in.
    pub(crate) fn single(&self) -> Option<&SingleSignOn> {
        self.single.as_ref().filter(|_| self.has_sign_in)
    }

    /// Whether people sign in.
    pub fn has_sign_in(&self) -> bool {
        self.has_sign_in
    }

    /// How it stands in its network.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// What forms of somebody at this machine carry.
    pub(crate) fn machine(&self) -> Arc<str> {
        Arc::clone(&self.machine)
    }

    /// Counts a try to come in from this address.
    pub(crate) fn may_try(&self, peer: Option<IpAddr>, now: Timestamp) -> Result<(), Failure> {
        let taken = self.tries.take(peer, TRIES, now);
        taken.map_err(|wait| Failure::TooOften { what: "tries", wait })
    }

    /// Makes the code with which the first operator is added. Whoever starts the service sees it.
    pub fn offer_set_up(&self, now: Timestamp) -> Result<SecretString, NoRandomness> {
        let code = code()?;
        *self.set_up.lock().unwrap_or_else(PoisonError::into_inner) = Some(SetUp::new(&code, now));
        Ok(code)
    }

    /// Whether this is the code to set up with.
    pub(crate) fn opens_set_up(&self, typed: &str, now: Timestamp) -> bool {
        let mut set_up = self.set_up.lock().unwrap_or_else(PoisonError::into_inner);
        set_up.as_mut().is_some_and(|set_up| set_up.opens(typed, now))
    }

    /// Whether there is a code that could still be the right one.
    pub(crate) fn offers_set_up(&self, now: Timestamp) -> bool {
        let set_up = self.set_up.lock().unwrap_or_else(PoisonError::into_inner);
        set_up.as_ref().is_some_and(|set_up| set_up.is_open(now))
    }

    /// Takes the code back, for it did its work.
    pub(crate) fn close_set_up(&self) {
        *self.set_up.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
