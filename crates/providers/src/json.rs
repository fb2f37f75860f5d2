//! Reading JSON whose every field may be absent, null or of another type than promised.
//!
//! Each field is first kept as raw JSON and then read by itself, so that no field can spoil its
//! record, and no record its page.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use domain::Timestamp;
use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::Unreadable;

/// An unreadable record, and why.
pub fn because(why: &str) -> Unreadable {
    Unreadable { why: why.to_owned() }
}

/// Why a record could not be parsed. The parser's own words may quote the record, so they are not
/// repeated.
pub fn unreadable(error: &serde_json::Error) -> Unreadable {
    because(match error.classify() {
        serde_json::error::Category::Data => "the record is not an object",
        serde_json::error::Category::Eof => "the record ends in the middle",
        _ => "the record is not JSON",
    })
}

/// The text of a string that says something. Half surrogate pairs become replacement marks.
pub fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = match raw.get().as_bytes().first()? {
        b'"' => string(raw.get())?,
        _ => return None,
    };
    (!text.trim().is_empty()).then_some(text)
}

fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(json).map(Cow::Owned).ok().or_else(|| lossy(json))
}

fn lossy(json: &str) -> Option<Cow<'_, str>> {
    struct Lossy;
    impl Visitor<'_> for Lossy {
        type Value = String;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
            // Half a pair arrives as three bytes that are no UTF-8.
            let text = String::from_utf8_lossy(bytes);
            Ok(text.replace("\u{fffd}\u{fffd}\u{fffd}", "\u{fffd}"))
        }
    }
    let mut json = serde_json::Deserializer::from_str(json);
    serde::Deserializer::deserialize_bytes(&mut json, Lossy).map(Cow::Owned).ok()
}

/// An id: a text, or a number's digits.
pub fn id_text(raw: &RawValue) -> Option<Cow<'_, str>> {
    match raw.get().as_bytes().first()? {
        b'0'..=b'9' => Some(Cow::Borrowed(raw.get())),
        _ => text(raw),
    }
}

/// A number, also one written as a text.
pub fn number(raw: &RawValue) -> Option<f64> {
    let text = id_text(raw)?;
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

/// A number without fraction or sign, also one written as a text.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
pub fn whole_number(raw: &RawValue) -> Option<u64> {
    let number = number(raw)?;
    (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
}

/// Whether it says true.
pub fn is_true(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| matches!(raw.get(), "true" | "\"true\""))
}

/// An instant as RFC 3339, as milliseconds since 1970, or as `{"seconds", "nanoseconds"}`, with
/// its text.
pub fn instant(raw: &RawValue) -> Option<(Timestamp, Cow<'_, str>)> {
    if let Ok(millis) = raw.get().parse::<i64>() {
        return Some((Timestamp::from_millis(millis), Cow::Borrowed(raw.get())));
    }
    if raw.get().starts_with('{') {
        return Some((instant_in_parts(raw.get())?, Cow::Borrowed(raw.get())));
    }
    let text = text(raw)?;
    Some((Timestamp::parse(text.trim()).ok()?, text))
}

fn instant_in_parts(json: &str) -> Option<Timestamp> {
    let fields: Fields<'_> = serde_json::from_str(json).ok()?;
    let find = |name: &str, other: &str| fields.get(name).or_else(|| fields.get(other));
    let seconds: i64 = find("seconds", "_seconds")?.get().parse().ok()?;
    let nanos = find("nanoseconds", "_nanoseconds").and_then(whole_number).unwrap_or(0);
    let millis = seconds.checked_mul(1000)?.checked_add(i64::try_from(nanos / 1_000_000).ok()?)?;
    Some(Timestamp::from_millis(millis))
}

/// The fields of an object by name, each as raw JSON. Of a field that comes twice the last counts,
/// and one that is null is absent.
#[derive(Debug, Clone, Default)]
// A list, not a map: an object has some twenty fields, and most are never asked for.
pub struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    /// A field, where it says something.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        let found = self.0.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, raw)| *raw).filter(|raw| raw.get() != "null")
    }

    /// Everything as it stands: also what comes twice, and what is null.
    pub fn all(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), *raw))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        let last: BTreeMap<&str, &'a RawValue> =
            self.0.iter().map(|(name, raw)| (name.as_ref(), *raw)).collect();
        last.into_iter()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                #[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
                struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
                let mut fields = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// An id, where there is one.
pub fn id(raw: Option<&RawValue>) -> Option<String> {
    raw.and_then(id_text).map(Cow::into_owned)
}

/// A text that says something, where there is one.
pub fn words(raw: Option<&RawValue>) -> Option<String> {
    raw.and_then(text).map(Cow::into_owned)
}

/// A length in seconds, whole or not.
pub fn seconds(raw: &RawValue) -> Option<Duration> {
    // Longer than a year is not a call but a mistake of units.
    let seconds = number(raw).filter(|seconds| *seconds < 31_536_000.0)?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// JSON of any shape that holds something.
pub fn free_form(raw: &RawValue) -> Option<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_str(raw.get()).ok()?;
    let is_empty = match &value {
        serde_json::Value::Null => true,
        serde_json::Value::String(text) => text.trim().is_empty(),
        serde_json::Value::Array(items) => items.is_empty(),
        serde_json::Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    (!is_empty).then_some(value)
}
