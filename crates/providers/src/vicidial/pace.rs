//! How long the next slice is, so that no statement keeps the dialler waiting. Pure.
//!
//! Its tables lock as a whole: an agent's screen waits for the longest read. Slices are halved when
//! they hold too much or took too long, and grow while they are easy. They are never cut by a
//! `LIMIT`, which would lose what lies behind it.

use std::time::Duration;

/// Columns count whole seconds, so nothing shorter can be asked for.
pub const SHORTEST: Duration = Duration::from_secs(1);

const LONGEST: Duration = Duration::from_hours(24);

/// The present length of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    length: Duration,
    rows_max: u64,
    target: Duration,
}

impl Pace {
    /// Begins with an hour.
    pub fn new(rows_max: u64, target: Duration) -> Self {
        Self { length: Duration::from_hours(1), rows_max, target }
    }

    /// How long the next slice may be.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// How many rows of one table a slice may have.
    pub fn rows_max(&self) -> u64 {
        self.rows_max
    }

    /// A slice was read: how many rows its largest table gave, and what its slowest statement took.
    pub fn learn(&mut self, rows: u64, slowest: Duration) {
        if slowest > self.target {
            self.halve();
        } else if rows * 3 <= self.rows_max && slowest * 3 <= self.target {
            self.length = (self.length * 2).min(LONGEST);
        }
    }

    /// A slice was too much. False when it cannot become shorter.
    pub fn halve(&mut self) -> bool {
        let shorter = Duration::from_secs((self.length / 2).as_secs()).max(SHORTEST);
        std::mem::replace(&mut self.length, shorter) > SHORTEST
    }
}
