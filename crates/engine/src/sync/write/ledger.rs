//! What a window that has ended means for the ledger.

use domain::{Covered, Level, Mark, Territory, Timestamp};
use providers::{SourceError, Walked};
use store::{LogLine, StoreError};

use super::Writer;
use super::isolate::ROWS_REFUSED;
use crate::sync::Phase;

impl Writer<'_> {
    /// Writes what a window that has ended proved, or why it proved nothing.
    pub(super) async fn window_ended(
        &mut self,
        territory: Territory,
        inside: u64,
        walked: Result<Walked, SourceError>,
    ) -> Result<(), StoreError> {
        let now = self.ctx.now();
        let before = self.tally.clone();
        let rows = self.judge(territory, inside, walked, now);
        self.tally.windows_ended += 1;
        let lines = self.log.take();
        let written = self.ctx.within(self.write_ledger(rows, &lines)).await;
        if written.is_err() {
            self.tally = before;
            self.log.put_back(lines);
        }
        written
    }

    async fn write_ledger(&self, rows: Vec<Covered>, lines: &[LogLine]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for row in rows {
            tx.coverage_mark(self.source.row.id, row).await?;
        }
        tx.run_log_add(self.run, lines).await?;
        tx.run_progress(self.run, &self.tally.progress()).await?;
        tx.commit().await
    }

    fn judge(
        &mut self,
        territory: Territory,
        inside: u64,
        walked: Result<Walked, SourceError>,
        now: Timestamp,
    ) -> Vec<Covered> {
        let window = territory.window;
        let row = |window, level, mark, listed, provider_total| Covered {
            window,
            level,
            mark,
            listed,
            provider_total,
            run: self.run,
            checked_at: now,
        };
        // Rows the database refused are a hole in what we hold, so nothing is proved.
        let refused = self.holes.iter().any(|hole| hole.intersect(window).is_some());
        match walked {
            Ok(Walked::Whole { total, .. }) if !refused => {
                let mark = (inside == 0).then_some(Mark::Empty);
                let tiers = self.source.connection.capabilities().tiers;
                let levels = tiers.levels(window, now);
                let is_whole = levels.len() == 1;
                let listed = (is_whole || inside == 0).then_some(inside);
                let rows = levels.into_iter();
                let rows = rows.map(|(part, level)| row(part, level, mark.clone(), listed, total));
                let rows = rows.collect();
                self.tally.what.windows_proved += 1;
                let sentence = format!("{window}: {inside} calls, proved complete");
                self.log.info(now, Phase::Api, sentence, None);
                rows
            }
            Ok(Walked::Whole { total, .. }) => {
                let mark = Some(Mark::PossiblyTruncated(ROWS_REFUSED.to_owned()));
                let sentence = format!(
                    "{window} is not proved complete: {ROWS_REFUSED}. The others are kept; the next run reads it again"
                );
                self.log.warn(now, Phase::Api, sentence);
                vec![row(window, Level::Unproven, mark, None, total)]
            }
            Ok(Walked::Doubtful { why, total }) => {
                let rows = vec![row(
                    window,
                    Level::Unproven,
                    Some(Mark::PossiblyTruncated(why.clone())),
                    None,
                    total,
                )];
                let sentence = format!(
                    "{window} is not proved complete: {why}. What was read is kept; the next run reads it again"
                );
                self.log.warn(now, Phase::Api, sentence);
                rows
            }
            Ok(Walked::TooMany { total }) => {
                let why = format!("{total} calls are more than one walk may read");
                let mark = Some(Mark::PossiblyTruncated(why));
                vec![row(window, Level::Unproven, mark, None, Some(total))]
            }
            Err(error) => {
                let mark = Some(Mark::Unreachable(error.to_string()));
                let rows = vec![row(window, Level::Unproven, mark, None, None)];
                self.log.warn(now, Phase::Api, format!("{window} could not be read: {error}"));
                self.failed(error);
                rows
            }
        }
    }
}
