//! Files as people bring them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use domain::Country;
use tokio_util::sync::CancellationToken;

use super::*;

fn read(text: impl AsRef<[u8]>, said: &str) -> Result<FileSide, FileTrouble> {
    let said = if said.is_empty() { Columns::default() } else { said.parse().unwrap() };
    FileSide::read("calls", text.as_ref(), &said, Country::US, &CancellationToken::new())
}

/// Ids and times of a file, by its own clock, in order.
fn calls(text: impl AsRef<[u8]>, said: &str) -> Vec<String> {
    let side = read(text, said).unwrap();
    let mut sorted = side.sorter.sorted().unwrap();
    let next = std::iter::from_fn(|| sorted.next().unwrap());
    next.map(|it| format!("{} {}", it.told.id, it.told.at)).collect()
}

const TWO: [&str; 2] = ["a 2026-03-01T10:00:00Z", "b 2026-03-02T11:00:00Z"];

#[test]
fn whatever_stands_between_cells_is_found_out() {
    for delimiter in [',', ';', '\t', '|'] {
        let text =
            "Call ID,Start Time,Duration\nb,2026-03-02 11:00:00,5\na,2026-03-01 10:00:00,6\n";
        let text = text.replace(',', &delimiter.to_string());
        assert_eq!(calls(&text, ""), TWO, "{delimiter}");
    }
}

#[test]
fn marks_titles_repeated_headers_and_windows_line_ends_do_no_harm() {
    let text = "\u{feff}Report of March\r\n\r\nCall ID,Start Time\r\na,2026-03-01 10:00\r\nCall ID,Start Time\r\nb,2026-03-02 11:00\r\n";
    let side = read(text, "").unwrap();
    assert_eq!((side.rows, side.shape.headers_repeated, side.shape.before_header), (2, 1, 1));
    assert_eq!(calls(text, ""), TWO);
}

#[test]
fn quotes_may_hold_delimiters_and_line_ends() {
    let text = "id,created_at,transcript\na,2026-03-01T10:00:00Z,\"one,\ntwo \"\"three\"\"\"\nb,2026-03-02T11:00:00Z,-\n";
    assert_eq!(calls(text, ""), TWO);
}

#[test]
fn json_comes_in_a_list_in_an_object_or_one_a_line() {
    let (a, b) = (
        r#"{"id":"a","createdAt":"2026-03-01T10:00:00Z","duration":5}"#,
        r#"{"id":"b","createdAt":"2026-03-02T11:00:00Z"}"#,
    );
    assert_eq!(calls(format!("[{a},\n{b}]"), ""), TWO);
    assert_eq!(calls(format!(r#"{{"total":2,"calls":[{a},{b}],"page":1}}"#), ""), TWO);
    assert_eq!(calls(format!("{a}\n{b}\n"), ""), TWO);
    let nested = r#"[{"call":{"id":"a"},"when":"2026-03-01T10:00:00Z"}]"#;
    assert_eq!(calls(nested, "id=call.id,time=when"), TWO[..1]);
}

#[test]
fn a_call_named_twice_is_one_and_told() {
    let side = read("id,time\na,2026-03-01 10:00\na,2026-03-01 10:00\n", "").unwrap();
    assert_eq!((side.rows, side.duplicate_count), (2, 1));
    assert_eq!(side.duplicates, ["a"]);
}

#[test]
fn rows_that_cannot_be_read_are_counted_and_named() {
    let side = read("id,time\n,2026-03-01 10:00\na,yesterday\nb,2026-03-02 11:00\n", "").unwrap();
    assert_eq!(side.unreadable, ["row 2 names no call", "row 3 has no time that can be read"]);
    assert_eq!((side.rows, side.unreadable_count), (3, 2));
}

#[test]
fn a_day_that_may_be_a_month_is_told() {
    let side = read("id,time\na,03/04/2026 10:00\n", "").unwrap();
    assert!(side.doubts[0].contains("03/04/2026"), "{:?}", side.doubts);
    assert!(read("id,time\na,03/14/2026 10:00\n", "").unwrap().doubts.is_empty());
}

#[test]
fn what_is_no_export_says_what_it_is() {
    let refused = |bytes: &[u8], said: &str, why: &str| {
        let error = read(bytes, said).err().unwrap().to_string();
        assert!(error.contains(why), "{error}");
    };
    refused(b"", "", "empty");
    refused(b"\xff\xfei\0d\0", "", "UTF-16");
    refused(b"PK\x03\x04xyz", "", "workbook");
    refused(b"\x1f\x8b\x08", "", "compressed");
    refused(b"<!doctype html><html>", "", "web page");
    refused(b"Name,Phone\nAnn,1\n", "", "its columns are: Name, Phone");
    refused(b"Name;Phone\nAnn;1\n", "id=Call Id", "it has not the columns id=Call Id");
    refused(b"[{\"id\":\"a\",\"createdAt\":\"2026-03-01T10:00:00Z\"},", "", "no JSON");
    refused(br#"[{"name":"Ann"}]"#, "", "its columns are: name");
}

#[test]
fn a_quote_without_end_does_not_swallow_memory() {
    let text = "id,time,notes\na,2026-03-01 10:00,\"".bytes();
    let endless = text.chain(std::iter::repeat_n(b'x', 40 << 20));
    let bytes: Vec<u8> = endless.collect();
    let error = read(bytes, "").err().unwrap().to_string();
    assert!(error.contains("longer than 16 megabytes"), "{error}");
}
