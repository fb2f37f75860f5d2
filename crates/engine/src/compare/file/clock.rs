//! By which clock a file's times without zone are: as said, else as the calls tell that both sides
//! have, by their ids, or by their numbers where the file has no ids.

use std::collections::HashMap;
use std::time::Duration;

use domain::{NoClock, ProviderCallId, Timestamp, Told, WallClock, Window, shift};
use store::{Scope, SourceRow, StoreError};

use super::FileSide;
use super::read::FAR;
use crate::Context;
use crate::compare::CompareOptions;

const HOUR: Duration = Duration::from_hours(1);

/// How far a clock on a wall is from UTC, at most.
const FROM_UTC_MAX: Duration = Duration::from_hours(14);

/// Places of a file at which its clock is looked at, at most: it may have changed in between.
const PLACES: usize = 32;

/// Places of which every clock of the world is thought, at most, and the calls that are enough.
const FIRST_PLACES: usize = 16;
const FIRST_CALLS: usize = 8;

/// Calls of one place, at most.
const PLACE_CALLS: usize = 200;

/// The clock of times without zone; nothing where all have one.
pub(super) async fn own_clock(
    ctx: &Context,
    source: &SourceRow,
    file: &mut FileSide,
    said: Option<WallClock>,
    options: &CompareOptions,
) -> Result<Option<WallClock>, StoreError> {
    if file.samples.of.is_empty() || said.is_some() {
        return Ok(said);
    }
    let shared = if file.has_ids {
        by_ids(ctx, source, &file.samples.of).await?
    } else {
        by_numbers(ctx, source, file.samples.of.clone()).await?
    };
    let far = options.tolerances.time.max(FAR);
    match WallClock::found(shared, far) {
        Ok(clock) => Ok(Some(clock)),
        Err(why @ (NoClock::TooFew { .. } | NoClock::Contradicting { .. })) => {
            let doubt = format!(
                "the file's times say no zone, and {why}; they were read as UTC. Say --offset if they are not"
            );
            file.doubts.push(doubt);
            Ok(Some(WallClock::utc()))
        }
    }
}

/// Local times, and the instants of the same calls.
async fn by_ids(
    ctx: &Context,
    source: &SourceRow,
    samples: &[Told],
) -> Result<Vec<(Timestamp, Timestamp)>, StoreError> {
    let ids: Vec<&ProviderCallId> = samples.iter().map(|call| &call.id).collect();
    let held = ctx.store.calls_held_by_id(Scope::Operator, source.id, &ids);
    let held: HashMap<ProviderCallId, Timestamp> =
        ctx.within(held).await?.into_iter().map(|it| (it.told.id, it.told.at)).collect();
    let shared = samples.iter().filter_map(|call| Some((call.at, *held.get(&call.id)?)));
    Ok(shared.collect())
}

/// The same by numbers. At the first places every clock of the world is thought of; at all others
/// only the one they tell, and what it shows when it changes.
async fn by_numbers(
    ctx: &Context,
    source: &SourceRow,
    mut samples: Vec<Told>,
) -> Result<Vec<(Timestamp, Timestamp)>, StoreError> {
    samples.sort_by_key(|call| call.at);
    let places = places(&samples);
    let (mut first, mut around, mut usual) = (Vec::new(), Vec::new(), None);
    for place in places.iter().take(FIRST_PLACES) {
        first.extend(place.iter().cloned());
        around.extend(held(ctx, source, place, (0, FROM_UTC_MAX)).await?);
        usual = shift(&first, &around, FAR, |_| true).map(|found| found.millis);
        if usual.is_some() && first.len() >= FIRST_CALLS {
            break;
        }
    }
    let Some(usual) = usual else { return Ok(Vec::new()) };
    let hour = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
    let mut pairs = Vec::new();
    for place in &places {
        let held = held(ctx, source, place, (usual, HOUR)).await?;
        let is_change = |millis: i64| [0, hour / 2, hour].contains(&(millis - usual).abs());
        pairs.extend(shift(place, &held, FAR, is_change).into_iter().flat_map(|it| it.pairs));
    }
    Ok(pairs)
}

/// Calls that follow each other within an hour, at places all over the file.
fn places(samples: &[Told]) -> Vec<&[Told]> {
    let hours = samples.chunk_by(|a, b| a.at.floor_to(HOUR) == b.at.floor_to(HOUR));
    let hours: Vec<&[Told]> = hours.collect();
    let step = hours.len().div_ceil(PLACES).max(1);
    let some = hours.into_iter().step_by(step);
    some.map(|hour| &hour[..hour.len().min(PLACE_CALLS)]).collect()
}

/// Our calls around a place whose clock is about so far from UTC, in milliseconds.
async fn held(
    ctx: &Context,
    source: &SourceRow,
    place: &[Told],
    (shift, around): (i64, Duration),
) -> Result<Vec<Told>, StoreError> {
    let (Some(first), Some(last)) = (place.first(), place.last()) else { return Ok(Vec::new()) };
    let instant = |at: Timestamp| Timestamp::from_millis(at.as_millis().saturating_add(shift));
    let Ok(window) = Window::new(
        instant(first.at) - around - FAR,
        instant(last.at) + around + FAR + Duration::from_millis(1),
    ) else {
        return Ok(Vec::new());
    };
    let held = ctx.store.calls_held(Scope::Operator, source.id, window);
    Ok(ctx.within(held).await?.into_iter().map(|call| call.told).collect())
}
