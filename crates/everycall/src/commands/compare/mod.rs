//! `everycall compare`: the provider against the database, every difference with its cause.

mod export;
mod file;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use domain::{PAIRING_TOLERANCE, RunStatus, Timestamp, Tolerances, WallClock};
use engine::Source;
use engine::compare::{
    Columns, CompareError, CompareOptions, CompareReport, compare, compare_and_repair,
    compare_with_source, estimate, span,
};
use store::SourceRow;
use tokio_util::sync::CancellationToken;

use super::assign::account;
use super::site::Site;
use super::sync::{ProgressBar, SpanAsked};
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};
use crate::wiring::Desk;

const STOPPING: &str = "Stopping; nothing was changed. Ctrl-C again to stop at once.";

/// A span from which on it is said first what comparing it will cost.
const LONG: Duration = Duration::from_hours(31 * 24);

/// Compare a source with its provider: what is missing, what is extra, what differs, and why
///
/// Reads the provider's list of a span and the database's, and changes neither. Without a span it
/// compares the last 30 days; an account, from its reset date. Exit code 0: everything is explained
/// and was read whole.
#[derive(Debug, Args)]
pub struct Compare {
    /// Which source [default: all that are configured]
    source: Option<String>,
    /// The calls of this account only
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
    /// Compare with this file, as downloaded from the provider's own screen: CSV or JSON
    #[arg(long, value_name = "FILE", requires = "source")]
    with: Option<PathBuf>,
    /// Compare with what this other source holds of the same calls: by the names they tell of each
    /// other, else by numbers and time. `everycall compare phones --with-source agents`
    #[arg(long, value_name = "OTHER", requires = "source", conflicts_with_all = ["with", "repair", "raw"])]
    with_source: Option<String>,
    /// Which column of the file is what, remembered for the source: "id=Call Sid,time=Start Time"
    #[arg(long, value_name = "FIELD=COLUMN,…", requires = "with")]
    map: Option<Columns>,
    /// How far the file's clock is from UTC, as in -05:00 [default: as the calls tell that both have]
    #[arg(long, value_name = "±HH:MM", requires = "with", allow_hyphen_values = true, value_parser = file::offset)]
    offset: Option<WallClock>,
    #[command(flatten)]
    span: SpanAsked,
    /// How many seconds two times or durations may lie apart and still be the same [default: 1, and
    /// 60 where the two sides share no ids]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(..=86_400))]
    tolerance: Option<u64>,
    /// Read again what can be repaired, compare once more, and show before and after
    #[arg(long, conflicts_with = "with")]
    repair: bool,
    /// With --json: also the provider's own record of each call that is missing or differs
    #[arg(long, requires = "json")]
    raw: bool,
    /// Write the report, what is missing, what differs and the run's log into this folder
    #[arg(long, value_name = "FOLDER")]
    export: Option<PathBuf>,
    /// Print one JSON object per source instead of text
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// Compares.
pub async fn run(site: &Site, arguments: Compare) -> Result<Exit> {
    let config = site.configuration()?;
    let name = arguments.source.as_deref();
    config.refuse_unknown(name)?;
    let time = crate::clock::clock(arguments.now);
    let window = arguments.span.window(time.now())?;
    let desk = Desk::open(config, arguments.now).await?;
    desk.config.chosen(name)?;
    let account = match &arguments.account {
        Some(name) => Some(account(site, &desk, name.trim()).await?),
        None => None,
    };
    let interrupt = Interrupt::listen(STOPPING)?;
    let usual = match arguments.with_source {
        Some(_) => PAIRING_TOLERANCE,
        None => Tolerances::default().time,
    };
    let far = arguments.tolerance.map_or(usual, Duration::from_secs);
    let tolerances = Tolerances { time: far, duration: far };
    let mut exit = None;
    for configured in desk.config.chosen(name)? {
        let source = desk.source(configured).await?;
        let options = CompareOptions {
            window,
            account: account.clone(),
            tolerances,
            keeps_raw: arguments.raw,
            stop: interrupt.stop(),
            progress: None,
        };
        let other = match &arguments.with_source {
            Some(name) => Some(desk.known(name).await?),
            None => None,
        };
        let report = match of(&desk, (&source, other.as_ref()), options, &arguments).await {
            Err(CompareError::NothingOfThisSource { .. }) if name.is_none() => continue,
            Err(error @ CompareError::WithItself { .. }) => {
                let hint = "`everycall sources` lists them";
                return Err(Mistake::new(error.to_string(), hint).into());
            }
            Err(CompareError::File(trouble)) => return Err(file::mistake(&arguments, &trouble)),
            report => report?,
        };
        if arguments.json {
            output::tell_json(&report);
        } else {
            output::tell(&words::text(&report, Style::of_stdout()));
        }
        if let Some(folder) = &arguments.export {
            for name in export::export(&desk, &report, folder).await? {
                output::aside(&format!("wrote {}", folder.join(name).display()));
            }
        }
        exit = exit.max(Some(exit_of(&report)));
        if interrupt.came() {
            return Ok(Exit::Stopped);
        }
    }
    desk.ctx.store.close().await;
    exit.ok_or_else(|| without_sources(site, arguments.account.as_deref()).into())
}

/// No source gives anything to the account.
fn without_sources(site: &Site, account: Option<&str>) -> Mistake {
    let sentence = format!("account {} gets calls from no source", account.unwrap_or_default());
    let hint = format!("`{} assign` gives it those of an agent, a number or a source", site.here());
    Mistake::missing(sentence, hint)
}

/// One comparison, with another source, a file or the provider.
async fn of(
    desk: &Desk,
    (source, other): (&Source, Option<&SourceRow>),
    options: CompareOptions,
    arguments: &Compare,
) -> Result<CompareReport, CompareError> {
    if let Some(other) = other {
        let lag = source.connection.capabilities().lag;
        return compare_with_source(&desk.ctx, &source.row, other, lag, &options).await;
    }
    match &arguments.with {
        Some(path) => file::compare(desk, source, path, options, arguments).await,
        None => one(desk, source, options, arguments).await,
    }
}

/// One comparison, with what it will cost said first where it is much, and a bar where somebody can
/// see it.
async fn one(
    desk: &Desk,
    source: &Source,
    options: CompareOptions,
    arguments: &Compare,
) -> Result<CompareReport, CompareError> {
    let window = span(source, &options, desk.ctx.now())?;
    if window.length() > LONG && !arguments.json {
        let estimate = estimate(&desk.ctx, source, window).await?;
        output::aside(&words::foreseen(&source.row.name, &estimate));
    }
    let done = CancellationToken::new();
    let bar = (!arguments.json).then(|| ProgressBar::start(&source.row.name, done.clone()));
    let progress = bar.as_ref().map(ProgressBar::sender);
    let options = CompareOptions { progress, ..options };
    let compared = if arguments.repair {
        compare_and_repair(&desk.ctx, source, options).await
    } else {
        compare(&desk.ctx, source, options).await
    };
    done.cancel();
    if let Some(bar) = bar {
        bar.finish().await;
    }
    compared
}

fn exit_of(report: &CompareReport) -> Exit {
    match report.status {
        RunStatus::Success if report.summary.unexplained == 0 => Exit::Done,
        RunStatus::Failed | RunStatus::InProgress => Exit::Failed,
        _ => Exit::Incomplete,
    }
}
