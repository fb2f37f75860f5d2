//! The rule for a process that shares a credential with others: it sends what it was given.
//!
//! A worker holds a small portion of the interval's requests at a time. What it has sent within
//! the interval and what it may still send is written in the shares, and no portion is handed out
//! that would let all of these together exceed the limit. So at the end of any span of `interval`
//! every request of that span is in some share, and their sum is within the limit.

use std::time::Duration;

use domain::Timestamp;

use super::super::headers::RateFacts;
use super::limits::{DAY, Limits, Sent};
use super::shares::{ClockName, Day, Seen, Share, Shares, Stamp, Strangers};
use super::{Standing, Turn};

/// The longest and the shortest time a portion is good for. What a dead worker held is lost for an
/// interval after that; a database slower than the shortest would have nobody send.
const PORTION_MIN: Duration = Duration::from_secs(1);
const PORTION_MAX: Duration = Duration::from_secs(15);

/// How often a worker that waits for the others' requests to age looks at the shares.
const LOOK_MIN: Duration = Duration::from_millis(50);
const LOOK_MAX: Duration = Duration::from_secs(5);

/// No wait is shorter.
const LEAST: Duration = Duration::from_millis(1);

/// One process among those that use a credential.
#[derive(Debug)]
pub(super) struct Member {
    name: String,
    clock: ClockName,
    /// What we take to be allowed, and what all of us together do.
    own: Limits,
    common: Limits,
    sent: Sent,
    /// Ever sent, and of these those the written day has.
    total: u64,
    counted: u64,
    portion: Portion,
    /// What the last portion says of how much the next should hold.
    appetite: u32,
    hungry_until: Timestamp,
    paused_until: Timestamp,
    /// When we were last answered, and when there is a reason to ask again.
    asked_at: Timestamp,
    ask_again_at: Timestamp,
    day_spent_until: Timestamp,
    /// The others' requests, at the last look.
    others: u64,
    told: Told,
    seen: Seen,
}

/// Requests we may send, within a time.
#[derive(Debug, Clone, Copy)]
struct Portion {
    size: u32,
    left: u32,
    from: Timestamp,
    until: Timestamp,
}

/// What the provider said that the others do not know yet.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Told {
    strangers: Option<Unknown>,
    day_used: u64,
    day_began: Option<Timestamp>,
    pause_until: Option<Timestamp>,
}

/// Requests the provider counted and we do not know.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Unknown {
    count: u64,
    /// The others' requests we knew of by then.
    beside: u64,
    ends: Timestamp,
}

/// What is to be written, and what holds once it is.
pub(super) struct Proposal {
    pub(super) shares: Shares,
    /// Whether there is anything to write.
    pub(super) is_new: bool,
    pub(super) answer: Answer,
}

/// What holds once the proposal is written.
#[derive(Clone, Copy)]
pub(super) struct Answer {
    now: Timestamp,
    granted: u32,
    until: Timestamp,
    common: Limits,
    counted: u64,
    others: u64,
    told: Told,
    hungry_until: Timestamp,
    paused_until: Timestamp,
    ask_again_at: Timestamp,
    day_spent_until: Timestamp,
}

impl Member {
    /// What may be asked, and how much of it was by all of us together, as of our last look at the
    /// others. Of the day nothing is known while `shares` are being written.
    pub(super) fn standing(&self, shares: Option<&Shares>, now: Timestamp) -> Standing {
        let mut sent = self.sent.clone();
        sent.forget(now, self.common.span());
        let day = shares.map(|shares| shares.today(&self.clock, now).used);
        let day = day.map(|used| used + self.total.saturating_sub(self.counted));
        Standing::of(&self.common, sent.len() as u64 + self.others, day)
    }

    pub(super) fn new(name: String, clock: ClockName, limits: Limits) -> Self {
        let portion = Portion { size: 0, left: 0, from: Timestamp::MIN, until: Timestamp::MIN };
        Self {
            name,
            clock,
            own: limits,
            common: limits,
            sent: Sent::default(),
            total: 0,
            counted: 0,
            portion,
            appetite: 0,
            hungry_until: Timestamp::MIN,
            paused_until: Timestamp::MIN,
            asked_at: Timestamp::MIN,
            ask_again_at: Timestamp::MIN,
            day_spent_until: Timestamp::MIN,
            others: 0,
            told: Told::default(),
            seen: Seen::default(),
        }
    }

