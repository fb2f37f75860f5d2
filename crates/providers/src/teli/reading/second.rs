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
                    self.send_unseen(whole.rows).await?;
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
            let inside = |row: &Row| row.start.is_none_or(|at| request.contains(at));
            let rows: Vec<Row> = whole.rows.into_iter().filter(inside).collect();
            let lacking = self.send_unseen(rows).await?;
            if lacking > 0 {
                self.doubt(format!(
                    "the export has {lacking} calls that the list lacks; they were read by their ids"
                ));
            }
            if let Some(window) = whole.cut_off {
                self.doubt(format!("the export of {window} is cut off, so it verifies nothing"));
            }
        }
        Ok(())
    }

    /// Hands over rows nobody has seen yet, each as its record by id. Returns how many.
    async fn send_unseen(&mut self, rows: Vec<Row>) -> Result<usize, Stopped> {
        let mut unseen = Vec::new();
        for row in rows {
            if self.seen.contains(&key(&row)) || unseen.iter().any(|other| key(other) == key(&row))
            {
                continue;
            }
            let record = exports::record(self.client, row.clone()).await;
            unseen.push(Row { record, ..row });
        }
        let count = unseen.len();
        if count > 0 {
            let page = self.page(unseen, Duration::ZERO);
            self.send(page).await?;
        }
        Ok(count)
    }
}
