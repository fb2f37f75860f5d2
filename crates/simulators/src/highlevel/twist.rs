//! Faults that shape a page: wrong pages, totals and records.

use serde_json::{Value, json};

use crate::faults::{BadRecord, Echo, What, sent};

/// Everything that is wrong with one page.
pub(crate) struct Twist<'a> {
    /// The page whose records are served.
    pub(crate) served: u32,
    /// The page the answer claims to be.
    pub(crate) echoed: u32,
    /// How far the total is off.
    pub(crate) total_plus: i64,
    /// Whether there are no records in it.
    pub(crate) is_empty: bool,
    whats: &'a [What],
}

impl<'a> Twist<'a> {
    pub(crate) fn of(whats: &'a [What], asked_page: u32) -> Self {
        let mut twist =
            Self { served: asked_page, echoed: asked_page, total_plus: 0, is_empty: false, whats };
        for what in whats {
            match what {
                What::RepeatPage { page, echo } => {
                    twist.served = (*page).max(1);
                    if *echo == Echo::Served {
                        twist.echoed = twist.served;
                    }
                }
                What::EchoOtherPage(page) => twist.echoed = *page,
                What::TotalPlus(more) => twist.total_plus += more,
                What::EmptyPage200 => twist.is_empty = true,
                _ => {}
            }
        }
        twist
    }

    /// Which of so many records are written, in order.
    pub(crate) fn sent(&self, records: usize) -> Vec<usize> {
        sent(self.whats, records)
    }

    /// Writes the nth record of the page, spoiled when it is to be.
    pub(crate) fn write(&self, nth: usize, record: &[u8], into: &mut Vec<u8>) {
        let pads = self.whats.iter().filter_map(|what| match what {
            What::PadRecord { record, bytes } if *record == nth => Some(*bytes),
            _ => None,
        });
        let padding: usize = pads.sum();
        let spoils: Vec<BadRecord> = self.whats.iter().flat_map(|what| spoils(what, nth)).collect();
        if padding == 0 && spoils.is_empty() {
            into.extend_from_slice(record);
            return;
        }
        let mut value: Value = serde_json::from_slice(record).unwrap_or_default();
        pad(&mut value, padding);
        for how in spoils {
            spoil(&mut value, how);
        }
        into.extend_from_slice(value.to_string().as_bytes());
    }
}

fn spoils(what: &What, nth: usize) -> impl Iterator<Item = BadRecord> {
    let all: &[(usize, BadRecord)] = match what {
        What::BadRecords(records) => records,
        _ => &[],
    };
    all.iter().filter(move |(at, _)| *at == nth).map(|(_, how)| *how)
}

fn pad(record: &mut Value, bytes: usize) {
    if let Some(Value::String(transcript)) = record.get_mut("transcript") {
        const LINE: &str = "\nhuman: Sorry, could you say that once more?";
        let lines = LINE.repeat(bytes / LINE.len() + 1);
        transcript.push_str(&lines[..bytes]);
    }
}

/// Spoils a call log's record or a message.
pub(crate) fn spoil(record: &mut Value, how: BadRecord) {
    let Some(fields) = record.as_object_mut() else {
        return;
    };
    match how {
        BadRecord::WithoutId => drop(fields.remove("id")),
        // A message calls the same two things by other names.
        BadRecord::NullCreatedAt => {
            let name = if fields.contains_key("dateAdded") { "dateAdded" } else { "createdAt" };
            fields.insert(name.to_owned(), Value::Null);
        }
        BadRecord::TextDuration => match fields.get_mut("meta") {
            Some(meta) => *meta = json!({ "call": { "duration": "abc" } }),
            None => drop(fields.insert("duration".to_owned(), json!("abc"))),
        },
        BadRecord::NotAnObject => *record = json!(42),
        BadRecord::UnknownEnums => {
            if fields.contains_key("dateAdded") {
                fields.insert("status".to_owned(), json!("teleported"));
                fields.insert("direction".to_owned(), json!("teleport"));
                if let Some(outcome) = fields.get_mut("meta").and_then(|meta| meta.get_mut("call"))
                {
                    outcome["status"] = json!("teleported");
                }
                return;
            }
            let actions = json!([{ "actionType": "TELEPORT", "actionName": "Beam up" }]);
            fields.insert("executedCallActions".to_owned(), actions);
            fields.insert("callChannel".to_owned(), json!("HOLOGRAM"));
        }
    }
}
