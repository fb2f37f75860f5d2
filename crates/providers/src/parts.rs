//! A record put together of several answers about one call.
//!
//! Some providers list a call in few words and tell the rest only when asked for it by id, or by
//! another path. Such a record is kept as one JSON object whose members are the answers as sent,
//! each under the name of its part: `{"list":{…},"detail":{…}}`. A later sighting that brings only
//! some parts leaves the others as they are held.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::Unreadable;

/// The parts of one record by name; each is JSON as the provider sent it.
pub type Parts<'a> = BTreeMap<&'a str, &'a RawValue>;

/// Puts a record together. Each part must be one JSON value; names are ours and need no escaping.
pub fn compose<'a>(parts: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Bytes {
    let mut record = vec![b'{'];
    for (name, json) in parts {
        if record.len() > 1 {
            record.push(b',');
        }
        record.extend_from_slice(format!("\"{name}\":").as_bytes());
        record.extend_from_slice(json);
    }
    record.push(b'}');
    record.into()
}

/// Takes a record apart.
pub fn read(record: &[u8]) -> Result<Parts<'_>, Unreadable> {
    serde_json::from_slice(record).map_err(|error| Unreadable {
        why: format!("the record is not put together of parts (line {})", error.line()),
    })
}

/// What is to be kept of a call that is held as `held` and now seen as `seen`: every part as seen,
/// and what was not seen as held. A record that cannot be taken apart stays as it was seen.
pub fn merge(held: &[u8], seen: Bytes) -> Bytes {
    let (Ok(mut parts), Ok(new)) = (read(held), read(&seen)) else { return seen };
    if parts.keys().all(|name| new.contains_key(name)) {
        return seen;
    }
    parts.extend(new);
    compose(parts.into_iter().map(|(name, json)| (name, json.get().as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(held: &str, seen: &str) -> String {
        let kept = merge(held.as_bytes(), Bytes::from(seen.to_owned()));
        String::from_utf8(kept.to_vec()).unwrap()
    }

    #[test]
    fn parts_are_kept_as_sent() {
        let record = compose([("detail", br#"{"a": 1.0}"#.as_slice()), ("list", b"[ ]")]);
        assert_eq!(record, r#"{"detail":{"a": 1.0},"list":[ ]}"#);
        let parts = read(&record).unwrap();
        assert_eq!(parts["detail"].get(), r#"{"a": 1.0}"#);
    }

    #[test]
    fn a_part_not_seen_stays_as_it_is_held() {
        let held = r#"{"detail":{"text":"hello"},"list":{"status":"ongoing"}}"#;
        let kept = merged(held, r#"{"list":{"status":"ended"}}"#);
        assert_eq!(kept, r#"{"detail":{"text":"hello"},"list":{"status":"ended"}}"#);
    }

    #[test]
    fn a_sighting_of_every_part_replaces_all() {
        let seen = r#"{"detail":{"text":"bye"},"list":{}}"#;
        assert_eq!(merged(r#"{"detail":{"text":"hello"},"list":{}}"#, seen), seen);
    }

    #[test]
    fn what_is_not_made_of_parts_stays_as_seen() {
        assert_eq!(merged("not json", r#"{"list":{}}"#), r#"{"list":{}}"#);
        assert_eq!(merged(r#"{"list":{}}"#, "[1]"), "[1]");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_may_be_merged(held in ".*", seen in ".*") {
            merged(&held, &seen);
        }
    }
}
