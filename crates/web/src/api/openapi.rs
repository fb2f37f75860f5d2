//! The document of the API in OpenAPI 3.1, made from the table of its routes.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use domain::access::Area;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::route::{Route, Takes};
use super::table;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| whole().to_string());

/// The document of the API.
pub fn whole() -> Value {
    document(&table())
}

/// Shows it.
pub fn show() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str())
}

const DESCRIPTION: &str = "\
Every call, accounted for. Requests that only read need no token at the machine itself; every other \
request is judged by its token. A token is an operator's or of one account, which sees its own calls \
and contacts; what is another's is not found. A POST may carry an Idempotency-Key: sent again within \
a day with the same body, it does nothing again and is answered as before; what failed may be sent \
again. Instants are in RFC 3339; where one is asked for, a day such as 2026-01-31 is its first \
instant in UTC. Lists go on with `after`, the `next` of the page before.";

/// The document of these routes.
fn document(routes: &[Route]) -> Value {
    let mut generator = settings().into_generator();
    let mut paths = Map::new();
    for route in routes {
        let operation = operation(&mut generator, route);
        let path = paths.entry(format!("/api/v1{}", route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_ascii_lowercase()] = operation;
    }
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Problem".to_owned(), problem());
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Everycall",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    });
    bound(&mut document);
    document
}

/// Says in numbers what the formats of whole numbers mean, which is all that most programs read.
fn bound(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(bound),
        Value::Object(parts) => {
            parts.values_mut().for_each(bound);
            let (least, most) = match parts.get("format").and_then(Value::as_str) {
                Some("int64") => (json!(i64::MIN), json!(i64::MAX)),
                Some("uint64") => (json!(0), json!(u64::MAX)),
                Some("uint32") => (json!(0), json!(u32::MAX)),
                _ => return,
            };
            parts.entry("minimum").or_insert(least);
            parts.entry("maximum").or_insert(most);
        }
        _ => {}
    }
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into())
}

fn operation(generator: &mut SchemaGenerator, route: &Route) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [route.path.split('/').nth(1).unwrap_or_default()],
        "x-for": match route.needs.area {
            Area::Operators => "operators",
            Area::Accounts => "operators, and members for their own account",
        },
        "parameters": parameters(generator, route),
        "responses": responses(generator, route),
    });
    // At the machine itself, reading needs no token.
    operation["security"] =
        if route.needs.writes { json!([{ "token": [] }]) } else { json!([{}, { "token": [] }]) };
    let body = match route.takes {
        Takes::Nothing => return operation,
        Takes::Json(schema) => schema(generator).to_value(),
        Takes::Csv => json!({ "type": "string" }),
    };
    let content_type = route.takes.content_type().unwrap_or_default();
    operation["requestBody"] =
        json!({ "required": true, "content": { content_type: { "schema": body } } });
    operation
}

/// What a route answers: that it is so, or why not.
fn responses(generator: &mut SchemaGenerator, route: &Route) -> Value {
    let mut responses = json!({
        route.status.as_str(): {
            "description": "It is so.",
            "content": {
                "application/json": { "schema": route.gives.map(|schema| schema(generator)) },
            },
        },
    });
    let refusals = REFUSALS.iter().filter(|(_, of, _)| match of {
        Of::All => true,
        Of::Sending => route.takes.content_type().is_some(),
    });
    let refusals = refusals.map(|(status, _, why)| (*status, *why));
    for (status, why) in refusals.chain([("default", "Why not.")]) {
        responses[status] = json!({
            "description": why,
            "content": {
                "application/problem+json": {
                    "schema": { "$ref": "#/components/schemas/Problem" },
                },
            },
        });
    }
    responses
}

/// Which routes refuse so.
enum Of {
    All,
    Sending,
}

const REFUSALS: [(&str, Of, &str); 11] = [
    ("400", Of::All, "The address or the body cannot be read."),
    ("401", Of::All, "There is no token, or it does not hold."),
    ("403", Of::All, "The token was not given out for that."),
    ("404", Of::All, "There is no such thing, or it is another's."),
    ("409", Of::All, "What is there stands against it."),
    ("413", Of::Sending, "The body is too long."),
    ("415", Of::Sending, "The body is of another type."),
    ("422", Of::All, "It was understood and makes no sense."),
    ("429", Of::All, "That was asked too often; Retry-After says when to go on."),
    ("500", Of::All, "A defect of ours; the log has it under its id."),
    ("503", Of::All, "The database is away or busy."),
];

/// `get_accounts_account`: unique, for a path and a method are one route.
fn operation_id(route: &Route) -> String {
    let words = route.path.split('/').filter(|word| !word.is_empty());
    let words: Vec<&str> = words.map(|word| word.trim_matches(['{', '}'])).collect();
    format!("{}_{}", route.method.as_str().to_ascii_lowercase(), words.join("_"))
}

fn parameters(generator: &mut SchemaGenerator, route: &Route) -> Vec<Value> {
    let in_path =
        route.path.split('/').filter_map(|word| word.strip_prefix('{')?.strip_suffix('}'));
    let is_text = route.path.starts_with("/calls/");
    let kind = if is_text {
        json!({ "type": "string", "minLength": 1 })
    } else {
        json!({ "type": "integer", "format": "int64" })
    };
    let mut parameters: Vec<Value> = in_path
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": kind }))
        .collect();
    let asked: Option<Schema> = route.asks.map(|schema| schema(generator));
    let asked = asked.map(Schema::to_value).unwrap_or_default();
    for (name, schema) in asked["properties"].as_object().into_iter().flatten() {
        let mut schema = schema.clone();
        absent(&mut schema);
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        parameters.push(json!({
            "name": name, "in": "query", "required": false, "schema": schema,
            "description": description.unwrap_or_default(),
        }));
    }
    if route.method == axum::http::Method::POST {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            "description": "Your name for this request; sent again, it does nothing again.",
        }));
    }
    parameters
}

/// In an address, what is not said is left out: there is no null.
fn absent(schema: &mut Value) {
    if let Some(kinds) = schema["type"].as_array() {
        let kinds: Vec<Value> = kinds.iter().filter(|kind| *kind != "null").cloned().collect();
        schema["type"] = if let [one] = &kinds[..] { one.clone() } else { Value::Array(kinds) };
    }
    let options = schema.get_mut("anyOf").and_then(Value::as_array_mut);
    if let Some(options) = options {
        options.retain(|option| option["type"] != "null");
    }
}

/// What is answered where something is wrong, as RFC 9457 has it.
fn problem() -> Value {
    let text = |what: &str| json!({ "type": "string", "description": what });
    json!({
        "type": "object",
        "description": "Why there is no answer (RFC 9457).",
        "properties": {
            "type": text("What is wrong, for a program: urn:everycall:problem:NAME."),
            "title": text("What is wrong, for a person."),
            "status": { "type": "integer", "description": "The status of the answer." },
            "detail": text("What is so, and what to do about it."),
            "id": text("The id under which the log has it."),
        },
        "required": ["type", "title", "status", "detail", "id"],
    })
}
