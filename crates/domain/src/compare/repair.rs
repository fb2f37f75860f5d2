//! What is to be read again because of what a comparison found: as little as brings it.

use std::time::Duration;

use super::Cause;
use crate::{ProviderCallId, Timestamp, Window};

/// Calls of one window lie no farther from each other than this.
const NEAR: Duration = Duration::from_hours(1);

/// A difference that reading may end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repairable {
    /// Which call.
    pub id: ProviderCallId,
    /// When it was.
    pub at: Timestamp,
    /// Why it is missing; none for a call that both sides have and tell differently.
    pub cause: Option<Cause>,
}

/// What is read: each call of the differences is in exactly one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepairPlan {
    /// Calls to be asked for by their ids.
    pub by_id: Vec<(ProviderCallId, Timestamp)>,
    /// Windows to be read, oldest first.
    pub windows: Vec<Window>,
}

impl Cause {
    /// Why reading again does not bring such a call; nothing where it does.
    pub const fn why_not_repaired(self) -> Option<&'static str> {
        match self {
            Self::Unexplained
            | Self::WindowTruncated
            | Self::WindowNotFetched
            | Self::ProviderRefused
            | Self::Late
            | Self::FilteringOrSyncIssue => None,
            Self::NotSettled => {
                Some("it is too young, and is read by itself when it is old enough")
            }
            Self::OutsideResetDate => Some("it is here; the account's reset date leaves it out"),
            Self::Excluded => Some("it is here; a rule leaves it out"),
            Self::Waiting => Some("it is here; what it waits for only a person can give"),
            Self::Merged => Some("its conversation is here, as fewer calls"),
            Self::SetAside => Some("this version of the program cannot read its record"),
            Self::ProviderTotalInconsistent => Some("the provider contradicts itself"),
            Self::LostAtProvider => Some("the provider has nothing that could be read"),
            Self::NotInProviderResponse => Some("nothing is missing here"),
        }
    }

    /// Whether the ledger lacks the call's time, so that its window is to be read and not it alone.
    const fn is_of_a_window(self) -> bool {
        matches!(self, Self::WindowTruncated | Self::WindowNotFetched | Self::ProviderRefused)
    }
}

/// Plans what to read. Calls whose time the ledger lacks are read with their window, which ends the
/// gap too; the others by their ids, unless the window they lie in costs fewer requests.
///
/// `requests` says how many requests reading a window takes.
pub fn plan_repair(
    differences: impl IntoIterator<Item = Repairable>,
    requests: impl Fn(Window) -> u64,
) -> RepairPlan {
    let mut found: Vec<Repairable> = differences.into_iter().collect();
    found.sort_unstable_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let is_near = |a: &Repairable, b: &Repairable| b.at.since(a.at) <= NEAR;
    let mut windows = Vec::new();
    for group in found.chunk_by(is_near) {
        let lacks_window = |call: &&Repairable| call.cause.is_some_and(Cause::is_of_a_window);
        let whole = span(group.iter());
        let costs_less = whole.is_some_and(|whole| requests(whole) < group.len() as u64);
        windows.extend(if costs_less { whole } else { span(group.iter().filter(lacks_window)) });
    }
    let windows = joined(windows, requests);
    let is_read = |at| {
        let next = windows.partition_point(|window| window.to() <= at);
        windows.get(next).is_some_and(|window| window.contains(at))
    };
    let by_id = found.into_iter().filter(|call| !is_read(call.at));
    let by_id = by_id.map(|call| (call.id, call.at)).collect();
    RepairPlan { by_id, windows }
}

/// Neighbours become one window where that takes no more requests than the two.
fn joined(windows: Vec<Window>, requests: impl Fn(Window) -> u64) -> Vec<Window> {
    let mut joined: Vec<Window> = Vec::new();
    for next in windows {
        let both = joined.last().and_then(|last| Window::new(last.from(), next.to()).ok());
        match (joined.last_mut(), both) {
            (Some(last), Some(both)) if requests(both) <= requests(*last) + requests(next) => {
                *last = both;
            }
            _ => joined.push(next),
        }
    }
    joined
}

/// The shortest window that holds these calls, which are in order.
fn span<'a>(mut calls: impl Iterator<Item = &'a Repairable>) -> Option<Window> {
    let first = calls.next()?.at;
    let last = calls.last().map_or(first, |call| call.at);
    Window::new(first, last + Duration::from_millis(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::minute;

    fn call(id: u32, at: u32, cause: impl Into<Option<Cause>>) -> Repairable {
        let id = ProviderCallId(format!("c{id}"));
        Repairable { id, at: minute(at), cause: cause.into() }
    }

    /// Plans as if a window took this many requests, and one more for each hour; gives ids, and windows in minutes.
    fn check(calls: &[Repairable], requests: u64, ids: &[&str], windows: &[(u32, u32)]) {
        let plan =
            plan_repair(calls.to_vec(), |window| requests + window.length().as_secs() / 3600);
        let planned: Vec<&str> = plan.by_id.iter().map(|(id, _)| id.0.as_str()).collect();
        let millisecond = Duration::from_millis(1);
        let wanted: Vec<Window> = windows
            .iter()
            .map(|(from, to)| Window::new(minute(*from), minute(*to) + millisecond))
            .collect::<Result<_, _>>()
            .expect("the test names windows");
        assert_eq!((planned.as_slice(), plan.windows), (ids, wanted));
    }

    #[test]
    fn single_calls_are_asked_for_by_their_ids() {
        check(&[call(1, 10, Cause::Late), call(2, 500, None)], 3, &["c1", "c2"], &[]);
        check(&[], 3, &[], &[]);
    }

    #[test]
    fn many_calls_of_one_hour_are_read_with_their_window() {
        let calls: Vec<_> = (0..9).map(|n| call(n, 100 + n, Cause::Late)).collect();
        check(&calls, 3, &[], &[(100, 108)]);
        check(&calls[..3], 3, &["c0", "c1", "c2"], &[]);
    }

    #[test]
    fn what_the_ledger_lacks_is_read_with_its_window() {
        let calls = [call(1, 10, Cause::WindowNotFetched), call(2, 12, Cause::Late)];
        check(&calls, 5, &["c2"], &[(10, 10)]);
        let calls = [call(1, 10, Cause::WindowTruncated), call(2, 30, Cause::ProviderRefused)];
        check(&calls, 5, &[], &[(10, 30)]);
    }

    #[test]
    fn calls_far_apart_are_read_apart() {
        let calls = [call(1, 0, Cause::WindowNotFetched), call(2, 600, Cause::WindowNotFetched)];
        check(&calls, 5, &[], &[(0, 0), (600, 600)]);
        check(&calls, 20, &[], &[(0, 600)]);
    }

    #[test]
    fn what_the_ledger_lacks_can_always_be_read() {
        for cause in Cause::ALL.iter().filter(|cause| cause.is_of_a_window()) {
            assert_eq!(cause.why_not_repaired(), None, "{cause}");
        }
    }
}
