//! Revisions: in which order calls changed, so that whoever follows them misses none.

use domain::SourceId;

use crate::db::either;
use crate::{StoreError, Tx};

// The row is locked until the transaction ends, so the revisions of a source are seen in their
// order: whoever sees one sees all before it. See docs/decisions/0037.
const NEXT: &str = "
INSERT INTO revisions (source_id, revision) VALUES ($1, 1)
ON CONFLICT (source_id) DO UPDATE SET revision = revisions.revision + 1
RETURNING revision";

impl Tx {
    /// The revision this transaction is of its source. Every statement that changes what is shown of
    /// a call writes it there. It is asked for after the source and the accounts are locked, and
    /// before the calls are.
    pub(crate) async fn revision(&mut self, source: SourceId) -> Result<i64, StoreError> {
        if let Some((_, known)) = self.revisions.iter().find(|(of, _)| *of == source) {
            return Ok(*known);
        }
        let (revision,): (i64,) =
            either!(self.conn(), |db| { sqlx::query_as(NEXT).bind(source.0).fetch_one(db).await })?;
        self.revisions.push((source, revision));
        Ok(revision)
    }
}
