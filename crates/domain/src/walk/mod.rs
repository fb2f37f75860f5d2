//! Proof that a walk over the numbered pages of one window saw every record.

mod cursor;

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64;

pub use cursor::{CursorFacts, CursorWalk};

/// What one page said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFacts<'a> {
    /// The page we asked for, from 1.
    pub asked: u64,
    /// The page the provider says it sent.
    pub echoed: u64,
    /// The total the provider gave with this page.
    pub total: u64,
    /// The id of each record; `None` for a record that has none we can read.
    pub ids: Vec<Option<&'a str>>,
}

/// Why a walk proves nothing. Each is a sentence with its numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The list grew or shrank while we read it.
    #[error("the provider's total moved from {first} to {last} while its pages were read")]
    TotalMoved {
        /// With the first page.
        first: u64,
        /// With a later one.
        last: u64,
    },
    /// The list and its total contradict each other.
    #[error("the provider says there are {total} calls and lists {distinct}")]
    TotalDisagrees {
        /// What the provider says.
        total: u64,
        /// Distinct records it listed.
        distinct: u64,
    },
    /// The provider sent another page than the one asked for.
    #[error("page {asked} was asked for and page {echoed} came")]
    WrongPage {
        /// What was asked.
        asked: u64,
        /// What came.
        echoed: u64,
    },
    /// A page brought only records of earlier pages.
    #[error("page {page} repeats records of earlier pages only")]
    PageRepeated {
        /// Which page.
        page: u64,
    },
    /// The provider sent us in a circle.
    #[error("page {page} names a next page that was named before")]
    CursorRepeated {
        /// Which page.
        page: u64,
    },
    /// The walk stopped before the provider said that the list ends.
    #[error("the list went on after page {pages}, and was not read further")]
    NoEndMark {
        /// How many pages were read.
        pages: u64,
    },
    /// Not one page was read, which is not the same as an empty list.
    #[error("no page was read, so nothing is known about this window")]
    NothingRead,
    /// The walk stopped because the provider's list did not end where it said.
    #[error("pages went on after the {total} calls the provider said there are")]
    NoEnd {
        /// What the provider says.
        total: u64,
    },
}

/// The memory of one walk: which ids it saw and what each page said.
#[derive(Debug, Clone, Default)]
pub struct Walk {
    total: Option<u64>,
    // Hashes instead of ids: a collision makes the count too small, which only makes us doubt.
    seen: HashSet<u64>,
    unidentified: u64,
    doubt: Option<Doubt>,
}

impl Walk {
    /// Takes in a page and tells, per record, whether this walk saw it before.
    pub fn page(&mut self, facts: &PageFacts<'_>) -> Vec<bool> {
        let first = *self.total.get_or_insert(facts.total);
        if facts.echoed != facts.asked {
            self.doubt(Doubt::WrongPage { asked: facts.asked, echoed: facts.echoed });
        }
        if facts.total != first {
            self.doubt(Doubt::TotalMoved { first, last: facts.total });
        }
        let repeated: Vec<bool> = facts.ids.iter().map(|id| self.is_repeated(*id)).collect();
        if !repeated.is_empty() && repeated.iter().all(|again| *again) {
            self.doubt(Doubt::PageRepeated { page: facts.asked });
        }
        repeated
    }

    fn is_repeated(&mut self, id: Option<&str>) -> bool {
        let Some(id) = id else {
            self.unidentified += 1;
            return false;
        };
        !self.seen.insert(xxh3_64(id.as_bytes()))
    }

    /// Notes a reason to doubt; the first one stays.
    pub fn doubt(&mut self, doubt: Doubt) {
        self.doubt.get_or_insert(doubt);
    }

    /// Distinct records seen so far.
    pub fn distinct(&self) -> u64 {
        self.seen.len() as u64 + self.unidentified
    }

    /// The total the first page gave.
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// How many distinct records there are, if total before = total after = distinct records.
    pub fn verdict(&self) -> Result<u64, Doubt> {
        if let Some(doubt) = &self.doubt {
            return Err(doubt.clone());
        }
        let (total, distinct) = (self.total.ok_or(Doubt::NothingRead)?, self.distinct());
        if total == distinct {
            Ok(distinct)
        } else {
            Err(Doubt::TotalDisagrees { total, distinct })
        }
    }
}

#[cfg(test)]
mod tests;
