//! Whose calls are compared: everybody's, or one account's.

use domain::{AccountId, Call, Elsewhere, Phone, PlacementFacts, Rules, Told};
use store::{AccountRow, AgentRow, HeldCall, Scope, SourceRow};

use super::CompareError;
use crate::Context;

/// Whose calls are compared.
pub(super) enum Whose {
    /// The source's, whoever they belong to.
    Everybodys,
    /// Those that the rules give to one account.
    Accounts {
        /// Which.
        account: Box<AccountRow>,
        /// The rules of the source, as of the beginning.
        rules: Box<Rules>,
    },
}

impl Whose {
    /// Loads the rules; an account that nothing of this source is given to has nothing to compare.
    pub(super) async fn load(
        ctx: &Context,
        source: &SourceRow,
        account: Option<&AccountRow>,
    ) -> Result<Self, CompareError> {
        let Some(account) = account else { return Ok(Self::Everybodys) };
        let (_, rules) = ctx.within(ctx.store.rules_load(source.id)).await?;
        if !rules.gives_to(account.id) {
            let (account, source_name) = (account.name.clone(), source.name.clone());
            return Err(CompareError::NothingOfThisSource { account, source_name });
        }
        Ok(Self::Accounts { account: Box::new(account.clone()), rules: Box::new(rules) })
    }

    /// Which of our calls are read.
    pub(super) fn scope(&self) -> Scope {
        match self {
            Self::Everybodys => Scope::Operator,
            Self::Accounts { account, .. } => Scope::Account(account.id),
        }
    }

    /// The account, if it is one's.
    pub(super) fn account(&self) -> Option<&AccountRow> {
        match self {
            Self::Everybodys => None,
            Self::Accounts { account, .. } => Some(account),
        }
    }

    /// Whose a call is by the rules. Nobody asks where everybody's are compared.
    pub(super) fn owner(&self, call: &Call) -> Option<AccountId> {
        match self {
            Self::Everybodys => None,
            Self::Accounts { rules, .. } => rules.owner(&call.into()),
        }
    }

    /// The same of a call of which a file tells little. A file without agents that is compared with
    /// one account's calls is taken as that account's.
    pub(super) fn owner_of(&self, call: &Told) -> Option<AccountId> {
        let Self::Accounts { account, rules } = self else { return None };
        let Some(agent) = &call.agent else { return Some(account.id) };
        let number = |phone: &'_ Option<Phone>| phone.as_ref().and_then(|it| it.e164.clone());
        let (from, to) = (number(&call.from), number(&call.to));
        let (from, to) = (from.as_deref(), to.as_deref());
        let facts = PlacementFacts::of_agent(Some(agent), call.at);
        rules.owner(&PlacementFacts { from, to, ..facts })
    }

    /// Whether a call of this owner is one of those that are compared.
    pub(super) fn is_compared(&self, owner: Option<AccountId>) -> bool {
        self.account().is_none_or(|account| owner == Some(account.id))
    }

    /// Where a call is that is held and not among those that were read; nothing if it is.
    pub(super) fn elsewhere(&self, held: &HeldCall) -> Option<Elsewhere> {
        let account = self.account()?;
        if held.account_id == Some(account.id.0) && held.placement == "placed" {
            return None;
        }
        Some(match (held.placement.as_str(), held.reason.as_str()) {
            ("waiting", reason) => Elsewhere::Waiting(reason.to_owned()),
            ("excluded", "outside_reset_date") => Elsewhere::OutsideResetDate,
            ("excluded", reason) => Elsewhere::Excluded(format!("a rule ({reason})")),
            _ => Elsewhere::WithAnother("another account".to_owned()),
        })
    }

    /// Whether an agent is assigned to whoever's calls are compared.
    pub(super) fn is_assigned(&self, agent: &AgentRow) -> bool {
        match self.account() {
            None => agent.account.is_some(),
            Some(account) => agent.account.as_ref() == Some(&account.name),
        }
    }
}
