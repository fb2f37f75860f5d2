//! Rules of a source: whose its calls are by number, by campaign or as a whole, and which calls are
//! left out.

use crate::{AccountId, RuleId, Timestamp};

/// Which calls a rule speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RuleKey {
    /// Those where our side has this number, in E.164.
    Number(String),
    /// Those of this campaign, in the provider's words.
    Campaign(String),
    /// Those made to try an agent out.
    TestCalls,
    /// All of the source.
    WholeSource,
}

/// What a rule says of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// They belong to this account.
    Place(AccountId),
    /// They are kept and counted for nobody.
    Exclude,
}

/// One rule of a source, for a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id, once it is kept.
    pub id: Option<RuleId>,
    /// Which calls.
    pub key: RuleKey,
    /// What of them.
    pub verdict: Verdict,
    /// First instant it holds.
    pub valid_from: Timestamp,
    /// First instant it no longer holds.
    pub valid_to: Timestamp,
}

/// One step of a change of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleEdit {
    /// It now ends here.
    Cut {
        /// Which.
        id: RuleId,
        /// First instant it no longer holds.
        valid_to: Timestamp,
    },
    /// It never held.
    Withdraw {
        /// Which.
        id: RuleId,
    },
    /// It holds from now on, for its span of time.
    Add(Rule),
}

impl Rule {
    /// Whether it holds at this instant.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.valid_from <= at && at < self.valid_to
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.valid_from < other.valid_to && other.valid_from < self.valid_to
    }

    /// Whether both give calls to an account, or both leave them out. The others live side by side:
    /// what is left out is left out, whoever it belongs to.
    fn rivals(&self, other: &Self) -> bool {
        let places = |rule: &Self| matches!(rule.verdict, Verdict::Place(_));
        self.key == other.key && places(self) == places(other)
    }
}

/// What makes `wanted` hold among the rules of its source: nothing where it holds already. A rule
/// of the same key that says anything else at any instant of it is in the way, and comes back.
pub fn establish(held: &[Rule], wanted: Rule) -> Result<Vec<RuleEdit>, Rule> {
    let rivals = || held.iter().filter(|rule| rule.rivals(&wanted) && rule.overlaps(&wanted));
    let says_so = |rule: &Rule| {
        let is_whole = rule.valid_from <= wanted.valid_from && wanted.valid_to <= rule.valid_to;
        rule.verdict == wanted.verdict && is_whole
    };
    if rivals().any(says_so) {
        return Ok(Vec::new());
    }
    let rival = rivals().next().cloned();
    match rival {
        Some(rival) => Err(rival),
        None => Ok(vec![RuleEdit::Add(wanted)]),
    }
}

/// What ends, at `from`, the rules of this key that give calls to an account, or those that leave
/// them out.
pub fn end(held: &[Rule], key: &RuleKey, excludes: bool, from: Timestamp) -> Vec<RuleEdit> {
    let meant = held.iter().filter(|rule| {
        rule.key == *key && (rule.verdict == Verdict::Exclude) == excludes && rule.valid_to > from
    });
    let ended = |rule: &Rule| {
        let id = rule.id?;
        let was_before = rule.valid_from < from;
        Some(if was_before {
            RuleEdit::Cut { id, valid_to: from }
        } else {
            RuleEdit::Withdraw { id }
        })
    };
    meant.filter_map(ended).collect()
}

/// The rules as they are after these edits.
pub fn ruled(held: &[Rule], edits: &[RuleEdit]) -> Vec<Rule> {
    let mut left = held.to_vec();
    for edit in edits {
        match edit {
            RuleEdit::Cut { id, valid_to } => {
                for rule in left.iter_mut().filter(|rule| rule.id == Some(*id)) {
                    rule.valid_to = *valid_to;
                }
            }
            RuleEdit::Withdraw { id } => left.retain(|rule| rule.id != Some(*id)),
            RuleEdit::Add(rule) => left.push(rule.clone()),
        }
    }
    left
}

#[cfg(test)]
mod tests;
