//! `everycall sync`: pull what is missing, prove it, and account for every record.

mod accounts;
mod progress;
mod span;

use anyhow::Result;
use clap::Args;
use domain::{RunStatus, Timestamp};
use engine::sync::{OrganisationReport, RunReport, SyncError, SyncOptions, sync};
use tokio_util::sync::CancellationToken;

use super::site::Site;
use crate::interrupt::Interrupt;
use crate::mistake::{self, Exit};
use crate::output;
use crate::wiring::Desk;

pub use accounts::Accounts;
pub use progress::ProgressBar;
pub use span::{SpanAsked, asked, spelled};

/// Pull calls: whatever the ledger lacks, or the span you name
///
/// Everything that is read is stored, whether it can be placed or not. Interrupting loses nothing:
/// the next run goes on where this one stopped.
#[derive(Debug, Args)]
pub struct Sync {
    /// Which source [default: all that are configured]
    source: Option<String>,
    /// The same, as an option
    #[arg(long = "source", value_name = "SOURCE", conflicts_with = "source")]
    named: Option<String>,
    /// All that are configured, which is the default
    #[arg(long, conflicts_with_all = ["source", "named"])]
    all: bool,
    /// Read this span, from this day or instant (UTC), even if it was read before
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// … up to, and without, this day or instant
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    /// Read the last N minutes only; what lies before them stays what it was
    #[arg(long, value_name = "N", conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(u32).range(1..))]
    minutes: Option<u32>,
    /// Read and judge everything, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object per source instead of text
    #[arg(long)]
    json: bool,
    /// Print one JSON object for all that was read: how many calls were synced, were there already,
    /// or are skipped, and how many for each account
    #[arg(long, conflicts_with = "json")]
    report: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

const STOPPING: &str = "Stopping after the pages under way; Ctrl-C again to stop at once.";

/// Pulls.
pub async fn run(site: &Site, arguments: Sync) -> Result<Exit> {
    let config = site.configuration()?;
    let name = arguments.source.as_deref().or(arguments.named.as_deref());
    config.refuse_unknown(name)?;
    let time = crate::clock::clock(arguments.now);
    let now = time.now();
    let asked = match arguments.minutes {
        Some(minutes) => span::latest(minutes, now)?,
        None => span::asked(arguments.from, arguments.to, now)?,
    };
    let desk = Desk::open(config, arguments.now).await?;
    // Every door is tried before the first request, so that a missing token is told at once.
    let mut sources = Vec::new();
    for configured in desk.config.chosen(name)? {
        sources.push(desk.source(configured).await?);
    }
    let interrupt = Interrupt::listen(STOPPING)?;
    let mut exit = Exit::Done;
    let mut reports = Vec::new();
    for source in &sources {
        let options = SyncOptions {
            asked,
            is_dry_run: arguments.dry_run,
            stop: interrupt.stop(),
            ..SyncOptions::manual()
        };
        match pull(&desk, source, options, !arguments.json).await {
            // Somebody else reads that one; nobody may be reading the others.
            Err(error) if sources.len() > 1 && is_busy(&error) => {
                exit = exit.max(mistake::tell(&error));
            }
            pulled => {
                let report = pulled?;
                exit = exit.max(exit_of(&report));
                if arguments.json {
                    output::tell_json(&report);
                } else if arguments.report {
                    reports.push(report);
                } else {
                    tell(site, &desk, source, &report).await?;
                }
            }
        }
        if interrupt.came() {
            exit = Exit::Stopped;
            break;
        }
    }
    if arguments.report {
        let accounts = desk.ctx.store.accounts_list().await?.into_iter();
        let names = accounts.map(|account| (account.id, account.name)).collect();
        output::tell_json(&OrganisationReport::of(&reports, &names));
    }
    desk.ctx.store.close().await;
    Ok(exit)
}

async fn tell(site: &Site, desk: &Desk, source: &engine::Source, report: &RunReport) -> Result<()> {
    let waiting = Accounts::waiting(desk, source.row.id).await?;
    let (here, source) = (&site.here(), &source.row.name);
    output::tell(&Accounts { here, source, report, waiting, is_import: false }.text());
    Ok(())
}

/// One run, with a bar where somebody can see it.
pub async fn pull(
    desk: &Desk,
    source: &engine::Source,
    options: SyncOptions,
    shows_progress: bool,
) -> Result<RunReport> {
    let done = CancellationToken::new();
    let bar = shows_progress.then(|| ProgressBar::start(&source.row.name, done.clone()));
    let options = SyncOptions { progress: bar.as_ref().map(ProgressBar::sender), ..options };
    let result = sync(&desk.ctx, source, options).await;
    done.cancel();
    if let Some(bar) = bar {
        bar.finish().await;
    }
    Ok(result?)
}

fn is_busy(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(SyncError::AlreadyRunning { .. }))
}

/// How the program ends over a run.
pub fn exit_of(report: &RunReport) -> Exit {
    match report.status {
        _ if report.was_cancelled => Exit::Stopped,
        RunStatus::Success => Exit::Done,
        RunStatus::Partial | RunStatus::Unbalanced => Exit::Incomplete,
        RunStatus::Failed | RunStatus::InProgress => Exit::Failed,
    }
}
