//! Changing whose calls an agent's are, without two accounts at one time.

use super::Assignment;
use crate::{AssignmentId, Timestamp};

/// An assignment that is in force, and the id it is kept under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// What it says.
    pub assignment: Assignment,
}

/// One step of a change of assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentEdit {
    /// It now ends here.
    Cut {
        /// Which.
        id: AssignmentId,
        /// First instant it no longer holds.
        valid_to: Timestamp,
    },
    /// It never held.
    Withdraw {
        /// Which.
        id: AssignmentId,
    },
    /// It holds from now on, for its span of time.
    Add(Assignment),
}

/// An assignment that would hold at the time of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The one in the way.
    pub held: Assignment,
}

/// What makes `wanted` hold among an agent's assignments.
///
/// One that began earlier is cut, and goes on after the wanted one where that ends first. One of
/// another account that begins during the wanted one is in the way: nobody named its time.
pub fn reassign(
    held: &[HeldAssignment],
    wanted: Assignment,
) -> Result<Vec<AssignmentEdit>, Overlap> {
    let overlapping = || held.iter().filter(|held| overlaps(&held.assignment, &wanted)).copied();
    let foreign = || overlapping().filter(|held| held.assignment.account != wanted.account);
    if let Some(held) = foreign().find(|held| held.assignment.valid_from >= wanted.valid_from) {
        return Err(Overlap { held: held.assignment });
    }
    let mut edits = Vec::new();
    for HeldAssignment { id, assignment } in foreign() {
        edits.push(AssignmentEdit::Cut { id, valid_to: wanted.valid_from });
        if assignment.valid_to > wanted.valid_to {
            let rest = Assignment { valid_from: wanted.valid_to, ..assignment };
            edits.push(AssignmentEdit::Add(rest));
        }
    }
    let mut own: Vec<Assignment> = overlapping()
        .map(|held| held.assignment)
        .filter(|held| held.account == wanted.account)
        .collect();
    own.sort_unstable_by_key(|held| held.valid_from);
    let mut from = wanted.valid_from;
    for held in own {
        if from < held.valid_from {
            let part = Assignment { valid_from: from, valid_to: held.valid_from, ..wanted };
            edits.push(AssignmentEdit::Add(part));
        }
        from = from.max(held.valid_to);
    }
    if from < wanted.valid_to {
        edits.push(AssignmentEdit::Add(Assignment { valid_from: from, ..wanted }));
    }
    Ok(edits)
}

/// What ends an agent's assignments at `from`.
pub fn unassign(held: &[HeldAssignment], from: Timestamp) -> Vec<AssignmentEdit> {
    let later = held.iter().filter(|held| held.assignment.valid_to > from);
    let ended = |held: &HeldAssignment| {
        if held.assignment.valid_from >= from {
            AssignmentEdit::Withdraw { id: held.id }
        } else {
            AssignmentEdit::Cut { id: held.id, valid_to: from }
        }
    };
    later.map(ended).collect()
}

/// The assignments as they are after these edits.
pub fn edited(held: &[HeldAssignment], edits: &[AssignmentEdit]) -> Vec<Assignment> {
    let mut left = held.to_vec();
    let mut added = Vec::new();
    for edit in edits {
        match *edit {
            AssignmentEdit::Cut { id, valid_to } => {
                for held in left.iter_mut().filter(|held| held.id == id) {
                    held.assignment.valid_to = valid_to;
                }
            }
            AssignmentEdit::Withdraw { id } => left.retain(|held| held.id != id),
            AssignmentEdit::Add(assignment) => added.push(assignment),
        }
    }
    left.into_iter().map(|held| held.assignment).chain(added).collect()
}

fn overlaps(one: &Assignment, other: &Assignment) -> bool {
    one.valid_from < other.valid_to && other.valid_from < one.valid_to
}

#[cfg(test)]
mod tests;
