//! What may be repeated of a provider's words: its message, without anything secret or personal.

use serde::Deserialize;
use serde_json::Value;

use super::Answer;

const SAID_CHARS_MAX: usize = 200;

#[derive(Deserialize)]
struct ErrorWords {
    #[serde(default)]
    message: Value,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    error_description: Value,
    // Problem details of RFC 9457.
    #[serde(default)]
    detail: Value,
    #[serde(default)]
    title: Value,
}

/// The provider's message in an error body, cleaned; never the body itself.
pub fn said(body: &[u8]) -> String {
    if is_web_page(body) {
        return "a web page instead of JSON".to_owned();
    }
    if body.is_empty() {
        return "no message".to_owned();
    }
    let Ok(words) = serde_json::from_slice::<ErrorWords>(body) else {
        return "no readable message".to_owned();
    };
    let words_first = [&words.message, &words.error_description, &words.error];
    let found = words_first.into_iter().find_map(text).or_else(|| detail(&words.detail));
    let found = found.or_else(|| text(&words.title));
    found.map_or_else(|| "no message".to_owned(), |text| clean(&text))
}

/// `detail` is a text, an object with a code and a message, or a list of what is wrong with which
/// parameter.
fn detail(value: &Value) -> Option<String> {
    let word = |value: &Value, name: &str| value.get(name).and_then(text);
    match value {
        Value::Array(faults) => {
            let fault = |fault: &Value| {
                let parameter =
                    fault.get("loc").and_then(Value::as_array).and_then(|loc| loc.last());
                let named = parameter.and_then(Value::as_str).unwrap_or("a parameter");
                Some(format!("{named}: {}", word(fault, "msg")?))
            };
            let faults: Vec<String> = faults.iter().filter_map(fault).collect();
            (!faults.is_empty()).then(|| faults.join("; "))
        }
        Value::Object(_) => {
            let code = word(value, "code").or_else(|| word(value, "status"));
            let both = [code, word(value, "message")];
            let said: Vec<String> = both.into_iter().flatten().collect();
            (!said.is_empty()).then(|| said.join(": "))
        }
        _ => text(value),
    }
}

/// The provider's own name for a failed request, by which its support finds it.
pub(super) fn trace_id(answer: &Answer) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Traced {
        trace_id: String,
    }
    if answer.status < 400 {
        return None;
    }
    let traced: Traced = serde_json::from_slice(&answer.body).ok()?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let fits = traced.trace_id.len() <= 64 && traced.trace_id.chars().all(is_plain);
    fits.then_some(traced.trace_id)
}

/// A message is a string, a list of strings, or an object that has one.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Array(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            (!texts.is_empty()).then(|| texts.join("; "))
        }
        Value::Object(fields) => fields.get("message").and_then(text),
        _ => None,
    }
}

pub(super) fn is_web_page(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'<')
}

/// One short line of plain words: numbers of people and anything like a token are masked.
pub fn clean(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(if is_telling(word) { "[…]" } else { word });
        if line.chars().count() > SAID_CHARS_MAX {
            return line.chars().take(SAID_CHARS_MAX).chain(['…']).collect();
        }
    }
    line.chars().filter(|letter| !letter.is_control()).collect()
}

fn is_telling(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_token = digits > 0 && word.len() >= 20;
    digits >= 7 || is_token || word.contains('@') || word.len() >= 60
}
