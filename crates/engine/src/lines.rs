//! Lines of a CSV file that a person brings: each with its number, and a header that is understood.

use std::io::Read;

use csv::{Reader, ReaderBuilder, StringRecord};
use serde::Serialize;
use store::StoreError;

/// Refused lines that are told one by one.
pub(crate) const REFUSED_MAX: usize = 1_000;

/// A line that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RefusedLine {
    /// Its number in the file; the header is line 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// Why a file cannot be imported at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The header is not one of such files.
    #[error("{0}")]
    Header(String),
    /// The file cannot be read on.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] csv::Error),
    /// The database is to blame.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What comes next in a file.
pub(crate) enum Next {
    /// A record, which begins at this line.
    Line(u64),
    /// A line that is no text.
    NotText(u64),
    /// Nothing.
    End,
}

/// A file whose lines can be counted, whatever ends them.
pub(crate) fn reader<R: Read>(file: R) -> Reader<impl Read + use<R>> {
    // With a last line end, where a line begins can be told from where the reader is after it.
    ReaderBuilder::new().flexible(true).from_reader(UnixLines(file).chain(&b"\n"[..]))
}

/// The next record, read into this one.
pub(crate) fn next<R: Read>(
    reader: &mut Reader<R>,
    record: &mut StringRecord,
) -> Result<Next, csv::Error> {
    let read = reader.read_record(record);
    let after = reader.position().line();
    match read {
        Ok(true) => Ok(Next::Line(first_line(record, after))),
        Ok(false) => Ok(Next::End),
        Err(error) if matches!(error.kind(), csv::ErrorKind::Utf8 { .. }) => {
            Ok(Next::NotText(after.saturating_sub(1)))
        }
        Err(error) => Err(error),
    }
}

/// The names of a header, without the mark that some programs put before the first.
pub(crate) fn names(header: &StringRecord) -> Vec<String> {
    header.iter().map(|name| name.trim_start_matches('\u{feff}').trim().to_owned()).collect()
}

/// The columns of a file of which all accepted ones are known by name.
pub(crate) struct Columns(Vec<String>);

impl Columns {
    /// Understands a header, or says in a sentence what is wrong with it. One of `required` must be
    /// there.
    pub(crate) fn read(
        header: &StringRecord,
        of: &str,
        accepted: &[&str],
        required: &[&str],
    ) -> Result<Self, String> {
        let names = names(header);
        let all = accepted.join(", ");
        let unknown: Vec<&str> = names
            .iter()
            .filter(|name| !accepted.contains(&name.as_str()))
            .map(|name| if name.is_empty() { "(empty)" } else { name.as_str() })
            .collect();
        if !unknown.is_empty() {
            let unknown = unknown.join(", ");
            return Err(format!(
                "the header has columns nobody knows: {unknown}. A file of {of} has any of: {all}"
            ));
        }
        let twice: Vec<&str> = names
            .iter()
            .enumerate()
            .filter(|(place, name)| names[..*place].contains(name))
            .map(|(_, name)| name.as_str())
            .collect();
        if !twice.is_empty() {
            return Err(format!("the header has columns twice: {}", twice.join(", ")));
        }
        if !required.iter().any(|name| names.iter().any(|column| column == name)) {
            let required = required.join(" or ");
            return Err(format!("the header lacks {required}. A file of {of} has any of: {all}"));
        }
        Ok(Self(names))
    }

    /// What a record says, by column and without what is empty; a sentence where it says too much.
    pub(crate) fn fields<'r>(&self, record: &'r StringRecord) -> Result<Fields<'_, 'r>, String> {
        if record.len() > self.0.len() {
            return Err(format!(
                "it has {} fields, and the header has {}",
                record.len(),
                self.0.len()
            ));
        }
        let texts = self.0.iter().map(String::as_str).zip(record.iter().map(str::trim));
        Ok(Fields(texts.filter(|(_, text)| !text.is_empty()).collect()))
    }
}

/// What one line says.
pub(crate) struct Fields<'c, 'r>(Vec<(&'c str, &'r str)>);

impl<'r> Fields<'_, 'r> {
    /// What stands in a column, if anything does.
    pub(crate) fn get(&self, column: &str) -> Option<&'r str> {
        self.0.iter().find(|(name, _)| *name == column).map(|(_, text)| *text)
    }

    /// Whether the line is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A file whose lines end in a line feed alone, so that lines can be counted.
struct UnixLines<R>(R);

impl<R: Read> Read for UnixLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            let mut kept = 0;
            for place in 0..read {
                if buffer[place] != b'\r' {
                    buffer[kept] = buffer[place];
                    kept += 1;
                }
            }
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Where a record begins whose reader stands at the line after it. The reader's own word for it
/// is where it stood before, and empty lines lie in between.
fn first_line(record: &StringRecord, after: u64) -> u64 {
    let inside: usize = record.iter().map(|field| field.matches('\n').count()).sum();
    after.saturating_sub(1 + inside as u64)
}
