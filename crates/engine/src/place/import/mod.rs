//! Accounts and assignments from CSV files: a wrong header is refused whole, a wrong line by
//! itself.

mod accounts;
mod assignments;

use std::collections::BTreeSet;
use std::io::Read;

use csv::StringRecord;
use domain::{SourceId, Timestamp};
use serde::Serialize;
use store::{Slice, Store, StoreError, Tx};

use super::accounts::sources;
use super::{moving, resume};
use crate::lines::{self, Columns, Fields, FileError, Next, REFUSED_MAX, RefusedLine};

pub use accounts::import_accounts;
pub use assignments::import_assignments;

/// Who brings a file, and whether anything is kept of it.
#[derive(Debug, Clone, Copy)]
pub struct Importing<'a> {
    /// Who.
    pub by: &'a str,
    /// Read and judge everything, keep nothing.
    pub is_dry_run: bool,
    /// When.
    pub now: Timestamp,
}

/// What an import did: `lines = new + changed + unchanged + refused`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileReport {
    /// Lines with something on them, without the header.
    pub lines: u64,
    /// What was not there.
    pub new: u64,
    /// What was there and is different now.
    pub changed: u64,
    /// What was so already.
    pub unchanged: u64,
    /// Lines that were not imported.
    pub refused: u64,
    /// The first of those, each with its reason.
    pub refused_lines: Vec<RefusedLine>,
    /// Calls that moved.
    pub calls_moved: u64,
}

/// What a line came to.
enum Outcome {
    New(Decision),
    Changed(Decision),
    Unchanged,
}

/// A change that was written down, and which calls it moves.
struct Decision {
    change: i64,
    slices: Vec<Slice>,
}

/// Why a line came to nothing.
enum Refusal {
    Line(String),
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Self::Line(why)
    }
}

impl From<&str> for Refusal {
    fn from(why: &str) -> Self {
        Self::Line(why.to_owned())
    }
}

/// What the lines of a file are.
trait Kind {
    /// One line, judged and written in this transaction.
    async fn line(
        &mut self,
        tx: &mut Tx,
        line: u64,
        fields: &Fields<'_, '_>,
    ) -> Result<Outcome, Refusal>;
}

/// An import under way.
struct Import<'a, K> {
    store: &'a Store,
    asked: Importing<'a>,
    kind: K,
    report: FileReport,
    changes: Vec<i64>,
    slices: Vec<Slice>,
}

impl<'a, K: Kind> Import<'a, K> {
    fn new(store: &'a Store, asked: Importing<'a>, kind: K) -> Self {
        let (report, changes, slices) = (FileReport::default(), Vec::new(), Vec::new());
        Self { store, asked, kind, report, changes, slices }
    }

    /// Reads a file to its end. A dry run does all of it in one transaction that is never committed,
    /// so that each line meets what the lines before it would have brought.
    async fn run(
        mut self,
        file: impl Read + Send,
        columns: impl Fn(&StringRecord) -> Result<Columns, String>,
    ) -> Result<FileReport, FileError> {
        let mut reader = lines::reader(file);
        let columns = columns(reader.headers()?).map_err(FileError::Header)?;
        let mut dry = if self.asked.is_dry_run { Some(self.begin_dry().await?) } else { None };
        let mut record = StringRecord::new();
        loop {
            match lines::next(&mut reader, &mut record)? {
                Next::End => break,
                Next::NotText(line) => self.refuse(line, "it is not UTF-8 text".to_owned()),
                Next::Line(line) => self.line(&mut dry, line, columns.fields(&record)).await?,
            }
        }
        self.report.calls_moved = match dry {
            Some(tx) => self.foreseen(tx).await?,
            None => self.moved().await?,
        };
        Ok(self.report)
    }

    async fn line(
        &mut self,
        dry: &mut Option<Tx>,
        line: u64,
        fields: Result<Fields<'_, '_>, String>,
    ) -> Result<(), StoreError> {
        let fields = match fields {
            Ok(fields) if fields.is_empty() => return Ok(()),
            Ok(fields) => fields,
            Err(why) => {
                self.refuse(line, why);
                return Ok(());
            }
        };
        let mut tx = match dry.take() {
            Some(tx) => tx,
            None => self.store.begin().await?,
        };
        let outcome = self.kind.line(&mut tx, line, &fields).await;
        if self.asked.is_dry_run {
            *dry = Some(tx);
        } else if matches!(outcome, Ok(Outcome::New(_) | Outcome::Changed(_))) {
            tx.commit().await?;
        }
        let decision = match outcome {
            Err(Refusal::Store(error)) => return Err(error),
            Err(Refusal::Line(why)) => {
                self.refuse(line, why);
                return Ok(());
            }
            Ok(Outcome::Unchanged) => {
                self.report.unchanged += 1;
                None
            }
            Ok(Outcome::New(decision)) => {
                self.report.new += 1;
                Some(decision)
            }
            Ok(Outcome::Changed(decision)) => {
                self.report.changed += 1;
                Some(decision)
            }
        };
        self.report.lines += 1;
        if let Some(Decision { change, slices }) = decision {
            self.changes.push(change);
            self.slices.extend(slices);
        }
        Ok(())
    }

    fn refuse(&mut self, line: u64, why: String) {
        self.report.lines += 1;
        self.report.refused += 1;
        if self.report.refused_lines.len() < REFUSED_MAX {
            self.report.refused_lines.push(RefusedLine { line, why });
        }
    }

    async fn begin_dry(&self) -> Result<Tx, StoreError> {
        let mut tx = self.store.begin().await?;
        // In the order in which everybody locks them, whatever the order of the lines.
        for source in sources(self.store).await? {
            tx.rules_lock(source).await?;
        }
        Ok(tx)
    }

    /// Moves the calls, and counts those that have.
    async fn moved(&self) -> Result<u64, StoreError> {
        let touched: BTreeSet<SourceId> = self.slices.iter().map(|slice| slice.source).collect();
        for source in touched {
            resume(self.store, source, self.asked.now).await?;
        }
        let mut moved = 0;
        for change in &self.changes {
            moved += self.store.change_moved(*change).await?;
        }
        Ok(moved)
    }

    /// How many calls would be elsewhere by all lines together.
    async fn foreseen(&self, mut tx: Tx) -> Result<u64, StoreError> {
        let touched: BTreeSet<SourceId> = self.slices.iter().map(|slice| slice.source).collect();
        let mut ruled = Vec::new();
        for source in touched {
            ruled.push((source, tx.rules_load(source).await?));
        }
        // The calls are read outside of it, so that nobody waits for a look.
        drop(tx);
        let mut count = 0;
        for (source, rules) in ruled {
            let of_source: Vec<Slice> =
                self.slices.iter().filter(|slice| slice.source == source).cloned().collect();
            count += moving(self.store, &of_source, &rules).await?;
        }
        Ok(count)
    }
}
