//! Files that a person exported from a provider: lines of columns, whatever browsers and spreadsheets
//! did to them.
//!
//! What is read is one line at a time, so a file may be longer than memory. The header is known by
//! its names, not by its place; a line that does not fit it is handed on whole, with why. A file is
//! no proof: nothing in it says that it is all there is.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read as _};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{ContentHash, ProviderCallId};

use crate::{Identity, RawRecord, SourceError, Unreadable, parts};

/// The longest line that is read.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// Lines among which the header is looked for.
const HEADER_WITHIN: usize = 10;

/// Names of columns by which a line is known as the header, at least.
const NAMES_MIN: usize = 3;

const DELIMITERS: [char; 4] = ['\t', ',', ';', '|'];

/// What we hold already, for whoever must find out which call a row is.
#[async_trait]
pub trait Held: Send + Sync {
    /// Ids of held calls that begin so.
    async fn beginning(&self, start: &str) -> Result<Vec<ProviderCallId>, SourceError>;
}

/// One line of a file.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number, from 1.
    pub line: u64,
    /// Its text.
    pub text: String,
    columns: Arc<[String]>,
    /// Its cells, or why they are not what the header says.
    cells: Result<Vec<String>, String>,
}

/// Why a file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The disk is to blame.
    #[error("line {line}: {cause}")]
    Io {
        /// Which line came next.
        line: u64,
        /// What the disk said.
        cause: io::Error,
    },
    /// It is something else.
    #[error("{why}")]
    NotAnExport {
        /// A sentence that says what it is.
        why: String,
    },
}

/// Reads a file row by row.
pub struct Reader<R> {
    input: R,
    line: u64,
    delimiter: char,
    columns: Arc<[String]>,
    early: VecDeque<Line>,
    headers_repeated: u64,
    is_over: bool,
}

struct Line {
    number: u64,
    text: String,
    is_cut: bool,
}

impl<R: BufRead> Reader<R> {
    /// Finds the header, which has some of these names.
    pub fn open(input: R, names: &[&str]) -> Result<Self, Trouble> {
        let mut reader = Self {
            input,
            line: 0,
            delimiter: '\t',
            columns: Arc::new([]),
            early: VecDeque::new(),
            headers_repeated: 0,
            is_over: false,
        };
        while reader.early.len() < HEADER_WITHIN {
            let Some(line) = reader.next_line()? else { break };
            if let Some((delimiter, columns)) = header(&line.text, names) {
                reader.delimiter = delimiter;
                reader.columns = columns.into();
                return Ok(reader);
            }
            reader.early.push_back(line);
        }
        Err(Trouble::NotAnExport { why: reader.what_else(names) })
    }

    /// Whether the file has this column.
    pub fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// How often the header came again in the middle.
    pub fn headers_repeated(&self) -> u64 {
        self.headers_repeated
    }

    /// How many lines have been read.
    pub fn lines(&self) -> u64 {
        self.line
    }

    /// The next row; nothing at the end.
    pub fn next_row(&mut self) -> Result<Option<Row>, Trouble> {
        if let Some(line) = self.early.pop_front() {
            let cells = Err(format!("line {} stands before the header", line.number));
            return Ok(Some(self.row(line, cells)));
        }
        while let Some(line) = self.next_line()? {
            let cells = split(&line.text, self.delimiter);
            if cells.as_ref().is_some_and(|cells| self.is_header(cells)) {
                self.headers_repeated += 1;
                continue;
            }
            let cells = self.fitted(&line, cells);
            return Ok(Some(self.row(line, cells)));
        }
        Ok(None)
    }

    fn row(&self, line: Line, cells: Result<Vec<String>, String>) -> Row {
        Row { line: line.number, text: line.text, columns: Arc::clone(&self.columns), cells }
    }

    fn is_header(&self, cells: &[String]) -> bool {
        let named = cells.iter().map(|cell| column(cell)).filter(|name| !name.is_empty());
        named.eq(self.columns.iter().filter(|name| !name.is_empty()).cloned())
    }

    fn fitted(&self, line: &Line, cells: Option<Vec<String>>) -> Result<Vec<String>, String> {
        let number = line.number;
        if line.is_cut {
            return Err(format!("the file ends in the middle of line {number}, so it may be cut"));
        }
        let mut cells =
            cells.ok_or_else(|| format!("line {number} has a quote without its end"))?;
        let wanted = self.columns.len();
        while cells.len() > wanted && cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        if cells.len() == wanted {
            return Ok(cells);
        }
        Err(format!("line {number} has {} fields and the header {wanted}", cells.len()))
    }

    /// The next line that says something, as text.
    fn next_line(&mut self) -> Result<Option<Line>, Trouble> {
        while !self.is_over {
            let mut bytes = Vec::new();
            let number = self.line + 1;
            let read = (&mut self.input).take(LINE_BYTES_MAX).read_until(b'\n', &mut bytes);
            let read = read.map_err(|cause| Trouble::Io { line: number, cause })?;
            if read == 0 {
                self.is_over = true;
                break;
            }
            self.line = number;
            let is_cut = bytes.last() != Some(&b'\n');
            if is_cut && bytes.len() as u64 >= LINE_BYTES_MAX {
                self.is_over = true;
                let why = format!("line {number} is longer than a megabyte, so this is no export");
                return Err(Trouble::NotAnExport { why });
            }
            let text = text(&bytes, number);
            if !text.trim().is_empty() {
                return Ok(Some(Line { number, text, is_cut }));
            }
        }
        Ok(None)
    }

