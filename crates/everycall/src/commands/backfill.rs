//! `everycall backfill`: history, newest first, and on from wherever it stopped.

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use domain::{Timestamp, Window};
use engine::backfill::{Backfill as What, Backfilled, Pace, backfill};
use engine::sync::RunReport;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::site::Site;
use super::sync::{ProgressBar, asked, exit_of, spelled};
use super::waiting::quoted;
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake, sentence_and_hint};
use crate::output::{self, Style, count, duration};
use crate::wiring::Desk;

/// Pull history that was not read yet, newest first, and on from wherever it stopped
///
/// What the ledger proves already is not read again, so the same command goes on where it stopped,
/// was stopped or was killed. The source is given back after every few windows: new calls do not
/// wait for history.
#[derive(Debug, Args)]
pub struct Backfill {
    /// Which source
    source: String,
    /// Of the last N days
    #[arg(long, value_name = "N", conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
    /// From this day or instant (UTC)
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// … up to, and without, this day or instant
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    /// Stop after proving so many windows
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    windows: Option<u32>,
    /// Read and judge the first few windows, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object per run, and one at the end
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

const PAUSING: &str =
    "Pausing after the pages under way; the same command goes on. Ctrl-C again to stop at once.";

/// Pulls it.
pub async fn run(site: &Site, arguments: Backfill) -> Result<Exit> {
    let config = site.configuration()?;
    let now = crate::clock::clock(arguments.now).now();
    let asked = span(&arguments, now)?;
    config.refuse_unknown(Some(&arguments.source))?;
    let desk = Desk::open(config, arguments.now).await?;
    let Some(configured) = desk.config.chosen(Some(&arguments.source))?.first().copied() else {
        return Ok(Exit::Done);
    };
    let since = configured.since;
    let span = since_its_beginning(&arguments.source, asked, since)?;
    let source = desk.source(configured).await?;
    let interrupt = Interrupt::listen(PAUSING)?;
    if !arguments.json && span != asked {
        output::aside(&format!("note: the source begins at {since}, so nothing older is read"));
    }
    let done = CancellationToken::new();
    let bar = (!arguments.json).then(|| ProgressBar::start(&source.row.name, done.clone()));
    let what = What {
        span,
        windows_max: arguments.windows.and_then(|windows| usize::try_from(windows).ok()),
        is_dry_run: arguments.dry_run,
        rhythm: desk.rhythm_unless_paused(&source.row).await?,
        stop: interrupt.stop(),
        progress: bar.as_ref().map(ProgressBar::sender),
    };
    let is_json = arguments.json;
    let tell = move |report: &RunReport, pace: &Pace| {
        if is_json {
            output::tell_json(report);
        } else {
            output::tell(&line(report, pace));
        }
    };
    let ended = backfill(&desk.ctx, &source, &what, &tell).await;
    done.cancel();
    if let Some(bar) = bar {
        bar.finish().await;
    }
    let ended = ended?;
    if arguments.json {
        output::tell_json(&as_json(&ended));
    } else {
        output::tell(&text(&site.here(), &arguments, span, &ended, Style::of_stdout()));
    }
    desk.ctx.store.close().await;
    Ok(exit(&ended, interrupt.came()))
}

fn exit(ended: &Backfilled, was_paused: bool) -> Exit {
    if was_paused {
        return Exit::Stopped;
    }
    let of_run = ended.last.as_ref().map_or(Exit::Done, exit_of);
    if ended.pace.windows_left > 0 { of_run.max(Exit::Incomplete) } else { of_run }
}

/// The history that is asked for.
fn span(arguments: &Backfill, now: Timestamp) -> Result<Window, Mistake> {
    let from = match arguments.days {
        Some(days) => Some(now - Duration::from_hours(24) * days),
        None => arguments.from,
    };
    let to = arguments.to.or(arguments.days.map(|_| now));
    asked(from, to, now)?.ok_or_else(|| {
        Mistake::new(
            "how much history is to be read was not said",
            "Add --days 90, or --from 2026-01-01 --to 2026-02-01; to read all that is lacking, use sync",
        )
    })
}

/// Nothing is read from before a source begins.
fn since_its_beginning(source: &str, span: Window, since: Timestamp) -> Result<Window, Mistake> {
    let wanted = Window::new(span.from().max(since), span.to()).ok();
    wanted.ok_or_else(|| {
        Mistake::new(
            format!("source `{source}` begins at {since}, after all of {span}"),
            "Set its `since` in the configuration to an earlier day",
        )
    })
}

/// One run of several: `3 of 12 days proved · 4,812 calls, 402 a second · about 3 min 5 s left`.
fn line(report: &RunReport, pace: &Pace) -> String {
    let run = report.sync_log_id.map_or("dry run".to_owned(), |run| format!("run {run}"));
    let done = pace.whole.saturating_sub(pace.left);
    let left = match pace.time_left() {
        _ if pace.windows_left == 0 => "nothing left".to_owned(),
        Some(left) => {
            format!("{} windows left, about {}", count(pace.windows_left), duration(left))
        }
        None => format!("{} windows left", count(pace.windows_left)),
    };
    format!(
        "{run}: {} of {} proved · {} listed, {} new, {:.0} a second · {left}",
        spelled(done),
        spelled(pace.whole),
        count(pace.listed),
        count(pace.new),
        pace.listed_per_second(),
    )
}

fn text(
    here: &str,
    arguments: &Backfill,
    span: Window,
    ended: &Backfilled,
    style: Style,
) -> String {
    let pace = &ended.pace;
    let Some(last) = &ended.last else {
        return if pace.windows_left == 0 {
            format!("Nothing to read: {span} is proved and nothing in it is due.")
        } else {
            format!("Nothing was read. {} windows are left.", count(pace.windows_left))
        };
    };
    let mut lines = Vec::new();
    if let Some(error) = &last.error {
        let (sentence, hint) = sentence_and_hint(error);
        lines.push(format!("{} {sentence}", style.red("error:")));
        lines.extend(hint.map(|hint| format!("{} {hint}", style.bold("hint:"))));
    }
    if last.dry_run {
        lines.push("Nothing was written.".to_owned());
    }
    let read = format!("{} new of {} listed", count(pace.new), count(pace.listed));
    lines.push(if pace.windows_left == 0 {
        format!("{}: {span} is proved; {read}, in {}.", style.green("Done"), duration(pace.took))
    } else {
        let windows = count(pace.windows_left);
        let source = quoted(&arguments.source);
        let span = format!("--from {} --to {}", span.from(), span.to());
        let command = style.command(&format!("{here} backfill {source} {span}"));
        format!("{windows} windows are left; {read}. Go on: {command}")
    });
    lines.join("\n")
}

fn as_json(ended: &Backfilled) -> Value {
    let pace = &ended.pace;
    json!({
        "backfill": {
            "runs": pace.runs, "windowsProved": pace.windows, "windowsLeft": pace.windows_left,
            "secondsLeft": pace.left.as_secs(), "listed": pace.listed, "new": pace.new,
            "duration_ms": u64::try_from(pace.took.as_millis()).unwrap_or(u64::MAX),
        }
    })
}
