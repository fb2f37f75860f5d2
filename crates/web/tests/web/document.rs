//! The document of the API says what is so.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::{folder, get, sample, schema};

#[tokio::test]
async fn the_document_is_served_and_has_every_route() {
    let folder = folder();
    let state = sample::empty(folder.path()).await;
    let answer = get(&state, "/api/v1/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/json");
    let served: Value = serde_json::from_str(&answer.text).expect("it is JSON");
    assert_eq!((&served["openapi"], &served), (&json!("3.1.0"), &web::document()));
    let operations: usize =
        served["paths"].as_object().expect("it has paths").values().map(methods).sum();
    assert_eq!(operations, web::table().len());
    let mut ids = BTreeSet::new();
    for route in web::table() {
        let operation = schema::operation(&route);
        let id = operation["operationId"].as_str().expect("it has one");
        assert!(ids.insert(id.to_owned()), "{id} stands twice");
        let good = &operation["responses"][route.status.as_str()]["content"]["application/json"];
        assert!(good["schema"].is_object(), "{id} says nothing of its answer");
        let asks_for_a_token = operation["security"] == json!([{ "token": [] }]);
        assert_eq!(asks_for_a_token, route.needs.writes, "{id}");
        let in_path: BTreeSet<&str> = parameters(operation, "path").collect();
        let named = route.path.split('/').filter_map(|word| word.strip_prefix('{'));
        assert_eq!(in_path, named.map(|word| word.trim_end_matches('}')).collect(), "{id}");
    }
}

fn methods(path: &Value) -> usize {
    path.as_object().map_or(0, serde_json::Map::len)
}

fn parameters<'a>(operation: &'a Value, place: &'a str) -> impl Iterator<Item = &'a str> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.filter(move |one| one["in"] == place).filter_map(|one| one["name"].as_str())
}

#[test]
fn every_reference_leads_somewhere() {
    let document = web::document();
    let mut left = vec![&document];
    let mut met = 0;
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => left.extend(members.values()),
            Value::Array(items) => left.extend(items),
            Value::String(text) if text.starts_with("#/") => {
                assert!(document.pointer(&text[1..]).is_some(), "{text}");
                met += 1;
            }
            _ => {}
        }
    }
    assert!(met > web::table().len(), "each route refers to the problem at least");
}

#[test]
fn what_is_not_documented_or_of_another_kind_is_seen() {
    let schema = json!({
        "type": "object", "properties": { "a": { "type": ["integer", "null"] } }, "required": ["a"],
    });
    assert_eq!(schema::holds(&schema, &json!({ "a": 1 }), "it"), Ok(()));
    assert_eq!(schema::holds(&schema, &json!({ "a": null }), "it"), Ok(()));
    for wrong in [json!({}), json!({ "a": "1" }), json!({ "a": 1, "b": 2 }), json!([])] {
        assert!(schema::holds(&schema, &wrong, "it").is_err(), "{wrong}");
    }
    assert!(schema::holds(&json!({ "unheard": 1 }), &json!(1), "it").is_err());
}
