//! A call history as Teli documents it, with what may be wrong with it as fields.

use domain::Timestamp;
use serde_json::{Value, json};

use crate::testing::{Received, Reply};

pub const DAY: i64 = 86_400_000;

/// One call of a history.
#[derive(Clone)]
pub struct Held {
    pub id: String,
    pub start: i64,
    pub created: i64,
    pub status: &'static str,
}

/// A history as Teli documents it, and what may be wrong with it.
#[derive(Clone)]
pub struct History {
    pub calls: Vec<Held>,
    pub by_creation: bool,
    /// What windows are compared with lies so much later.
    pub filter_shift: i64,
    pub ignores_dates: bool,
    pub is_unordered: bool,
    pub answer_max: usize,
    pub has_export: bool,
    pub export_lacks: usize,
    /// By how much the export's times are off.
    pub export_shift: i64,
    pub export_honours_limit: bool,
    pub shows_all_without_status: bool,
}

pub fn beginning() -> i64 {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap().as_millis()
}

impl History {
    /// Calls evenly over a day, each a minute long.
    pub fn of(count: i64) -> Self {
        let step = DAY / (count + 1);
        Self::at((0..count).map(|n| step * (n + 1)))
    }

    pub fn at(offsets: impl Iterator<Item = i64>) -> Self {
        let held = |(n, offset): (usize, i64)| {
            let start = beginning() + offset;
            Held { id: format!("call_{n}"), start, created: start + 65_000, status: "ended" }
        };
        Self {
            calls: offsets.enumerate().map(held).collect(),
            by_creation: false,
            filter_shift: 0,
            ignores_dates: false,
            is_unordered: false,
            answer_max: 100,
            has_export: true,
            export_lacks: 0,
            export_shift: 0,
            export_honours_limit: false,
            shows_all_without_status: false,
        }
    }

    pub fn answer(&self, asked: &Received) -> Reply {
        let is_export = asked.query("format").is_some();
        if is_export && !self.has_export {
            return Reply::json(404, r#"{"error":"Not Found","success":false}"#);
        }
        let path = asked.line.split([' ', '?']).nth(1).unwrap();
        if let Some(id) = path.strip_prefix("/v1/voice/calls/") {
            let call = self.calls.iter().find(|call| call.id == id);
            return match call {
                Some(call) => {
                    Reply::json(200, json!({"success": true, "call": row(call)}).to_string())
                }
                None => Reply::json(404, r#"{"error":"Call not found","success":false}"#),
            };
        }
        let mut found = self.matching(asked);
        if is_export {
            found.drain(..self.export_lacks.min(found.len()));
        }
        if !is_export || self.export_honours_limit {
            let limit = asked.query("limit").map_or(50, |limit| limit.parse().unwrap());
            found.truncate(self.answer_max.min(limit));
        }
        let shown = |call| if is_export { column(call, self.export_shift) } else { row(call) };
        let rows: Vec<Value> = found.iter().map(shown).collect();
        Reply::json(200, json!({"success": true, "calls": rows, "count": rows.len()}).to_string())
    }

    fn matching(&self, asked: &Received) -> Vec<Held> {
        let bound = |name: &str| {
            let text = asked.query(name).filter(|_| !self.ignores_dates)?;
            Some(Timestamp::parse(&text).unwrap().as_millis())
        };
        let (from, to) = (bound("start_date"), bound("end_date"));
        let status = asked.query("call_status");
        let is_wanted = |call: &&Held| {
            let at = if self.by_creation { call.created } else { call.start };
            let at = at + self.filter_shift;
            let is_in = from.is_none_or(|from| from <= at) && to.is_none_or(|to| at < to);
            let usual = if self.shows_all_without_status { call.status } else { "ended" };
            is_in && call.status == status.as_deref().unwrap_or(usual)
        };
        let mut found: Vec<Held> = self.calls.iter().filter(is_wanted).cloned().collect();
        found.sort_by_key(|call| std::cmp::Reverse(call.start));
        if self.is_unordered {
            let half = found.len() / 2;
            found.rotate_left(half);
        }
        found
    }
}

fn naive(at: i64) -> String {
    Timestamp::from_millis(at).to_string().trim_end_matches('Z').to_owned()
}

fn row(call: &Held) -> Value {
    json!({
        "call_id": call.id,
        "start_timestamp": call.start,
        "end_timestamp": call.start + 60_000,
        "created_at": naive(call.created),
        "call_status": call.status,
    })
}

fn column(call: &Held, shift: i64) -> Value {
    let start = Timestamp::from_millis(call.start + shift).to_string();
    json!({"call_id": call.id, "start_time": start})
}
