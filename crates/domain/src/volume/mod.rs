//! How many calls are usual at an hour of the week, and when there are unbelievably few.
//!
//! Everything is judged against the same source at the same hours of the eight weeks before. Of a
//! stretch of hours the *usual* number is the median of those weeks' totals. How far totals stray
//! from it is their median absolute deviation; where that is more than chance alone would make, the
//! numbers count for proportionally less (a quasi-Poisson law). A stretch is unbelievably quiet if
//! chance would leave so few calls less often than once in a million stretches, it has at most
//! three fifths of what is usual, and all but one of the weeks before had more.
//!
//! Only hours that are over and proved are judged or judged by: an hour nobody could look at is a
//! gap of the ledger and not a quiet one. `docs/decisions/0021` says why it is so and not otherwise.

use std::time::Duration;

use crate::coverage::Coverage;
use crate::{Timestamp, Window};

const HOUR: Duration = Duration::from_hours(1);
const HOURS_OF_WEEK: usize = 168;
const HOURS_OF_DAY: usize = 24;

/// Weeks before a stretch that it is judged by.
const WEEKS: usize = 8;

/// Of these, so many must be proved.
const WEEKS_MIN: usize = 4;

/// So rarely would chance leave so few.
const CHANCE: f64 = 1e-6;

/// How old the end of an hour must be, beside the provider's lag: a long call is listed when it ends.
const RIPE: Duration = HOUR;

/// Hours that are judged: two weeks.
const JUDGED: usize = 2 * HOURS_OF_WEEK;

/// A stretch of time with far fewer calls than usual, though the provider proved its list whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quiet {
    /// The stretch.
    pub window: Window,
    /// Calls in it.
    pub calls: u64,
    /// Calls that are usual in it.
    pub usual: u64,
    /// Weeks that say so.
    pub weeks: usize,
    /// How likely so few are by chance.
    pub chance: f64,
}

impl Quiet {
    /// Calls that are not there.
    fn missing(&self) -> u64 {
        self.usual.saturating_sub(self.calls)
    }
}

/// How far the volume of a source can be judged, and what is too quiet, newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// Hours that were judged.
    pub hours: usize,
    /// Hours with too few proved weeks before them to say what is usual.
    pub too_new: usize,
    /// Stretches that are unbelievably quiet.
    pub quiet: Vec<Quiet>,
}

/// The span whose calls [`judge_volume`] wants to know, up to the last hour that is over.
pub fn volume_span(now: Timestamp, lag: Duration) -> Option<Window> {
    let to = (now - lag.max(HOUR) - RIPE).floor_to(HOUR);
    // One hour more than is asked for on both sides, because clocks are put forward and back.
    let hours = u32::try_from(JUDGED + WEEKS * HOURS_OF_WEEK + 1).ok()?;
    Window::new(to - HOUR * hours, to).ok()
}

/// Judges the newest two weeks of `span`, by the calls of each of its hours that has any.
pub fn judge_volume(coverage: &Coverage, span: Window, calls: &[(Timestamp, u64)]) -> Judged {
    let hours = Hours::new(coverage, span, calls);
    let first = hours.len().saturating_sub(JUDGED);
    let mut judged = Judged::default();
    let mut quiet: Vec<Quiet> = Vec::new();
    // Stretches of hours each of which is quiet.
    let mut begin = None;
    for at in first..=hours.len() {
        let is_low = at < hours.len() && hours.is_low(at, &mut judged);
        match (is_low, begin) {
            (true, None) => begin = Some(at),
            (false, Some(from)) => {
                quiet.extend(hours.judge(from, at));
                begin = None;
            }
            _ => {}
        }
    }
    // Whole days that have lost a part of their calls only.
    let midnight = (first..hours.len()).find(|at| hours.starts_a_day(*at)).unwrap_or(hours.len());
    for from in (midnight..hours.len()).step_by(HOURS_OF_DAY) {
        let to = from + HOURS_OF_DAY;
        let day = (to <= hours.len()).then(|| hours.judge(from, to)).flatten();
        let Some(day) = day else { continue };
        // Stretches tell more exactly what is missing, where they tell at least half of it.
        let is_inside = |it: &Quiet| it.window.intersect(day.window).is_some();
        let told: u64 = quiet.iter().filter(|it| is_inside(it)).map(Quiet::missing).sum();
        if told * 2 < day.missing() {
            quiet.retain(|it| !is_inside(it));
            quiet.push(day);
        }
    }
    quiet.sort_by_key(|quiet| std::cmp::Reverse(quiet.window));
    judged.quiet = quiet;
    judged
}

/// Calls hour by hour; `None` where the ledger has no proof.
struct Hours {
    from: Timestamp,
    calls: Vec<Option<u64>>,
}

