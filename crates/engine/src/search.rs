//! Calls in which something was said. Records are kept packed and no index knows their words, so that
//! calls are looked through one by one.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{Call, SourceId, Words};
use store::{CallFilter, CallRow, Place, Scope, Store, StoreError};

use crate::ingest::Dictionaries;
use crate::list::place_of;

/// Reads a record of the source of this name into a call; gives nothing where nobody can.
pub type Reader = Arc<dyn Fn(&str, &[u8]) -> Option<Call> + Send + Sync>;

/// Calls whose records are read at once.
const BATCH: usize = 250;

/// What is looked for, and what has been learned of how records are packed.
pub struct Search {
    store: Store,
    words: Words,
    read: Reader,
    dictionaries: Dictionaries,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The calls, newest first.
    pub calls: Vec<CallRow>,
    /// Calls that were looked through.
    pub looked: usize,
    /// Whether they are as many as were asked for, and there is one more.
    pub is_full: bool,
    /// The last place that counts as looked through, where there may be more behind it.
    pub down_to: Option<Place>,
}

/// A record as it is kept, of the call that stands here in a list.
struct Packed {
    nth: usize,
    dictionary_id: i64,
    raw: Vec<u8>,
}

impl Search {
    /// A search for these words.
    pub fn new(store: Store, words: Words, read: Reader) -> Self {
        Self { store, words, read, dictionaries: Dictionaries::default() }
    }

    /// Looks through calls of a list until `count` are found, or about `looked_max` were looked
    /// through. The calls found last are all of their place in the list.
    pub async fn page(
        &mut self,
        scope: Scope,
        filter: &CallFilter,
        (count, looked_max): (usize, usize),
    ) -> Result<Found, StoreError> {
        let mut filter = CallFilter { has_words: true, ..filter.clone() };
        let mut found = Found { calls: Vec::new(), looked: 0, is_full: false, down_to: None };
        loop {
            let calls = self.store.calls_list(scope, &filter, BATCH as i64).await?;
            let Some(last) = calls.last().map(place_of) else { return Ok(found) };
            found.looked += calls.len();
            found.calls.extend(self.of_batch(calls).await?);
            if let Some(end) = end_of_page(&found.calls, count) {
                found.calls.truncate(end);
                found.is_full = true;
                found.down_to = found.calls.last().map(place_of);
                return Ok(found);
            }
            filter.after = Some(last.clone());
            if found.looked >= looked_max {
                found.down_to = Some(last);
                return Ok(found);
            }
        }
    }

    /// Those of these calls in which it was said, in their order.
    pub async fn of(&mut self, mut calls: Vec<CallRow>) -> Result<Vec<CallRow>, StoreError> {
        let mut said = Vec::new();
        while !calls.is_empty() {
            let rest = calls.split_off(calls.len().min(BATCH));
            said.extend(self.of_batch(calls).await?);
            calls = rest;
        }
        Ok(said)
    }

    async fn of_batch(&mut self, calls: Vec<CallRow>) -> Result<Vec<CallRow>, StoreError> {
        let records = self.records(&calls).await?;
        let dictionaries = std::mem::take(&mut self.dictionaries);
        let (words, read) = (self.words.clone(), Arc::clone(&self.read));
        // Unpacking and reading some hundred records takes long enough to be in the way of whoever
        // else is served.
        let looking = tokio::task::spawn_blocking(move || {
            let is_said = |packed: &Packed| {
                let record = dictionaries.unpack(packed.dictionary_id, &packed.raw).ok()?;
                let call = read(&calls[packed.nth].source, &record)?;
                words.are_said_in(&call).then_some(packed.nth)
            };
            let mut places: Vec<usize> = records.iter().filter_map(is_said).collect();
            places.sort_unstable();
            let mut calls: Vec<Option<CallRow>> = calls.into_iter().map(Some).collect();
            let said = places.into_iter().filter_map(|nth| calls[nth].take()).collect();
            (dictionaries, said)
        });
        let (dictionaries, said) = looking.await.map_err(|broken| StoreError::Statement {
            detail: format!("records could not be looked through: {broken}"),
        })?;
        self.dictionaries = dictionaries;
        Ok(said)
    }

    /// The newest records of these calls, still packed, with what it takes to unpack them.
    async fn records(&mut self, calls: &[CallRow]) -> Result<Vec<Packed>, StoreError> {
        let mut of_source: HashMap<i64, HashMap<&str, usize>> = HashMap::new();
        for (nth, call) in calls.iter().enumerate() {
            of_source.entry(call.source_id).or_default().insert(&call.provider_call_id, nth);
        }
        let mut records = Vec::with_capacity(calls.len());
        for (source, places) in of_source {
            let ids: Vec<&str> = places.keys().copied().collect();
            for held in self.store.observations_held(SourceId(source), &ids).await? {
                if !self.dictionaries.has(held.dictionary_id)
                    && let Some(known) = self.store.dictionary_get(held.dictionary_id).await?
                {
                    self.dictionaries.add(known.dictionary_id, &known.content);
                }
                if let Some(nth) = places.get(held.provider_call_id.as_str()) {
                    let (dictionary_id, raw) = (held.dictionary_id, held.raw);
                    records.push(Packed { nth: *nth, dictionary_id, raw });
                }
            }
        }
        Ok(records)
    }
}

/// Where a page of so many ends, once there are more: behind all calls of its last place.
fn end_of_page(calls: &[CallRow], count: usize) -> Option<usize> {
    let last = calls.get(count.checked_sub(1)?).map(place_of)?;
    let beyond = calls[count..].iter().position(|call| place_of(call) != last)?;
    Some(count + beyond)
}
