//! Keeping signatures out of records.
//!
//! A signed URL differs with every answer although nothing has changed. What is before its
//! question mark names the recording; the rest is a key that has expired by the time it is read.

use std::borrow::Cow;

/// What a signed URL has in its query, in any of the usual dialects.
const MARKS: [&str; 4] = ["Signature=", "X-Amz-", "X-Goog-", "sig="];

/// The JSON with every signed URL cut off before its query. Unsigned JSON is not copied.
pub(super) fn without_signatures(json: &str) -> Cow<'_, str> {
    if !MARKS.iter().any(|mark| json.contains(mark)) {
        return Cow::Borrowed(json);
    }
    let mut kept = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find("\"http") {
        let (before, text) = rest.split_at(start + 1);
        kept.push_str(before);
        let end = text.find('"').unwrap_or(text.len());
        let (url, after) = text.split_at(end);
        // A quoted quotation mark begins no text: somebody said it.
        let is_text = !before.ends_with("\\\"");
        kept.push_str(if is_text { unsigned(url) } else { url });
        rest = after;
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

fn unsigned(url: &str) -> &str {
    match url.split_once('?') {
        // Words someone spoke may begin like an address; a URL has no blank and no escape but `\/`.
        Some((place, query))
            if !url.contains(' ')
                && !query.contains('\\')
                && MARKS.iter().any(|mark| query.contains(mark)) =>
        {
            place
        }
        _ => url,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_cut_off_and_nothing_else() {
        let signed = r#"{"recording_url":"https://x/a.wav?X-Amz-Date=1&X-Amz-Signature=2","n":1}"#;
        assert_eq!(without_signatures(signed), r#"{"recording_url":"https://x/a.wav","n":1}"#);
        let spoken = r#"{"t":"https://x/?say Signature= now","u":"https://x/?page=2"}"#;
        assert_eq!(without_signatures(spoken), spoken);
        let plain = r#"{"recording_url":"https://x/a.wav?version=2"}"#;
        assert!(matches!(without_signatures(plain), Cow::Borrowed(_)));
    }

    proptest::proptest! {
        #[test]
        fn what_is_json_stays_json(text in ".*", query in "[a-z=&]*") {
            let url = format!("https://x/{query}?Signature={text}");
            let json = serde_json::json!({ "url": url, "text": text }).to_string();
            let kept = without_signatures(&json);
            let read: serde_json::Value = serde_json::from_str(&kept).unwrap();
            assert_eq!(read["text"], text);
        }
    }
}
