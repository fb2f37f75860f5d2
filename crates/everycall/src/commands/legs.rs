//! `everycall legs`: what one source's calls name, and whether the other source has it.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use domain::legs::SLACK;
use domain::{Timestamp, Window};
use engine::compare::USUAL_SPAN;
use engine::legs::{CheckOptions, LegsReport, MissingLeg, check};

use super::site::Site;
use super::sync::SpanAsked;
use super::waiting::quoted;
use crate::mistake::Exit;
use crate::output::{self, Style, count, written};

/// Calls named one by one on a screen; `--json` names more.
const SHOWN: usize = 10;
const LISTED_MAX: usize = 1000;

/// Check two sources that see the same calls against each other: whatever one names, the other has
///
/// ElevenLabs and Twilio name lines by Twilio's call ids, and Voice AI names messages of
/// Conversations. What is named and proved not to be there is missing. Reads the database only and
/// changes nothing; without a span it looks at the last 30 days. Exit code 3: something is missing.
#[derive(Debug, Args)]
pub struct Legs {
    /// What this source names only
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    #[command(flatten)]
    span: SpanAsked,
    /// Print one JSON object per source
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// Checks.
pub async fn run(site: &Site, arguments: Legs) -> Result<Exit> {
    let desk = site.look().await?;
    let now = arguments.now.unwrap_or_else(|| desk.ctx.now());
    let window = match arguments.span.window(now)? {
        Some(window) => window,
        None => Window::new(now - USUAL_SPAN, now)?,
    };
    let source = match &arguments.source {
        Some(name) => Some(desk.known(name).await?.id),
        None => None,
    };
    let options = CheckOptions { source, window, listed_max: LISTED_MAX };
    let reports = check(&desk.ctx.store, &options).await?;
    if arguments.json {
        output::print_json_lines(&reports)?;
    } else if reports.is_empty() {
        output::print("No source here names calls of another provider.")?;
    } else {
        let style = Style::of_stdout();
        let texts = reports.iter().map(|report| text(report, &site.here(), style));
        output::print(&texts.collect::<Vec<String>>().join("\n"))?;
    }
    let is_whole = reports.iter().all(|report| report.beside.missing == 0);
    Ok(if is_whole { Exit::Done } else { Exit::Incomplete })
}

fn text(report: &LegsReport, here: &str, style: Style) -> String {
    written(|out| {
        let beside = &report.beside;
        let title = beside.provider.title();
        writeln!(
            out,
            "{} · names calls of {title} · {} to {}",
            style.bold(&report.source),
            report.from,
            report.to
        )?;
        writeln!(
            out,
            "\n  named {} = {} seen by both + {} missing there + {} not judged, in {} calls",
            count(beside.named),
            count(beside.seen),
            count(beside.missing),
            count(beside.not_judged.values().sum::<u64>()),
            count(report.calls),
        )?;
        for (source, seen) in &beside.by {
            writeln!(out, "    {source} has {}", count(*seen))?;
        }
        for (why, number) in &beside.not_judged {
            writeln!(out, "  {} not judged: {}", count(*number), why.sentence())?;
        }
        for (why, number) in &report.unread {
            let calls = count(*number);
            writeln!(out, "  {calls} calls whose names are not known: {}", why.sentence())?;
        }
        missing(out, report, here, style)
    })
}

fn missing(out: &mut String, report: &LegsReport, here: &str, style: Style) -> std::fmt::Result {
    let beside = &report.beside;
    if beside.missing == 0 {
        return Ok(());
    }
    let number = count(beside.missing);
    writeln!(out, "\n  {}", style.red(&format!("{number} missing there:")))?;
    for MissingLeg { call_id, named_by, at } in beside.missing_calls.iter().take(SHOWN) {
        writeln!(out, "    {call_id}  named by {named_by} at {at}")?;
    }
    if beside.missing > SHOWN as u64 {
        let more = beside.missing - SHOWN as u64;
        writeln!(out, "    and {} more; --json names them", count(more))?;
    }
    let (Some(first), Some(last)) = (beside.missing_calls.first(), beside.missing_calls.last())
    else {
        return Ok(());
    };
    let (from, to) = (first.at - SLACK, last.at + SLACK);
    writeln!(
        out,
        "  Read that time again, or ask the provider; a call may also belong to one that is no source here:"
    )?;
    for source in beside.by.keys().map(|name| quoted(name)) {
        writeln!(out, "    {here} sync --source {source} --from {from} --to {to}")?;
        writeln!(out, "    {here} compare {source} --from {from} --to {to}")?;
    }
    Ok(())
}
