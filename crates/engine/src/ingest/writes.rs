//! What a batch writes, gathered while its fates are decided.

use std::borrow::Cow;
use std::collections::HashMap;

use domain::{Call, Heard, RunId, Timestamp};
use store::{NewCall, NewObservation, NewSetAside, StoreError, Tx};

use super::commit::SeenBy;
use super::prepare::Fresh;
use crate::Source;
use crate::contacts::{Batch, Settled};

/// What will be written once every fate is known. A call changed twice in one batch is written
/// once, with its last content, and observed twice.
#[derive(Default)]
pub(super) struct Writes<'b> {
    /// Each with the place of its record in the batch.
    calls: HashMap<&'b str, (usize, NewCall<'b>)>,
    /// When calls were that are here already.
    pub(super) times_before: HashMap<&'b str, i64>,
    observations: Vec<NewObservation<'b>>,
    pub(super) set_aside: Vec<NewSetAside>,
    /// The latest contents that are kept of calls which are gone.
    pub(super) left_behind: HashMap<String, i64>,
}

impl<'b> Writes<'b> {
    /// Nothing yet, beside the latest contents that are kept of calls which are gone.
    pub(super) fn beside(left_behind: HashMap<String, i64>) -> Self {
        Self { left_behind, ..Self::default() }
    }

    /// Takes in a content that is new, and what hearing it means for its call.
    pub(super) fn fresh(
        &mut self,
        id: &'b str,
        version: i64,
        fresh: &'b Fresh,
        heard: Heard,
        (place, settled): (usize, Settled),
    ) {
        let Fresh { call, content_hash, look_again_at, dictionary_id, raw, .. } = fresh;
        let (content_hash, dictionary_id) = (*content_hash, *dictionary_id);
        self.observations.push(NewObservation {
            provider_call_id: Cow::Borrowed(id),
            version,
            content_hash,
            dictionary_id,
            raw: Cow::Borrowed(raw),
        });
        let Heard { status, contradiction: status_heard, is_stale } = heard;
        // What this batch knew better stays, and only that this was seen is added to it.
        if let (true, Some((_, held))) = (is_stale, self.calls.get_mut(id)) {
            (held.content_hash, held.version) = (content_hash, version);
            held.status_heard = status_heard;
            return;
        }
        let call = if call.status == status {
            Cow::Borrowed(call)
        } else {
            Cow::Owned(Call { status, ..call.clone() })
        };
        let look_again_at = *look_again_at;
        let Settled { placement, link: contact } = settled;
        let new = NewCall {
            call,
            placement,
            contact,
            content_hash,
            version,
            look_again_at,
            status_heard,
            is_stale,
        };
        self.calls.insert(id, (place, new));
    }

    /// Writes all of it.
    pub(super) async fn write(
        self,
        tx: &mut Tx,
        source: &Source,
        run: RunId,
        seen_by: SeenBy,
        contacts: &Batch,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let provider = source.row.provider;
        let mut settled: Vec<(usize, NewCall)> = self.calls.into_values().collect();
        // In key order, rows land beside each other in the index.
        settled.sort_unstable_by(|(_, a), (_, b)| {
            a.call.provider_call_id.cmp(&b.call.provider_call_id)
        });
        let (places, calls): (Vec<usize>, Vec<NewCall>) = settled.into_iter().unzip();
        // What is older than what is held says nothing of its person or its other names.
        let written = places.into_iter().zip(&calls).filter(|(_, new)| !new.is_stale);
        let written: Vec<_> = written.collect();
        contacts.keep(tx, source, &written).await?;
        let (source, seen_by) = (source.row.id, seen_by.as_str());
        tx.calls_write(source, run.0, seen_by, now, &calls).await?;
        let aliases = calls.iter().filter(|new| !new.is_stale).filter_map(|new| {
            let before = self.times_before.get(new.call.provider_call_id.0.as_str());
            crate::legs::new_aliases(provider, &new.call, before.copied())
        });
        tx.aliases_write(source, &aliases.collect::<Vec<_>>()).await?;
        tx.observations_add(source, run.0, seen_by, now, &self.observations).await?;
        tx.set_aside_add(source, run.0, now, &self.set_aside).await
    }
}
