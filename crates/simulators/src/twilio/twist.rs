//! Faults that shape a page: wrong pages and records.

use serde_json::{Value, json};

use crate::faults::{BadRecord, What, sent};

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
    pub(super) fn shape(&self, mut records: Vec<Value>) -> Vec<Value> {
        if self.whats.iter().any(|what| matches!(what, What::EmptyPage200)) {
            return Vec::new();
        }
        for what in self.whats {
            let What::BadRecords(bad) = what else { continue };
            for (nth, how) in bad {
                if let Some(record) = records.get_mut(*nth) {
                    spoil(record, *how);
                }
            }
        }
        // Moved and not copied, since pages hold a thousand calls.
        if self.whats.is_empty() {
            return records;
        }
        sent(self.whats, records.len()).into_iter().map(|nth| records[nth].clone()).collect()
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
