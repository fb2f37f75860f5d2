//! The account's calls in the order of its lists, with what their ids decide.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::world::{Call, World, line_sid};

use super::query::Query;
use super::record::Renderer;
use super::settings::{Order, StartFilter};
use super::timeline::{Outcome, Timeline, share};

/// Within how long after its parent a leg begins: no call of the world lasts longer.
const LEG_AFTER_MAX_MS: i64 = 60 * 60 * 1000;

/// Every call there ever was. Made anew when the world changes.
pub(super) struct Catalogue {
    entries: Vec<Entry>,
    by_sid: HashMap<String, usize>,
}

/// One call.
pub(super) struct Entry {
    pub(super) sid: String,
    pub(super) parent: Option<String>,
    pub(super) line: Timeline,
    /// Which of the world's calls it is.
    pub(super) call: usize,
}

impl Catalogue {
    pub(super) fn of(world: &World, said: &HashMap<String, Outcome>, order: Order) -> Self {
        let calls = world.calls();
        let mut entries: Vec<Entry> = (0..calls.len())
            .map(|at| {
                let line = Timeline::of(&calls[at], said.get(&calls[at].id).copied());
                let parent = parent(calls, at).filter(|_| !line.is_inbound);
                Entry { sid: line_sid(&calls[at].id), parent, line, call: at }
            })
            .collect();
        match order {
            Order::NewestFirst => {
                entries.sort_by(|a, b| Reverse(a.key()).cmp(&Reverse(b.key())));
            }
            Order::OldestFirst => entries.sort_by(|a, b| a.key().cmp(&b.key())),
            Order::Shuffled => {
                let luck = |entry: &Entry| share(&entry.sid, "order");
                entries.sort_by(|a, b| luck(a).total_cmp(&luck(b)));
            }
        }
        let by_sid = entries.iter().enumerate().map(|(at, entry)| (entry.sid.clone(), at));
        Self { by_sid: by_sid.collect(), entries }
    }

    /// Every call there ever was, in the order of lists.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// One call, deleted or not.
    pub(super) fn find(&self, sid: &str) -> Option<&Entry> {
        self.place(sid).map(|at| &self.entries[at])
    }

    /// Where in the order a call is.
    pub(super) fn place(&self, sid: &str) -> Option<usize> {
        self.by_sid.get(sid).copied()
    }

    /// The calls an answer to this question can hold, each with its place, as of now.
    pub(super) fn select<'a>(
        &'a self,
        world: &'a World,
        renderer: &'a Renderer<'_>,
        query: &'a Query,
    ) -> impl Iterator<Item = (usize, &'a Entry)> {
        let entries = self.entries.iter().enumerate();
        entries.filter(|(_, entry)| {
            let call = &world.calls()[entry.call];
            !call.is_unlisted
                && is_there(call, entry, renderer)
                && is_wanted(call, entry, renderer, query)
        })
    }
}

impl Entry {
    fn key(&self) -> (i64, &str) {
        (self.line.created, &self.sid)
    }
}

/// Some outbound calls are legs of the call that became known before them. A leg is dialled while
/// its parent is on the line, so the two are never far apart.
fn parent(calls: &[Call], at: usize) -> Option<String> {
    let (before, call) = (&calls[at.checked_sub(1)?], &calls[at]);
    let is_near = (0..=LEG_AFTER_MAX_MS).contains(&(call.created_at - before.created_at));
    (is_near && share(&call.id, "parent") < 0.2).then(|| line_sid(&before.id))
}

/// Whether the provider shows it at all by now.
pub(super) fn is_there(call: &Call, entry: &Entry, renderer: &Renderer<'_>) -> bool {
    let appears = entry.line.created + renderer.settings.appears_after_seconds * 1000;
    let appears = call.hidden_until.map_or(appears, |until| until.max(appears));
    !call.is_deleted && appears <= renderer.now
}

fn is_wanted(call: &Call, entry: &Entry, renderer: &Renderer<'_>, query: &Query) -> bool {
    let line = &entry.line;
    let status = query.status.as_deref().is_none_or(|it| it == renderer.status(line));
    let parent = query.parent.is_none() || query.parent == entry.parent;
    let start = renderer.started(line).or(match renderer.settings.start_filter {
        StartFilter::HidesUndialled => None,
        StartFilter::ListsByCreation => Some(line.created),
    });
    let started = query.started.is_none_or(|span| start.is_some_and(|at| span.has(at)));
    let end = line.has_ended(renderer.seen_at()).then_some(line.ended);
    let ended = query.ended.is_none_or(|span| end.is_some_and(|at| span.has(at)));
    status && parent && started && ended && is_between(call, entry, renderer, query)
}

fn is_between(call: &Call, entry: &Entry, renderer: &Renderer<'_>, query: &Query) -> bool {
    if query.from.is_none() && query.to.is_none() {
        return true;
    }
    let record = renderer.render(call, &entry.line, None);
    let is =
        |name: &str, wanted: &Option<String>| wanted.as_deref().is_none_or(|it| record[name] == it);
    is("from", &query.from) && is("to", &query.to)
}