    /// Asks for one request.
    pub(super) fn take(&mut self, now: Timestamp) -> Turn {
        if self.paused_until > now {
            return Turn::Wait(self.paused_until.since(now));
        }
        // What was said by a clock that has been set back since is not good any more.
        if now < self.asked_at {
            return Turn::Ask;
        }
        if self.day_spent_until > now {
            return Turn::DaySpent { wait: self.day_spent_until.since(now) };
        }
        if self.portion.left > 0 && self.portion.from <= now && now < self.portion.until {
            self.portion.left -= 1;
            self.sent.add(now);
            self.total += 1;
            return Turn::Go;
        }
        if self.ask_again_at > now {
            return Turn::Wait(self.ask_again_at.since(now));
        }
        Turn::Ask
    }

    /// Lets nobody through before `until`.
    pub(super) fn pause_until(&mut self, until: Timestamp) {
        self.paused_until = self.paused_until.max(until);
        self.told.pause_until = Some(self.paused_until);
    }

    /// Corrects what is allowed downwards by what the provider says of it.
    pub(super) fn observe(&mut self, facts: &RateFacts, now: Timestamp) {
        self.own.correct(facts);
        self.common = self.common.and(self.own);
        if let (Some(remaining), Some(max)) = (facts.remaining, facts.max) {
            let within = u32::try_from(remaining).unwrap_or(u32::MAX);
            self.portion.left = self.portion.left.min(within);
            self.sent.forget(now, self.common.span());
            let used = max.saturating_sub(remaining).min(u64::from(self.common.requests));
            let known = self.sent.len() as u64 + self.others;
            let earlier = self.told.strangers.filter(|unknown| unknown.ends > now);
            let unknown = Unknown {
                count: used.saturating_sub(known),
                beside: self.others,
                ends: now + self.common.span(),
            };
            let is_more = earlier.is_none_or(|earlier| unknown.count >= earlier.count);
            self.told.strangers = if is_more { Some(unknown) } else { earlier };
        }
        if let Some(used) = self.own.day_used(facts) {
            self.told.day_used = self.told.day_used.max(used);
            let began = facts.day_reset.map(|reset| now - DAY.saturating_sub(reset));
            self.told.day_began = began.or(self.told.day_began);
            if used >= self.common.per_day {
                // Asking tells everybody.
                self.portion.left = 0;
                self.ask_again_at = now;
            }
        }
    }

    /// What to write so that `waiting` more requests may go. What was left of the last portion is
    /// given back, so until the answer is known nothing is sent.
    pub(super) fn propose(&mut self, shares: &Shares, waiting: u32, now: Timestamp) -> Proposal {
        self.give_back();
        let mut next = shares.clone();
        let lost = self.seen.bury(&mut next, &self.name, &self.clock, now);
        let common = next.beside(&self.name).fold(self.own, |all, share| all.and(share.limits));
        self.sent.forget(now, common.span());
        let day = self.day(&mut next, lost, now);
        let paused_until = self.pause(&mut next, now);
        let others = next.beside(&self.name).map(|share| u64::from(share.charged)).sum();
        let strangers = self.strangers(&mut next, &common, others, now);

        let unsent: u64 = next.beside(&self.name).map(|share| u64::from(share.unsent)).sum();
        let left_today = common.per_day.saturating_sub(day.used.saturating_add(unsent));
        let quarter = common.requests.div_ceil(4);
        let wanted = waiting.max(self.appetite.min(quarter)).min(quarter);
        let wanted = if waiting == 0 || paused_until > now { 0 } else { wanted };
        let allowed = self.allowed(&next, &common, others + strangers).min(left_today);
        let granted = u32::try_from(allowed).unwrap_or(u32::MAX).min(wanted);

        let good_for = (common.interval / 4).clamp(PORTION_MIN, PORTION_MAX);
        let life = good_for + common.span();
        let must_wait = wanted > 0 && granted == 0;
        let hungry_until = if must_wait { now + life } else { self.hungry_until };
        let share = Share {
            stamp: Stamp::new(now, life, &self.clock),
            charged: u32::try_from(self.sent.len()).unwrap_or(u32::MAX).saturating_add(granted),
            unsent: granted,
            counted: self.total,
            is_hungry: hungry_until > now,
            limits: self.own,
        };
        keep(&mut next, &self.name, share, good_for, now);

        let is_spent = wanted > 0 && day.used >= common.per_day;
        let answer = Answer {
            now,
            granted,
            until: now + good_for,
            common,
            counted: self.total,
            others,
            told: self.told,
            hungry_until,
            paused_until,
            ask_again_at: self.look_again(&common, others + strangers, must_wait, now),
            day_spent_until: if is_spent { day.ends(&self.clock) } else { Timestamp::MIN },
        };
        Proposal { is_new: next != *shares, shares: next, answer }
    }

