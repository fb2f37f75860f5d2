//! Rows of a JSON file, one object each.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::columns::{Columns, Places};
use super::rows::{FileTrouble, Row, Shape, cells, missing_columns};

/// Objects among which the names of fields are looked for.
const HEADER_WITHIN: u64 = 10;

/// Reads it object by object.
pub(super) fn read(
    input: impl Read,
    head: &[u8],
    said: &Columns,
    each: &mut dyn FnMut(&Places, &Row) -> bool,
) -> Result<Shape, FileTrouble> {
    let mut rows = Rows {
        said,
        each,
        header: Vec::new(),
        places: None,
        number: 0,
        shape: Shape::default(),
        has_stopped: false,
    };
    let first_line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let are_lines = serde_json::from_slice::<Map<String, Value>>(first_line)
        .is_ok_and(|object| !object.values().any(is_list_of_objects));
    // Reading byte by byte from a file is slow.
    let input = std::io::BufReader::with_capacity(1 << 16, input);
    let read = if are_lines {
        "JSON lines".clone_into(&mut rows.shape.kind);
        let objects =
            serde_json::Deserializer::from_reader(input).into_iter::<Map<String, Value>>();
        lines(objects, &mut rows)
    } else {
        "JSON".clone_into(&mut rows.shape.kind);
        let mut json = serde_json::Deserializer::from_reader(input);
        Somewhere(&mut rows).deserialize(&mut json)
    };
    match read {
        Err(_) if rows.has_stopped => {}
        Err(error) if error.is_io() => {
            return Err(FileTrouble::Io { row: rows.number, cause: error.into() });
        }
        Err(error) => {
            let after = rows.number;
            let why = format!("after object {after} it is no JSON: {error}");
            return Err(FileTrouble::NotRows(why));
        }
        Ok(()) => {}
    }
    if rows.places.is_none() {
        let names: Vec<&str> = rows.header.iter().map(String::as_str).collect();
        return Err(FileTrouble::NotRows(missing_columns(&names, said)));
    }
    Ok(rows.shape)
}

fn is_list_of_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.first().is_some_and(Value::is_object))
}

fn lines(
    objects: impl Iterator<Item = serde_json::Result<Map<String, Value>>>,
    rows: &mut Rows<'_>,
) -> serde_json::Result<()> {
    for object in objects {
        if !rows.take(&object?) {
            return Ok(());
        }
    }
    Ok(())
}

/// What is known while objects come.
struct Rows<'a> {
    said: &'a Columns,
    each: &'a mut dyn FnMut(&Places, &Row) -> bool,
    header: Vec<String>,
    places: Option<Places>,
    number: u64,
    shape: Shape,
    has_stopped: bool,
}

impl Rows<'_> {
    fn take(&mut self, object: &Map<String, Value>) -> bool {
        self.number += 1;
        if self.places.is_none() {
            self.header = names(object);
            match self.said.find(&self.header) {
                Some((columns, places)) => {
                    self.shape.columns = columns;
                    self.places = Some(places);
                }
                None if self.number < HEADER_WITHIN => {
                    self.shape.before_header += 1;
                    return true;
                }
                None => return self.stop(),
            }
        }
        let Some(places) = &self.places else { return true };
        let row = Row { number: self.number, cells: cells(object, &self.header) };
        if (self.each)(places, &row) { true } else { self.stop() }
    }

    fn stop(&mut self) -> bool {
        self.has_stopped = true;
        false
    }
}

/// The names of an object's fields, and of those one object deeper.
fn names(object: &Map<String, Value>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in object {
        names.push(name.clone());
        if let Value::Object(inner) = value {
            names.extend(inner.keys().map(|deeper| format!("{name}.{deeper}")));
        }
    }
    names
}

/// Objects in a list, or in the first list of an object.
struct Somewhere<'r, 'a>(&'r mut Rows<'a>);

impl<'de> DeserializeSeed<'de> for Somewhere<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Somewhere<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of calls, or an object that holds one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(object) = items.next_element::<Map<String, Value>>()? {
            if !self.0.take(&object) {
                return Err(serde::de::Error::custom("enough was read"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_key::<IgnoredAny>()?.is_some() {
            fields.next_value_seed(Maybe(&mut *self.0))?;
        }
        Ok(())
    }
}

/// A field that may be the list.
struct Maybe<'r, 'a>(&'r mut Rows<'a>);

impl<'de> DeserializeSeed<'de> for Maybe<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

macro_rules! ignores {
    ($($visit:ident: $kind:ty,)*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $kind) -> Result<(), E> { Ok(()) })*
    };
}

impl<'de> Visitor<'de> for Maybe<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    ignores! { visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str, }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        if self.0.places.is_some() {
            let mut items = items;
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        Somewhere(self.0).visit_seq(items)
    }
}
