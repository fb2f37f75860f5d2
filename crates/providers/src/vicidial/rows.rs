//! Rows as the database sends them: text under the names of their columns.

use std::sync::Arc;

use domain::Timestamp;

/// One row. Every value is text, as the database writes it: dates too, because a zero date is no
/// date, and numbers too, because a decimal is no float.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    names: Arc<[String]>,
    values: Vec<Option<String>>,
}

impl Row {
    /// A row of these columns.
    pub fn new(names: Arc<[String]>, values: Vec<Option<Vec<u8>>>) -> Self {
        Self { names, values: values.into_iter().map(|value| value.map(decoded)).collect() }
    }

    /// A column's text; `None` when it is NULL, empty or absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.names.iter().position(|column| column == name)?;
        self.values.get(at)?.as_deref().filter(|text| !text.is_empty())
    }

    /// The nth column's text; `None` when it is NULL, empty or absent.
    pub fn nth(&self, nth: usize) -> Option<&str> {
        self.values.get(nth)?.as_deref().filter(|text| !text.is_empty())
    }

    /// A column's whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.trim().parse().ok()
    }

    /// A column's count of seconds since 1970; zero says nothing.
    pub fn epoch(&self, name: &str) -> Option<Timestamp> {
        let seconds = self.number(name).filter(|seconds| *seconds > 0)?;
        Some(Timestamp::from_millis(seconds.saturating_mul(1000)))
    }

    /// The row as a JSON object, its columns in their order.
    pub fn json(&self) -> Vec<u8> {
        let texts = self.values.iter().flatten().map(String::len).sum::<usize>();
        let names = self.names.iter().map(String::len).sum::<usize>();
        let mut json = Vec::with_capacity(texts + names + 6 * self.names.len() + 2);
        self.write_json(&mut json);
        json
    }

    /// Appends it. Records are made of many rows, so nothing is built on the side.
    fn write_json(&self, json: &mut Vec<u8>) {
        json.push(b'{');
        for (nth, (name, value)) in self.names.iter().zip(&self.values).enumerate() {
            if nth > 0 {
                json.push(b',');
            }
            write_quoted(json, name);
            json.push(b':');
            match value {
                Some(text) => write_quoted(json, text),
                None => json.extend(b"null"),
            }
        }
        json.push(b'}');
    }
}

/// Rows as a JSON list.
pub fn json_list(rows: &[&Row]) -> Vec<u8> {
    let mut json = vec![b'['];
    for (nth, row) in rows.iter().enumerate() {
        if nth > 0 {
            json.push(b',');
        }
        row.write_json(&mut json);
    }
    json.push(b']');
    json
}

/// A text as JSON.
pub fn quoted(text: &str) -> Vec<u8> {
    let mut json = Vec::with_capacity(text.len() + 2);
    write_quoted(&mut json, text);
    json
}

fn write_quoted(json: &mut Vec<u8>, text: &str) {
    let begin = json.len();
    if serde_json::to_writer(&mut *json, text).is_err() {
        // Writing to memory does not fail; if it ever did, half a text must not stay.
        json.truncate(begin);
        json.extend(b"null");
    }
}

/// Old installations keep UTF-8 in columns declared latin1, and others really write latin1. What
/// is no UTF-8 is read byte by byte, so that different bytes stay different texts.
fn decoded(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
