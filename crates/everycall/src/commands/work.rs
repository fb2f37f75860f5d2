//! `everycall work`: read every source whenever it is due, until it is stopped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use clap::Args;
use engine::worker::{self, Happened, Rostered, Scheduled, WorkerSettings, work_by};
use providers::outgoing::Outgoing;
use tokio_util::sync::CancellationToken;

use super::site::Site;
use crate::interrupt::Interrupt;
use crate::mistake::Exit;
use crate::output::{self, count};
use crate::roster::Roster;
use crate::wiring::Desk;

/// Read every source whenever it is due, and do what is asked for as jobs, until Ctrl-C
///
/// `everycall serve` does the same beside the dashboard. Start as many of these as you like, on as
/// many machines, on one PostgreSQL database: each source is read by one of them at a time.
#[derive(Debug, Args)]
pub struct Work {}

const STOPPING: &str = "Stopping after the pages under way; Ctrl-C again to stop at once.";

/// Works.
pub async fn run(site: &Site, _arguments: Work) -> Result<Exit> {
    let desk = Desk::open(site.configuration()?, None).await?;
    let roster = Roster::open(&desk, true).await?;
    let outgoing = desk.outgoing()?;
    let interrupt = Interrupt::listen(STOPPING)?;
    let sources = roster.sources();
    output::tell(&format!("{}   (Ctrl-C ends it)", sentence(&sources.borrow())));
    tokio::join!(keep(&desk, sources, outgoing, interrupt.stop()), roster.keep(interrupt.stop()),);
    desk.ctx.store.close().await;
    Ok(Exit::Done)
}

/// What will be read how often.
pub fn sentence(roster: &[Rostered]) -> String {
    let each = |Rostered { scheduled: Scheduled { source, rhythm }, is_paused, .. }: &Rostered| {
        let name = &source.row.name;
        if *is_paused { format!("{name} not, which rests") } else { format!("{name} {rhythm}") }
    };
    if roster.is_empty() {
        return "No source is set up yet; one that is set up in the dashboard is read at once"
            .to_owned();
    }
    format!("Reading {}", roster.iter().map(each).collect::<Vec<_>>().join(", "))
}

/// Reads them until `stop`, and says what came of each run that brought or failed something.
pub async fn keep(
    desk: &Desk,
    sources: worker::Roster,
    outgoing: Outgoing,
    stop: CancellationToken,
) {
    let clock = Arc::clone(&desk.ctx.wait);
    let troubles = Troubles::default();
    let tell = move |happened| {
        if let Some(line) = troubles.news(&happened) {
            output::tell(&format!("{} {line}", clock.now()));
        }
    };
    let settings = WorkerSettings { outgoing, ..desk.config.schedule.settings() };
    work_by(&desk.ctx, sources, &settings, stop, Arc::new(tell)).await;
}

/// What is wrong with each source, so that a cause which lasts is said once, and its end too.
#[derive(Default)]
struct Troubles(Mutex<BTreeMap<String, String>>);

impl Troubles {
    fn news(&self, happened: &Happened) -> Option<String> {
        let line = line(happened);
        let Happened::Ran { source_name, report } = happened else { return line };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if report.success {
            let mended =
                known.remove(source_name).map(|_| format!("{source_name}: it is read again"));
            return line.or(mended);
        }
        let cause = if report.needs_person { None } else { report.error.clone() };
        // Each run meets a refusal with another request, and it is one cause all the same.
        let cause = cause.unwrap_or_else(|| "only a person can help".to_owned());
        let is_known = known.insert(source_name.clone(), cause.clone()) == Some(cause);
        line.filter(|_| !is_known || report.new + report.updated > 0)
    }
}

fn line(happened: &Happened) -> Option<String> {
    match happened {
        Happened::JobEnded { source_name, job, outcome, .. } => {
            Some(format!("{source_name}: job {job}: {outcome}"))
        }
        Happened::Failed { source_name, error } => Some(format!("{source_name}: {error}")),
        Happened::Ran { source_name, report } => {
            let has_news = report.new + report.updated + report.windows_left > 0;
            if report.success && !has_news {
                return None;
            }
            let counts = format!(
                "{source_name}: {} new, {} updated, {} unchanged, {} waiting",
                count(report.new),
                count(report.updated),
                count(report.unchanged),
                count(report.waiting)
            );
            let left = (report.windows_left > 0)
                .then(|| format!("{} windows to go", count(report.windows_left)));
            let error = report.error.as_ref().map(|error| format!("{}: {error}", report.status));
            let all: Vec<String> = std::iter::once(counts).chain(left).chain(error).collect();
            Some(all.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::sync::SyncError;

    use super::*;

    #[test]
    fn what_could_not_begin_is_said_with_its_source() {
        let error =
            SyncError::AlreadyRunning { source_name: "main".to_owned(), what: "run 7".to_owned() };
        let said = line(&Happened::Failed { source_name: "main".to_owned(), error });
        assert!(said.is_some_and(|said| said.starts_with("main: run 7 is already reading")));
    }
}
