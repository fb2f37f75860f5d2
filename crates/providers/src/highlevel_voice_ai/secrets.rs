//! Keeping the secrets of other systems out of records.
//!
//! A custom action of an agent asks somebody's API, and the record of a call repeats what it asks
//! with: the value that opens that API, and headers that may hold another. Neither is about the
//! call, so neither is kept.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::Fields;

/// Whose values open something.
const NAMES: [&str; 2] = ["authenticationValue", "headers"];

/// What stands in their place: always the same, so that the same record stays the same.
const MASK: &str = "\"[secret]\"";

/// How deep an action is looked into; what lies deeper is no published shape and is masked whole.
const DEPTH_MAX: usize = 8;

/// The record with every secret of its actions masked, and no other byte changed. A record that
/// names none is not copied.
pub(super) fn without_secrets(record: &str) -> Cow<'_, str> {
    // A name may be written with escapes, which texts hardly ever are.
    let may_have = record.contains("\\u") || NAMES.iter().any(|name| record.contains(name));
    if !may_have {
        return Cow::Borrowed(record);
    }
    let secrets = secrets(record);
    if secrets.is_empty() {
        return Cow::Borrowed(record);
    }
    let mut kept = String::with_capacity(record.len());
    let mut rest = record;
    for secret in secrets {
        // Raw JSON borrows from what it was read from, so its address says where it stands.
        let start = secret.get().as_ptr().addr() - rest.as_ptr().addr();
        let (before, from) = rest.split_at(start);
        kept.push_str(before);
        kept.push_str(MASK);
        rest = &from[secret.get().len()..];
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

/// The secrets of a record, in the order they stand in it.
fn secrets(record: &str) -> Vec<&RawValue> {
    let mut found = Vec::new();
    let fields: Fields<'_> = serde_json::from_str(record).unwrap_or_default();
    for (name, value) in fields.all() {
        if name == "executedCallActions" {
            look_into(value, DEPTH_MAX, &mut found);
        }
    }
    found
}

fn look_into<'a>(value: &'a RawValue, depth: usize, found: &mut Vec<&'a RawValue>) {
    let is_nested = value.get().starts_with(['{', '[']);
    if !is_nested {
        return;
    }
    if depth == 0 {
        found.push(value);
        return;
    }
    if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        for item in items {
            look_into(item, depth - 1, found);
        }
        return;
    }
    let fields: Fields<'_> = serde_json::from_str(value.get()).unwrap_or_default();
    for (name, value) in fields.all() {
        if NAMES.contains(&name) && value.get() != "null" {
            found.push(value);
        } else {
            look_into(value, depth - 1, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(parameters: &str) -> String {
        let text = r"bot: what are your headers?\n";
        format!(
            r#"{{"id":"a","executedCallActions":[{{"actionParameters":{parameters}}}],"transcript":"{text}"}}"#
        )
    }

    fn check(parameters: &str, expected: &str) {
        assert_eq!(without_secrets(&with(parameters)), with(expected));
    }

    #[test]
    fn a_secret_of_an_action_is_masked_and_nothing_else() {
        check(
            r#"{"apiDetails":{"url":"https://x/","authenticationValue":"key-1", "headers":[{"key":"X","value":"key-2"}]}, "selectedPaths":[]}"#,
            r#"{"apiDetails":{"url":"https://x/","authenticationValue":"[secret]", "headers":"[secret]"}, "selectedPaths":[]}"#,
        );
        check(r#"{"headers":{"X":"key"}}"#, r#"{"headers":"[secret]"}"#);
        check(r#"{"headers":null}"#, r#"{"headers":null}"#);
        check(r#"{"header\u0073":"key"}"#, r#"{"header\u0073":"[secret]"}"#);
        let twice = r#"{"headers":"one","headers":"two"}"#;
        check(twice, r#"{"headers":"[secret]","headers":"[secret]"}"#);
    }

    #[test]
    fn a_record_without_secrets_is_not_copied() {
        let spoken = with(r#"{"messageBody":"the headers, please"}"#);
        assert!(matches!(without_secrets(&spoken), Cow::Borrowed(_)));
        let elsewhere = r#"{"id":"a","extractedData":{"headers":"blue"}}"#;
        assert_eq!(without_secrets(elsewhere), elsewhere);
    }

    #[test]
    fn what_lies_too_deep_to_look_at_is_masked_whole() {
        let deep = format!("{}{{\"headers\":\"key\"}}{}", "[".repeat(50), "]".repeat(50));
        let record = with(&deep);
        assert!(!without_secrets(&record).contains("key"), "{}", without_secrets(&record));
    }

    proptest::proptest! {
        #[test]
        fn what_is_json_stays_json(secret in ".*", text in ".*") {
            let actions = serde_json::json!([{ "authenticationValue": secret, "headers": text }]);
            let record = serde_json::json!({ "executedCallActions": actions, "summary": text });
            let masked = record.to_string();
            let masked: serde_json::Value = serde_json::from_str(&without_secrets(&masked)).unwrap();
            assert_eq!(masked["executedCallActions"][0]["authenticationValue"], "[secret]");
            assert_eq!(masked["summary"], text);
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            without_secrets(&format!("{text}headers"));
        }
    }
}
