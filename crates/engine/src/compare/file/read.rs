//! A file read whole: its calls sorted by time, and what was found out of it on the way.

use std::collections::HashSet;
use std::io::{BufRead, Read};
use std::time::Duration;

use domain::written::{self, DayOrder, Times, Written, day_order};
use domain::{Country, Phone, ProviderCallId, Told, is_pairable};
use providers::export::Reader;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::xxh3_128;

use super::columns::{Columns, Places};
use super::rows::{self, FileTrouble, Row, Shape};
use super::sorted::{Entry, Sorter};
use crate::sync::Ours;
use crate::{Context, Source};

/// Rows from which the order of day and month is told.
const EARLY: usize = 1_000;

/// Calls that are looked up to find the file's time zone, at most.
const SAMPLES_MAX: usize = 2_048;

/// Rows named one by one that cannot be read, or that name a call again.
const NAMED_MAX: usize = 100;

/// Rows of an exported report that are understood at once.
const ROWS: usize = 500;

/// A file as the other side of a comparison.
pub struct FileSide {
    /// What it is called.
    pub name: String,
    /// What kind of file it is, and which column is what.
    pub shape: Shape,
    /// Rows that were read.
    pub rows: u64,
    /// Rows of which no call could be made, and why, the first of them.
    pub unreadable: Vec<String>,
    /// How many.
    pub unreadable_count: u64,
    /// Ids that came again, the first of them.
    pub duplicates: Vec<String>,
    /// How many rows named a call that another row had named.
    pub duplicate_count: u64,
    /// What is in doubt, in sentences.
    pub doubts: Vec<String>,
    /// Whether its calls have ids; else they are paired by numbers and time.
    pub has_ids: bool,
    pub(super) sorter: Sorter,
    pub(super) ids: HashSet<u128>,
    pub(super) samples: Samples,
}

/// Some of the calls whose time has no zone, spread over the file.
#[derive(Default)]
pub(super) struct Samples {
    pub of: Vec<Told>,
    seen: usize,
    stride: usize,
}

impl Samples {
    fn offer(&mut self, call: &Told) {
        let stride = self.stride.max(1);
        if self.seen.is_multiple_of(stride) {
            self.of.push(call.clone());
        }
        self.seen += 1;
        if self.of.len() >= SAMPLES_MAX {
            let mut keep = false;
            self.of.retain(|_| {
                keep = !keep;
                keep
            });
            self.stride = stride * 2;
        }
    }
}

/// The id of a call, as it is remembered while a file is read.
pub(super) fn key(id: &ProviderCallId) -> u128 {
    xxh3_128(id.0.as_bytes())
}

impl FileSide {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            shape: Shape::default(),
            rows: 0,
            unreadable: Vec::new(),
            unreadable_count: 0,
            duplicates: Vec::new(),
            duplicate_count: 0,
            doubts: Vec::new(),
            has_ids: true,
            sorter: Sorter::new(),
            ids: HashSet::new(),
            samples: Samples::default(),
        }
    }

    /// Reads a file row by row. `said` is which column is what, as far as somebody said it; `home`
    /// the country of numbers without prefix.
    pub fn read(
        name: &str,
        input: impl Read,
        said: &Columns,
        home: Country,
        stop: &CancellationToken,
    ) -> Result<Self, FileTrouble> {
        let mut side = Self::new(name);
        let mut reading =
            Reading { side: &mut side, home, early: Vec::new(), times: None, failed: None };
        let shape = rows::read(input, said, &mut |places, row| {
            reading.side.has_ids = places.has_ids();
            reading.take(Fields::of(places, row)) && !stop.is_cancelled()
        })?;
        reading.begin();
        if let Some(cause) = reading.failed.take() {
            return Err(FileTrouble::Io { row: side.rows, cause });
        }
        side.shape = shape;
        Ok(side)
    }

    /// Reads a report that the provider itself exports, whose rows its connection understands.
    pub async fn read_export<R: BufRead + Send>(
        name: &str,
        ctx: &Context,
        source: &Source,
        file: &mut Reader<R>,
        stop: &CancellationToken,
    ) -> Result<Self, FileTrouble> {
        let mut side = Self::new(name);
        side.shape.kind = format!("report of {}", source.row.provider.as_str());
        let ours = Ours { ctx, source };
        while !stop.is_cancelled() {
            let mut rows = Vec::new();
            while rows.len() < ROWS {
                match file.next_row() {
                    Ok(Some(row)) => rows.push(row),
                    Ok(None) => break,
                    Err(trouble) => return Err(FileTrouble::NotRows(trouble.to_string())),
                }
            }
            if rows.is_empty() {
                break;
            }
            let records = source.connection.import(&rows, &ours).await;
            let records = records.map_err(|error| FileTrouble::NotRows(error.to_string()))?;
            for record in records {
                side.rows += 1;
                let call = record
                    .identity
                    .clone()
                    .and_then(|_| source.connection.normalise(&record.bytes, source.home));
                let kept = match call {
                    Ok(call) => side.keep(Entry { told: Told::from(call), is_local: false }),
                    Err(why) => {
                        side.cannot_read(&why.why);
                        Ok(())
                    }
                };
                kept.map_err(|cause| FileTrouble::Io { row: side.rows, cause })?;
            }
        }
        side.shape.headers_repeated = file.headers_repeated();
        Ok(side)
    }

    fn keep(&mut self, entry: Entry) -> std::io::Result<()> {
        let id = &entry.told.id;
        if self.has_ids && !self.ids.insert(key(id)) {
            self.duplicate_count += 1;
            if self.duplicates.len() < NAMED_MAX {
                self.duplicates.push(id.0.clone());
            }
            return Ok(());
        }
        if entry.is_local {
            self.samples.offer(&entry.told);
        }
        self.sorter.push(entry)
    }

    fn cannot_read(&mut self, why: &str) {
        self.unreadable_count += 1;
        if self.unreadable.len() < NAMED_MAX {
            self.unreadable.push(why.to_owned());
        }
    }
}

