//! Lists of calls, page by page.

use store::{CallFilter, CallRow, Place, Scope, Store, StoreError};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The calls, newest first.
    pub calls: Vec<CallRow>,
    /// The place after which the next page begins; none on the last page.
    pub next: Option<Place>,
}

/// Reads a page of so many calls. The next one begins after a place, so that calls of one place are
/// on one page.
pub async fn page(
    store: &Store,
    scope: Scope,
    filter: &CallFilter,
    count: i64,
) -> Result<Listed, StoreError> {
    // One more than shown tells whether there is another page.
    let mut calls = store.calls_list(scope, filter, count.saturating_add(1)).await?;
    let mut length = usize::try_from(count).unwrap_or(usize::MAX).min(calls.len());
    // Where the one more is a twin of the last, nobody has looked behind it, so there may be more.
    let has_more = calls.len() > length;
    while (1..calls.len()).contains(&length)
        && place_of(&calls[length]) == place_of(&calls[length - 1])
    {
        length += 1;
    }
    calls.truncate(length);
    let next = calls.last().filter(|_| has_more).map(place_of);
    Ok(Listed { calls, next })
}

/// The place of a call in the list.
pub fn place_of(call: &CallRow) -> Place {
    (call.occurred_at, call.provider_call_id.clone())
}

/// A place as addresses and commands carry it.
pub fn written((at, id): &Place) -> String {
    format!("{at}.{id}")
}

/// The place that was written so; nothing where it is none.
pub fn read(text: &str) -> Option<Place> {
    let (at, id) = text.split_once('.')?;
    Some((at.parse().ok()?, id.to_owned()))
}
