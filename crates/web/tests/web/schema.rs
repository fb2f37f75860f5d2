//! Whether an answer is what the document of the API says. It knows the words of JSON Schema that the
//! document uses, and fails at one it does not know.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(web::document);

/// The operation of a route.
pub fn operation(route: &web::Route) -> &'static Value {
    let path = format!("/api/v1{}", route.path);
    &DOCUMENT["paths"][path][route.method.as_str().to_ascii_lowercase()]
}

/// A schema, where it stands elsewhere.
pub fn resolved(schema: &Value) -> &Value {
    let name = schema["$ref"].as_str().and_then(|at| at.strip_prefix("#/components/schemas/"));
    let Some(name) = name else { return schema };
    &DOCUMENT["components"]["schemas"][name]
}

/// Fails where an answer to this route is not as it is documented.
pub fn check(route: &web::Route, answer: &Answer) {
    let status = answer.status.as_str();
    let responses = &operation(route)["responses"];
    let documented = responses.get(status).or_else(|| responses.get("default"));
    let content = &documented.expect("every route documents its failures")["content"];
    let kind = answer.headers["content-type"].to_str().expect("it is text");
    let schema = &content[kind]["schema"];
    assert!(schema.is_object(), "{} {} answers {kind}", route.method, route.path);
    let held = holds(schema, &answer.json(), "answer");
    assert_eq!(held, Ok(()), "{} {}: {}", route.method, route.path, answer.text);
    if !answer.status.is_success() {
        assert_eq!(answer.json()["status"], answer.status.as_u16());
    }
}

const SAYS_NOTHING: [&str; 5] = ["description", "title", "default", "format", "$schema"];

/// Whether a value is as a schema says; `at` is where it stands.
pub fn holds(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let words = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Object(words) => words,
        other => return Err(format!("{at}: {other} is no schema")),
    };
    for (word, said) in words {
        let is_so = match word.as_str() {
            "$ref" => return refer(said, value, at),
            "type" => is_of(said, value),
            "enum" => said.as_array().is_some_and(|all| all.contains(value)),
            "const" => said == value,
            "minimum" => value.as_f64().is_none_or(|value| Some(value) >= said.as_f64()),
            "maximum" => value.as_f64().is_none_or(|value| Some(value) <= said.as_f64()),
            "required" => {
                let mut names = said.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.all(|name| value.get(name).is_some())
            }
            "anyOf" | "oneOf" => {
                let mut options = said.as_array().into_iter().flatten();
                options.any(|option| holds(option, value, at).is_ok())
            }
            "items" => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    holds(said, item, &format!("{at}[{place}]"))?;
                }
                true
            }
            "properties" => {
                members(said, words, value, at)?;
                true
            }
            "additionalProperties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    if !words.contains_key("properties") {
                        holds(said, member, &format!("{at}.{name}"))?;
                    }
                }
                true
            }
            word if SAYS_NOTHING.contains(&word) => true,
            word => return Err(format!("{at}: nobody knows the word {word}")),
        };
        if !is_so {
            return Err(format!("{at} is {value}, against {word}: {said}"));
        }
    }
    Ok(())
}

fn refer(to: &Value, value: &Value, at: &str) -> Result<(), String> {
    let name = to.as_str().and_then(|to| to.strip_prefix('#')).unwrap_or_default();
    let schema = DOCUMENT.pointer(name).ok_or_else(|| format!("{at}: {to} leads nowhere"))?;
    holds(schema, value, at)
}

/// Nothing may be said that is not documented.
fn members(
    said: &Value,
    words: &Map<String, Value>,
    value: &Value,
    at: &str,
) -> Result<(), String> {
    for (name, member) in value.as_object().into_iter().flatten() {
        match (said.get(name), words.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) if schema.is_object() || *schema == true => {
                holds(schema, member, &format!("{at}.{name}"))?;
            }
            _ => return Err(format!("{at}.{name} is not documented")),
        }
    }
    Ok(())
}

fn is_of(kinds: &Value, value: &Value) -> bool {
    let one = |kind: &Value| match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => false,
    };
    match kinds {
        Value::Array(kinds) => kinds.iter().any(one),
        kind => one(kind),
    }
}
