//! Contacts from a CSV file: a wrong header is refused whole, a wrong line by itself.

use std::collections::BTreeSet;
use std::io::Read;

use csv::StringRecord;
use domain::{
    AccountId, ContactFields, ContactId, Country, ExternalId, ExternalKind, Phone, Timestamp,
};
use serde::Serialize;
use serde_json::Value;
use store::{Store, StoreError};

use super::book::{Entered, Entry, enter};
use crate::lines::{self, FileError, Next, REFUSED_MAX, RefusedLine};

/// Lines written in one transaction.
const LINES: usize = 1_000;
/// What begins the name of a column for a field of the operator's own.
const CUSTOM: &str = "custom.";
const PHONES: [&str; 3] = ["phone", "phone_2", "phone_3"];

/// What an import is asked to do.
#[derive(Debug, Clone)]
pub struct ContactImport<'a> {
    /// Whose contacts they are.
    pub account: AccountId,
    /// The country of numbers written without one.
    pub home: Country,
    /// Who brought the file.
    pub by: &'a str,
    /// Read and judge everything, keep nothing.
    pub is_dry_run: bool,
}

/// What an import did: `lines = new + changed + unchanged + refused`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// Lines with something on them, without the header.
    pub lines: u64,
    /// Contacts made.
    pub new: u64,
    /// Contacts that know more, or have another number or id.
    pub changed: u64,
    /// Contacts that knew all of it.
    pub unchanged: u64,
    /// Lines that were not imported.
    pub refused: u64,
    /// The first of those, each with its reason.
    pub refused_lines: Vec<RefusedLine>,
    /// Calls that waited for one of them and are placed now.
    pub calls_placed: u64,
}

/// Imports a file. Importing it twice changes nothing the second time; what was imported before
/// it broke off stays.
pub async fn import(
    store: &Store,
    file: impl Read + Send,
    asked: &ContactImport<'_>,
    now: Timestamp,
) -> Result<ImportReport, FileError> {
    let mut reader = lines::reader(file);
    let columns = Columns::read(reader.headers()?)?;
    let (report, met) = (ImportReport::default(), BTreeSet::new());
    let mut book = Book { store, asked, now, columns, report, met };
    let mut tx = None;
    let mut batch = Vec::new();
    let mut record = StringRecord::new();
    loop {
        match lines::next(&mut reader, &mut record) {
            Ok(Next::Line(line)) => book.read(line, &record, &mut batch),
            Ok(Next::End) => break,
            Ok(Next::NotText(line)) => book.refuse(line, "it is not UTF-8 text".to_owned()),
            Err(error) => {
                book.write(&mut tx, &mut batch).await?;
                return Err(error.into());
            }
        }
        if batch.len() >= LINES {
            book.write(&mut tx, &mut batch).await?;
        }
    }
    book.write(&mut tx, &mut batch).await?;
    // A dry run lets go of the database.
    drop(tx);
    let mut report = book.report;
    report.refused_lines.sort_by_key(|refused| refused.line);
    Ok(report)
}

/// What each column is for.
struct Columns(Vec<Column>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Phone,
    Id(ExternalKind),
    Field(String),
}

impl Columns {
    fn accepted() -> String {
        let ids = ExternalKind::ALL.iter().map(|kind| kind.as_str());
        let fields = ContactFields::NAMED.iter().copied().filter(|name| *name != "phone");
        let all: Vec<&str> = PHONES.into_iter().chain(ids).chain(fields).collect();
        format!("{}, and {CUSTOM}NAME for a field of your own", all.join(", "))
    }

    fn read(header: &StringRecord) -> Result<Self, FileError> {
        let mut columns = Vec::with_capacity(header.len());
        let (mut wrong, mut twice) = (Vec::new(), Vec::new());
        let names = lines::names(header);
        for (place, name) in names.iter().enumerate() {
            match Column::named(name) {
                Some(_) if names[..place].contains(name) => twice.push(name.to_owned()),
                Some(column) => columns.push(column),
                None if name.is_empty() => wrong.push("(empty)".to_owned()),
                None => wrong.push(name.to_owned()),
            }
        }
        let accepted = Self::accepted();
        if !wrong.is_empty() {
            let sentence = format!(
                "the header has columns nobody knows: {}. A file of contacts has any of: {accepted}",
                wrong.join(", ")
            );
            return Err(FileError::Header(sentence));
        }
        if !twice.is_empty() {
            return Err(FileError::Header(format!(
                "the header has columns twice: {}",
                twice.join(", ")
            )));
        }
        let identifies = |column: &Column| !matches!(column, Column::Field(_));
        if !columns.iter().any(identifies) {
            let sentence = format!(
                "the header lacks a column by which contacts are told apart: phone or an id. A file of contacts has any of: {accepted}"
            );
            return Err(FileError::Header(sentence));
        }
        Ok(Self(columns))
    }

