//! What a window that has ended means for the ledger.

use std::time::Duration;

use domain::{Covered, Level, Mark, Territory};
use providers::{SourceError, Walked};
use store::{LogLine, StoreError};

use super::Writer;
use super::isolate::ROWS_REFUSED;
use crate::sync::{Ended, Phase};

impl Writer<'_> {
    /// Writes what a window that has ended proved, or why it proved nothing.
    pub(super) async fn window_ended(&mut self, ended: Ended) -> Result<(), StoreError> {
        let before = self.tally.clone();
        let rows = self.judge(&ended);
        // What was proved by a tier was read again by it.
        let is_proved = rows.iter().any(|row| row.level > Level::Unproven);
        let tier = self.watch.tier_of(ended.territory.window.from()).filter(|_| is_proved);
        self.tell_doubt(&ended);
        self.tally.windows_ended += 1;
        let lines = self.log.take();
        let written = self.ctx.within(self.write_ledger(rows, tier, &lines)).await;
        if written.is_err() {
            self.tally = before;
            self.log.put_back(lines);
        }
        written
    }

    async fn write_ledger(
        &self,
        rows: Vec<Covered>,
        tier: Option<Duration>,
        lines: &[LogLine],
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if let Some(tier) = tier {
            tx.reread_add(self.source.row.id, self.ctx.now(), tier).await?;
        }
        for row in rows {
            tx.coverage_mark(self.source.row.id, row).await?;
        }
        tx.run_log_add(self.run, lines).await?;
        tx.run_progress(self.run, &self.tally.progress()).await?;
        tx.commit().await
    }

    fn judge(&mut self, ended: &Ended) -> Vec<Covered> {
        let Ended { territory: Territory { window, .. }, asked_at, inside, walked } = ended;
        let unproven = |mark: Mark, provider_total: Option<u64>| Covered {
            mark: Some(mark),
            provider_total,
            ..Covered::new(*window, Level::Unproven, self.run, *asked_at)
        };
        // Rows the database refused are a hole in what we hold, so nothing is proved.
        let refused = self.holes.iter().any(|hole| hole.intersect(*window).is_some());
        match walked {
            Ok(Walked::Whole { total, .. }) if !refused => {
                let rows = self.proved(ended, *total);
                self.tally.what.windows_proved += 1;
                let sentence = format!("{window}: {inside} calls, proved complete");
                self.log.info(self.ctx.now(), Phase::Api, sentence, None);
                rows
            }
            Ok(Walked::Whole { total, .. }) => {
                let sentence = format!(
                    "{window} is not proved complete: {ROWS_REFUSED}. The others are kept; the next run reads it again"
                );
                self.log.warn(self.ctx.now(), Phase::Api, sentence);
                vec![unproven(Mark::PossiblyTruncated(ROWS_REFUSED.to_owned()), *total)]
            }
            Ok(Walked::Doubtful { why, total }) => {
                vec![unproven(Mark::PossiblyTruncated(why.clone()), *total)]
            }
            Ok(Walked::TooMany { total }) => {
                let why = format!("{total} calls are more than one walk may read");
                vec![unproven(Mark::PossiblyTruncated(why), Some(*total))]
            }
            Err(error) => vec![unproven(Mark::Unreachable(error.to_string()), None)],
        }
    }

    /// A proved window is as old as the first question asked about it.
    fn proved(&self, ended: &Ended, provider_total: Option<u64>) -> Vec<Covered> {
        let Ended { territory, asked_at, inside, .. } = ended;
        let mark = (*inside == 0).then_some(Mark::Empty);
        let levels = self.tiers.levels(territory.window, *asked_at);
        let is_whole = levels.len() == 1;
        let listed = (is_whole || *inside == 0).then_some(*inside);
        let row = |(window, level)| Covered {
            mark: mark.clone(),
            listed,
            provider_total,
            ..Covered::new(window, level, self.run, *asked_at)
        };
        levels.into_iter().map(row).collect()
    }

    fn tell_doubt(&mut self, ended: &Ended) {
        let Some(doubt) = ended.doubt() else { return };
        let sentence = match &ended.walked {
            Err(error) => format!("{} could not be read: {error}", ended.territory.window),
            Ok(_) => doubt.clone(),
        };
        self.log.warn(self.ctx.now(), Phase::Api, sentence);
        if ended.walked.as_ref().is_err_and(SourceError::needs_operator) {
            self.needs_person();
        }
        self.failed(doubt);
    }
}
