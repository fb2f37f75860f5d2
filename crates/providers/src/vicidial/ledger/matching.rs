//! Which row accounts for which call of a ledger. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::{Timestamp, Window};

use super::super::key::created_at;
use super::super::rows::Row;
use super::super::zone::apart;
use super::{Attempt, DEADLINE};

/// How much earlier than its request a row may seem, because clocks differ.
const EARLIER: Duration = Duration::from_mins(1);

/// How soon after its request a channel is created, and one leg after the other.
const CREATED_WITHIN: Duration = Duration::from_secs(5);

/// A row that accounts for one call of each ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Logged {
    pub unique: String,
    pub lead: String,
    pub at: Timestamp,
}

impl Logged {
    /// Reads a row of the call table, which is at this time.
    pub fn read(row: &Row, at: Option<Timestamp>) -> Option<Self> {
        let unique = row.get("uniqueid")?.to_owned();
        Some(Self { unique, lead: row.get("lead_id")?.to_owned(), at: at? })
    }
}

/// Whether a caller code is of a call to a lead: agents' phones and third parties are dialled too.
pub(super) fn is_dialled(code: &str) -> bool {
    has_form(code, &['V', 'M'])
}

/// Whether a caller code is of a call that came in.
pub(super) fn is_inbound(code: &str) -> bool {
    has_form(code, &['Y'])
}

fn has_form(code: &str, letters: &[char]) -> bool {
    let digits = code.strip_prefix(letters).unwrap_or_default();
    digits.len() == 19 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether two ledgers speak of one call.
pub(super) fn is_same(one: &Attempt, other: &Attempt) -> bool {
    let near = || apart(one.at, other.at) <= CREATED_WITHIN;
    one.lead == other.lead && (one.code == other.code || near())
}

/// The calls no row accounts for; each row accounts for one call of its lead.
pub(in super::super) fn unaccounted(attempts: Vec<Attempt>, rows: Vec<Logged>) -> Vec<Attempt> {
    let mut of_leads: BTreeMap<String, (Vec<Attempt>, Vec<Logged>)> = BTreeMap::new();
    for attempt in attempts {
        of_leads.entry(attempt.lead.clone()).or_default().0.push(attempt);
    }
    for row in rows {
        if let Some((_, rows)) = of_leads.get_mut(&row.lead) {
            rows.push(row);
        }
    }
    let left = of_leads.into_values().flat_map(|(mut attempts, mut rows)| {
        attempts.sort_by_key(|attempt| attempt.at);
        rows.sort_by_key(|row| row.at);
        // From the surest sign to the weakest, so that no row is taken by a neighbour.
        let signs: [fn(&Attempt, &Logged) -> bool; 3] = [same_channel, created_then, soon_after];
        for is_sign in signs {
            attempts.retain(|attempt| {
                let found = rows.iter().position(|row| is_sign(attempt, row));
                found.map(|nth| rows.remove(nth)).is_none()
            });
        }
        attempts
    });
    left.collect()
}

fn same_channel(attempt: &Attempt, row: &Logged) -> bool {
    attempt.unique.as_ref() == Some(&row.unique)
}

fn created_then(attempt: &Attempt, row: &Logged) -> bool {
    created_at(&row.unique).is_some_and(|created| apart(created, attempt.at) <= CREATED_WITHIN)
}

fn soon_after(attempt: &Attempt, row: &Logged) -> bool {
    let span = Window::new(attempt.at - EARLIER, attempt.at + DEADLINE);
    span.is_ok_and(|span| span.contains(row.at))
}
