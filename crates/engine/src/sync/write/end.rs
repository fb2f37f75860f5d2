//! How a run is brought to its end, and what is said of it.

use std::time::Duration;

use domain::{RunKind, RunStatus, Timestamp, conclude, is_slow};
use store::{RunEnd, RunProgress, StoreError};

use super::Writer;
use crate::sync::{Phase, RunReport, SyncError};

impl Writer<'_> {
    /// Writes down how the run ended.
    pub(in crate::sync) async fn conclude(
        mut self,
        error: Option<String>,
        was_cancelled: bool,
    ) -> Result<RunReport, SyncError> {
        self.tally.what.was_cancelled = was_cancelled;
        self.tally.what.has_erred = error.is_some();
        let status = conclude(&self.tally.accounts, self.tally.what);
        let now = self.ctx.now();
        if let Some(error) = &error {
            self.log.error(now, error.clone());
        }
        let took = now.since(self.started);
        self.tell_slow(took).await?;
        let sentence = crate::sync::report::sentence(&self.tally, status, was_cancelled);
        self.log.info(now, Phase::Complete, sentence, Some(took));
        let report = self.report(status, error, was_cancelled, took);
        let ctx = self.ctx;
        let progress = self.tally.progress();
        ctx.within(self.finish(&report, Some(progress), now)).await?;
        self.tell();
        Ok(report.with_log(ctx.within(ctx.store.run_log(self.run)).await?))
    }

    /// Warns when this run took longer than runs of its source usually do.
    async fn tell_slow(&mut self, took: Duration) -> Result<(), StoreError> {
        let (ctx, source) = (self.ctx, self.source.row.id);
        let earlier = ctx.within(ctx.store.runs_durations(source, self.options.kind)).await?;
        if let Some(usual) = is_slow(took, &earlier) {
            let name = &self.source.row.name;
            let sentence = match usual {
                Some(usual) => format!(
                    "This run of {name} took {:.1} s, where {:.1} s are usual",
                    took.as_secs_f32(),
                    usual.as_secs_f32()
                ),
                None => format!("This run of {name} took {:.1} s", took.as_secs_f32()),
            };
            self.log.warn(ctx.now(), Phase::Complete, sentence);
        }
        Ok(())
    }

    async fn finish(
        &mut self,
        report: &RunReport,
        progress: Option<RunProgress>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.run_log_add(self.run, &self.log.take()).await?;
        let summary = report.summary();
        let end = RunEnd {
            needs_person: report.needs_person,
            has_more: self.options.kind == RunKind::Auto && report.goes_on(),
            peak_bytes: report.peak_bytes,
            ..RunEnd::new(report.status, &summary, report.error.as_deref())
        };
        // The end first: only a run that is called unbalanced may have accounts that do not balance.
        tx.run_finish(self.run, end, now).await?;
        if let Some(progress) = progress {
            tx.run_progress(self.run, &progress).await?;
        }
        tx.commit().await
    }

    /// After a failure of the database: tries once to write down that the run failed.
    pub(in crate::sync) async fn give_up(&mut self, error: StoreError) -> StoreError {
        let now = self.ctx.now();
        self.log.error(now, error.to_string());
        let status = RunStatus::Failed;
        let took = now.since(self.started);
        let report = self.report(status, Some(error.to_string()), false, took);
        // What was counted last stays as it was committed: of a commit whose answer is lost nobody here
        // knows, and the row does. If even this fails, the next run says that this one stopped.
        let ctx = self.ctx;
        if let Err(second) = ctx.within(self.finish(&report, None, now)).await {
            tracing::warn!(
                run = self.run.0,
                "How run {} ended could not be written: {second}",
                self.run
            );
        }
        error
    }

    fn report(
        &self,
        status: RunStatus,
        error: Option<String>,
        was_cancelled: bool,
        took: Duration,
    ) -> RunReport {
        let connection = &self.source.connection;
        let report = RunReport::new(
            Some(self.run),
            &self.tally,
            status,
            error,
            was_cancelled,
            took,
            connection,
        );
        let (needs_person, windows_left) = (self.needs_person, self.windows_left);
        let traffic = connection.traffic().map(|traffic| traffic.since(&self.asked_before));
        report.ending(needs_person, windows_left).over(traffic)
    }
}
