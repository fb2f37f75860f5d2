//! Contacts of stored calls that are placed again.

use std::collections::HashMap;

use domain::{
    Caller, ContactFields, ContactId, ContactPolicy, FoundBy, Placement, SourceId, Timestamp,
};
use store::{LinkedCall, MovedCall, NewCaller, StoreError, Tx};

use super::decide::{Seeker, Settled};
use super::ingest::caller;
use super::people::external;
use super::settle;

/// A stored call and where it belongs by the rules alone.
pub(crate) type ByRules = (String, Placement);

/// Stored calls, as far as their contacts depend on them.
struct Stored {
    policy: ContactPolicy,
    calls: Vec<LinkedCall>,
    seekers: Vec<Seeker>,
}

/// Gives calls that are placed again their contacts, writes with whom they were, and gives those
/// whose placement changes.
pub(crate) async fn refine(
    tx: &mut Tx,
    source: SourceId,
    by_rules: Vec<ByRules>,
    now: Timestamp,
) -> Result<Vec<MovedCall>, StoreError> {
    let stored = Stored::load(tx, source, by_rules).await?;
    let (settled, _) = settle::settle(tx, stored.policy, &stored.seekers, now).await?;
    let settled = stored.keeping(settled);
    write(tx, source, &stored, &settled).await?;
    Ok(stored.moved(&settled))
}

/// The same without writing.
pub(crate) async fn foresee_moves(
    tx: &mut Tx,
    source: SourceId,
    by_rules: Vec<ByRules>,
) -> Result<Vec<MovedCall>, StoreError> {
    let stored = Stored::load(tx, source, by_rules).await?;
    let settled = settle::foresee(tx, stored.policy, &stored.seekers).await?;
    Ok(stored.moved(&stored.keeping(settled)))
}

impl Stored {
    async fn load(
        tx: &mut Tx,
        source: SourceId,
        by_rules: Vec<ByRules>,
    ) -> Result<Self, StoreError> {
        let policy = tx.contact_policy(source).await?;
        let placements: HashMap<String, Placement> = by_rules.into_iter().collect();
        let mut ids: Vec<String> = placements.keys().cloned().collect();
        ids.sort_unstable();
        let calls = tx.calls_linked(source, &ids).await?;
        let mut callers: HashMap<String, Caller> = match policy {
            ContactPolicy::Off => HashMap::new(),
            ContactPolicy::Created | ContactPolicy::Matched => {
                let rows = tx.callers_of(source, &ids).await?.into_iter();
                rows.map(|row| (row.provider_call_id, row.caller)).collect()
            }
        };
        let known = known_ids(tx, &calls).await?;
        let seeker = |call: &LinkedCall| Seeker {
            placement: placements[&call.provider_call_id],
            caller: callers.remove(&call.provider_call_id).unwrap_or_else(|| said(call, &known)),
            at: call.at(),
        };
        let seekers = calls.iter().map(seeker).collect();
        Ok(Self { policy, calls, seekers })
    }

    /// A call whose words are erased, or whose source no longer asks, stays with its contact as
    /// long as it stays in its account.
    fn keeping(&self, settled: Vec<Settled>) -> Vec<Settled> {
        let keep = |(call, settled, seeker): (&LinkedCall, Settled, &Seeker)| {
            let asks = self.policy != ContactPolicy::Off && call.erased_at.is_none();
            let stays = matches!(seeker.placement, Placement::Placed { account, .. }
                if Some(account.0) == call.account_id);
            match (asks, stays) {
                (true, _) => settled,
                (false, true) => Settled { placement: seeker.placement, link: link(call) },
                (false, false) => Settled::alone(seeker.placement),
            }
        };
        let all = self.calls.iter().zip(settled).zip(&self.seekers);
        all.map(|((call, settled), seeker)| keep((call, settled, seeker))).collect()
    }

    fn moved(&self, settled: &[Settled]) -> Vec<MovedCall> {
        let moved = self.calls.iter().zip(settled).filter(|(call, to)| !call.is_at(to.placement));
        moved
            .map(|(call, to)| MovedCall {
                provider_call_id: call.provider_call_id.clone(),
                account_before: call.account_id,
                reason_before: call.reason.clone(),
                placement: to.placement,
            })
            .collect()
    }
}

fn link(call: &LinkedCall) -> Option<(ContactId, FoundBy)> {
    let by = match call.contact_by.as_deref() {
        Some("external_id") => FoundBy::ExternalId,
        _ => FoundBy::Phone,
    };
    call.contact_id.map(|contact| (ContactId(contact), by))
}

/// The ids of contacts that calls were found by.
async fn known_ids(
    tx: &mut Tx,
    calls: &[LinkedCall],
) -> Result<HashMap<ContactId, domain::ExternalId>, StoreError> {
    let by_id = calls.iter().filter_map(link).filter(|(_, by)| *by == FoundBy::ExternalId);
    let mut contacts: Vec<ContactId> = by_id.map(|(contact, _)| contact).collect();
    contacts.sort_unstable();
    contacts.dedup();
    let ids = tx.contact_ids_of(&contacts).await?;
    let known = |id: store::IdOwner| Some((ContactId(id.contact_id), external(&id.kind, &id.id)?));
    Ok(ids.into_iter().filter_map(known).collect())
}

/// What a call that has a contact says about the person, as far as that is still known without its
/// record.
fn said(call: &LinkedCall, known: &HashMap<ContactId, domain::ExternalId>) -> Caller {
    let external = link(call)
        .filter(|(_, by)| *by == FoundBy::ExternalId)
        .and_then(|(contact, _)| known.get(&contact).cloned());
    let phone = call.other_side().map(str::to_owned);
    Caller { phone, external, fields: ContactFields::new() }
}

async fn write(
    tx: &mut Tx,
    source: SourceId,
    stored: &Stored,
    settled: &[Settled],
) -> Result<(), StoreError> {
    let mut links: HashMap<Option<(ContactId, FoundBy)>, Vec<String>> = HashMap::new();
    let (mut kept, mut dropped): (Vec<NewCaller>, Vec<String>) = (Vec::new(), Vec::new());
    for ((call, to), seeker) in stored.calls.iter().zip(settled).zip(&stored.seekers) {
        if !call.is_with(to.link) {
            links.entry(to.link).or_default().push(call.provider_call_id.clone());
        }
        if stored.policy == ContactPolicy::Off || call.erased_at.is_some() {
            continue;
        }
        match caller(call.provider_call_id.clone(), to.placement, &seeker.caller) {
            Some(row) => kept.push(row),
            None => dropped.push(call.provider_call_id.clone()),
        }
    }
    for (link, ids) in links {
        tx.calls_link(source, link, &ids).await?;
    }
    tx.callers_keep(source, &kept).await?;
    tx.callers_drop(source, &dropped).await
}