    /// The proposal is written.
    pub(super) fn settle(&mut self, answer: Answer) {
        let Answer { now, granted, until, .. } = answer;
        self.portion = Portion { size: granted, left: granted, from: now, until };
        self.common = answer.common.and(self.own);
        self.counted = answer.counted;
        self.others = answer.others;
        if self.told == answer.told {
            self.told = Told::default();
        }
        self.hungry_until = answer.hungry_until;
        self.paused_until = self.paused_until.max(answer.paused_until);
        self.asked_at = now;
        self.ask_again_at = answer.ask_again_at;
        self.day_spent_until = answer.day_spent_until;
    }

    fn give_back(&mut self) {
        let Portion { size, left, .. } = self.portion;
        if size > 0 {
            self.appetite = if left == 0 { size.saturating_mul(2) } else { size - left };
            self.portion = Portion { size: 0, left: 0, ..self.portion };
        }
    }

    /// Counts what we sent into the day, and what the provider says of it.
    fn day(&self, next: &mut Shares, lost: u64, now: Timestamp) -> Day {
        let mut day = next.today(&self.clock, now);
        let written = next.holders.get(&self.name).map(|share| share.counted);
        let new = self.total.saturating_sub(written.unwrap_or(self.counted));
        day.used = day.used.saturating_add(lost + new).max(self.told.day_used);
        day.began = self.told.day_began.unwrap_or(day.began);
        next.day = Some(day);
        day
    }

    /// Tells the others of a pause, and returns until when there is one.
    fn pause(&self, next: &mut Shares, now: Timestamp) -> Timestamp {
        let theirs = next.pause.as_ref().map(|it| self.seen.pause_ends(it, &self.clock, now));
        let theirs = theirs.unwrap_or(Timestamp::MIN);
        match self.told.pause_until.filter(|until| *until > theirs.max(now)) {
            Some(until) => {
                next.pause = Some(Stamp::new(now, until.since(now), &self.clock));
                until
            }
            None => theirs,
        }
    }

    /// Requests of whoever else uses the credential: what the provider counts and no share has.
    fn strangers(&self, next: &mut Shares, common: &Limits, others: u64, now: Timestamp) -> u64 {
        if let Some(unknown) = self.told.strangers.filter(|unknown| unknown.ends > now) {
            let since_known = others.saturating_sub(unknown.beside);
            let count = unknown.count.saturating_sub(since_known).min(u64::from(common.requests));
            let charged = u32::try_from(count).unwrap_or(u32::MAX);
            if charged > next.strangers.as_ref().map_or(0, |known| known.charged) {
                let stamp = Stamp::new(now, unknown.ends.since(now), &self.clock);
                next.strangers = Some(Strangers { stamp, charged });
            }
        }
        next.strangers.as_ref().map_or(0, |known| u64::from(known.charged))
    }

    /// How many more may go: what nobody holds, and no more than a fair part while somebody waits.
    fn allowed(&self, next: &Shares, common: &Limits, beside_us: u64) -> u64 {
        let (requests, ours) = (u64::from(common.requests), self.sent.len() as u64);
        let free = requests.saturating_sub(beside_us + ours);
        let hungry = next.beside(&self.name).filter(|share| share.is_hungry);
        let (count, held) = hungry
            .fold((0, 0), |(count, held), share| (count + 1, held + u64::from(share.charged)));
        if count == 0 {
            return free;
        }
        let among_us = requests.saturating_sub(beside_us - held);
        free.min(among_us.div_ceil(count + 1).max(1).saturating_sub(ours))
    }

    /// When asking can bring more: once our own oldest requests count no more, and now and then
    /// for as long as the others' count.
    fn look_again(
        &self,
        common: &Limits,
        beside_us: u64,
        must_wait: bool,
        now: Timestamp,
    ) -> Timestamp {
        if !must_wait {
            return now;
        }
        let look = (common.interval / 8).clamp(LOOK_MIN, LOOK_MAX);
        // Those that left about together go together again, so that not each asks for itself.
        let together = self.sent.last_within(common.interval / 16);
        let aged = together.map(|last| (last + common.span()).max(now + LEAST));
        match aged {
            // A look shortly before would tear them apart.
            Some(aged) if beside_us == 0 || aged <= now + look * 2 => aged,
            _ => now + look,
        }
    }
}

/// Puts our share among the others, unless it says what it said already and is still young.
fn keep(next: &mut Shares, name: &str, share: Share, good_for: Duration, now: Timestamp) {
    let is_same = next.holders.get(name).is_some_and(|known| {
        let stamp = known.stamp.clone();
        let is_young = stamp.at <= now && now < stamp.at + good_for;
        is_young && *known == Share { stamp, ..share.clone() }
    });
    if !is_same {
        next.holders.insert(name.to_owned(), share);
    }
}
