//! Rows of a file that a person downloaded: CSV whatever its delimiter, JSON in a list, in an object
//! that holds one, or one object a line. Read as a stream: a file may be longer than memory.

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use csv::{ByteRecord, ReaderBuilder};
use serde_json::Value;

use super::columns::{Columns, Places};
use super::json;

/// How much of the file is looked at to find out what it is.
const HEAD_BYTES: u64 = 1 << 16;

/// Records among which the header is looked for: some exports begin with a title.
const HEADER_WITHIN: usize = 10;

/// The longest record that is read: a quote without its end would swallow the rest of the file.
pub(super) const RECORD_BYTES_MAX: u64 = 1 << 24;

/// Why a file cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum FileTrouble {
    /// It is not what can be read.
    #[error("{0}")]
    NotRows(String),
    /// The disk is to blame.
    #[error("it cannot be read on after row {row}: {cause}")]
    Io {
        /// How many rows were read.
        row: u64,
        /// What the disk said.
        cause: std::io::Error,
    },
}

/// One row: its number and what stands in each column of the header.
pub(super) struct Row {
    pub number: u64,
    pub cells: Vec<String>,
}

/// What was found out of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// `CSV with ;`, `JSON lines` …
    pub kind: String,
    /// Which column is what.
    pub columns: Columns,
    /// How often the header came again among the rows.
    pub headers_repeated: u64,
    /// How many records stood before it.
    pub before_header: u64,
}

/// Reads a file row by row. `each` is told the places of the fields with every row, and says
/// whether to go on.
pub(super) fn read(
    mut input: impl Read,
    said: &Columns,
    each: &mut dyn FnMut(&Places, &Row) -> bool,
) -> Result<Shape, FileTrouble> {
    let mut head = Vec::new();
    let io = |cause| FileTrouble::Io { row: 0, cause };
    input.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(io)?;
    let head = head.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(head);
    if let Some(what) = what_else(&head) {
        return Err(FileTrouble::NotRows(what.to_owned()));
    }
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
    let whole = Cursor::new(head.clone()).chain(input);
    match first {
        Some(b'[' | b'{') => json::read(whole, &head, said, each),
        Some(_) => read_csv(whole, &head, said, each),
        None => Err(FileTrouble::NotRows("the file is empty".to_owned())),
    }
}

/// What the file is instead.
fn what_else(head: &[u8]) -> Option<&'static str> {
    let begins = |with: &[u8]| head.starts_with(with);
    if begins(b"\xff\xfe") || begins(b"\xfe\xff") || head.iter().take(4).any(|byte| *byte == 0) {
        return Some("the file is UTF-16; save it as UTF-8 text");
    }
    if begins(b"PK") {
        return Some("the file is a workbook or an archive; save it as CSV");
    }
    if begins(b"\x1f\x8b") {
        return Some("the file is compressed; unpack it first");
    }
    let text = head.trim_ascii_start();
    text.starts_with(b"<").then_some("the file is a web page and no export; was the login refused?")
}

fn read_csv(
    input: impl Read,
    head: &[u8],
    said: &Columns,
    each: &mut dyn FnMut(&Places, &Row) -> bool,
) -> Result<Shape, FileTrouble> {
    let Some((delimiter, before, header)) = header(head, said) else {
        return Err(FileTrouble::NotRows(no_header(head, said)));
    };
    let (columns, places) = said.find(&header).unwrap_or_default();
    let kind = match delimiter {
        b'\t' => "CSV with tabs".to_owned(),
        other => format!("CSV with {}", char::from(other)),
    };
    let mut shape = Shape { kind, columns, headers_repeated: 0, before_header: before as u64 };
    let since = Arc::new(AtomicU64::new(0));
    let bounded = Bounded { inner: input, since: Arc::clone(&since) };
    let mut reader = with_delimiter(delimiter, bounded);
    let (mut record, mut number) = (ByteRecord::new(), 0);
    loop {
        since.store(0, Ordering::Relaxed);
        let io = |cause: csv::Error| FileTrouble::Io { row: number, cause: cause.into() };
        if !reader.read_byte_record(&mut record).map_err(io)? {
            return Ok(shape);
        }
        number += 1;
        if number <= before as u64 + 1 {
            continue;
        }
        let cells = texts(&record);
        if cells == header {
            shape.headers_repeated += 1;
            continue;
        }
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if !each(&places, &Row { number, cells }) {
            return Ok(shape);
        }
    }
}

fn with_delimiter<R: Read>(delimiter: u8, input: R) -> csv::Reader<R> {
    ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(input)
}

/// The delimiter under which a header is found, how many records stand before it, and the header.
fn header(head: &[u8], said: &Columns) -> Option<(u8, usize, Vec<String>)> {
    let candidates = b",;\t|".iter().filter_map(|delimiter| {
        let found = records(head, *delimiter).into_iter().enumerate().find_map(|(nth, cells)| {
            said.find(&cells).map(|(columns, _)| (columns.0.len(), nth, cells))
        });
        found.map(|(known, nth, cells)| (known, *delimiter, nth, cells))
    });
    let best = candidates.max_by_key(|(known, ..)| *known)?;
    Some((best.1, best.2, best.3))
}

fn records(head: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = with_delimiter(delimiter, head);
    let records = reader.byte_records().take(HEADER_WITHIN).filter_map(Result::ok);
    records.map(|record| texts(&record)).collect()
}

/// What is no UTF-8 is read byte by byte.
fn texts(record: &ByteRecord) -> Vec<String> {
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    };
    record.iter().map(text).collect()
}

fn no_header(head: &[u8], said: &Columns) -> String {
    let widest = b",;\t|".iter().filter_map(|it| records(head, *it).into_iter().next());
    let names = widest.max_by_key(Vec::len).unwrap_or_default();
    let names: Vec<&str> = names.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
    missing_columns(&names, said)
}

/// What is missing in these columns, in a sentence.
pub(super) fn missing_columns(names: &[&str], said: &Columns) -> String {
    let said = if said.0.is_empty() {
        "no column is known to be the time of a call, or none to be its id or a number".to_owned()
    } else {
        format!("it has not the columns {}", said.shown())
    };
    let shown = names.iter().take(30).copied().collect::<Vec<_>>().join(", ");
    format!("{said}. Say which with --map \"id=COLUMN,time=COLUMN\"; its columns are: {shown}")
}

/// The cells of an object under these names; a name `a.b` stands for `b` inside of `a`.
pub(super) fn cells(object: &serde_json::Map<String, Value>, header: &[String]) -> Vec<String> {
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let get = |name: &String| match name.split_once('.') {
        Some((outer, inner)) if !object.contains_key(name) => object.get(outer)?.get(inner),
        _ => object.get(name),
    };
    header.iter().map(|name| text(get(name))).collect()
}

/// A file that is given up where one record has no end.
struct Bounded<R> {
    inner: R,
    since: Arc<AtomicU64>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let since = self.since.fetch_add(read as u64, Ordering::Relaxed);
        if since > RECORD_BYTES_MAX {
            let why = "a record is longer than 16 megabytes; a quote may lack its end";
            return Err(std::io::Error::other(why));
        }
        Ok(read)
    }
}