    fn entry(&self, record: &StringRecord, home: Country, now: Timestamp) -> Result<Entry, String> {
        if record.len() > self.0.len() {
            return Err(format!(
                "it has {} fields, and the header has {}",
                record.len(),
                self.0.len()
            ));
        }
        let mut entry = Entry::default();
        let texts = record.iter().map(str::trim);
        let filled = self.0.iter().zip(texts).filter(|(_, text)| !text.is_empty());
        for (column, text) in filled {
            match column {
                // The number itself stands in no message: it may be a person's.
                Column::Phone => {
                    let phone = Phone::new(text, home).e164;
                    entry.phones.push(phone.ok_or("its phone is no phone number")?);
                }
                Column::Id(kind) => {
                    let id = ExternalId::new(*kind, text);
                    entry.ids.push(id.ok_or_else(|| not_an_id(*kind))?);
                }
                Column::Field(name) => {
                    entry.fields.state(name, Value::String(text.to_owned()), now);
                }
            }
        }
        entry.phones.sort_unstable();
        entry.phones.dedup();
        if entry.phones.is_empty() && entry.ids.is_empty() {
            return Err("it has neither a phone nor an id, by which a contact is found".to_owned());
        }
        Ok(entry)
    }
}

fn not_an_id(kind: ExternalKind) -> String {
    match kind {
        ExternalKind::VendorLeadCode => "its vendor_lead_code is not 13 digits".to_owned(),
        ExternalKind::HighlevelContact => format!("its {kind} is empty"),
    }
}

impl Column {
    fn named(name: &str) -> Option<Self> {
        if PHONES.contains(&name) {
            return Some(Self::Phone);
        }
        if let Ok(kind) = name.parse() {
            return Some(Self::Id(kind));
        }
        if ContactFields::NAMED.contains(&name) {
            return Some(Self::Field(name.to_owned()));
        }
        let own = name.strip_prefix(CUSTOM).filter(|own| !own.is_empty())?;
        Some(Self::Field(own.to_owned()))
    }
}

/// One import under way.
struct Book<'a> {
    store: &'a Store,
    asked: &'a ContactImport<'a>,
    now: Timestamp,
    columns: Columns,
    report: ImportReport,
    /// The contacts that lines have spoken of.
    met: BTreeSet<ContactId>,
}

impl Book<'_> {
    fn read(&mut self, line: u64, record: &StringRecord, batch: &mut Vec<(u64, Entry)>) {
        if record.iter().all(|text| text.trim().is_empty()) {
            return;
        }
        match self.columns.entry(record, self.asked.home, self.now) {
            Ok(entry) => {
                self.report.lines += 1;
                batch.push((line, entry));
            }
            Err(why) => self.refuse(line, why),
        }
    }

    fn refuse(&mut self, line: u64, why: String) {
        self.report.lines += 1;
        self.refused(line, why);
    }

    fn refused(&mut self, line: u64, why: String) {
        self.report.refused += 1;
        if self.report.refused_lines.len() < REFUSED_MAX {
            self.report.refused_lines.push(RefusedLine { line, why });
        }
    }

    /// Writes a batch. A dry run does all of it in one transaction that is never committed, so
    /// that each line meets what the lines before it would have brought.
    async fn write(
        &mut self,
        dry: &mut Option<store::Tx>,
        batch: &mut Vec<(u64, Entry)>,
    ) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut tx = if let Some(tx) = dry.take() {
            tx
        } else {
            let mut tx = self.store.begin().await?;
            tx.accounts_lock(&[self.asked.account]).await?;
            tx
        };
        let (lines, entries): (Vec<u64>, Vec<Entry>) = batch.drain(..).unzip();
        let outcome =
            enter(&mut tx, self.asked.account, &entries, &self.met, (self.asked.by, self.now))
                .await?;
        for (line, entered) in lines.into_iter().zip(outcome.entered) {
            self.count(line, &entered);
        }
        if self.asked.is_dry_run {
            *dry = Some(tx);
            return Ok(());
        }
        tx.commit().await?;
        super::resume_all(self.store, self.now).await?;
        if let Some(change) = outcome.change {
            self.report.calls_placed += self.store.change_moved(change).await?;
        }
        Ok(())
    }

    fn count(&mut self, line: u64, entered: &Entered) {
        let counter = match entered {
            Entered::New(_) => &mut self.report.new,
            Entered::Changed(_) => &mut self.report.changed,
            Entered::Unchanged(_) => &mut self.report.unchanged,
            Entered::Refused(why) => return self.refused(line, why.clone()),
        };
        *counter += 1;
        self.met.extend(entered.contact());
    }
}
