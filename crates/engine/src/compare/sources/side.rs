//! The calls of both sources, window by window.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use domain::{Alias, Seen, SourceId, Timestamp, Window};
use store::{HeldCall, Scope, SourceRow, StoreError};

use crate::Context;
use crate::compare::judge::Judge;
use crate::compare::paired::Beside;
use crate::compare::tally::{Also, Listed};

/// Calls of both sides in a window, about, unless one hour has more.
const WINDOW_CALLS: u64 = 10_000;

/// The longest window.
const WINDOW_MAX: Duration = Duration::from_hours(24);

const HOUR: Duration = Duration::from_hours(1);

/// Both sources are read whole: a call that is not the account's may be the other half of one that
/// is.
const SCOPE: Scope = Scope::Operator;

/// Reads both sources.
pub(super) struct Reader<'a> {
    pub ctx: &'a Context,
    pub source: &'a SourceRow,
    pub other: &'a SourceRow,
    /// Whether calls of the two may name each other, or a third.
    pub has_names: bool,
}

impl Reader<'_> {
    /// The windows of a span: whole hours, as many as hold so many calls.
    pub(super) async fn windows(&self, span: Window) -> Result<Vec<Window>, StoreError> {
        let mut volumes: BTreeMap<Timestamp, u64> = BTreeMap::new();
        for row in [self.source, self.other] {
            let hours = self.ctx.store.volumes_by_hour(SCOPE, row.id, span);
            for (hour, calls) in self.ctx.within(hours).await? {
                *volumes.entry(hour).or_default() += calls;
            }
        }
        let (mut windows, mut from) = (Vec::new(), span.from());
        while from < span.to() {
            let mut to = from.floor_to(HOUR) + HOUR;
            let mut calls = volumes.get(&from.floor_to(HOUR)).copied().unwrap_or(0);
            while to < span.to() && to.since(from) < WINDOW_MAX {
                calls += volumes.get(&to).copied().unwrap_or(0);
                if calls > WINDOW_CALLS {
                    break;
                }
                to = to + HOUR;
            }
            windows.extend(Window::new(from, to.min(span.to())));
            from = to;
        }
        Ok(windows)
    }

    /// The calls of a window: the other side's, and ours.
    pub(super) async fn read(
        &self,
        window: Window,
        judge: &mut Judge<'_>,
        beside: &Beside,
    ) -> Result<(Vec<Seen<Listed>>, Vec<Seen<HeldCall>>), StoreError> {
        let store = &self.ctx.store;
        let held = self.ctx.within(store.calls_held(SCOPE, self.other.id, window)).await?;
        let there: Vec<Listed> = held.into_iter().map(listed).collect();
        let here = self.ctx.within(store.calls_held(SCOPE, self.source.id, window)).await?;
        judge.came_in(&there, &here, beside);
        let calls = there.iter().map(|it| &it.told).chain(here.iter().map(|it| &it.told));
        let calls: Vec<(i64, &str)> =
            calls.map(|call| (call.at.as_millis(), call.id.0.as_str())).collect();
        let calls = if self.has_names { calls.as_slice() } else { &[] };
        let mut names = self.ctx.within(store.aliases_of(calls)).await?;
        let there = there.into_iter().map(|call| {
            let aliases = said(&mut names, self.other.id, &call.told.id.0);
            Seen { call, aliases }
        });
        let there = there.collect();
        let here = here.into_iter().map(|call| {
            let aliases = said(&mut names, self.source.id, &call.told.id.0);
            Seen { call, aliases }
        });
        Ok((there, here.collect()))
    }
}

fn said(
    names: &mut HashMap<(SourceId, String), Vec<Alias>>,
    source: SourceId,
    id: &str,
) -> Vec<Alias> {
    names.remove(&(source, id.to_owned())).unwrap_or_default()
}

/// A call that the other source holds. It is an account's where it is placed with it.
fn listed(held: HeldCall) -> Listed {
    let owner = held.account_id.filter(|_| held.placement == "placed").map(domain::AccountId);
    Listed { told: held.told, owner, also: Also::default(), is_erased: held.is_erased }
}
