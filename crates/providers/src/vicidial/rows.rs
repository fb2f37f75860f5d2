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
        let mut json = vec![b'{'];
        for (name, value) in self.names.iter().zip(&self.values) {
            if json.len() > 1 {
                json.push(b',');
            }
            json.extend(quoted(name));
            json.push(b':');
            match value {
                Some(text) => json.extend(quoted(text)),
                None => json.extend(b"null"),
            }
        }
        json.push(b'}');
        json
    }
}

/// Rows as a JSON list.
pub fn json_list(rows: &[&Row]) -> Vec<u8> {
    let mut json = vec![b'['];
    for row in rows {
        if json.len() > 1 {
            json.push(b',');
        }
        json.extend(row.json());
    }
    json.push(b']');
    json
}

/// A text as JSON.
pub fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).unwrap_or_else(|_impossible| b"null".to_vec())
}

/// Old installations keep UTF-8 in columns declared latin1, and others really write latin1. What
/// is no UTF-8 is read byte by byte, so that different bytes stay different texts.
fn decoded(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
