//! The call history's own picture of the world: sorted once, each settled row rendered once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::world::{Agent, Call, World};

use super::ids::{agent_uuid, befalls, luck, unique_id, voice_agent_id};
use super::query::Query;
use super::record::{self, Scribe};
use super::settings::{Edges, FilterField, OmittedStatus, Order, Settings};

/// By how much `call_started_at` lies behind `call_ended_at`, in milliseconds.
pub(super) const PROCESSED_FOR: i64 = 900;

/// Calls that can be shown, by start and then id. Made anew when the world changes.
pub(super) struct Catalogue {
    entries: Vec<Entry>,
    agents: HashMap<String, Agent>,
    answers: AtomicU64,
}

/// One call as the call history has it.
pub(super) struct Entry {
    pub(super) call: usize,
    /// When it began.
    pub(super) start: i64,
    /// When it is known to have ended: its end, and a while.
    pub(super) closed: i64,
    /// When its row was made.
    pub(super) created: i64,
    /// Its status once it has ended.
    pub(super) ending: &'static str,
    rendered: OnceLock<Box<[u8]>>,
}

impl Entry {
    fn of(at: usize, call: &Call, settings: &Settings) -> Self {
        let delay = (luck(&call.id, "delay") % 30_001) as i64 * settings.listed_after_ms_max;
        let closed = (call.ended_at() + delay / 30_000).max(call.hidden_until.unwrap_or(i64::MIN));
        let created = if settings.lists_ongoing {
            call.created_at.max(call.hidden_until.unwrap_or(i64::MIN))
        } else {
            closed
        };
        let ending = match settings.hidden_status {
            Some((word, share)) if befalls(&call.id, "hidden", share) => word,
            _ if befalls(&call.id, "error", settings.error_share) => "error",
            _ => "ended",
        };
        let rendered = OnceLock::new();
        Self { call: at, start: call.created_at, closed, created, ending, rendered }
    }

    /// When its processing ended: hours after the call, and not a time of the call.
    pub(super) fn processed(&self) -> i64 {
        self.closed + 7_200_000
    }

    /// Its status now.
    pub(super) fn status(&self, now: i64) -> &'static str {
        if now < self.closed { "ongoing" } else { self.ending }
    }
}

impl Catalogue {
    pub(super) fn of(world: &World, settings: &Settings) -> Self {
        let calls = world.calls();
        let shown = (0..calls.len()).filter(|&at| !calls[at].is_deleted);
        let mut entries: Vec<Entry> = shown.map(|at| Entry::of(at, &calls[at], settings)).collect();
        entries.sort_unstable_by(|a, b| {
            let by_id = || calls[a.call].id.cmp(&calls[b.call].id);
            a.start.cmp(&b.start).then_with(by_id)
        });
        let agents = world.agents().iter().map(|agent| (agent.id.clone(), agent.clone()));
        Self { entries, agents: agents.collect(), answers: AtomicU64::new(0) }
    }

    /// Who has this id in the world.
    pub(super) fn agent(&self, world_id: &str) -> Option<&Agent> {
        self.agents.get(world_id)
    }

    /// The entry of one call, shown or not.
    pub(super) fn entry(&self, world: &World, world_id: &str) -> Option<&Entry> {
        let start = world.call(world_id)?.created_at;
        let first = self.entries.partition_point(|entry| entry.start < start);
        let mut same = self.entries[first..].iter().take_while(|entry| entry.start == start);
        same.find(|entry| world.calls()[entry.call].id == world_id)
    }

