//! What changed from one content of a call to the next, field by field.

use std::collections::BTreeMap;

use engine::view::Version;
use serde_json::Value;

/// A field that changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where it is in the record.
    pub path: String,
    /// What it was; nothing where it was not there.
    pub before: Option<String>,
    /// What it is; nothing where it is gone.
    pub after: Option<String>,
}

/// Letters shown of a value.
const SHOWN: usize = 240;

/// Fields shown of one change; the records have all.
const FIELDS: usize = 60;

/// Each change: from which version, to which, and what. The newest comes first.
pub fn of(versions: &[Version]) -> Vec<(i64, i64, Vec<Difference>)> {
    let pairs = versions.windows(2).rev();
    pairs
        .map(|pair| {
            let mut changed = differences(&pair[0].raw, &pair[1].raw);
            changed.truncate(FIELDS);
            (pair[0].version, pair[1].version, changed)
        })
        .collect()
}

fn differences(before: &[u8], after: &[u8]) -> Vec<Difference> {
    let (before, after) = (flat(before), flat(after));
    let mut paths: Vec<&String> = before.keys().chain(after.keys()).collect();
    paths.sort_unstable();
    paths.dedup();
    let changed = paths.into_iter().filter(|path| before.get(*path) != after.get(*path));
    changed
        .map(|path| Difference {
            path: path.clone(),
            before: before.get(path).map(|text| shown(text)),
            after: after.get(path).map(|text| shown(text)),
        })
        .collect()
}

/// Every value of a record by its path; a record that is no JSON is one text.
fn flat(raw: &[u8]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    match serde_json::from_slice(raw) {
        Ok(value) => gather(&value, String::new(), &mut all),
        Err(_no_json) => {
            all.insert("record".to_owned(), String::from_utf8_lossy(raw).into_owned());
        }
    }
    all
}

fn gather(value: &Value, path: String, all: &mut BTreeMap<String, String>) {
    let inner =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                gather(value, inner(name), all);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (at, value) in items.iter().enumerate() {
                gather(value, inner(&at.to_string()), all);
            }
        }
        Value::String(text) => {
            all.insert(path, text.clone());
        }
        other => {
            all.insert(path, other.to_string());
        }
    }
}

fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let begin: String = letters.by_ref().take(SHOWN).collect();
    if letters.next().is_some() { format!("{begin}…") } else { begin }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let all = differences(before.as_bytes(), after.as_bytes());
        let text = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        all.into_iter()
            .map(|it| format!("{}: {} > {}", it.path, text(it.before), text(it.after)))
            .collect()
    }

    #[test]
    fn only_what_changed_is_told_with_its_place() {
        let before = r#"{"status":"ringing","n":1,"deep":{"a":[1,2]},"gone":true}"#;
        let after = r#"{"n":1,"status":"done","deep":{"a":[1,3]},"new":null}"#;
        assert_eq!(
            told(before, after),
            ["deep.a.1: 2 > 3", "gone: true > -", "new: - > null", "status: ringing > done"]
        );
        assert!(told(before, before).is_empty());
    }

    #[test]
    fn records_that_are_no_json_are_told_whole() {
        assert_eq!(told("a", "b"), ["record: a > b"]);
        assert_eq!(told("{}", "[]"), [": {} > []"]);
    }
}
