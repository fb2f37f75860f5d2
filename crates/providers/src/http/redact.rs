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
    // What is left out must not stand between two halves of a number.
    let is_shown = |letter: &char| !letter.is_control() || letter.is_whitespace();
    let text: String = text.chars().filter(is_shown).collect();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(if is_telling(word) { MASK } else { word });
        if line.chars().count() > SAID_CHARS_MAX {
            break;
        }
    }
    let line = without_numbers(&line);
    if line.chars().count() <= SAID_CHARS_MAX {
        return line;
    }
    line.chars().take(SAID_CHARS_MAX).chain(['…']).collect()
}

const MASK: &str = "[…]";

/// Digits that could be somebody's number; fewer are counts and codes.
const NUMBER_DIGITS: usize = 7;

fn is_telling(word: &str) -> bool {
    let digits = digits(word);
    let is_token = digits > 0 && word.len() >= 20;
    digits >= NUMBER_DIGITS || is_token || word.contains('@') || word.len() >= 60
}

fn digits(text: &str) -> usize {
    text.chars().filter(char::is_ascii_digit).count()
}

/// The line with every number masked that is written in groups, such as `+1 (201) 555-0123`.
fn without_numbers(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(is_of_number) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|letter| !is_of_number(letter)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        kept.push_str(before);
        if digits(run) >= NUMBER_DIGITS {
            // What only separates it from the words around stays.
            let opens = |letter: char| letter.is_ascii_digit() || "+([".contains(letter);
            let head = run.find(opens).unwrap_or(0);
            let tail = run.trim_end_matches(|letter: char| !letter.is_ascii_digit()).len();
            kept.extend([&run[..head], MASK, &run[tail..]]);
        } else {
            kept.push_str(run);
        }
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// A digit, or what joins the groups of one number.
fn is_of_number(letter: char) -> bool {
    letter.is_ascii_digit() || " +.-/()[]\u{2010}\u{2011}\u{2012}\u{2013}".contains(letter)
}
