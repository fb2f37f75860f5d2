//! The parts of a record, read back: every field may be absent, null or of another type.

use std::borrow::Cow;

use domain::Timestamp;
use serde_json::value::RawValue;

use crate::Unreadable;
use crate::json::{self, id_text, number};
use crate::parts::{self, Parts};

/// A row as it stands in a record.
#[derive(Debug, Clone, Default)]
pub struct Fields<'a>(json::Fields<'a>);

impl<'a> Fields<'a> {
    /// Reads an object; anything else has no fields.
    pub fn read(json: &'a RawValue) -> Self {
        Self(serde_json::from_str(json.get()).unwrap_or_default())
    }

    /// A column that says something.
    pub fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        id_text(self.0.get(name)?)
    }

    /// A column of one letter, Y or N.
    pub fn is_yes(&self, name: &str) -> bool {
        self.get(name).is_some_and(|text| text.eq_ignore_ascii_case("Y"))
    }

    /// A column's number as it stands.
    pub fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name)
    }

    /// A column's seconds since 1970, with its text; zero says nothing.
    pub fn epoch(&self, name: &str) -> Option<(Timestamp, Cow<'a, str>)> {
        let seconds = number(self.0.get(name)?).filter(|seconds| *seconds > 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "a float becomes the nearest integer")]
        let millis = (seconds * 1000.0) as i64;
        Some((Timestamp::from_millis(millis), self.get(name)?))
    }
}

/// A record, taken apart.
#[derive(Debug)]
pub struct Record<'a>(Parts<'a>);

impl<'a> Record<'a> {
    /// Takes a record apart.
    pub fn read(record: &'a [u8]) -> Result<Self, Unreadable> {
        parts::read(record).map(Self)
    }

    /// A text part.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.0.get(name).and_then(|json| id_text(json))
    }

    /// A part that is one row.
    pub fn row(&self, name: &str) -> Option<Fields<'a>> {
        self.0.get(name).map(|json| Fields::read(json))
    }

    /// The first part, by name, whose name begins so.
    pub fn beginning(&self, start: &str) -> Option<Fields<'a>> {
        let found = self.0.iter().find(|(name, _)| name.starts_with(start));
        found.map(|(_, json)| Fields::read(json))
    }

    /// A part that is several rows.
    pub fn rows(&self, name: &str) -> Vec<Fields<'a>> {
        let Some(json) = self.0.get(name) else { return Vec::new() };
        let rows: Vec<&RawValue> = serde_json::from_str(json.get()).unwrap_or_default();
        rows.into_iter().map(Fields::read).collect()
    }
}
