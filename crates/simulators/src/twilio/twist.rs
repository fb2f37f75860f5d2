//! Faults that shape a page: wrong pages and records.

use serde_json::{Value, json};

use crate::faults::{BadRecord, What};

/// Everything that is wrong with one page.
pub(super) struct Twist<'a> {
    /// The page, from 0, whose records are served instead.
    pub(super) served: Option<usize>,
    whats: &'a [What],
}

impl<'a> Twist<'a> {
    pub(super) fn of(whats: &'a [What]) -> Self {
        let served = whats.iter().find_map(|what| match what {
            What::RepeatPage { page, .. } => Some(page.saturating_sub(1) as usize),
            _ => None,
        });
        Self { served, whats }
    }

    /// The records that are really sent.
    pub(super) fn shape(&self, records: Vec<Value>) -> Vec<Value> {
        if self.whats.iter().any(|what| matches!(what, What::EmptyPage200)) {
            return Vec::new();
        }
        let mut sent = Vec::with_capacity(records.len());
        for (nth, mut record) in records.into_iter().enumerate() {
            for what in self.whats {
                if let What::BadRecords(bad) = what {
                    let here = bad.iter().filter(|(at, _)| *at == nth);
                    here.for_each(|(_, how)| spoil(&mut record, *how));
                }
            }
            sent.extend(std::iter::repeat_n(record, self.copies(nth)));
        }
        sent
    }

    fn copies(&self, nth: usize) -> usize {
        self.whats.iter().fold(1, |copies, what| match what {
            What::OmitRecord(at) if *at == nth => 0,
            What::RepeatRecord(at) if *at == nth => copies * 2,
            _ => copies,
        })
    }
}

pub(super) fn spoil(record: &mut Value, how: BadRecord) {
    let Some(fields) = record.as_object_mut() else { return };
    let mut set = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    match how {
        BadRecord::WithoutId => set("sid", Value::Null),
        BadRecord::NullCreatedAt => {
            set("start_time", Value::Null);
            set("date_created", Value::Null);
        }
        BadRecord::TextDuration => set("duration", json!("abc")),
        BadRecord::NotAnObject => *record = json!(42),
        BadRecord::UnknownEnums => {
            set("status", json!("teleported"));
            set("direction", json!("sideways"));
        }
    }
}
