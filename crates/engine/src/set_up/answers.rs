//! What a person says of a source, and how two such sayings differ.

use std::collections::BTreeMap;

use domain::{AccountId, ContactPolicy, Country, Timestamp};
use store::{SetUpRow, StoreError};

use super::manner;

/// Everything that is said of a source, its name and its secret apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    /// Where its history begins.
    pub since: Timestamp,
    /// The country of numbers written without one.
    pub country: Country,
    /// How often it is read, where it differs from the others.
    pub every_minutes: Option<u32>,
    /// What its calls do to contacts; unsaid: what suits the provider.
    pub contacts: Option<ContactPolicy>,
    /// The account that gets its agents which nobody has assigned.
    pub auto_assign: Option<AccountId>,
    /// What the provider must know, key by key.
    pub said: BTreeMap<String, String>,
}

impl Answers {
    /// What was said of a source that was set up in the dashboard.
    pub fn of(row: &SetUpRow) -> Result<Self, StoreError> {
        let nonsense = |why: String| StoreError::Nonsense { what: format!("a set-up ({why})") };
        let (country, _) = manner(row);
        Ok(Self {
            since: Timestamp::from_millis(row.since),
            country,
            every_minutes: row.every_minutes.and_then(|minutes| u32::try_from(minutes).ok()),
            contacts: row.contacts.as_deref().map(str::parse).transpose().map_err(nonsense)?,
            auto_assign: row.auto_account_id.map(AccountId),
            said: said_of(row)?,
        })
    }

    /// The same without answers that are empty, and without blanks around the others.
    #[must_use]
    pub fn tidied(&self) -> Self {
        let said = self.said.iter().map(|(key, value)| (key.clone(), value.trim().to_owned()));
        Self { said: said.filter(|(_, value)| !value.is_empty()).collect(), ..self.clone() }
    }

    /// The keys of the provider's own that are answered differently.
    pub fn own_changes(&self, after: &Self) -> Vec<String> {
        let keys =
            self.said.keys().chain(after.said.keys().filter(|key| !self.said.contains_key(*key)));
        keys.filter(|key| self.said.get(*key) != after.said.get(*key)).cloned().collect()
    }

    /// The names of everything that is answered differently.
    pub fn changes(&self, after: &Self) -> Vec<String> {
        let common = [
            ("since", self.since != after.since),
            ("country", self.country != after.country),
            ("every_minutes", self.every_minutes != after.every_minutes),
            ("contacts", self.contacts != after.contacts),
            ("auto_assign", self.auto_assign != after.auto_assign),
        ];
        let common = common.iter().filter(|(_, differs)| *differs);
        common.map(|(name, _)| (*name).to_owned()).chain(self.own_changes(after)).collect()
    }
}

/// What the provider must know, as it was said.
pub(super) fn said_of(row: &SetUpRow) -> Result<BTreeMap<String, String>, StoreError> {
    let said = serde_json::from_str(row.said.as_deref().unwrap_or("{}"));
    said.map_err(|error| StoreError::Nonsense { what: format!("a set-up ({error})") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(said: &[(&str, &str)]) -> Answers {
        let said = said.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Answers {
            since: Timestamp::from_millis(0),
            country: Country::US,
            every_minutes: None,
            contacts: None,
            auto_assign: None,
            said: said.collect(),
        }
    }

    #[test]
    fn what_differs_is_named_and_blanks_make_no_difference() {
        let before = answers(&[("host", "one"), ("port", "3306")]);
        let same = answers(&[("host", " one "), ("port", "3306"), ("cluster", "  ")]).tidied();
        assert_eq!(before.changes(&same), Vec::<String>::new());
        let after = Answers {
            country: Country::new("DE").expect("it is one"),
            every_minutes: Some(5),
            ..answers(&[("host", "two"), ("user", "me")])
        };
        assert_eq!(before.own_changes(&after), ["host", "port", "user"]);
        assert_eq!(before.changes(&after), ["country", "every_minutes", "host", "port", "user"]);
    }
}
