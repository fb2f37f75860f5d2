//! Requests made from the document by chance: what it allows can be read and never fails for our sake,
//! and what it does not allow is refused.

use std::fmt::Write as _;

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use testkit::{Dice, on_both_databases};
use web::Takes;

use crate::schema::{check, operation, resolved};
use crate::world::{Asks, World, send, two_accounts};

/// So many requests are made for each route.
const TIMES: u64 = 12;

/// Texts where nothing is said of which: names there are, and texts that nobody expects.
const TEXTS: [&str; 12] = [
    "main",
    "alder ltd",
    "agent-alder",
    "call-alder-0",
    "0 6 * * mon",
    "x",
    "\u{0}",
    "'; --",
    "%2e%2e/\r\n",
    "\u{202e}𝕬",
    "null",
    "-1",
];

/// One request that the document allows.
struct Made {
    url: String,
    body: Option<Value>,
}

fn text(dice: &mut Dice, schema: &Value) -> Value {
    if let Some(examples) = schema["examples"].as_array() {
        return dice.one_of(examples);
    }
    let most = schema["maxLength"].as_u64().unwrap_or(200);
    let long = "é".repeat(usize::try_from(most).expect("it is small"));
    if dice.one_in(9) { json!(long) } else { json!(dice.one_of(&TEXTS)) }
}

/// A whole number within its bounds, most often a small one or one at its edge.
fn number(dice: &mut Dice, schema: &Value, may_have_a_point: bool) -> Value {
    let (least, most) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
    let (least, most) = (least.unwrap_or(i64::MIN), most.unwrap_or(i64::MAX));
    let small = i64::try_from(dice.roll(5)).expect("it is small").clamp(least, most);
    match dice.roll(6) {
        0 => json!(least),
        1 => json!(most),
        2 if may_have_a_point => json!(small as f64),
        _ => json!(small),
    }
}

/// A value that is as a schema says.
fn value(dice: &mut Dice, schema: &Value) -> Value {
    let schema = resolved(schema);
    if let Some(only) = schema.get("const") {
        return only.clone();
    }
    if let Some(words) = schema["enum"].as_array() {
        return dice.one_of(words);
    }
    if let (Some(words), None) = (schema["oneOf"].as_array(), schema.get("properties")) {
        let word = dice.one_of(words);
        return value(dice, &word);
    }
    if let (Some(options), None) = (schema["anyOf"].as_array(), schema.get("examples")) {
        let option = dice.one_of(options);
        return value(dice, &option);
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    let kind = if kinds.contains(&"null") && dice.one_in(5) {
        "null"
    } else {
        kinds.first().copied().unwrap_or("null")
    };
    match kind {
        "boolean" => json!(dice.one_in(2)),
        "integer" => number(dice, schema, true),
        "array" => (0..dice.small(3)).map(|_| value(dice, &schema["items"])).collect(),
        "object" => object(dice, schema),
        "string" => text(dice, schema),
        _ => Value::Null,
    }
}

fn object(dice: &mut Dice, schema: &Value) -> Value {
    let mut said = Map::new();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, of) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&json!(name)) || dice.one_in(2) {
            said.insert(name.clone(), value(dice, of));
        }
    }
    let Some(options) = schema["oneOf"].as_array() else { return Value::Object(said) };
    // Of these exactly one is said.
    let names = |option: &Value| option["required"].as_array().cloned().unwrap_or_default();
    for name in options.iter().flat_map(names) {
        said.remove(name.as_str().expect("it is a name"));
    }
    let chosen = dice.one_of(options);
    for (name, of) in chosen["properties"].as_object().into_iter().flatten() {
        let whole = &schema["properties"][name];
        let one = if let Some(only) = of.get("const") { only.clone() } else { text(dice, whole) };
        said.insert(name.clone(), one);
    }
    Value::Object(said)
}

/// A value as an address carries it.
fn encoded(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write!(encoded, "%{byte:02X}").expect("a text grows");
        encoded
    })
}

fn made(dice: &mut Dice, route: &web::Route) -> Made {
    let operation = operation(route);
    let (mut path, mut query) = (route.path.to_owned(), Vec::new());
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let (name, schema) =
            (parameter["name"].as_str().expect("it has one"), &parameter["schema"]);
        // An address has no other way to write a number.
        let is_number = schema["type"] == "integer";
        let said = if is_number { number(dice, schema, false) } else { value(dice, schema) };
        match parameter["in"].as_str() {
            Some("path") => path = path.replace(&format!("{{{name}}}"), &encoded(&said)),
            Some("query") if dice.one_in(2) => query.push(format!("{name}={}", encoded(&said))),
            _ => {}
        }
    }
    let body = &operation["requestBody"]["content"]["application/json"]["schema"];
    let body = body.is_object().then(|| value(dice, body));
    Made { url: format!("{path}?{}", query.join("&")), body }
}

async fn sent(world: &World, route: &web::Route, made: &Made) -> crate::Answer {
    let asks = match &made.body {
        Some(body) => Asks::json(route.method.clone(), made.url.clone(), body),
        None => Asks::bare(route.method.clone(), made.url.clone()),
    };
    let answer = send(&world.state, Some(&world.writer), &asks).await;
    let status = answer.status;
    let what = format!("{} {} {:?}: {}", route.method, made.url, made.body, answer.text);
    assert!(!status.is_server_error(), "{what}");
    assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{what}");
    check(route, &answer);
    answer
}

/// The routes, those that undo what others need last.
fn routes() -> Vec<web::Route> {
    let mut routes: Vec<web::Route> =
        web::table().into_iter().filter(|route| !matches!(route.takes, Takes::Csv)).collect();
    routes.sort_by_key(|route| route.method == Method::DELETE || route.path.contains("erase"));
    routes
}

on_both_databases! {
    async fn what_the_document_allows_can_be_read_and_never_fails(db) {
        let world = two_accounts(&db).await;
        let mut done = 0;
        for route in routes() {
            for seed in 0..TIMES {
                let made = made(&mut Dice::new(seed), &route);
                let answer = sent(&world, &route, &made).await;
                let what = format!("{} {} {:?}: {}", route.method, made.url, made.body, answer.text);
                assert_ne!(answer.status, StatusCode::BAD_REQUEST, "{what}");
                done += u64::from(answer.status.is_success());
            }
        }
        assert!(done > 2 * TIMES, "{done} requests were answered, which tries little");
    }

    async fn what_the_document_does_not_allow_is_refused(db) {
        let world = two_accounts(&db).await;
        for route in routes() {
            for seed in 0..TIMES {
                let mut dice = Dice::new(seed);
                let mut made = made(&mut dice, &route);
                match made.body.as_mut().and_then(Value::as_object_mut) {
                    Some(body) if dice.one_in(2) => {
                        body.insert("nobodyKnowsThis".to_owned(), json!(1));
                    }
                    Some(body) => {
                        // No field is a list of lists.
                        let names: Vec<String> = body.keys().filter(|name| *name != "custom").cloned().collect();
                        let Some(name) = names.first() else { continue };
                        body.insert(name.clone(), json!([[]]));
                    }
                    // Routes that read nothing from the address do not look at it.
                    None if route.asks.is_none() => continue,
                    None => made.url.push_str("&nobodyKnowsThis=1"),
                }
                let answer = sent(&world, &route, &made).await;
                let what = format!("{} {} {:?}: {}", route.method, made.url, made.body, answer.text);
                assert!(answer.status.is_client_error(), "{what}");
            }
        }
    }
}
