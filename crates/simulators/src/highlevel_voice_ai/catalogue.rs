//! The call log's own picture of the world: sorted once, each record rendered once.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::highlevel::share;
use crate::world::{Agent, Call, World};

use super::query::{CallQuery, Order};
use super::record::Renderer;
use super::settings::{CreatedAtMeans, RangeEnd, RangePrecision, Settings};

/// Calls that lists can show, by shown time and then id. Made anew when the world changes.
pub(super) struct Catalogue {
    entries: Vec<Entry>,
    agents: HashMap<String, Agent>,
    all_listed_from: i64,
}

struct Entry {
    shown_at: i64,
    listed_from: i64,
    call: usize,
    rendered: OnceLock<Box<[u8]>>,
}

/// The calls a question is about, in order.
pub(super) enum Selection {
    /// Neighbours in the catalogue.
    Span { from: usize, to: usize, is_descending: bool },
    /// Picked one by one.
    Picked(Vec<usize>),
}

impl Selection {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Span { from, to, .. } => to - from,
            Self::Picked(picked) => picked.len(),
        }
    }

    fn get(&self, nth: usize) -> usize {
        match self {
            Self::Span { to, is_descending: true, .. } => to - 1 - nth,
            Self::Span { from, .. } => from + nth,
            Self::Picked(picked) => picked[nth],
        }
    }
}

impl Catalogue {
    pub(super) fn of(world: &World, settings: &Settings) -> Self {
        let calls = world.calls();
        let mut entries: Vec<Entry> = (0..calls.len())
            .filter(|&at| !calls[at].is_deleted && !calls[at].is_unlisted)
            .map(|at| Entry {
                shown_at: shown_at(&calls[at], settings.created_at_means),
                listed_from: calls[at].listed_from(),
                call: at,
                rendered: OnceLock::new(),
            })
            .collect();
        entries.sort_unstable_by(|a, b| {
            let by_id = || calls[a.call].id.cmp(&calls[b.call].id);
            a.shown_at.cmp(&b.shown_at).then_with(by_id)
        });
        let listed_from = entries.iter().map(|entry| entry.listed_from);
        let agents = world.agents().iter();
        Self {
            all_listed_from: listed_from.max().unwrap_or(i64::MIN),
            entries,
            agents: agents.map(|agent| (agent.id.clone(), agent.clone())).collect(),
        }
    }

    /// Who has this id, listed or not.
    pub(super) fn agent(&self, id: &str) -> Option<&Agent> {
        self.agents.get(id)
    }

    /// The calls an answer to this question holds, as of an instant.
    pub(super) fn select(
        &self,
        world: &World,
        settings: &Settings,
        query: &CallQuery,
        now: i64,
    ) -> Selection {
        let (from, to) = self.span(settings, query.range);
        let is_plain = query.is_plain();
        if let (true, Order::CreatedAt { is_descending }) = (is_plain, query.order)
            && now >= self.all_listed_from
            && !settings.unstable_ties
        {
            return Selection::Span { from, to, is_descending };
        }
        let call = |at: usize| &world.calls()[self.entries[at].call];
        let mut picked: Vec<usize> = (from..to)
            .filter(|&at| self.entries[at].listed_from <= now)
            .filter(|&at| is_plain || is_wanted(call(at), query))
            .collect();
        if settings.unstable_ties {
            let page = query.paging.page.to_string();
            picked.sort_by(|&a, &b| {
                let luck = |at: usize| share(&call(at).id, &page);
                let by_time = self.entries[a].shown_at.cmp(&self.entries[b].shown_at);
                by_time.then_with(|| luck(a).total_cmp(&luck(b)))
            });
        }
        let is_descending = match query.order {
            Order::CreatedAt { is_descending } => is_descending,
            Order::Duration { is_descending } => {
                picked.sort_by_key(|&at| call(at).duration);
                is_descending
            }
        };
        if is_descending {
            picked.reverse();
        }
        Selection::Picked(picked)
    }

    /// One record of a selection as JSON, handed to `then`.
    pub(super) fn record(
        &self,
        world: &World,
        renderer: &Renderer<'_>,
        selection: &Selection,
        nth: usize,
        then: impl FnOnce(&[u8]),
    ) {
        let entry = &self.entries[selection.get(nth)];
        let call = &world.calls()[entry.call];
        if renderer.is_settled(call) {
            then(entry.rendered.get_or_init(|| renderer.render(call, self).into()));
        } else {
            then(&renderer.render(call, self));
        }
    }

    /// Renders everything that no longer changes by itself.
    pub(super) fn prerender(&self, world: &World, renderer: &Renderer<'_>) {
        let all = Selection::Span { from: 0, to: self.entries.len(), is_descending: false };
        for nth in 0..all.len() {
            self.record(world, renderer, &all, nth, |_| ());
        }
    }

    fn span(&self, settings: &Settings, range: Option<(i64, i64)>) -> (usize, usize) {
        let Some((start, end)) = range else {
            return (0, self.entries.len());
        };
        let shift = i64::from(settings.zone_shift_minutes) * 60_000;
        let unit = match settings.range_precision {
            RangePrecision::Millisecond => 1,
            RangePrecision::Second => 1000,
        };
        let floor = |at: i64| (at + shift).div_euclid(unit) * unit;
        let past_end = match settings.range_end {
            RangeEnd::Inclusive => floor(end) + unit,
            RangeEnd::Exclusive => floor(end),
        };
        let from = self.entries.partition_point(|it| it.shown_at < floor(start));
        let to = self.entries.partition_point(|it| it.shown_at < past_end);
        (from, to.max(from))
    }
}

/// What `createdAt` says.
pub(super) fn shown_at(call: &Call, means: CreatedAtMeans) -> i64 {
    match means {
        CreatedAtMeans::Start => call.created_at,
        CreatedAtMeans::End => call.ended_at(),
    }
}

fn is_wanted(call: &Call, query: &CallQuery) -> bool {
    let agent = query.agent_id.is_none() || query.agent_id == call.agent_id;
    let kind = query.is_trial.is_none_or(|is_trial| is_trial == call.is_trial);
    let contact = query.contact_ids.is_empty()
        || call.contact_id.as_ref().is_some_and(|id| query.contact_ids.contains(id));
    let action = query.action_types.is_empty()
        || call.actions.iter().any(|it| query.action_types.contains(&it.action_type));
    agent && kind && contact && action
}
