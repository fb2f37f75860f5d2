//! The zone a cluster writes its times in: naive local text to instants and back. Pure.
//!
//! The tables say no zone. One local time can be two instants (the hour that repeats in autumn) or
//! none (the hour that is skipped in spring), so a span of instants is asked for by every local
//! time it can have been written as, and each row is then read by itself.

use std::time::Duration;

use domain::{Timestamp, Window};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// How far a channel's creation may lie from the row it tells the fold of.
const NEAR: Duration = Duration::from_mins(30);

/// The zone of one cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// What else a row says about its time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints {
    /// `start_epoch`, which is in UTC.
    pub start: Option<Timestamp>,
    /// When its channel was created, by its `uniqueid`.
    pub created: Option<Timestamp>,
}

impl Zone {
    /// From an IANA name, or a POSIX rule such as `EST5EDT,M3.2.0,M11.1.0`.
    pub fn read(name: &str) -> Option<Self> {
        TimeZone::get(name).or_else(|_unknown| TimeZone::posix(name)).ok().map(Self)
    }

    /// Every instant a local text can mean, earliest first: two in the hour that repeats; the
    /// instant of the change in the hour that is skipped; none if it is no date.
    pub fn readings(&self, local: &str) -> Vec<Timestamp> {
        let Some(written) = date_time(local) else { return Vec::new() };
        let offsets = match self.0.to_ambiguous_timestamp(written).offset() {
            AmbiguousOffset::Unambiguous { offset } => vec![offset],
            AmbiguousOffset::Fold { before, after } => vec![before, after],
            AmbiguousOffset::Gap { after, .. } => {
                let earlier = after.to_timestamp(written).ok();
                let change = earlier.and_then(|at| self.0.following(at).next());
                return change.map(|change| ours(change.timestamp())).into_iter().collect();
            }
        };
        offsets.iter().filter_map(|offset| offset.to_timestamp(written).ok()).map(ours).collect()
    }

    /// The instant of a row listed by `local`: what `start_epoch` says where it agrees within
    /// `skew`, else what the local text says. In the hour that repeats, the channel's creation
    /// decides, because `start_epoch` may itself come from the local text.
    ///
    /// The instant always lies within `skew` of a reading of the text, since rows are asked for
    /// by it. A text that is no date leaves `start_epoch`, then the creation.
    pub fn instant(&self, local: &str, hints: Hints, skew: Duration) -> Option<Timestamp> {
        let readings = self.readings(local);
        let near = |to: Timestamp, limit: Duration| {
            let nearest = readings.iter().copied().min_by_key(|at| apart(*at, to));
            nearest.filter(|at| apart(*at, to) <= limit)
        };
        let Some(first) = readings.first().copied() else { return hints.start.or(hints.created) };
        let by_creation = hints.created.and_then(|created| near(created, NEAR));
        let by_start = hints.start.and_then(|start| near(start, skew));
        let meant = if readings.len() > 1 { by_creation.or(by_start) } else { None };
        let meant = meant.unwrap_or(first);
        Some(hints.start.filter(|start| apart(*start, meant) <= skew).unwrap_or(meant))
    }

    /// The local times, as text, between which every instant of a window can have been written:
    /// from the first inclusive to the second exclusive.
    pub fn hull(&self, window: Window) -> (String, String) {
        let mut edges = Vec::new();
        let mut from = theirs(window.from());
        let to = theirs(window.to());
        let changes = self.0.following(from).map(|change| change.timestamp());
        for change in changes.take_while(|change| *change < to).chain([to]) {
            let offset = self.0.to_offset(from);
            edges.extend([offset.to_datetime(from), offset.to_datetime(change)]);
            from = change;
        }
        let least = edges.iter().min().copied().unwrap_or(DateTime::MIN);
        let most = edges.iter().max().copied().unwrap_or(DateTime::MAX);
        // Columns count whole seconds.
        let most = match most.subsec_nanosecond() {
            0 => most,
            _ => most.saturating_add(Duration::from_secs(1)),
        };
        (text(least), text(most))
    }

    /// How far the zone is from UTC at an instant, in seconds.
    pub fn offset_seconds(&self, at: Timestamp) -> i64 {
        self.0.to_offset(theirs(at)).seconds().into()
    }

    /// An instant as this cluster writes it.
    pub fn local(&self, at: Timestamp) -> String {
        text(self.0.to_datetime(theirs(at)))
    }
}

/// How far two instants lie apart.
pub fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.since(other).max(other.since(one))
}

fn date_time(local: &str) -> Option<DateTime> {
    let local = local.trim();
    let is_shaped = local.len() >= 19 && local.as_bytes().get(10) == Some(&b' ');
    is_shaped.then(|| local.parse().ok()).flatten()
}

fn text(at: DateTime) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn ours(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millisecond())
}

/// Instants beyond what a date can say become the first or last one that can.
fn theirs(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(at.as_millis().clamp(LEAST_MILLIS, MOST_MILLIS))
        .unwrap_or_default()
}

/// The years 1 to 9998: no call is older or younger, and every zone can write them.
const LEAST_MILLIS: i64 = -62_135_510_400_000;
const MOST_MILLIS: i64 = 253_370_764_800_000;
