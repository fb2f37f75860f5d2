//! When the database refuses a row: find it, count it as failed, and save all the others.

use std::time::Duration;

use domain::{Covered, Level, Mark, RunKind, Window};
use store::StoreError;

use super::{Tally, Writer, new_pages};
use crate::ingest::{Prepared, RulesAt, commit_alone};
use crate::sync::Phase;
use crate::sync::prepare::PreparedPage;

const HOLES_MAX: usize = 1000;

/// What the ledger says of windows with refused rows.
pub(super) const ROWS_REFUSED: &str = "the database refused some of its rows";

impl Writer<'_> {
    /// Writes pages one by one, and a page that is refused record by record.
    pub(super) async fn write_apart(
        &mut self,
        pages: &[&PreparedPage],
        rules: &mut RulesAt,
    ) -> Result<(), StoreError> {
        for page in pages {
            match self.write_pages(&[*page], rules).await {
                Err(refusal) if refusal.is_about_rows() => {
                    let failed = self.tally.accounts.failed;
                    let came_back = self.write_records(page, rules).await?;
                    if came_back > 0 {
                        self.tell_come_back(page, came_back);
                    } else if self.tally.accounts.failed == failed {
                        self.tell_groundless(page, &refusal);
                    }
                }
                written => written?,
            }
        }
        Ok(())
    }

    /// What no record of a page was the reason for is a mistake of ours, and is not hidden by the
    /// records' being kept.
    fn tell_groundless(&mut self, page: &PreparedPage, refusal: &StoreError) {
        let sentence = format!(
            "The database refused page {} of {} as a whole and took each of its records; please report this run: {refusal}",
            page.number, page.territory.window
        );
        self.log.warn(self.ctx.now(), Phase::Save, sentence);
    }

    /// Somebody took calls out of the database, and they are stored again.
    fn tell_come_back(&mut self, page: &PreparedPage, calls: u64) {
        let sentence = format!(
            "{calls} calls of page {} had been stored before and were gone from the database; they are stored again, beside the records that were kept of them",
            page.number
        );
        self.log.warn(self.ctx.now(), Phase::Save, sentence);
    }

    /// Writes a page record by record. Gives how many of its calls had been here and were gone.
    async fn write_records(
        &mut self,
        page: &PreparedPage,
        rules: &mut RulesAt,
    ) -> Result<u64, StoreError> {
        let mut came_back = 0;
        for record in &page.records {
            let before = self.tally.clone();
            let ctx = self.ctx;
            let mut written = ctx.within(self.write_record(record, rules)).await;
            if let Err(refusal) = &written
                && refusal.is_about_rows()
            {
                self.tally = before.clone();
                let refused = ctx.within(self.refused(page, record, refusal)).await;
                written = refused.map(|()| false);
            }
            if written.is_err() {
                self.tally = before;
            }
            came_back += u64::from(written?);
        }
        let progress = Tally { pages: self.tally.pages + 1, ..self.tally.clone() };
        self.ctx.within(self.write_page_read(page, &progress)).await?;
        self.tally = progress;
        Ok(came_back)
    }

    /// Writes down that a page was read whose records were written one by one.
    async fn write_page_read(
        &self,
        page: &PreparedPage,
        progress: &Tally,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run_pages_add(self.run, &new_pages(self.tally.pages, &[page])).await?;
        tx.run_progress(self.run, &progress.progress()).await?;
        tx.commit().await
    }

    /// Says whether the call had been here and was gone.
    async fn write_record(
        &mut self,
        record: &Prepared,
        rules: &mut RulesAt,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let (run, now) = (self.run, self.ctx.now());
        self.tally.accounts.listed += 1;
        let seen_by = self.options.seen_by();
        let (done, was_gone) =
            commit_alone(&mut tx, self.source, run, seen_by, rules, record, now).await?;
        self.take_in(&mut tx, done).await?;
        tx.run_progress(run, &self.tally.progress()).await?;
        tx.commit().await?;
        Ok(was_gone)
    }

    /// Counts a record as failed, and takes back whatever proof there was that all is kept.
    async fn refused(
        &mut self,
        page: &PreparedPage,
        record: &Prepared,
        refusal: &StoreError,
    ) -> Result<(), StoreError> {
        self.tally.accounts.listed += 1;
        self.tally.accounts.failed += 1;
        let now = self.ctx.now();
        self.log.error(now, format!("{} was not saved: {refusal}", name(record)));
        let hole = hole(page.territory.window, record);
        let row = Covered {
            mark: Some(Mark::PossiblyTruncated(ROWS_REFUSED.to_owned())),
            ..Covered::new(hole, Level::Unproven, self.run, now)
        };
        let mut tx = self.begin().await?;
        // A file proved nothing, so nothing is taken back.
        if self.options.kind != RunKind::Import {
            tx.coverage_reopen(self.source.row.id, row).await?;
        }
        tx.run_progress(self.run, &self.tally.progress()).await?;
        tx.commit().await?;
        self.remember(hole);
        Ok(())
    }

    /// Beyond a bound, one hole stands for several and all that lies between them.
    fn remember(&mut self, hole: Window) {
        let full = self.holes.len() >= HOLES_MAX;
        let Some(last) = self.holes.last_mut().filter(|_| full) else {
            return self.holes.push(hole);
        };
        let (from, to) = (last.from().min(hole.from()), last.to().max(hole.to()));
        if let Ok(wider) = Window::new(from, to) {
            *last = wider;
        }
    }
}

/// The instant of a refused record; the whole window when nobody can say when it was.
fn hole(window: Window, record: &Prepared) -> Window {
    let at = record.identity.as_ref().map(|call| call.occurred_at);
    at.and_then(|at| Window::new(at, at + Duration::from_millis(1)).ok()).unwrap_or(window)
}

fn name(record: &Prepared) -> String {
    match (&record.identity, record.content_hash()) {
        (Some(call), _) => format!("Call {}", call.id.0),
        (None, Some(hash)) => format!("Record {hash}"),
        (None, None) => "A record".to_owned(),
    }
}
