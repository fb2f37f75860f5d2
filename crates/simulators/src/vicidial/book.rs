//! What really happened, kept beside the database.

use std::collections::BTreeMap;

use crate::simulated::Truth;

use super::facts::{Facts, Kind};
use super::zone::Zone;

/// Every call there was.
#[derive(Default)]
pub(super) struct Book {
    entries: BTreeMap<String, Entry>,
    number: u64,
}

/// A call and where its row is.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub facts: Facts,
    /// The condition that finds its row.
    pub row: String,
    /// Whether its table, or the archive of it, has a row.
    pub is_shown: bool,
    truth: Truth,
}

impl Entry {
    /// The table its row is in.
    pub fn table(&self) -> &'static str {
        match self.facts.kind {
            Kind::Outbound => "vicidial_log",
            Kind::Queued => "vicidial_closer_log",
            Kind::Menu => "vicidial_did_log",
        }
    }
}

impl Book {
    /// A number no call had yet: of channels and queue entries.
    pub fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Writes a call down and answers its id.
    pub fn note(&mut self, facts: &Facts, zone: &Zone) -> String {
        self.note_as(facts.id(zone), facts)
    }

    /// The same for a call whose usual id another one has.
    pub fn note_as(&mut self, id: String, facts: &Facts) -> String {
        let row = match facts.kind {
            Kind::Queued => format!("closecallid = {}", facts.closecallid),
            Kind::Outbound | Kind::Menu => format!("uniqueid = '{}'", facts.unique()),
        };
        let truth = Truth {
            id: id.clone(),
            occurred_at: facts.at * 1000,
            duration: facts.length.and_then(|length| u32::try_from(length).ok()),
            agent_id: facts.agent(),
        };
        let entry = Entry { facts: facts.clone(), row, is_shown: true, truth };
        self.entries.insert(id.clone(), entry);
        id
    }

    /// A call by its id.
    pub fn entry(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.get_mut(id)
    }

    /// Every call that a row shows.
    pub fn truth(&self) -> Vec<Truth> {
        let shown = self.entries.values().filter(|entry| entry.is_shown);
        shown.map(|entry| entry.truth.clone()).collect()
    }

    /// A call goes on under another face: its length and agent as of now.
    pub fn learn(&mut self, id: &str, facts: Facts) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.truth.duration = facts.length.and_then(|length| u32::try_from(length).ok());
            entry.truth.agent_id = facts.agent();
            entry.facts = facts;
        }
    }
}
