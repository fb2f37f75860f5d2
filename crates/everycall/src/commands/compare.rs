//! `everycall compare`: the provider against the database, every difference with its cause.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use domain::{RunStatus, Timestamp, Tolerances};
use engine::compare::{CompareOptions, CompareReport, OneSided, compare};
use tokio_util::sync::CancellationToken;

use super::site::Site;
use super::sync::{ProgressBar, asked};
use crate::config::Config;
use crate::interrupt::Interrupt;
use crate::mistake::Exit;
use crate::output::{self, Style, count, duration, written};
use crate::wiring::Desk;

/// Calls named one by one on a screen; `--json` names more.
const SHOWN: usize = 10;

const STOPPING: &str = "Stopping; nothing was changed. Ctrl-C again to stop at once.";

/// Compare a source with its provider: what is missing, what is extra, what differs, and why
///
/// Reads the provider's list of a span and the database's, and changes neither. Without a span it
/// compares the last 30 days. Exit code 0: everything is explained and was read whole.
#[derive(Debug, Args)]
pub struct Compare {
    /// Which source [default: all that are configured]
    source: Option<String>,
    /// From this day or instant (UTC)
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// … up to, and without, this day or instant
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    /// Print one JSON object per source instead of text
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// Compares.
pub async fn run(site: &Site, arguments: Compare) -> Result<Exit> {
    let config = Config::load(site.config())?;
    let name = arguments.source.as_deref();
    config.chosen(name)?;
    let time = crate::clock::clock(arguments.now);
    let window = asked(arguments.from, arguments.to, time.now())?;
    let desk = Desk::open(config, arguments.now).await?;
    let interrupt = Interrupt::listen(STOPPING)?;
    let mut exit = Exit::Done;
    for configured in desk.config.chosen(name)? {
        let source = desk.source(configured).await?;
        let done = CancellationToken::new();
        let bar = (!arguments.json).then(|| ProgressBar::start(&source.row.name, done.clone()));
        let options = CompareOptions {
            window,
            tolerances: Tolerances::default(),
            stop: interrupt.stop(),
            progress: bar.as_ref().map(ProgressBar::sender),
        };
        let compared = compare(&desk.ctx, &source, options).await;
        done.cancel();
        if let Some(bar) = bar {
            bar.finish().await;
        }
        let report = compared?;
        if arguments.json {
            output::print_json(&report)?;
        } else {
            output::print(&text(&source.row.name, &report, Style::of_stdout()))?;
        }
        exit = exit.max(exit_of(&report));
        if interrupt.came() {
            return Ok(Exit::Stopped);
        }
    }
    desk.ctx.store.close().await;
    Ok(exit)
}

fn exit_of(report: &CompareReport) -> Exit {
    match report.status {
        RunStatus::Success if report.summary.unexplained == 0 => Exit::Done,
        RunStatus::Failed | RunStatus::InProgress => Exit::Failed,
        _ => Exit::Incomplete,
    }
}

fn text(source: &str, report: &CompareReport, style: Style) -> String {
    written(|out| {
        heading(out, source, report, style)?;
        sides(out, report, style)?;
        let missing = "only at the provider";
        causes(out, missing, &report.reason_breakdown, &report.missing_calls, style)?;
        causes(out, "only here", &report.extra_breakdown, &report.extra_calls, style)?;
        differing(out, report, style)?;
        agents(out, report, style)?;
        report
            .doubts
            .iter()
            .try_for_each(|doubt| writeln!(out, "\n  {} {doubt}", style.yellow("!")))
    })
}

fn heading(
    out: &mut String,
    source: &str,
    report: &CompareReport,
    style: Style,
) -> std::fmt::Result {
    let summary = &report.summary;
    writeln!(
        out,
        "{} · run {} · {} to {} · {} of {} windows proved · {}\n",
        style.bold(source),
        report.sync_log_id,
        summary.date_range.from,
        summary.date_range.to,
        summary.windows_proved,
        summary.windows,
        duration(std::time::Duration::from_millis(report.duration_ms)),
    )?;
    let unexplained = format!("{} unexplained", count(summary.unexplained));
    let unexplained =
        if summary.unexplained == 0 { style.green(&unexplained) } else { style.red(&unexplained) };
    writeln!(out, "  {unexplained}")
}

fn sides(out: &mut String, report: &CompareReport, style: Style) -> std::fmt::Result {
    let summary = &report.summary;
    let both =
        format!("{} matching + {} differing", count(summary.matching), count(summary.differing));
    let width = count(summary.provider_total.max(summary.database_total)).len();
    let (there, here) = (count(summary.provider_total), count(summary.database_total));
    let (missing, extra) = (count(summary.missing_in_database), count(summary.extra_in_database));
    writeln!(out, "\n  provider  {there:>width$} = {both} + {missing} missing here")?;
    writeln!(out, "  database  {here:>width$} = {both} + {extra} only here")?;
    if summary.could_not_look > 0 {
        let unseen = count(summary.could_not_look);
        writeln!(
            out,
            "  {unseen} more are here in windows that could not be read: could not look"
        )?;
    }
    if report.balances() {
        writeln!(out, "  {} both sides add up", style.green("✓"))
    } else {
        writeln!(out, "  {} the sides do not add up; please report this run", style.red("✗"))
    }
}

fn causes(
    out: &mut String,
    title: &str,
    breakdown: &BTreeMap<&'static str, u64>,
    calls: &[OneSided],
    style: Style,
) -> std::fmt::Result {
    for (cause, number) in breakdown {
        writeln!(out, "\n  {} {title}: {}", count(*number), style.yellow(cause))?;
        let of_cause = || calls.iter().filter(|call| call.reason == *cause);
        for call in of_cause().take(SHOWN) {
            let agent = call.agent_id.as_deref().unwrap_or("no agent");
            writeln!(out, "    {}  {}  {agent}", call.call_date, call.call_id)?;
            writeln!(out, "      {}", style.dim(&call.evidence))?;
        }
        if *number > SHOWN as u64 {
            writeln!(out, "    and {} more; --json names them", count(*number - SHOWN as u64))?;
        }
        if let Some(call) = of_cause().next() {
            writeln!(out, "    {}", call.next_step)?;
        }
    }
    Ok(())
}

fn differing(out: &mut String, report: &CompareReport, style: Style) -> std::fmt::Result {
    let number = report.summary.differing;
    if number == 0 {
        return Ok(());
    }
    writeln!(out, "\n  {} told differently:", count(number))?;
    for call in report.differing_calls.iter().take(SHOWN) {
        let fields = style.yellow(&call.fields.join(", "));
        writeln!(out, "    {}  {}  {fields}", call.call_date, call.call_id)?;
    }
    if number > SHOWN as u64 {
        writeln!(out, "    and {} more; --json names them", count(number - SHOWN as u64))?;
    }
    writeln!(
        out,
        "    Reading the span again brings what the provider says now: `everycall sync --from … --to …`"
    )
}

fn agents(out: &mut String, report: &CompareReport, style: Style) -> std::fmt::Result {
    let agents = &report.agent_analysis;
    if agents.unassigned_agents.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n  {} of {} agents in these calls are assigned to nobody:",
        count(agents.unassigned_agents.len()),
        count(agents.total_agents_in_calls)
    )?;
    let width = agents.unassigned_agents.first().map_or(0, |agent| count(agent.call_count).len());
    for agent in agents.unassigned_agents.iter().take(SHOWN) {
        let calls = count(agent.call_count);
        let name = agent.name.as_deref().unwrap_or(&agent.agent_id);
        let listed = if agent.in_system { "" } else { "  (not in the provider's list)" };
        writeln!(out, "    {calls:>width$}  {name}{}", style.dim(listed))?;
    }
    Ok(())
}
