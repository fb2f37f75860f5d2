//! Why a change was not made, for a person: what is in the way, with its account and time.

use domain::{AccountId, RuleKey, Timestamp, Verdict};
use store::AccountRow;

use super::AssignError;
use super::rules::calls_of;

impl AssignError {
    /// What is so, with the names of these accounts.
    pub fn sentence(&self, accounts: &[AccountRow]) -> String {
        match self {
            Self::Overlaps { name, held } => {
                let span = (held.valid_from, held.valid_to);
                belongs(&format!("the calls of {name}"), (held.account, span), accounts)
            }
            Self::Rivals { held } => {
                let (calls, span) = (calls_of(&held.key), (held.valid_from, held.valid_to));
                let calls = match held.key {
                    RuleKey::Number(_) | RuleKey::Campaign(_) => format!("the {calls}"),
                    RuleKey::TestCalls | RuleKey::WholeSource => calls,
                };
                match held.verdict {
                    Verdict::Place(account) => belongs(&calls, (account, span), accounts),
                    Verdict::Exclude => format!("{calls} are left out{}", during(span)),
                }
            }
            Self::Archived { name } => {
                format!("the account {name} is archived and is given nothing new")
            }
            Self::NoAgent { .. } | Self::Store(_) => self.to_string(),
        }
    }
}

fn belongs(
    calls: &str,
    (account, span): (AccountId, (Timestamp, Timestamp)),
    accounts: &[AccountRow],
) -> String {
    let account = accounts.iter().find(|row| row.id == account);
    let account = account.map_or("another account", |row| row.name.as_str());
    format!("{calls} belong to {account}{}", during(span))
}

/// ` from … up to …`, as far as it is bounded.
pub(crate) fn during((from, to): (Timestamp, Timestamp)) -> String {
    let begins = if from == Timestamp::MIN { String::new() } else { format!(" from {from}") };
    let ends = if to == Timestamp::MAX { String::new() } else { format!(" up to {to}") };
    format!("{begins}{ends}")
}