/// What one row says.
struct Fields {
    number: u64,
    id: Option<String>,
    time: Option<String>,
    duration: Option<String>,
    status: Option<String>,
    direction: Option<String>,
    from: Option<String>,
    to: Option<String>,
    agent: Option<String>,
}

impl Fields {
    fn of(places: &Places, row: &Row) -> Self {
        let get = |field| places.get(field, &row.cells);
        Self {
            number: row.number,
            id: get("id"),
            time: get("time"),
            duration: get("duration"),
            status: get("status"),
            direction: get("direction"),
            from: get("from"),
            to: get("to"),
            agent: get("agent"),
        }
    }
}

/// Rows under way to their side.
struct Reading<'a> {
    side: &'a mut FileSide,
    home: Country,
    early: Vec<Fields>,
    times: Option<Times>,
    failed: Option<std::io::Error>,
}

impl Reading<'_> {
    /// Takes a row in; says whether to go on.
    fn take(&mut self, row: Fields) -> bool {
        self.side.rows += 1;
        if self.times.is_none() {
            self.early.push(row);
            if self.early.len() >= EARLY {
                self.begin();
            }
        } else {
            self.understand(row);
        }
        self.failed.is_none()
    }

    /// Once enough rows are there to tell the order of day and month, or no more come.
    fn begin(&mut self) {
        if self.times.is_some() {
            return;
        }
        let written = || self.early.iter().filter_map(|row| row.time.as_deref());
        let order = day_order(written());
        if order.is_none() && written().any(|text| text.contains('/')) {
            let first = written().find(|text| text.contains('/')).unwrap_or_default();
            let doubt = format!(
                "whether {first} begins with its day or month no row tells; it was read as the month"
            );
            self.side.doubts.push(doubt);
        }
        self.times = Some(Times::new(order.unwrap_or(DayOrder::MonthFirst)));
        let early = std::mem::take(&mut self.early);
        for row in early {
            self.understand(row);
        }
    }

    fn understand(&mut self, row: Fields) {
        let Some(times) = &mut self.times else { return };
        let id = match row.id {
            Some(id) => id,
            // In the order of their rows, whatever their number of digits.
            None if !self.side.has_ids => format!("row {:09}", row.number),
            None => return self.side.cannot_read(&format!("row {} names no call", row.number)),
        };
        let (at, is_local) = match row.time.as_deref().and_then(|text| times.read(text)) {
            Some(Written::Instant(at)) => (at, false),
            Some(Written::Local(at)) => (at, true),
            None => {
                let why = format!("row {} has no time that can be read", row.number);
                return self.side.cannot_read(&why);
            }
        };
        let phone = |text: Option<String>| text.map(|text| Phone::new(&text, self.home));
        let told = Told {
            id: ProviderCallId(id),
            at,
            status: row.status.map_or(domain::CallStatus::Unknown, |text| written::status(&text)),
            duration: row.duration.and_then(|text| written::duration(&text)),
            direction: row.direction.and_then(|text| written::direction(&text)),
            from: phone(row.from),
            to: phone(row.to),
            agent: row.agent,
        };
        if !self.side.has_ids && !is_pairable(&told) {
            let why = format!("row {} shows no number by which it could be found", row.number);
            return self.side.cannot_read(&why);
        }
        if let Err(error) = self.side.keep(Entry { told, is_local }) {
            self.failed = Some(error);
        }
    }
}

/// How far from a row's own clock a call may lie and still be shared.
pub(super) const FAR: Duration = Duration::from_mins(1);
