//! `everycall import`: take the calls of a file that somebody exported from the provider.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use domain::Timestamp;
use engine::sync::{ImportOptions, RunReport, import};
use providers::export::{Reader, Trouble};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::site::Site;
use super::sync::{Accounts, ProgressBar, exit_of};
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake};
use crate::output;
use crate::wiring::Desk;

/// Import the calls of a file that was exported from the provider
///
/// Each row becomes part of the call it speaks of; a row that could be several calls is set aside
/// whole. What was read from the provider itself goes before what a file says. A file proves nothing:
/// it never counts as coverage.
#[derive(Debug, Args)]
pub struct Import {
    /// The file, as downloaded
    file: PathBuf,
    /// Which source its calls are of
    #[arg(long, value_name = "SOURCE")]
    source: String,
    /// Read and judge everything, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print one JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

const STOPPING: &str = "Stopping after the rows under way; Ctrl-C again to stop at once.";

const NO_PROOF: &str = "  A file is no proof: nothing in it says that it is all there is, so no window \
                        counts as covered by it.\n";

/// Imports.
pub async fn run(site: &Site, arguments: Import) -> Result<Exit> {
    let config = site.configuration()?;
    config.refuse_unknown(Some(&arguments.source))?;
    let desk = Desk::open(config, arguments.now).await?;
    let mut chosen = desk.config.chosen(Some(&arguments.source))?;
    let Some(configured) = chosen.pop() else { return Ok(Exit::Usage) };
    let source = desk.source(configured).await?;
    let names = source.connection.export_columns();
    if names.is_empty() {
        let provider = source.row.provider.as_str();
        let sentence = format!("files exported from {provider} cannot be imported yet");
        let hint = format!("`{} sync {}` reads its calls", site.here(), source.row.name);
        return Err(Mistake::new(sentence, hint).into());
    }
    let mut file = open(&arguments.file, names)?;
    if !file.has("uniqueid") {
        output::aside(
            "warning: the file has no column `uniqueid`, so no row can be told to be one call; all \
             are set aside. Export it with EXTENDED fields.",
        );
    }
    let interrupt = Interrupt::listen(STOPPING)?;
    let done = CancellationToken::new();
    let bar = (!arguments.json).then(|| ProgressBar::start(&source.row.name, done.clone()));
    let options = ImportOptions {
        file: arguments.file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        is_dry_run: arguments.dry_run,
        stop: interrupt.stop(),
        progress: bar.as_ref().map(ProgressBar::sender),
    };
    let result = import(&desk.ctx, &source, &mut file, options).await;
    done.cancel();
    if let Some(bar) = bar {
        bar.finish().await;
    }
    let report = result?;
    tell(site, &desk, &source, &report, arguments.json).await?;
    desk.ctx.store.close().await;
    Ok(if interrupt.came() { Exit::Stopped } else { exit_of(&report) })
}

async fn tell(
    site: &Site,
    desk: &Desk,
    source: &engine::Source,
    report: &RunReport,
    as_json: bool,
) -> Result<()> {
    if as_json {
        let mut json = serde_json::to_value(report)?;
        if let Value::Object(report) = &mut json {
            report.insert("isProof".to_owned(), false.into());
        }
        output::tell_json(&json);
        return Ok(());
    }
    let waiting = Accounts::waiting(desk, source.row.id).await?;
    let here = &site.here();
    let accounts = Accounts { here, source: &source.row.name, report, waiting, is_import: true };
    output::tell(&accounts.text());
    output::tell(NO_PROOF);
    if let (Some(run), true) = (report.sync_log_id, report.set_aside > 0) {
        output::tell(&format!("  Why rows were set aside: {here} runs show {run}\n"));
    }
    Ok(())
}

fn open(path: &Path, names: &[&str]) -> Result<Reader<BufReader<File>>> {
    let shown = path.display();
    let file = File::open(path).map_err(|error| {
        Mistake::new(format!("{shown} cannot be opened: {error}"), "Check the name of the file")
    })?;
    Reader::open(BufReader::with_capacity(1 << 16, file), names).map_err(|trouble| {
        let hint = match &trouble {
            Trouble::Io { .. } => "Check the disk, or copy the file anew",
            Trouble::NotAnExport { .. } => {
                "Nothing was done; export the file again, with its header row, and do not open it first"
            }
        };
        Mistake::new(format!("{shown}: {trouble}"), hint).into()
    })
}
