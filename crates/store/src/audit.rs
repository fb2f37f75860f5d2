//! Who changed what by pages and the API.
//!
//! A [`Store`] can be used on behalf of somebody. The first transaction that such a store commits
//! writes down who it was, so that no change is made without its entry and none is entered that was
//! not made.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::Timestamp;
use serde_json::Value;

use crate::db::either;
use crate::text::text;
use crate::{Store, StoreError, Tx};

/// Somebody who changes something, once.
#[derive(Debug)]
pub struct Author {
    /// Who it is, such as `user ann` or `token crm`.
    pub who: String,
    /// From where, in short.
    pub address: String,
    /// What they do, as a phrase.
    pub what: String,
    /// To what, where the change itself does not say.
    pub target: String,
    /// When.
    pub at: Timestamp,
    is_entered: AtomicBool,
}

impl Author {
    /// Somebody who does this now.
    pub fn new(who: &str, address: &str, what: &str, target: &str, at: Timestamp) -> Arc<Self> {
        let owned = |text: &str| text.to_owned();
        let (who, address, what) = (owned(who), owned(address), owned(what));
        let is_entered = AtomicBool::new(false);
        Arc::new(Self { who, address, what, target: owned(target), at, is_entered })
    }
}

/// On whose behalf a transaction is, and what it says of itself.
#[derive(Default)]
pub(crate) struct Behalf {
    pub(crate) author: Option<Arc<Author>>,
    told: Option<(String, String)>,
}

impl Behalf {
    pub(crate) fn of(author: Option<&Arc<Author>>) -> Self {
        Self { author: author.cloned(), told: None }
    }

    /// The author whose change is not entered yet.
    fn open(&self) -> Option<&Arc<Author>> {
        self.author.as_ref().filter(|author| !author.is_entered.load(Ordering::Acquire))
    }

    pub(crate) fn entered(&self) {
        if let Some(author) = &self.author {
            author.is_entered.store(true, Ordering::Release);
        }
    }
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditRow {
    /// Its number; later ones are higher.
    pub audit_id: i64,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who.
    pub who: String,
    /// From where, in short.
    pub address: String,
    /// What they did, as a phrase.
    pub what: String,
    /// To what.
    pub target: String,
    /// More, as a JSON object.
    pub detail: String,
}

const ADD: &str = "
INSERT INTO audit (at, who, address, what, target, detail) VALUES ($1, $2, $3, $4, $5, $6)";

const LIST: &str = "
SELECT audit_id, at, who, address, what, target, detail FROM audit
WHERE audit_id < $1
ORDER BY audit_id DESC LIMIT $2";

impl Tx {
    /// Says what this transaction changes, for its entry in the audit log: to what, and more as a
    /// JSON object without secrets and numbers. Without anybody on whose behalf it is, it is nobody's
    /// entry.
    pub fn audit_about(&mut self, target: impl Into<String>, detail: &Value) {
        self.behalf.told = Some((target.into(), detail.to_string()));
    }

    /// Enters the change, unless an earlier transaction of it did.
    pub(crate) async fn audit_enter(&mut self) -> Result<(), StoreError> {
        let Some(author) = self.behalf.open().cloned() else { return Ok(()) };
        let (target, detail) = match self.behalf.told.take() {
            Some(told) => told,
            None => (author.target.clone(), "{}".to_owned()),
        };
        either!(self.conn(), |db| {
            let query = sqlx::query(ADD).bind(author.at.as_millis()).bind(text(&author.who));
            let query = query.bind(text(&author.address)).bind(text(&author.what));
            query.bind(text(&target)).bind(text(&detail)).execute(db).await?;
        });
        Ok(())
    }
}

impl Store {
    /// The same store, used on behalf of somebody.
    #[must_use]
    pub fn on_behalf(&self, author: Arc<Author>) -> Self {
        let mut store = self.clone();
        store.author = Some(author);
        store
    }

    /// Entries of the audit log, newest first: those before the entry of this number, or the latest.
    pub async fn audit_list(
        &self,
        before: Option<i64>,
        count: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let before = before.unwrap_or(i64::MAX);
        Ok(either!(self.read(), |db| {
            sqlx::query_as(LIST).bind(before).bind(count).fetch_all(db).await
        })?)
    }
}
