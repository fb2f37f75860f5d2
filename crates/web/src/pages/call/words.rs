//! What was said in a call, and what was made of it.

use serde_json::Value;

/// One line of what was said.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// Who, where the transcript says so.
    pub who: Option<String>,
    /// What.
    pub what: String,
}

/// The longest name of whoever speaks, in letters: what is longer is part of what was said.
const NAME_MAX: usize = 32;

/// A transcript line by line.
pub fn lines(transcript: &str) -> Vec<Line> {
    let line = |text: &str| {
        let named = text.split_once(':').filter(|(who, _)| is_name(who));
        match named {
            Some((who, what)) => {
                Line { who: Some(who.trim().to_owned()), what: what.trim().to_owned() }
            }
            None => Line { who: None, what: text.trim().to_owned() },
        }
    };
    transcript.lines().filter(|text| !text.trim().is_empty()).map(line).collect()
}

fn is_name(text: &str) -> bool {
    let text = text.trim();
    let begins = text.chars().next().is_some_and(char::is_alphabetic);
    begins && text.chars().count() <= NAME_MAX && !text.contains(['.', '?', '!', ','])
}

/// What an agent extracted, name by name; what lies deeper is written as JSON.
pub fn fields(extracted: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match extracted {
        Some(Value::Object(fields)) => {
            let told = fields.iter().filter(|(_, value)| !value.is_null());
            told.map(|(name, value)| (name.replace('_', " "), text(value))).collect()
        }
        Some(Value::Null) | None => Vec::new(),
        Some(other) => vec![("extracted".to_owned(), text(other))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_is_told_from_what_is_said() {
        let said =
            lines("bot: Hello: how are you?\n\nhuman:Fine\nNo, really. See: here\n12:30 it is");
        let told: Vec<(Option<&str>, &str)> =
            said.iter().map(|line| (line.who.as_deref(), line.what.as_str())).collect();
        assert_eq!(
            told,
            [
                (Some("bot"), "Hello: how are you?"),
                (Some("human"), "Fine"),
                (None, "No, really. See: here"),
                (None, "12:30 it is"),
            ]
        );
    }

    #[test]
    fn fields_are_told_by_name() {
        let value = serde_json::json!({ "first_name": "Ann", "none": null, "deep": { "a": 1 } });
        let told = fields(Some(&value));
        assert_eq!(told[0], ("deep".to_owned(), "{\"a\":1}".to_owned()));
        assert_eq!(told[1], ("first name".to_owned(), "Ann".to_owned()));
        assert_eq!(told.len(), 2);
    }
}
