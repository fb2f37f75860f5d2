//! One run in full.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use domain::{RunId, RunKind};
use engine::evidence::run_log_as_json;
use store::{LogLine, PageRow, RunRow, SkipRow};

use super::{status, took};
use crate::commands::site::Site;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table, count, duration, instant, written};
use crate::wiring::Desk;

/// Skipped calls shown before the rest is summed up.
const SKIPS_MAX: usize = 10;

/// Show one run: its accounts, parameters, log, pages and the calls it could not place
#[derive(Debug, Args)]
pub struct Show {
    /// Which run
    id: i64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Everything that is kept of a run.
struct Whole {
    run: RunRow,
    log: Vec<LogLine>,
    pages: Vec<PageRow>,
    skips: Vec<SkipRow>,
}

/// Shows it.
pub async fn run(site: &Site, arguments: Show) -> Result<Exit> {
    let desk = site.look().await?;
    let id = RunId(arguments.id);
    let Some(whole) = Whole::load(&desk, id).await? else {
        let hint = format!("`{} runs` lists them", site.here());
        return Err(Mistake::missing(format!("there is no run {id}"), hint).into());
    };
    if arguments.json {
        output::print_json(&whole.as_json())?;
    } else {
        let now = desk.ctx.now();
        let took = duration(took(&whole.run, now));
        output::print(&written(|out| whole.write(out, &took, Style::of_stdout())))?;
    }
    Ok(Exit::Done)
}

impl Whole {
    async fn load(desk: &Desk, id: RunId) -> Result<Option<Self>> {
        let store = &desk.ctx.store;
        let Some(run) = store.run_get(id).await? else { return Ok(None) };
        Ok(Some(Self {
            run,
            log: store.run_log(id).await?,
            pages: store.run_pages(id).await?,
            skips: store.run_skips(id).await?,
        }))
    }

    fn write(&self, out: &mut String, took: &str, style: Style) -> std::fmt::Result {
        let run = &self.run;
        writeln!(
            out,
            "{} · {} · {} · {} · {took}, from {}",
            style.bold(&format!("run {}", run.run_id)),
            run.source,
            run.kind,
            status(&run.status, style),
            instant(run.started_at),
        )?;
        if let Some(error) = &run.error {
            writeln!(out, "{} {error}", style.red("error:"))?;
        }
        if let Some(hint) = &run.hint {
            writeln!(out, "{} {hint}", style.bold("hint:"))?;
        }
        self.accounts(out, style)?;
        self.asked(out, style)?;
        self.log(out, style)?;
        self.skips(out, style)
    }

    fn accounts(&self, out: &mut String, style: Style) -> std::fmt::Result {
        let RunRow { listed, new, updated, unchanged, repeated, set_aside, failed, .. } = &self.run;
        writeln!(out, "\n{}", style.bold("accounts"))?;
        writeln!(
            out,
            "  {} listed = {} new + {} updated + {} unchanged + {} repeated + {} set aside + {} failed",
            count(*listed),
            count(*new),
            count(*updated),
            count(*unchanged),
            count(*repeated),
            count(*set_aside),
            count(*failed),
        )?;
        let (waiting, excluded) = (count(self.run.waiting), count(self.run.excluded));
        writeln!(out, "  {waiting} of the calls it saw wait, {excluded} are excluded on purpose")?;
        if self.run.kind == RunKind::Import.as_str() {
            return writeln!(out, "  it read a file, which proves nothing: no window was marked");
        }
        let (proved, planned) = (self.run.windows_proved, self.run.windows_planned);
        writeln!(out, "  {proved} of {planned} windows proved")
    }

    fn asked(&self, out: &mut String, style: Style) -> std::fmt::Result {
        writeln!(out, "\n{}\n  {}", style.bold("parameters"), self.run.parameters)?;
        if let Some(response) = &self.run.response {
            let response = response.replace(",\"logs\":[]", "");
            writeln!(out, "\n{}\n  {response}", style.bold("response"))?;
        }
        let total: i64 = self.pages.iter().map(|page| page.duration_ms).sum();
        let slowest = self.pages.iter().map(|page| page.duration_ms).max().unwrap_or(0);
        let pages = self.pages.len();
        let mean = total / i64::try_from(pages.max(1)).unwrap_or(1);
        let pages = count(pages as u64);
        writeln!(
            out,
            "\n{}\n  {pages} read, {mean} ms on average, {slowest} ms at most",
            style.bold("pages")
        )
    }

    fn log(&self, out: &mut String, style: Style) -> std::fmt::Result {
        writeln!(out, "\n{}", style.bold("log"))?;
        for line in &self.log {
            let phase = format!("[{}]", line.phase);
            let took = line.duration_ms.map_or(String::new(), |took| format!(" ({took} ms)"));
            let text = format!("{phase:<10} {}{took}", line.message);
            let text = match line.level.as_str() {
                "error" => style.red(&text),
                "warn" => style.yellow(&text),
                _ => text,
            };
            writeln!(out, "  {} {text}", style.dim(&instant(line.at)))?;
        }
        Ok(())
    }

    fn skips(&self, out: &mut String, style: Style) -> std::fmt::Result {
        if self.skips.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "\n{}",
            style.bold("calls it could not place, and records it could not read")
        )?;
        let mut table = Table::new(&["  call", "at", "reason", "agent"]);
        for skip in self.skips.iter().take(SKIPS_MAX) {
            table.row([
                format!("  {}", skip.provider_call_id.as_deref().unwrap_or("no id")),
                skip.occurred_at.map_or_else(String::new, instant),
                skip.reason.clone(),
                skip.provider_agent_id.clone().unwrap_or_default(),
            ]);
        }
        writeln!(out, "{}", table.text())?;
        let more = self.skips.len().saturating_sub(SKIPS_MAX);
        if more > 0 {
            writeln!(out, "  and {} more; --json has them all", count(more as u64))?;
        }
        Ok(())
    }

    fn as_json(&self) -> serde_json::Value {
        run_log_as_json(&self.run, &self.log, &self.pages, &self.skips)
    }
}
