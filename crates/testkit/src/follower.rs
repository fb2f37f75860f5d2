//! Somebody who keeps a copy of calls by following their changes, and nothing else.

use std::collections::BTreeMap;

use domain::Bookmark;
use store::{CallFilter, CallRow, Scope, Store};

/// A copy, and how far it goes. It is to be what a list shows, whenever it has caught up.
pub struct Follower {
    scope: Scope,
    since: Bookmark,
    copy: BTreeMap<(String, String), CallRow>,
}

impl Follower {
    /// Somebody who has read nothing yet.
    pub fn new(scope: Scope) -> Self {
        Self { scope, since: Bookmark::default(), copy: BTreeMap::new() }
    }

    /// Reads one page. Says how many changes it had, and whether there are more.
    pub async fn read(&mut self, store: &Store, count: usize) -> (usize, bool) {
        let page = store.calls_changed(self.scope, &self.since, count).await;
        let page = page.expect("changes can be read");
        // A bookmark is kept as a text by those who follow.
        self.since = page.next.to_string().parse().expect("it is one");
        let read = page.calls.len();
        for changed in page.calls {
            let key = (changed.source, changed.provider_call_id);
            match changed.call {
                Some(row) => drop(self.copy.insert(key, unnamed(row))),
                None => drop(self.copy.remove(&key)),
            }
        }
        (read, page.has_more)
    }

    /// Reads until there is no more. Says how many changes there were.
    pub async fn catch_up(&mut self, store: &Store, count: usize) -> usize {
        let mut read = 0;
        loop {
            let (some, has_more) = self.read(store, count).await;
            read += some;
            if !has_more {
                return read;
            }
        }
    }

    /// Up to where it has read.
    pub fn since(&self) -> &Bookmark {
        &self.since
    }

    /// The ids of the calls it has, of whatever source.
    pub fn ids(&self) -> Vec<&str> {
        self.copy.keys().map(|(_, id)| id.as_str()).collect()
    }

    /// How its copy differs from what a list shows, a line each.
    pub async fn wrong(&self, store: &Store) -> Vec<String> {
        let filter = CallFilter::default();
        let rows = store.calls_list(self.scope, &filter, 1_000_000).await;
        let rows = rows.expect("calls can be listed").into_iter();
        let listed: BTreeMap<(String, String), CallRow> = rows
            .map(|row| ((row.source.clone(), row.provider_call_id.clone()), unnamed(row)))
            .collect();
        let mut wrong = Vec::new();
        for (key, row) in &listed {
            match self.copy.get(key) {
                None => wrong.push(format!("whoever follows changes never heard of {key:?}")),
                Some(copy) if copy != row => {
                    wrong.push(format!("whoever follows changes has {copy:?} instead of {row:?}"));
                }
                Some(_) => {}
            }
        }
        let gone = self.copy.keys().filter(|key| !listed.contains_key(*key));
        wrong.extend(gone.map(|key| format!("whoever follows changes still has {key:?}")));
        wrong
    }
}

/// Without the names of its agent and account, which are told as they are today.
fn unnamed(row: CallRow) -> CallRow {
    CallRow { agent: None, account: row.account.map(|_| String::new()), ..row }
}
