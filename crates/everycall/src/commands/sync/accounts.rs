//! Where every record of a run went, as a block that adds up.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::Result;
use domain::{RunStatus, SourceId};
use engine::sync::RunReport;
use store::{Scope, WaitingGroup};

use crate::commands::waiting;
use crate::mistake::sentence_and_hint;
use crate::output::{Style, count, duration, written};
use crate::wiring::Desk;

/// The accounts of a run, to be shown.
pub struct Accounts<'a> {
    /// How a command that helps begins.
    pub here: &'a str,
    /// The source it read.
    pub source: &'a str,
    /// How it ended.
    pub report: &'a RunReport,
    /// What waits in the database now.
    pub waiting: Vec<WaitingGroup>,
    /// Whether it read a file, which proves nothing.
    pub is_import: bool,
}

impl Accounts<'_> {
    /// What waits in the database now.
    pub async fn waiting(desk: &Desk, source: SourceId) -> Result<Vec<WaitingGroup>> {
        Ok(desk.ctx.store.waiting_groups(Scope::Operator, source).await?)
    }

    /// The block.
    pub fn text(&self) -> String {
        written(|out| self.write(out, Style::of_stdout()))
    }

    /// The block in one line.
    pub fn line(&self) -> String {
        let style = Style::of_stdout();
        let accounts = self.report.accounts();
        written(|out| {
            self.headline(out, style)?;
            let waiting: i64 = self.waiting.iter().map(|group| group.calls).sum();
            write!(out, "  {} listed, {} new", count(accounts.listed), count(accounts.new))?;
            if waiting > 0 {
                write!(out, ", {} waiting", count(waiting))?;
            }
            match accounts.balance() {
                Ok(()) => writeln!(out, "  {}", style.green("✓ balanced")),
                Err(error) => writeln!(out, "  {}", style.red(&format!("✗ {error}"))),
            }
        })
    }

    fn write(&self, out: &mut String, style: Style) -> std::fmt::Result {
        let report = self.report;
        self.headline(out, style)?;
        let accounts = report.accounts();
        let rows = [
            ("new", accounts.new, ""),
            ("updated", accounts.updated, ""),
            ("unchanged", accounts.unchanged, ""),
            ("repeated", accounts.repeated, "seen again where windows overlap, counted once"),
            ("set aside", accounts.set_aside, "unreadable, kept whole"),
            ("failed", accounts.failed, "refused by the database"),
        ];
        let width = count(accounts.listed).len().max(1);
        writeln!(out)?;
        writeln!(out, "  {:<12}{:>width$}", "listed", count(accounts.listed))?;
        for (at, (name, number, note)) in rows.into_iter().enumerate() {
            let sign = if at == 0 { '=' } else { '+' };
            let line = format!("  {sign} {name:<10}{:>width$}", count(number));
            let note =
                if number > 0 && !note.is_empty() { format!("   {note}") } else { String::new() };
            let line = if number == 0 { style.dim(&line) } else { line };
            writeln!(out, "{line}{}", style.dim(&note))?;
        }
        match accounts.balance() {
            Ok(()) => writeln!(out, "  {}", style.green("✓ the accounts balance"))?,
            Err(error) => writeln!(out, "  {}", style.red(&format!("✗ {error}")))?,
        }
        self.placement(out, style)
    }

    fn headline(&self, out: &mut String, style: Style) -> std::fmt::Result {
        let report = self.report;
        let how = match report.status {
            _ if report.was_cancelled => style.yellow("stopped; what was read is kept"),
            RunStatus::Success => style.green("success"),
            RunStatus::Partial if self.is_import => style.yellow("partial; import the file again"),
            RunStatus::Partial => style.yellow("partial; the next run reads the rest"),
            RunStatus::Unbalanced => style.red("unbalanced; please report this run"),
            RunStatus::Failed | RunStatus::InProgress => style.red("failed"),
        };
        let run = match report.sync_log_id {
            Some(run) => format!("run {run}"),
            None => "dry run, nothing written".to_owned(),
        };
        let took = duration(Duration::from_millis(report.duration_ms));
        let pages = match report.pages_fetched {
            1 => "1 page".to_owned(),
            pages => format!("{} pages", count(pages)),
        };
        let windows = match (report.windows_proved, report.windows_planned) {
            _ if self.is_import => "a file, so no window is proved".to_owned(),
            (0, 0) if report.success => "nothing was due".to_owned(),
            (proved, planned) => format!("{proved} of {planned} windows proved"),
        };
        writeln!(
            out,
            "{} · {run} · {how} · {took} · {pages} · {windows}",
            style.bold(self.source),
        )?;
        if let Some(error) = &report.error {
            let (sentence, hint) = sentence_and_hint(error);
            writeln!(out, "{} {sentence}", style.red("error:"))?;
            if let Some(hint) = hint {
                writeln!(out, "{} {hint}", style.bold("hint:"))?;
            }
        }
        Ok(())
    }

    fn placement(&self, out: &mut String, style: Style) -> std::fmt::Result {
        let report = self.report;
        if report.excluded > 0 {
            writeln!(out, "\n  {} calls are excluded on purpose", count(report.excluded))?;
        }
        if !report.auto_assigned.is_empty() {
            let names = report.auto_assigned.join(", ");
            let verb = if report.dry_run { "would be assigned" } else { "assigned" };
            writeln!(out, "\n  {verb} by itself, as nobody had done it: {names}")?;
        }
        if report.sync_log_id.is_none() && report.waiting > 0 {
            writeln!(out, "\n  {} calls would wait:", count(report.waiting))?;
            for (reason, calls) in &report.skip_reasons {
                writeln!(out, "    {:>9}  {reason}", count(*calls))?;
            }
            return Ok(());
        }
        out.push_str(&waiting::text(self.here, self.source, &self.waiting, style));
        Ok(())
    }
}
