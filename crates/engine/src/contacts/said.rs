//! What somebody says of a person, word by word, read into an entry.

use domain::{Country, ExternalId, ExternalKind, Phone, Timestamp};
use serde_json::Value;

use super::Entry;

/// What is said of a person, as it was written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// Fields that have a name of ours, of `ContactFields::NAMED`, and the operator's own.
    pub fields: Vec<(String, Value)>,
    /// Numbers.
    pub phones: Vec<String>,
    /// Ids that other systems gave out.
    pub ids: Vec<(ExternalKind, String)>,
    /// The country of numbers written without one; otherwise the account's, or US.
    pub country: Option<Country>,
}

/// What makes no sense of it. The number itself stands in no message: it may be a person's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSaid {
    /// It is no number.
    #[error("a phone is no phone number")]
    Phone,
    /// It is no such id.
    #[error("`{text}` is no {kind}")]
    Id {
        /// What it should be.
        kind: ExternalKind,
        /// What was written.
        text: String,
    },
    /// No call would find the contact.
    #[error("a contact needs a number or an id, or no call finds it")]
    Nothing,
}

impl Said {
    /// What was said, where the account is at home here.
    pub fn entry(&self, at_home: Option<Country>, now: Timestamp) -> Result<Entry, NotSaid> {
        let mut entry = Entry::default();
        for (name, value) in &self.fields {
            entry.fields.state(name, value.clone(), now);
        }
        let home = self.country.or(at_home).unwrap_or(Country::US);
        for text in &self.phones {
            entry.phones.push(Phone::new(text, home).e164.ok_or(NotSaid::Phone)?);
        }
        entry.phones.sort_unstable();
        entry.phones.dedup();
        for (kind, text) in &self.ids {
            let wrong = || NotSaid::Id { kind: *kind, text: text.clone() };
            entry.ids.push(ExternalId::new(*kind, text).ok_or_else(wrong)?);
        }
        Ok(entry)
    }

    /// The same of somebody new, who must be found by something.
    pub fn newcomer(&self, at_home: Option<Country>, now: Timestamp) -> Result<Entry, NotSaid> {
        let entry = self.entry(at_home, now)?;
        if entry.phones.is_empty() && entry.ids.is_empty() {
            return Err(NotSaid::Nothing);
        }
        Ok(entry)
    }
}
