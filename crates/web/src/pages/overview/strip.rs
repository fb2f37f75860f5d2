//! Each source's ledger as a strip of days.

use domain::Timestamp;

use crate::facts::{Day, SourceFacts, Standing};
use crate::figures::{Count, age, begins_month, clock, day, month};
use crate::list::encoded;

/// One source's strip.
pub struct Strip {
    /// The source's name.
    pub name: String,
    /// Where its page is.
    pub href: String,
    /// What it reads, and how many calls it has.
    pub title: String,
    /// How far it is read.
    pub read: String,
    /// Whether only a person can make it go on.
    pub is_stuck: bool,
    /// Its days in a sentence, for those who do not see them.
    pub sentence: String,
    /// Its days.
    pub cells: Vec<Cell>,
    /// The months below.
    pub months: Vec<Month>,
}

/// One day. Its place is in tenths of a day's width.
pub struct Cell {
    /// Where it begins.
    pub x: usize,
    /// Its colour.
    pub class: &'static str,
    /// What it says when pointed at.
    pub title: String,
}

/// Where a month begins.
pub struct Month {
    /// In percent.
    pub x: String,
    /// Its name.
    pub name: String,
}

/// What a colour means, and how many days have it.
pub struct Legend {
    /// The colour.
    pub class: &'static str,
    /// Its meaning.
    pub title: &'static str,
    /// Days of all sources.
    pub days: Count,
}

const STEP: usize = 10;

impl Strip {
    /// Draws a source's last days.
    pub fn of(source: &SourceFacts, now: Timestamp) -> Self {
        let days = &source.coverage.days;
        let read = match source.coverage.read_until {
            Some(until) => format!("{} ago", age(now.since(until))),
            None => "not read yet".to_owned(),
        };
        let cell = |(i, day): (usize, &Day)| Cell {
            x: i * STEP,
            class: day.level.class(),
            title: title(day),
        };
        Self {
            name: source.name.clone(),
            href: format!("/coverage?source={}", encoded(&source.name)),
            title: format!("{}, {} calls", source.provider_title, Count(source.counts.stored)),
            is_stuck: source.needs_person.is_some(),
            read,
            sentence: sentence(source),
            cells: days.iter().enumerate().map(cell).collect(),
            months: months(days),
        }
    }

    /// How wide the picture is.
    pub fn width(&self) -> usize {
        self.cells.len() * STEP
    }
}

/// The months below a picture of these days.
pub fn months(days: &[Day]) -> Vec<Month> {
    let month_of = |(i, day): (usize, &Day)| Month {
        x: format!("{:.2}%", i as f64 * 100.0 / days.len() as f64),
        name: month(day.from),
    };
    // A name needs room to its right.
    let begins = |(i, day): &(usize, &Day)| begins_month(day.from) && i + 5 < days.len();
    days.iter().enumerate().filter(begins).map(month_of).collect()
}

/// Every colour with its number of days.
pub fn legend(sources: &[SourceFacts]) -> Vec<Legend> {
    let shown = Standing::ALL.into_iter().filter(|level| *level != Standing::Outside);
    let one = |level: Standing| Legend {
        class: level.class(),
        title: level.title(),
        days: Count(sources.iter().map(|source| of_level(source, level)).sum()),
    };
    shown.map(one).collect()
}

fn of_level(source: &SourceFacts, level: Standing) -> u64 {
    source.coverage.days.iter().filter(|day| day.level == level).count() as u64
}

fn sentence(source: &SourceFacts) -> String {
    let with_days = |level: &Standing| of_level(source, *level) > 0;
    let part = |level: Standing| format!("{} {}", of_level(source, level), level.title());
    let parts: Vec<String> = Standing::ALL.into_iter().filter(with_days).map(part).collect();
    format!("{}, last {} days: {}", source.name, source.coverage.days.len(), parts.join(", "))
}

fn title(cell: &Day) -> String {
    let mut title = format!("{}: {}", day(cell.from), cell.level.title());
    if let Some(until) = cell.until.filter(|_| cell.level > Standing::None) {
        title.extend([" up to ", &clock(until), " UTC"]);
    }
    if let Some(remark) = &cell.remark {
        title.extend([". ", remark]);
    }
    title
}