    fn what_else(&self, names: &[&str]) -> String {
        let first = self.early.front().map(|line| line.text.trim_start()).unwrap_or_default();
        let says = |words: &str| self.early.iter().any(|line| line.text.contains(words));
        if first.contains('\0') || first.starts_with('\u{fffe}') {
            return "the file is UTF-16; save it as UTF-8 text".to_owned();
        }
        if says("There are no ") && says(" calls ") {
            return "the file is a page that says there are no calls for what was asked".to_owned();
        }
        if first.starts_with('<') {
            return "the file is a web page and no export; was the login refused?".to_owned();
        }
        let names = names.iter().take(4).copied().collect::<Vec<_>>().join(", ");
        format!(
            "none of the first {HEADER_WITHIN} lines is a header with columns such as {names}; \
             export the file with its header row"
        )
    }
}

impl Row {
    /// A column's text; `None` when it is empty or absent.
    pub fn get(&self, column: &str) -> Option<&str> {
        let cells = self.cells.as_ref().ok()?;
        let at = self.columns.iter().position(|name| name == column)?;
        cells.get(at).map(|text| text.trim()).filter(|text| !text.is_empty())
    }

    /// Why its cells cannot be told apart; nothing if they can.
    pub fn trouble(&self) -> Option<&str> {
        self.cells.as_ref().err().map(String::as_str)
    }

    /// The row as a record of this call.
    pub fn of_call(&self, identity: Identity, key: &[u8]) -> RawRecord {
        let (json, name) = (self.json(), self.part());
        let bytes = parts::compose([("key", key), (name.as_str(), json.as_slice())]);
        RawRecord { identity: Ok(identity), bytes }
    }

    /// The row as a record that is no call yet, whole.
    pub fn unreadable(&self, why: impl Into<String>) -> RawRecord {
        let (json, name) = (self.json(), self.part());
        let bytes = parts::compose([(name.as_str(), json.as_slice())]);
        RawRecord { identity: Err(Unreadable { why: why.into() }), bytes }
    }

    /// The name of its part. Rows that say different things of one call stay beside each other.
    fn part(&self) -> String {
        let hash = ContentHash::of(&Bytes::from(self.json())).to_string();
        format!("{PART}{}", hash.get(..16).unwrap_or(&hash))
    }

    fn json(&self) -> Vec<u8> {
        let mut object = serde_json::Map::new();
        match &self.cells {
            Ok(cells) => {
                for (nth, (name, cell)) in self.columns.iter().zip(cells).enumerate() {
                    let is_free = !name.is_empty() && !object.contains_key(name);
                    let name = if is_free { name.clone() } else { format!("{name}#{}", nth + 1) };
                    object.insert(name, cell.clone().into());
                }
            }
            Err(_) => drop(object.insert("line".to_owned(), self.text.clone().into())),
        }
        serde_json::Value::Object(object).to_string().into_bytes()
    }
}

/// How names of parts that come from files begin.
pub const PART: &str = "export_";

/// The delimiter and the columns of a header.
fn header(line: &str, names: &[&str]) -> Option<(char, Vec<String>)> {
    let read = |delimiter: char| {
        let columns: Vec<String> = split(line, delimiter)?.iter().map(|it| column(it)).collect();
        let known = names.iter().filter(|name| columns.iter().any(|it| it == **name)).count();
        Some((known, delimiter, columns))
    };
    let best = DELIMITERS.into_iter().filter_map(read).max_by_key(|(known, ..)| *known)?;
    let (known, delimiter, mut columns) = best;
    while columns.last().is_some_and(String::is_empty) {
        columns.pop();
    }
    (known >= NAMES_MIN.min(names.len()).max(1)).then_some((delimiter, columns))
}

/// `Call Date` and `call_date` are one name.
fn column(cell: &str) -> String {
    cell.trim().to_lowercase().replace([' ', '-'], "_")
}

/// The cells of a line. Nothing quotes a tab, so a quote that is not around a whole cell is a letter;
/// where a comma or semicolon stands between cells, quotes enclose it.
fn split(line: &str, delimiter: char) -> Option<Vec<String>> {
    if delimiter == '\t' || delimiter == '|' {
        return Some(line.split(delimiter).map(unquoted).collect());
    }
    let mut cells = Vec::new();
    let (mut from, mut is_quoted) = (0, false);
    for (at, letter) in line.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            _ if letter == delimiter && !is_quoted => {
                cells.push(unquoted(&line[from..at]));
                from = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    cells.push(unquoted(&line[from..]));
    (!is_quoted).then_some(cells)
}

/// Takes quotes away that stand around a whole cell, and the doubling of those within.
fn unquoted(cell: &str) -> String {
    let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let is_proper = |inner: &&str| !inner.replace("\"\"", "").contains('"');
    inner.filter(is_proper).map_or_else(|| cell.to_owned(), |inner| inner.replace("\"\"", "\""))
}

/// A line as text: without its end, and in the first one without the mark of its encoding. What is
/// no UTF-8 is read byte by byte, as the database's texts are.
fn text(bytes: &[u8], number: u64) -> String {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let marked = bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| number == 1);
    let bytes = marked.unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests;