    /// Every entry that is shown now.
    pub(super) fn shown(&self, now: i64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.created <= now)
    }

    /// The entries an answer to this question holds, in order, and how many match in all when
    /// that is asked for.
    pub(super) fn select(
        &self,
        world: &World,
        settings: &Settings,
        query: &Query,
        omitted: OmittedStatus,
        now: i64,
    ) -> (Vec<&Entry>, Option<usize>) {
        let wanted = |entry: &&Entry| is_wanted(world, entry, query, omitted, now);
        let span = self.span(settings, query).iter().rev();
        let in_range = span.filter(|entry| is_in_range(entry, settings, query)).filter(wanted);
        let is_plain = settings.order == Order::NewestFirst && !settings.unstable_ties;
        if is_plain && !settings.count_is_total {
            return (in_range.skip(query.skip).take(query.limit).collect(), None);
        }
        let mut all: Vec<&Entry> = in_range.collect();
        let salt = self.answers.fetch_add(1, Ordering::Relaxed).to_string();
        let chance = |entry: &&Entry| luck(&world.calls()[entry.call].id, &salt);
        match settings.order {
            Order::Any => all.sort_by_cached_key(chance),
            Order::NewestFirst if settings.unstable_ties => {
                all.sort_by_cached_key(|entry| (-entry.start, chance(entry)));
            }
            Order::NewestFirst => {}
        }
        let total = all.len();
        (all.into_iter().skip(query.skip).take(query.limit).collect(), Some(total))
    }

    /// The entries a range can hold, oldest first; ranges of starts are neighbours.
    fn span(&self, settings: &Settings, query: &Query) -> &[Entry] {
        if settings.filter_field != FilterField::Start {
            return &self.entries;
        }
        let floor =
            |at: i64| at.div_euclid(settings.range_precision_ms) * settings.range_precision_ms;
        let from = query
            .from
            .map_or(0, |from| self.entries.partition_point(|entry| entry.start < floor(from)));
        let to = query.to.map_or(self.entries.len(), |to| {
            self.entries.partition_point(|entry| entry.start <= floor(to))
        });
        &self.entries[from..to.max(from)]
    }

    /// A row of the list.
    pub(super) fn row<'a>(&'a self, scribe: &Scribe<'_>, entry: &'a Entry) -> Cow<'a, [u8]> {
        let call = &scribe.world.calls()[entry.call];
        let fresh = || record::row(scribe, self, entry, call).to_string().into_bytes();
        if scribe.is_settled(entry) && !scribe.settings.signed_urls {
            Cow::Borrowed(entry.rendered.get_or_init(|| fresh().into()))
        } else {
            Cow::Owned(fresh())
        }
    }
}

fn is_in_range(entry: &Entry, settings: &Settings, query: &Query) -> bool {
    let at = match settings.filter_field {
        FilterField::Start => entry.start,
        FilterField::Created => entry.created,
        FilterField::Processed => entry.processed() + PROCESSED_FOR,
    };
    let floor = |at: i64| at.div_euclid(settings.range_precision_ms) * settings.range_precision_ms;
    let (from, to) = (query.from.map(floor), query.to.map(floor));
    let is_after = from.is_none_or(|from| match settings.edges {
        Edges::Inclusive | Edges::HalfOpen => at >= from,
        Edges::Exclusive => at > from,
    });
    let is_before = to.is_none_or(|to| match settings.edges {
        Edges::Inclusive => at <= to,
        Edges::Exclusive | Edges::HalfOpen => at < to,
    });
    is_after && is_before
}

fn is_wanted(
    world: &World,
    entry: &Entry,
    query: &Query,
    omitted: OmittedStatus,
    now: i64,
) -> bool {
    let call = &world.calls()[entry.call];
    let status = entry.status(now);
    let has_status = match (&query.status, omitted) {
        (Some(asked), _) => asked == status,
        (None, OmittedStatus::Ended) => status == "ended",
        (None, OmittedStatus::All) => true,
    };
    let has_direction = query.direction.as_deref().is_none_or(|it| it == record::direction(call));
    let has_agent = query.agent.as_deref().is_none_or(|asked| {
        let agent = call.agent_id.as_deref();
        agent.is_some_and(|id| {
            [unique_id(id), agent_uuid(id), voice_agent_id(id)].iter().any(|form| form == asked)
        })
    });
    let is_visible = entry.created <= now && !call.is_unlisted;
    let is_of_user = !query.is_of_user || befalls(&call.id, "user", 0.3);
    is_visible && has_status && has_direction && has_agent && is_of_user
}
