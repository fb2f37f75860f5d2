//! What a commit did: where every record went, and what is to be said of those that are not placed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use domain::{AccountId, Placement, RunAccounts, Timestamp, WaitingReason};
use providers::Identity;
use store::{KnownCall, NewSetAside};

use super::commit::Fate;
use super::prepare::Fresh;
use super::{Skip, placement_name};

/// What a commit did, without `listed`, which is counted where records leave the socket.
#[derive(Debug, Clone, Default)]
pub struct Committed {
    /// Where every record went.
    pub accounts: RunAccounts,
    /// Calls that wait, new or not, and records set aside, each once.
    pub skips: Vec<Skip>,
    /// How many calls wait.
    pub waiting: u64,
    /// How many calls are deliberately left out.
    pub excluded: u64,
    /// Calls written that are placed, by account.
    pub placed: BTreeMap<AccountId, Brought>,
    /// Calls that are placed and were there just so.
    pub placed_already: u64,
    /// Contacts made for them.
    pub contacts_made: u64,
    /// When the new calls happened.
    pub brought: Vec<Timestamp>,
}

/// Calls of an account that a run brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Calls we did not have.
    pub new: u64,
    /// Calls whose content changed.
    pub updated: u64,
}

/// Whether a call is placed, as far as that is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Standing {
    /// With this account.
    With(AccountId),
    /// With some account.
    Placed,
    /// With none.
    NotPlaced,
}

impl Standing {
    pub(super) fn of(placement: Placement) -> Self {
        match placement {
            Placement::Placed { account, .. } => Self::With(account),
            Placement::Waiting { .. } | Placement::Excluded { .. } => Self::NotPlaced,
        }
    }

    pub(super) fn of_known(call: &KnownCall) -> Self {
        if call.placement == "placed" { Self::Placed } else { Self::NotPlaced }
    }
}

impl Committed {
    pub(super) fn count(&mut self, fate: Fate, standing: Standing) {
        match (fate, standing) {
            (Fate::New, Standing::With(account)) => {
                self.placed.entry(account).or_default().new += 1;
            }
            (Fate::Updated, Standing::With(account)) => {
                self.placed.entry(account).or_default().updated += 1;
            }
            (Fate::Unchanged, Standing::With(_) | Standing::Placed) => self.placed_already += 1,
            _ => {}
        }
        let counter = match fate {
            Fate::New => &mut self.accounts.new,
            Fate::Updated => &mut self.accounts.updated,
            Fate::Unchanged => &mut self.accounts.unchanged,
            Fate::Repeated => &mut self.accounts.repeated,
            Fate::SetAside => &mut self.accounts.set_aside,
        };
        *counter += 1;
    }

    pub(super) fn fresh(&mut self, fresh: &Fresh, placement: Placement) {
        let (placement, reason) = placement_name(placement);
        let id = fresh.call.provider_call_id.0.clone();
        self.outcome(placement, reason, id, fresh.agent(), Some(fresh.call.occurred_at.at));
    }

    pub(super) fn known(&mut self, known: &KnownCall, identity: Option<&Identity>) {
        let id = identity.map(|call| call.id.0.clone()).unwrap_or_default();
        let agent = known.provider_agent_id.clone();
        let at = identity.map(|call| call.occurred_at);
        self.outcome(&known.placement, &known.reason, id, agent, at);
    }

    fn outcome(
        &mut self,
        placement: &str,
        reason: &str,
        provider_call_id: String,
        provider_agent_id: Option<String>,
        occurred_at: Option<Timestamp>,
    ) {
        match placement {
            "waiting" => self.waiting += 1,
            "excluded" => self.excluded += 1,
            _ => return,
        }
        let known: Result<WaitingReason, _> = reason.parse();
        let (reason, detail) = match known {
            Ok(known) => (Cow::Borrowed(known.as_str()), Cow::Borrowed(known.sentence())),
            Err(_) => (Cow::Owned(reason.to_owned()), Cow::Owned(reason.to_owned())),
        };
        self.skips.push(Skip {
            provider_call_id: Some(provider_call_id),
            reason,
            detail,
            provider_agent_id,
            occurred_at,
        });
    }

    pub(super) fn set_aside(&mut self, record: &NewSetAside) {
        self.skips.push(Skip {
            provider_call_id: record.provider_call_id.clone(),
            reason: Cow::Borrowed("set_aside"),
            detail: Cow::Owned(record.why.clone()),
            provider_agent_id: None,
            occurred_at: None,
        });
    }
}
