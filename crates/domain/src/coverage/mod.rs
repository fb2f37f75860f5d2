//! The ledger of windows and how well each is verified: the only memory of "how far are we".

use serde::{Deserialize, Serialize};

use crate::window::without;
use crate::{RunId, Timestamp, Window};

/// How well a window is verified; later is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Looked at, but the provider did not prove that its list was whole. Still a gap.
    Unproven,
    /// Listed completely once.
    Listed,
    /// Listed again after its last settle tier.
    Settled,
    /// Compared with the provider, with every difference explained.
    ///
    /// For settled windows only: nothing above *listed* is read again by itself.
    Compared,
}

/// What else is worth knowing about a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Proved to hold no call at all, which is not the same as "could not look".
    Empty,
    /// The provider's numbers contradict each other; the sentence has them.
    PossiblyTruncated(String),
    /// The provider could not be asked; the sentence says why.
    Unreachable(String),
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Which span the row speaks of.
    pub window: Window,
    /// How well it is verified.
    pub level: Level,
    /// What else is known.
    pub mark: Option<Mark>,
    /// Distinct calls the provider listed inside; `None` once the row was cut or never listed.
    pub listed: Option<u64>,
    /// The provider's own total over the span it was asked for, which is wider by a margin.
    pub provider_total: Option<u64>,
    /// The run that last proved or failed to prove it.
    pub run: RunId,
    /// When the provider was asked.
    pub checked_at: Timestamp,
    /// When a proved window was last read again in vain, since it was proved.
    pub tried_at: Option<Timestamp>,
}

/// The ledger of one stream of one source: sorted rows that never overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    rows: Vec<Covered>,
}

impl Coverage {
    /// The ledger that results from writing `rows` in their order.
    pub fn from_rows(rows: impl IntoIterator<Item = Covered>) -> Self {
        let mut coverage = Self::default();
        for row in rows {
            coverage.mark(row);
        }
        coverage
    }

    /// The rows, oldest first.
    pub fn rows(&self) -> &[Covered] {
        &self.rows
    }

    /// The rows that share an instant with this window, oldest first; no other is looked at.
    pub fn rows_of(&self, window: Window) -> &[Covered] {
        let first = self.rows.partition_point(|row| row.window.to() <= window.from());
        let last = self.rows.partition_point(|row| row.window.from() < window.to());
        &self.rows[first..last]
    }

    /// The rows, oldest first, given away.
    pub fn into_rows(self) -> Vec<Covered> {
        self.rows
    }

    /// Writes what a run learnt about a window.
    ///
    /// A failed look never undoes a proof: where the ledger already knows better, the better
    /// level stays. Rows that were cut no longer know how many calls lie in their remainder.
    pub fn mark(&mut self, new: Covered) {
        self.write(new, |old, new| old.level > new.level);
    }

    /// Takes a proof back: something listed in this window is known not to be held here.
    ///
    /// Unlike a failed look, which proves nothing either way, this makes the window a gap.
    pub fn reopen(&mut self, new: Covered) {
        self.write(Covered { level: Level::Unproven, ..new }, |_, _| false);
    }

    /// Says that what was settled in a window by this instant was compared with the provider since.
    ///
    /// What was read later, or is read again by itself, is not what was compared.
    pub fn compared(&mut self, window: Window, by: Timestamp) {
        let is_meant = |row: &&Covered| row.level == Level::Settled && row.checked_at <= by;
        let part = |row: &Covered| Some(row.cut_to(row.window.intersect(window)?));
        let parts: Vec<Covered> = self.rows.iter().filter(is_meant).filter_map(part).collect();
        for part in parts {
            self.mark(Covered { level: Level::Compared, ..part });
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "the row becomes part of the ledger")]
    fn write(&mut self, new: Covered, stays: fn(&Covered, &Covered) -> bool) {
        // Rows that only touch are looked at too: they may become one with the new row.
        let first = self.rows.partition_point(|row| row.window.to() < new.window.from());
        let last = self.rows.partition_point(|row| row.window.from() <= new.window.to());
        let (mut rows, mut better) = (Vec::new(), Vec::new());
        for old in &self.rows[first..last] {
            rows.extend(old.window.minus(new.window).map(|rest| old.cut_to(rest)));
            let Some(shared) = old.window.intersect(new.window) else { continue };
            if stays(old, &new) {
                rows.push(old.cut_to(shared).checked_again(&new));
                better.push(shared);
            }
        }
        rows.extend(without([new.window], better).into_iter().map(|part| new.cut_to(part)));
        rows.sort_unstable_by_key(|row| row.window);
        self.rows.splice(first..last, merge(rows));
    }

    /// What of `wanted` is not proved, oldest first.
    pub fn gaps(&self, wanted: Window) -> Vec<Window> {
        let proved = self.rows.iter().filter(|row| row.level > Level::Unproven);
        without([wanted], proved.map(|row| row.window))
    }

    /// Until when everything from `since` on is proved; `None` when not even its beginning is.
    pub fn proved_until(&self, since: Timestamp) -> Option<Timestamp> {
        let mut until = since;
        for row in self.rows.iter().filter(|row| row.level > Level::Unproven) {
            if row.window.from() > until {
                break;
            }
            until = until.max(row.window.to());
        }
        Some(until).filter(|until| *until > since)
    }
}

impl Covered {
    /// A row of which nothing else is known.
    pub const fn new(window: Window, level: Level, run: RunId, checked_at: Timestamp) -> Self {
        let (mark, listed, provider_total, tried_at) = (None, None, None, None);
        Self { window, level, mark, listed, provider_total, run, checked_at, tried_at }
    }

    fn cut_to(&self, part: Window) -> Self {
        if part == self.window {
            return self.clone();
        }
        let listed = if self.mark == Some(Mark::Empty) { self.listed } else { None };
        Self { window: part, listed, provider_total: None, ..self.clone() }
    }

    /// When it was last asked for in vain, and has not been proved since.
    pub fn tried(&self) -> Option<Timestamp> {
        if self.level == Level::Unproven { Some(self.checked_at) } else { self.tried_at }
    }

    /// Whether the provider answered when it was tried.
    pub fn was_answered(&self) -> bool {
        !matches!(self.mark, Some(Mark::Unreachable(_)))
    }

    /// A row whose level stays, because it was better, though it was read again.
    fn checked_again(self, by: &Self) -> Self {
        if by.level == Level::Unproven {
            return Self { tried_at: Some(by.checked_at), ..self };
        }
        let checked_at = self.checked_at.max(by.checked_at);
        Self { level: self.level, checked_at, ..by.cut_to(self.window) }
    }

    /// Neighbours become one row when nothing the scheduler needs tells them apart.
    fn continues(&self, next: &Self) -> bool {
        let same_age = self.checked_at == next.checked_at && self.run == next.run;
        self.window.to() == next.window.from()
            && self.level == next.level
            && self.mark == next.mark
            && self.tried_at == next.tried_at
            && (same_age || self.level >= Level::Settled)
    }
}

fn merge(rows: Vec<Covered>) -> Vec<Covered> {
    let mut merged: Vec<Covered> = Vec::with_capacity(rows.len());
    for row in rows {
        match merged.last_mut() {
            Some(last) if last.continues(&row) => {
                if let Ok(window) = Window::new(last.window.from(), row.window.to()) {
                    last.window = window;
                }
                last.listed = last.listed.zip(row.listed).map(|(a, b)| a + b);
                last.provider_total = None;
                last.run = last.run.max(row.run);
                last.checked_at = last.checked_at.min(row.checked_at);
            }
            _ => merged.push(row),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
