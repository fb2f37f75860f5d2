//! The export as a second opinion on a reading.

use std::collections::HashSet;
use std::time::Duration;

use domain::Window;

use super::{Reading, Status, Stopped, key};
use crate::teli::exports;
use crate::teli::wire::Row;

impl Reading<'_> {
    /// Asks the export for what no list can tell.
    pub(in crate::teli) async fn settle_what_is_too_dense(&mut self) -> Result<(), Stopped> {
        for (status, piece, listed) in std::mem::take(&mut self.too_dense) {
            let count = listed.len();
            let open = format!(
                "{count} calls came for {}, as many as an answer holds, so it is possibly truncated",
                piece.window
            );
            match exports::export(self.client, status.as_deref(), piece.window).await {
                Err(error) => {
                    self.doubt(format!("{open}; the export could not settle it ({error})"));
                }
                Ok(whole) => {
                    let exported: HashSet<u64> = whole.rows.iter().map(key).collect();
                    let lacking = listed.iter().filter(|key| !exported.contains(key)).count();
                    if whole.cut_off.is_some() {
                        self.doubt(format!("{open}, and so is its export"));
                    } else if lacking > 0 {
                        self.doubt(format!("{open}, and its export lacks {lacking} of them"));
                    }
                    let unseen = self.unseen(whole.rows);
                    let mut found = Vec::new();
                    for row in unseen {
                        let record = exports::record(self.client, row.clone()).await;
                        found.push(Row { record, ..row });
                    }
                    self.hand_over(found).await?;
                }
            }
        }
        Ok(())
    }

    /// Reads the window a second time by the export. What only the export has is handed over, and
    /// makes the reading doubtful.
    pub(in crate::teli) async fn verify_with_export(
        &mut self,
        request: Window,
    ) -> Result<(), Stopped> {
        let statuses: Vec<Status> = self.asked_for.iter().cloned().collect();
        for status in statuses {
            let whole = exports::export(self.client, status.as_deref(), request).await?;
            let unseen = self.unseen(whole.rows);
            let unlisted = exports::look_up(self.client, unseen, request).await;
            let (lacking, strangers, left) =
                (unlisted.inside.len(), unlisted.outside.len(), unlisted.left);
            if lacking > 0 {
                self.doubt(format!(
                    "the export has {lacking} calls that the list lacks; they were read by their ids"
                ));
            }
            if strangers > 0 {
                self.doubt(format!(
                    "{strangers} calls that the export has for {request} lie outside of it: its \
                     dates are ignored, or mean something else"
                ));
            }
            if left > 0 {
                self.doubt(format!(
                    "the export has {left} more calls that the list lacks, too many to ask where \
                     they lie"
                ));
            }
            self.hand_over([unlisted.inside, unlisted.outside].concat()).await?;
            if let Some(window) = whole.cut_off {
                self.doubt(format!("the export of {window} is cut off, so it verifies nothing"));
            }
        }
        Ok(())
    }

    /// The rows nobody has seen yet, each once.
    fn unseen(&self, rows: Vec<Row>) -> Vec<Row> {
        let mut known = self.seen.clone();
        rows.into_iter().filter(|row| known.insert(key(row))).collect()
    }

    async fn hand_over(&mut self, rows: Vec<Row>) -> Result<(), Stopped> {
        if rows.is_empty() {
            return Ok(());
        }
        let page = self.page(rows, Duration::ZERO);
        self.send(page).await
    }
}
