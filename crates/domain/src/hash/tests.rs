#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::Value;

use super::ContentHash;

fn hash(record: &str) -> ContentHash {
    ContentHash::of(record.as_bytes())
}

fn check_same(writings: &[&str]) {
    for other in writings {
        assert_eq!(hash(writings[0]), hash(other), "{} and {other}", writings[0]);
    }
}

fn check_different(records: &[&str]) {
    for (i, one) in records.iter().enumerate() {
        for other in &records[i + 1..] {
            assert_ne!(hash(one), hash(other), "{one} and {other}");
        }
    }
}

#[test]
fn writing_it_differently_changes_nothing() {
    check_same(&[
        r#"{"a":1,"b":[2,3]}"#,
        r#"{"b":[2,3],"a":1}"#,
        " {\n\t\"b\" : [2, 3],\r\n\"a\":1 } ",
    ]);
    check_same(&[r#""é/A\n""#, r#""\u00e9\/\u0041\u000a""#]);
    check_same(&["1", "1.0", "1e0", "10e-1"]);
    check_same(&["0", "-0", "0.0", "-0.0", "0e5"]);
    check_same(&["0.5", "5e-1", "0.50"]);
    check_same(&["10000000000000000", "1e16", "10000000000000000.0"]);
    check_same(&["-9223372036854775808", "-9223372036854775808.0"]);
}

#[test]
fn saying_something_else_does() {
    check_different(&["null", "false", "0", "\"\"", "[]", "{}", "", "true", "1", "\"1\"", "[1]"]);
    check_different(&["[]", "[[]]", "[null]", "[[],[]]", "[0]", "[0,0]", "[{}]"]);
    check_different(&["[1,2]", "[2,1]", "[[1],2]", "[[1,2]]", "[1,[2]]", "[12]"]);
    check_different(&["{}", r#"{"a":null}"#, r#"{"a":""}"#, r#"{"":"a"}"#, r#"{"a":{}}"#]);
    check_different(&[r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#, r#"{"a":1}"#, r#"{"b":2}"#]);
    check_different(&[r#"{"a":1}"#, r#"{"a":1,"a":1}"#, r#"{"a":1,"a":1,"a":1}"#]);
    check_different(&[r#"[{"a":1},{"b":2}]"#, r#"[{"a":1,"b":2}]"#, r#"[{"b":2},{"a":1}]"#]);
    check_different(&[r#""a""#, r#""A""#, r#"" a""#, r#""a ""#, r#""á""#, "\"a\u{301}\""]);
}

#[test]
fn large_and_small_numbers_are_told_apart() {
    check_different(&["18446744073709551615", "18446744073709551614", "9223372036854775807"]);
    check_different(&["9007199254740993", "9007199254740992", "-9007199254740993"]);
    check_different(&["1e300", "1e301", "1e-300", "1e20", "-1e20", "0.1", "0.2", "1.5", "-1.5"]);
    check_different(&["340282366920938463463374607431768211456", "1e38", "-1e38", "1e39", "-1e39"]);
}

#[test]
fn bytes_that_are_no_json_still_have_a_hash() {
    check_different(&[
        "{",
        "{}",
        "{}}",
        "{} {}",
        "nul",
        "[1,]",
        "01",
        "1e999",
        "<html>",
        "\u{feff}{}",
    ]);
    let broken: [&[u8]; 3] = [b"\"\xff\"", b"\"\xfe\"", b"\"\\ud800\""];
    assert_ne!(ContentHash::of(broken[0]), ContentHash::of(broken[1]));
    assert_eq!(ContentHash::of(broken[2]), ContentHash::of(broken[2]));
}

#[test]
fn nesting_without_end_does_not_overflow_the_stack() {
    let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
    assert_ne!(hash(&deep(100)), hash(&deep(101)));
    assert_ne!(hash(&deep(100_000)), hash(&deep(100_001)));
}

#[test]
fn a_hash_survives_storing() {
    let hash = hash("{}");
    assert_eq!(ContentHash::from_bytes(hash.to_bytes()), hash);
    assert_eq!(hash.to_string().len(), 32);
}

#[test]
fn stored_hashes_stay_valid() {
    let record = r#"{"id":"a","duration":61,"tags":["x",null,true,1.5],"extracted":{}}"#;
    assert_eq!(hash(record).to_string(), "672fd02f6aac1f2723a98cf63e1b4d4d");
}

fn a_record() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3..3_i64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ab\\n\"é]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map("[abc]{0,2}", inner, 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The same record with white space, keys turned around and whole numbers as floats.
fn rewritten(record: &Value) -> String {
    match record {
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| {
                format!(" {} :\n{}", Value::from(key.as_str()), rewritten(value))
            };
            let entries: Vec<String> = entries.iter().rev().map(entry).collect();
            format!("{{{} }}", entries.join("\t,"))
        }
        Value::Array(items) => {
            format!("[ {} ]", items.iter().map(rewritten).collect::<Vec<_>>().join(" , "))
        }
        Value::Number(number) if number.is_i64() => format!("{number}.0"),
        other => other.to_string(),
    }
}

/// The record with one leaf or entry changed, wherever `at` leads.
fn changed(record: &Value, at: usize) -> Value {
    match record {
        Value::Array(items) if !items.is_empty() => {
            let mut items = items.clone();
            let index = at % items.len();
            items[index] = changed(&items[index], at / items.len());
            Value::Array(items)
        }
        Value::Object(entries) if !entries.is_empty() => {
            let mut entries = entries.clone();
            let key = entries.keys().nth(at % entries.len()).unwrap().clone();
            let value = changed(&entries[&key], at / entries.len());
            entries.insert(key, value);
            Value::Object(entries)
        }
        Value::String(text) => Value::from(format!("{text}!")),
        Value::Bool(claim) => Value::from(!claim),
        Value::Null => Value::from("null"),
        _ => Value::Null,
    }
}

proptest! {
    #[test]
    fn any_record_written_in_two_ways_has_one_hash(record in a_record()) {
        let small = |number: &Value| number.as_i64().is_none_or(|n| n.abs() < 1 << 53);
        prop_assume!(every(&record, &small));
        prop_assert_eq!(hash(&record.to_string()), hash(&rewritten(&record)));
    }

    #[test]
    fn any_change_anywhere_changes_the_hash(record in a_record(), at: usize) {
        let other = changed(&record, at);
        prop_assert_ne!(hash(&record.to_string()), hash(&other.to_string()), "{} {}", record, other);
    }

    #[test]
    fn two_records_share_a_hash_only_when_they_are_equal(a in a_record(), b in a_record()) {
        let same = hash(&a.to_string()) == hash(&b.to_string());
        prop_assert!(!same || rewritten(&a) == rewritten(&b), "{} {}", a, b);
    }

    #[test]
    fn any_bytes_have_a_hash(bytes: Vec<u8>) {
        prop_assert_eq!(ContentHash::of(&bytes), ContentHash::of(&bytes));
    }
}

fn every(record: &Value, holds: &dyn Fn(&Value) -> bool) -> bool {
    match record {
        Value::Array(items) => items.iter().all(|item| every(item, holds)),
        Value::Object(entries) => entries.values().all(|value| every(value, holds)),
        leaf => holds(leaf),
    }
}

#[test]
fn hex_reads_back_and_nothing_else_is_hex() {
    let bytes = [0, 1, 0x0f, 0xf0, 0xff];
    assert_eq!(super::hex(&bytes), "00010ff0ff");
    assert_eq!(super::unhex("00010FF0ff").as_deref(), Some(&bytes[..]));
    for wrong in ["0", "0g", "+1", "é0", "0 "] {
        assert_eq!(super::unhex(wrong), None, "{wrong}");
    }
}
