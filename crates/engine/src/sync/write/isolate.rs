//! When the database refuses a row: find it, count it as failed, and save all the others.

use store::StoreError;

use super::Writer;
use crate::ingest::{Prepared, RulesAt, SeenBy, commit};
use crate::sync::prepare::PreparedPage;

impl Writer<'_> {
    /// Writes pages one by one, and a page that is refused record by record.
    pub(super) async fn write_apart(
        &mut self,
        pages: &[&PreparedPage],
        rules: &mut RulesAt,
    ) -> Result<(), StoreError> {
        for page in pages {
            match self.write_pages(&[*page], rules).await {
                Err(refusal) if refusal.is_about_rows() => self.write_records(page, rules).await?,
                written => written?,
            }
        }
        Ok(())
    }

    async fn write_records(
        &mut self,
        page: &PreparedPage,
        rules: &mut RulesAt,
    ) -> Result<(), StoreError> {
        self.tally.pages += 1;
        for record in &page.records {
            let before = self.tally.clone();
            self.tally.accounts.listed += 1;
            match self.write_record(record, rules).await {
                Err(refusal) if refusal.is_about_rows() => {
                    self.tally = before;
                    self.refused(record, &refusal).await?;
                }
                written => written?,
            }
        }
        Ok(())
    }

    async fn write_record(
        &mut self,
        record: &Prepared,
        rules: &mut RulesAt,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let (run, now) = (self.run, self.ctx.now());
        let batch = vec![record.clone()];
        let done = commit(&mut tx, self.source, run, SeenBy::Poll, rules, batch, now).await?;
        self.take_in(&mut tx, done).await?;
        tx.run_progress(run, &self.tally.progress()).await?;
        tx.commit().await
    }

    async fn refused(&mut self, record: &Prepared, refusal: &StoreError) -> Result<(), StoreError> {
        self.tally.accounts.listed += 1;
        self.tally.accounts.failed += 1;
        let which = record.content_hash().map_or_else(String::new, |hash| format!(" {hash}"));
        self.log.error(self.ctx.now(), format!("Record{which} was not saved: {refusal}"));
        let mut tx = self.begin().await?;
        tx.run_progress(self.run, &self.tally.progress()).await?;
        tx.commit().await
    }
}
