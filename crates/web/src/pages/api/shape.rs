//! The document of the API as a person reads it.

use domain::access::Area;
use serde_json::{Map, Value};

use crate::api::{self, Route};

/// Routes about one thing.
pub struct Group {
    /// What they are about.
    pub title: String,
    /// The routes.
    pub routes: Vec<Shape>,
}

/// One route.
pub struct Shape {
    /// Its name in the document.
    pub id: String,
    /// The method.
    pub method: String,
    /// The path under `/api/v1`.
    pub path: &'static str,
    /// What it does.
    pub what: &'static str,
    /// Whether it only reads, and can be tried out here.
    pub is_read: bool,
    /// What stands in its path and its query.
    pub asks: Vec<Field>,
    /// As what its body is sent; nothing where it has none.
    pub sends: Option<&'static str>,
    /// What stands in the body.
    pub body: Vec<Field>,
    /// What stands in the answer.
    pub gives: Vec<Field>,
}

/// One thing that is asked, sent or answered.
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it is: a text, a number.
    pub kind: String,
    /// What is said of it.
    pub words: String,
    /// Whether it must be there.
    pub is_needed: bool,
    /// Whether it is a number.
    pub is_number: bool,
    /// The least and the greatest number.
    pub range: [String; 2],
    /// What it may be, where that is one of few.
    pub choices: Vec<String>,
}

/// Every route of the areas that are seen, by what it is about.
pub fn groups(document: &Value, sees: impl Fn(Area) -> bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for route in api::table().iter().filter(|route| sees(route.needs.area)) {
        let title = route.path.split('/').nth(1).unwrap_or_default();
        let shape = Shape::of(document, route);
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.routes.push(shape),
            None => groups.push(Group { title: title.to_owned(), routes: vec![shape] }),
        }
    }
    groups
}

impl Shape {
    fn of(document: &Value, route: &Route) -> Self {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][format!("/api/v1{}", route.path)][method];
        let asked = operation["parameters"].as_array().into_iter().flatten();
        let asked = asked.filter(|parameter| parameter["in"] != "header");
        let answer = &operation["responses"][route.status.as_str()]["content"]["application/json"];
        let sends = route.takes.content_type();
        let sent = sends.map(|kind| &operation["requestBody"]["content"][kind]["schema"]);
        let whole = Document(document);
        Self {
            id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
            method: route.method.to_string(),
            path: route.path,
            what: route.summary,
            is_read: !route.needs.writes,
            asks: asked.map(|parameter| whole.parameter(parameter)).collect(),
            sends,
            body: sent.map(|schema| whole.fields(schema)).unwrap_or_default(),
            gives: whole.fields(&answer["schema"]),
        }
    }
}

/// The greatest number that is told as a bound.
const MOST: u64 = 1_000_000;

/// The document, which says elsewhere what it refers to.
struct Document<'d>(&'d Value);

impl<'d> Document<'d> {
    fn parameter(&self, parameter: &Value) -> Field {
        let text = |name: &str| parameter[name].as_str().unwrap_or_default();
        let is_needed = parameter["required"] == true;
        self.field(text("name"), &parameter["schema"], text("description"), is_needed)
    }

    /// The fields of an object, those of its parts included.
    fn fields(&self, schema: &'d Value) -> Vec<Field> {
        let schema = self.resolved(schema);
        let needed: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let own = schema["properties"].as_object().into_iter().flatten().map(|(name, schema)| {
            let words = schema["description"].as_str().unwrap_or_default();
            self.field(name, schema, words, needed.contains(&name.as_str()))
        });
        let parts = schema["allOf"].as_array().into_iter().flatten();
        own.chain(parts.flat_map(|part| self.fields(part))).collect()
    }

    fn field(&self, name: &str, schema: &Value, words: &str, is_needed: bool) -> Field {
        let choices = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut choices: Vec<String> = choices.map(str::to_owned).collect();
        if is_of(schema, "boolean") {
            choices = ["true", "false"].map(str::to_owned).into();
        }
        // What a computer holds is no bound for a person.
        let bound = |name: &str| schema[name].as_i64().filter(|it| it.unsigned_abs() <= MOST);
        let bound = |name: &str| bound(name).map(|it| it.to_string()).unwrap_or_default();
        let mut words = words.replace('\n', " ");
        if words.is_empty() {
            self.resolved(schema)["description"]
                .as_str()
                .unwrap_or_default()
                .clone_into(&mut words);
        }
        Field {
            name: name.to_owned(),
            kind: self.kind(schema),
            words,
            is_needed,
            is_number: is_of(schema, "integer") || is_of(schema, "number"),
            range: [bound("minimum"), bound("maximum")],
            choices,
        }
    }

    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let name = schema["$ref"].as_str().and_then(|at| at.strip_prefix("#/components/schemas/"));
        name.map_or(schema, |name| &self.0["components"]["schemas"][name])
    }

    /// What a value is, in a word or two.
    fn kind(&self, schema: &Value) -> String {
        let options = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
        if let Some(options) = options {
            let mut kinds: Vec<String> =
                options.iter().filter(|it| it["type"] != "null").map(|it| self.kind(it)).collect();
            kinds.dedup();
            return kinds.join(" or ");
        }
        let schema = self.resolved(schema);
        let is = |kind: &str| is_of(schema, kind);
        let kind = match () {
            () if is("array") => return format!("list: {}", self.kind(&schema["items"])),
            () if is("boolean") => "yes or no",
            () if is("integer") => "whole number",
            () if is("number") => "number",
            () if schema["format"] == "date-time" => "instant",
            () if schema["format"] == "date" => "day",
            () if is("string") => "text",
            () if is("object") || schema.as_object().is_some_and(has_properties) => "object",
            () => "anything",
        };
        kind.to_owned()
    }
}

fn has_properties(schema: &Map<String, Value>) -> bool {
    schema.contains_key("properties")
}

fn is_of(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::String(name) => name == kind,
        Value::Array(names) => names.iter().any(|name| name == kind),
        _ => false,
    }
}
