//! What is known of a person, each thing with the time it was said.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Country, Phone, Timestamp};

/// A value and when it was said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stated {
    #[serde(rename = "v")]
    value: Value,
    /// Milliseconds since 1970.
    at: i64,
}

/// Fields of a contact: those in [`ContactFields::NAMED`], and whatever else was extracted.
///
/// Later calls add to it without erasing: what is absent or empty says nothing, and what was said
/// later stays, in whatever order calls are read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactFields(BTreeMap<String, Stated>);

/// The account says what the business is called, not the call.
const BUSINESS_NAME: &str = "business_name";

impl ContactFields {
    /// Fields with a meaning of their own; all others are custom.
    pub const NAMED: &[&str] =
        &["first_name", "last_name", "email", "phone", "appointment_time", "day", "month"];

    /// No field.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a call's agent extracted, said at the call's own time. `home` is the country of
    /// numbers written without one.
    pub fn extracted(extracted: Option<&Value>, at: Timestamp, home: Country) -> Self {
        let mut fields = Self::new();
        let Some(Value::Object(map)) = extracted else { return fields };
        for (name, value) in map {
            match name.as_str() {
                BUSINESS_NAME => {}
                // Agents are told to extract it under either name.
                "phone_number" if !map.get("phone").is_some_and(says_something) => {
                    fields.state("phone", number(value, home), at);
                }
                "phone" => fields.state("phone", number(value, home), at),
                name => fields.state(name, value.clone(), at),
            }
        }
        fields
    }

    /// Somebody said this. A value that is absent or empty says nothing.
    pub fn state(&mut self, name: &str, value: Value, at: Timestamp) {
        let value = match value {
            Value::String(text) => Value::String(text.trim().to_owned()),
            other => other,
        };
        if !name.trim().is_empty() && says_something(&value) {
            self.take(name.trim().to_owned(), Stated { value, at: at.as_millis() });
        }
    }

    /// Takes what `other` says, unless something later is known. Returns whether anything changed.
    pub fn merge(&mut self, other: &Self) -> bool {
        let mut has_changed = false;
        for (name, stated) in &other.0 {
            has_changed |= self.take(name.clone(), stated.clone());
        }
        has_changed
    }

    fn take(&mut self, name: String, stated: Stated) -> bool {
        match self.0.get_mut(&name) {
            Some(known) if !is_later(&stated, known) => false,
            Some(known) => {
                // The same said again later changes nothing for whoever looks.
                let has_changed = known.value != stated.value;
                *known = stated;
                has_changed
            }
            None => {
                self.0.insert(name, stated);
                true
            }
        }
    }

    /// What is known under this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).map(|stated| &stated.value)
    }

    /// What is known under this name, as a text.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    /// Fields without a meaning of their own, by name.
    pub fn custom(&self) -> impl Iterator<Item = (&str, &Value)> {
        let custom = self.0.iter().filter(|(name, _)| !Self::NAMED.contains(&name.as_str()));
        custom.map(|(name, stated)| (name.as_str(), &stated.value))
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it is kept.
    pub fn to_json(&self) -> String {
        serde_json::json!(self.0).to_string()
    }

    /// From how it is kept.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

/// Of two things said at one instant any may win, as long as it is always the same.
fn is_later(new: &Stated, known: &Stated) -> bool {
    (new.at, new.value.to_string()) > (known.at, known.value.to_string())
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// A number somebody said, in international form where it is one.
fn number(value: &Value, home: Country) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => return other.clone(),
    };
    Value::String(Phone::new(&text, home).e164.unwrap_or(text))
}
