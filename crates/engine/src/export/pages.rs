//! All calls of a filter, page by page.

use std::collections::VecDeque;

use domain::{SourceId, Words};
use store::{CallFilter, CallRow, Place, Scope, Store, StoreError};

use crate::list::place_of;
use crate::search::{Reader, Search};

/// Calls read at once.
const PAGE: i64 = 5_000;

/// What is left to read. Newest first; over all sources one source after the other, but for the
/// calls of one account, which an index has over all of them.
pub struct Pages {
    store: Store,
    scope: Scope,
    filter: CallFilter,
    /// After which call each source's begin.
    begin: Option<Place>,
    /// Of which each is still to be read; the calls of one account have one turn for all.
    turns: VecDeque<Option<SourceId>>,
    /// What must have been said in them.
    search: Option<Search>,
}

impl Pages {
    /// From the beginning of the list.
    pub async fn new(store: Store, scope: Scope, filter: CallFilter) -> Result<Self, StoreError> {
        let is_one_list =
            filter.source.is_some() || filter.account.is_some() || scope != Scope::Operator;
        let turns = if is_one_list {
            VecDeque::from([filter.source])
        } else {
            store.sources_list().await?.iter().map(|row| Some(row.id)).collect()
        };
        let begin = filter.after.clone();
        Ok(Self { store, scope, filter, begin, turns, search: None })
    }

    /// Those only in which this was said. A page then has fewer calls, or none.
    #[must_use]
    pub fn said(mut self, words: Words, read: Reader) -> Self {
        self.filter.has_words = true;
        self.search = Some(Search::new(self.store.clone(), words, read));
        self
    }

    /// The next page; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<CallRow>>, StoreError> {
        while let Some(source) = self.turns.front() {
            let filter = CallFilter { source: *source, ..self.filter.clone() };
            let calls = self.store.calls_list(self.scope, &filter, PAGE).await?;
            match calls.last() {
                Some(last) if calls.len() as i64 >= PAGE => {
                    self.filter.after = Some(place_of(last));
                }
                _ => {
                    self.filter.after.clone_from(&self.begin);
                    self.turns.pop_front();
                }
            }
            if !calls.is_empty() {
                return Ok(Some(match &mut self.search {
                    Some(search) => search.of(calls).await?,
                    None => calls,
                }));
            }
        }
        Ok(None)
    }
}
