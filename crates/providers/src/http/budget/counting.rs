//! The two ways to count requests: alone, and beside others.

use domain::Timestamp;

use super::super::headers::RateFacts;
use super::member::{Answer, Member, Proposal};
use super::shares::Shares;
use super::{Allowance, Standing, Turn};

/// How a budget's requests are counted.
pub(super) enum Counting {
    Alone(Allowance),
    Beside(Box<Member>),
}

impl Counting {
    pub(super) fn take(&mut self, now: Timestamp) -> Turn {
        match self {
            Self::Alone(allowance) => allowance.take(now),
            Self::Beside(member) => member.take(now),
        }
    }

    pub(super) fn pause_until(&mut self, until: Timestamp) {
        match self {
            Self::Alone(allowance) => allowance.pause_until(until),
            Self::Beside(member) => member.pause_until(until),
        }
    }

    pub(super) fn observe(&mut self, facts: &RateFacts, now: Timestamp) {
        match self {
            Self::Alone(allowance) => allowance.observe(facts, now),
            Self::Beside(member) => member.observe(facts, now),
        }
    }

    /// What may be asked, and how much of it was; `shares` are what the others have written.
    pub(super) fn standing(&mut self, shares: Option<&Shares>, now: Timestamp) -> Option<Standing> {
        match self {
            Self::Alone(allowance) => allowance.standing(now),
            Self::Beside(member) => Some(member.standing(shares, now)),
        }
    }

    pub(super) fn propose(
        &mut self,
        shares: &Shares,
        waiting: u32,
        now: Timestamp,
    ) -> Option<Proposal> {
        match self {
            Self::Alone(_) => None,
            Self::Beside(member) => Some(member.propose(shares, waiting, now)),
        }
    }

    pub(super) fn settle(&mut self, answer: Answer) {
        if let Self::Beside(member) = self {
            member.settle(answer);
        }
    }
}