impl Hours {
    fn new(coverage: &Coverage, span: Window, calls: &[(Timestamp, u64)]) -> Self {
        let from = span.from().floor_to(HOUR);
        let index = |at: Timestamp| usize::try_from(at.since(from).as_secs() / 3600).unwrap_or(0);
        let mut hours = vec![Some(0); index(span.to())];
        for (at, number) in calls {
            if let Some(Some(hour)) = hours.get_mut(index(*at)) {
                *hour += number;
            }
        }
        for gap in coverage.gaps(span) {
            // The last instant of the gap, not the first after it.
            let last = index(gap.to() - Duration::from_millis(1));
            for hour in hours.iter_mut().take(last + 1).skip(index(gap.from())) {
                *hour = None;
            }
        }
        Self { from, calls: hours }
    }

    fn len(&self) -> usize {
        self.calls.len()
    }

    fn starts_a_day(&self, at: usize) -> bool {
        self.instant(at) == self.instant(at).floor_to(HOUR * 24)
    }

    fn instant(&self, at: usize) -> Timestamp {
        self.from + HOUR * u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// The calls between two hours; `None` where any of them is not proved.
    fn total(&self, from: usize, to: usize) -> Option<u64> {
        self.calls.get(from..to)?.iter().copied().sum()
    }

    /// The totals of the weeks before. Where clocks were put forward or back, business moved by an
    /// hour: of the same hours and their neighbours, those with the fewest calls count.
    fn before(&self, from: usize, to: usize) -> Option<Vec<u64>> {
        let shifted = |hour: usize, week: usize, shift: usize| {
            // `shift` is 0, 1 or 2, and 1 stands for none.
            (hour + shift).checked_sub(HOURS_OF_WEEK * week + 1)
        };
        let totals = |shift: usize| -> Option<Vec<u64>> {
            let of_week = |week: usize| {
                let (from, to) = (shifted(from, week, shift)?, shifted(to, week, shift)?);
                self.total(from, to)
            };
            let mut totals: Vec<u64> = (1..=WEEKS).filter_map(of_week).collect();
            totals.sort_unstable();
            (totals.len() >= WEEKS_MIN).then_some(totals)
        };
        // The same hours must be known; their neighbours can only make the usual smaller.
        let same = totals(1)?;
        let others = [totals(0), totals(2)].into_iter().flatten();
        others.chain([same]).min_by_key(|totals| median(totals))
    }

    /// Whether an hour has at most a quarter of what is usual; hours without calls at which none
    /// are usual neither begin nor end a quiet stretch by themselves, so they count as quiet.
    fn is_low(&self, at: usize, judged: &mut Judged) -> bool {
        let Some(calls) = self.calls[at] else { return false };
        match self.before(at, at + 1) {
            None => {
                judged.too_new += 1;
                false
            }
            Some(before) => {
                judged.hours += 1;
                calls * 4 <= median(&before)
            }
        }
    }

    /// The stretch between two hours, if it is unbelievably quiet.
    fn judge(&self, from: usize, to: usize) -> Option<Quiet> {
        let calls = self.total(from, to)?;
        let before = self.before(from, to)?;
        let usual = median(&before);
        if calls * 5 > usual * 3 || before.get(1).is_none_or(|second| calls >= *second) {
            return None;
        }
        let chance = chance_of_so_few(calls, usual, strays(&before, usual));
        let window = Window::new(self.instant(from), self.instant(to)).ok()?;
        let weeks = before.len();
        (chance < CHANCE).then_some(Quiet { window, calls, usual, weeks, chance })
    }
}

/// Of sorted numbers; of an even count the smaller of the two in the middle, which errs on the side
/// of saying nothing.
fn median(sorted: &[u64]) -> u64 {
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0)
}

/// How many times more than chance alone the totals stray from what is usual, as a variance.
fn strays(totals: &[u64], usual: u64) -> f64 {
    let mut distances: Vec<u64> = totals.iter().map(|total| total.abs_diff(usual)).collect();
    distances.sort_unstable();
    // The larger of the two in the middle, which errs on the same side.
    let middle = distances.get(distances.len() / 2).copied().unwrap_or(0);
    // For a normal law the median distance is the deviation over 1.4826.
    let deviation = 1.4826 * middle as f64;
    (deviation * deviation / usual.max(1) as f64).max(1.0)
}

/// How likely at most `calls` are where `usual` are usual and totals stray so much.
fn chance_of_so_few(calls: u64, usual: u64, strays: f64) -> f64 {
    let mean = usual as f64 / strays;
    let few = calls as f64 / strays;
    // The sum of the Poisson law, in logarithms because its first term may be as small as e^-1000.
    let (mut log_term, mut log_sum, mut nth) = (-mean, -mean, 0.0);
    while nth + 1.0 <= few {
        nth += 1.0;
        log_term += mean.ln() - f64::ln(nth);
        let (more, less) = (f64::max(log_sum, log_term), f64::min(log_sum, log_term));
        log_sum = more + (less - more).exp().ln_1p();
    }
    log_sum.exp()
}

#[cfg(test)]
mod tests;
