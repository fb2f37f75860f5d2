//! `everycall gaps`: what is not proved, not read again, or not believable, and how to repair it.

pub(super) mod words;

use std::io;

use anyhow::Result;
use clap::Args;
use domain::Timestamp;
use engine::gaps::{Gaps as Found, look, repair};
use engine::lateness::widened;
use serde_json::json;
use store::SourceRow;

use super::site::Site;
use super::sync::Accounts;
use crate::config::Config;
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};
use crate::wiring::Desk;

const STOPPING: &str = "Stopping after the pages under way; Ctrl-C again to stop at once.";

/// List what is not proved, not read again, or unbelievably quiet, each with its cause and repair
///
/// What came due within two of a source's intervals is the schedule's next work and no gap yet.
/// Volume is judged against the same hours of the eight weeks before (UTC). Exit code 3: gaps
/// remain.
#[derive(Debug, Args)]
pub struct Gaps {
    /// Of this source only [default: all that are configured]
    source: Option<String>,
    /// Read what is lacking, then show before and after
    #[arg(long)]
    repair: bool,
    /// Show every gap; else the newest twenty of each source
    #[arg(long)]
    all: bool,
    /// Print one JSON object per gap
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// Shows or repairs them.
pub async fn run(site: &Site, arguments: Gaps) -> Result<Exit> {
    let desk = if arguments.repair {
        Desk::open(site.configuration()?, arguments.now).await?
    } else {
        site.look_at(arguments.now).await?
    };
    let name = arguments.source.as_deref();
    let sources = match name {
        Some(name) if arguments.repair && desk.ctx.store.source_by_name(name).await?.is_none() => {
            vec![desk.source(one(&desk.config, name)?).await?.row]
        }
        Some(_) => desk.known_or_all(name).await?,
        // Nobody means to read what is no longer configured.
        None => {
            let has_config = !desk.config.sources.is_empty();
            let is_read =
                |row: &SourceRow| desk.config.sources.iter().any(|it| it.name == row.name);
            let mut known = desk.known_or_all(None).await?;
            known.retain(|row| !has_config || is_read(row));
            known
        }
    };
    if sources.is_empty() && !arguments.json {
        output::print(&format!("Nothing was read yet. Begin: {} sync", site.here()))?;
    }
    let interrupt = Interrupt::listen(STOPPING)?;
    let style = Style::of_stdout();
    let mut exit = Exit::Done;
    for (at, source) in sources.into_iter().enumerate() {
        if at > 0 && !arguments.json {
            tell(&arguments, "")?;
        }
        let mut found = find(&desk, &source).await?;
        if arguments.repair && !found.gaps.is_empty() && !interrupt.came() {
            found = mend(site, &desk, &source, &arguments, found, &interrupt).await?;
        }
        tell(&arguments, &shown(site, &source, &arguments, &found, style)?)?;
        if !found.gaps.is_empty() {
            exit = exit.max(Exit::Incomplete);
        }
    }
    desk.ctx.store.close().await;
    Ok(if interrupt.came() { Exit::Stopped } else { exit })
}

fn one<'a>(config: &'a Config, name: &str) -> Result<&'a crate::config::Source, Mistake> {
    let chosen = config.chosen(Some(name))?;
    chosen.into_iter().next().ok_or_else(|| {
        let sentence = format!("source `{name}` is not configured here");
        Mistake::new(sentence, "Add its [[sources]] block to the configuration")
    })
}

/// What it lacks now.
pub(super) async fn find(desk: &Desk, source: &SourceRow) -> Result<Found> {
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    let (able, _) = widened(store, source.id, desk.capabilities(source), now).await?;
    Ok(look(store, source, &able, desk.grace(source), now).await?)
}

/// Reads what is lacking, and looks again.
async fn mend(
    site: &Site,
    desk: &Desk,
    row: &SourceRow,
    arguments: &Gaps,
    before: Found,
    interrupt: &Interrupt,
) -> Result<Found> {
    let source = desk.source(one(&desk.config, &row.name)?).await?;
    let style = Style::of_stdout();
    if !arguments.json {
        output::tell(&format!("{} before: {}", style.bold(&row.name), words::sum(&before)));
    }
    let reports = repair(&desk.ctx, &source, &before, &interrupt.stop()).await?;
    for report in &reports {
        if arguments.json {
            output::tell_json(&json!({ "source": row.name, "repair": report }));
        } else {
            let waiting = Accounts::waiting(desk, row.id).await?;
            let here = &site.here();
            let accounts = Accounts { here, source: &row.name, report, waiting, is_import: false };
            output::tell(accounts.line().trim_end());
        }
    }
    let after = find(desk, row).await?;
    if !arguments.json {
        output::tell(&format!("{} after: {}", style.bold(&row.name), words::sum(&after)));
    }
    Ok(after)
}

/// The gaps of a source, or one JSON object for each.
fn shown(
    site: &Site,
    source: &SourceRow,
    arguments: &Gaps,
    found: &Found,
    style: Style,
) -> serde_json::Result<String> {
    let here = site.here();
    if !arguments.json {
        return Ok(words::text(&here, &source.name, found, arguments.all, style));
    }
    let row = |gap| serde_json::to_string(&words::as_json(&here, &source.name, gap));
    Ok(found.gaps.iter().map(row).collect::<serde_json::Result<Vec<String>>>()?.join("\n"))
}

/// Whoever only looks may have seen enough; what is repaired is repaired to its end.
fn tell(arguments: &Gaps, text: &str) -> io::Result<()> {
    if arguments.json && text.is_empty() {
        return Ok(());
    }
    if !arguments.repair {
        return output::print(text);
    }
    output::tell(text);
    Ok(())
}
