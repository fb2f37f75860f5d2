//! Rows of the call tables as calls: which one each is, and when it was. Pure.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::Timestamp;

use super::key::{Key, Kind, created, created_at};
use super::rows::Row;
use super::tables::Copy;
use super::zone::{Hints, Zone};

/// A row of a call table.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Of which table.
    pub kind: Kind,
    /// From which copy of it.
    pub copy: Copy,
    /// Which call it is; `None` when the row does not say.
    pub key: Option<Key>,
    /// When it was; `None` when the row does not say.
    pub at: Option<Timestamp>,
    /// The row.
    pub row: Row,
}

impl Seen {
    /// Reads a row.
    pub fn new(kind: Kind, copy: Copy, row: Row, zone: &Zone, skew: Duration) -> Self {
        let at = instant(&row, zone, skew);
        Self { kind, copy, key: Key::of(kind, &row), at, row }
    }

    /// Its lead, where it has one.
    pub fn lead(&self) -> Option<&str> {
        self.row.get("lead_id").filter(|lead| *lead != "0")
    }

    /// The key that no other row of its table has.
    fn exact_key(&self) -> Option<Key> {
        self.key.clone().map(|key| key.exact(&self.row))
    }

    /// Whether it was copied into the archive before its call had ended.
    fn is_frozen(&self) -> bool {
        self.kind == Kind::Log && self.copy == Copy::Archive && self.row.get("end_epoch").is_none()
    }

    /// Its `uniqueid`.
    pub fn unique(&self) -> Option<&str> {
        self.row.get("uniqueid")
    }
}

/// When a row was, by the time it is listed by.
pub fn instant(row: &Row, zone: &Zone, skew: Duration) -> Option<Timestamp> {
    let hints = Hints {
        start: row.epoch("start_epoch"),
        created: row.get("uniqueid").and_then(created_at),
    };
    zone.instant(row.get("call_date").unwrap_or_default(), hints, skew)
}

/// One row per call: a row in use wins over its copy in the archive, which may have been made in
/// the middle of the call and is never refreshed. What only the archive has is kept.
pub fn with_live_first(live: Vec<Seen>, archive: Vec<Seen>) -> Vec<Seen> {
    let known: HashSet<Key> = live.iter().filter_map(Seen::exact_key).collect();
    let is_new = |seen: &Seen| seen.exact_key().is_none_or(|key| !known.contains(&key));
    let mut all = live;
    all.extend(archive.into_iter().filter(is_new));
    told_apart(without_frozen(all))
}

/// Leaves out copies made in the middle of a call whose primary key was rewritten afterwards: the
/// same call is there under its new key.
fn without_frozen(all: Vec<Seen>) -> Vec<Seen> {
    let finished = all.iter().filter(|seen| !seen.is_frozen());
    let known: HashSet<Key> = finished.filter_map(|seen| seen.key.clone()).collect();
    let is_double =
        |seen: &Seen| seen.is_frozen() && seen.key.as_ref().is_some_and(|key| known.contains(key));
    all.into_iter().filter(|seen| !is_double(seen)).collect()
}

/// Gives rows that share a key one each: the one whose channel came first keeps the usual key.
fn told_apart(mut all: Vec<Seen>) -> Vec<Seen> {
    let mut first: HashMap<Key, usize> = HashMap::new();
    let mut later = Vec::new();
    for (nth, seen) in all.iter().enumerate() {
        let Some(key) = &seen.key else { continue };
        match first.get(key).copied() {
            None => drop(first.insert(key.clone(), nth)),
            Some(before) if order(seen) < order(&all[before]) => {
                later.push(before);
                first.insert(key.clone(), nth);
            }
            Some(_) => later.push(nth),
        }
    }
    for nth in later {
        let seen = &mut all[nth];
        seen.key = seen.key.take().map(|key| key.exact(&seen.row));
    }
    all
}

fn order(seen: &Seen) -> (u64, &str) {
    let unique = seen.unique().unwrap_or_default();
    (created(unique).map_or(0, |(_, number)| number), unique)
}
