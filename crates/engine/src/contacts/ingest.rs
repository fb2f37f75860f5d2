//! Contacts of the calls of one commit.

use std::collections::HashMap;

use domain::{AccountId, Call, Caller, ContactPolicy, Country, Placement, ProviderKind, Timestamp};
use store::{NewCall, NewCaller, StoreError, Tx};

use super::decide::{Seeker, Settled, new_place};
use super::settle;
use crate::Source;

/// The contacts of a batch, by the place of each record in it.
#[derive(Default)]
pub(crate) struct Batch {
    seekers: Vec<Seeker>,
    /// Where among the seekers the record at a place is.
    places: HashMap<usize, usize>,
    settled: Vec<Settled>,
    made: u64,
}

impl Batch {
    /// Gives each call of a batch its contact. `calls` are those that may be written, each with its
    /// place in the batch and where it belongs by the rules.
    pub(crate) async fn settle(
        tx: &mut Tx,
        source: &Source,
        calls: Vec<(usize, &Call, Placement)>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let policy = tx.contact_policy(source.row.id).await?;
        if policy == ContactPolicy::Off {
            return Ok(Self::default());
        }
        let mut batch = Self::default();
        for (place, call, placement) in calls {
            batch.places.insert(place, batch.seekers.len());
            batch.seekers.push(seeker(call, placement, source.row.provider, source.home));
        }
        (batch.settled, batch.made) = settle::settle(tx, policy, &batch.seekers, now).await?;
        Ok(batch)
    }

    /// How many contacts were made for them.
    pub(crate) fn made(&self) -> u64 {
        self.made
    }

    /// Where the record at this place belongs, its contact considered.
    pub(crate) fn of(&self, place: usize, placement: Placement) -> Settled {
        let found = self.places.get(&place).map(|place| self.settled[*place]);
        found.unwrap_or(Settled::alone(placement))
    }

    /// Keeps what calls that got no contact say about the person, and forgets it for those that
    /// got one. `written` are the calls that were written, each with its place in the batch.
    pub(crate) async fn keep(
        &self,
        tx: &mut Tx,
        source: &Source,
        written: &[(usize, &NewCall<'_>)],
    ) -> Result<(), StoreError> {
        let (mut kept, mut dropped) = (Vec::new(), Vec::new());
        for (place, new) in written {
            let Some(place) = self.places.get(place) else { continue };
            let provider_call_id = new.call.provider_call_id.0.clone();
            let row = caller(provider_call_id, new.placement, &self.seekers[*place].caller);
            match row {
                Some(row) => kept.push(row),
                None if new.version > 1 => dropped.push(new.call.provider_call_id.0.clone()),
                None => {}
            }
        }
        tx.callers_keep(source.row.id, &kept).await?;
        tx.callers_drop(source.row.id, &dropped).await
    }
}

/// What is kept of a call that has no contact; nothing of one that is placed, which has one or
/// needs none.
pub(super) fn caller(
    provider_call_id: String,
    placement: Placement,
    caller: &Caller,
) -> Option<NewCaller> {
    let is_sought = match placement {
        Placement::Placed { .. } => return None,
        Placement::Waiting { reason, .. } => reason.is_about_contact(),
        Placement::Excluded { .. } => false,
    };
    Some(NewCaller { provider_call_id, is_sought, caller: caller.clone() })
}

fn seeker(call: &Call, placement: Placement, provider: ProviderKind, home: Country) -> Seeker {
    Seeker { placement, caller: Caller::of(call, provider, home), at: call.occurred_at.at }
}

/// A contact that would be made: of which account, and the id or number it would be found by.
pub(crate) type Newcomer = (AccountId, String);

/// Where calls would belong, their contacts considered, and who would be made. Nothing is written.
pub(crate) async fn foresee(
    tx: &mut Tx,
    source: &Source,
    calls: &mut [(&Call, &mut Placement)],
) -> Result<Vec<Newcomer>, StoreError> {
    let policy = tx.contact_policy(source.row.id).await?;
    if policy == ContactPolicy::Off {
        return Ok(Vec::new());
    }
    let (provider, home) = (source.row.provider, source.home);
    let seekers: Vec<Seeker> =
        calls.iter().map(|(call, placement)| seeker(call, **placement, provider, home)).collect();
    let settled = settle::foresee(tx, policy, &seekers).await?;
    let newcomer = |(settled, seeker): (&Settled, &Seeker)| {
        new_place(settled.link?.0)?;
        let Placement::Placed { account, .. } = settled.placement else { return None };
        let Caller { external, phone, .. } = &seeker.caller;
        let id = external.as_ref().map(|external| external.id.clone());
        Some((account, id.or_else(|| phone.clone())?))
    };
    let newcomers = settled.iter().zip(&seekers).filter_map(newcomer).collect();
    for ((_, placement), settled) in calls.iter_mut().zip(settled) {
        **placement = settled.placement;
    }
    Ok(newcomers)
}
