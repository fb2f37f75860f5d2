//! `everycall coverage`: the ledger, day by day.

mod grid;
mod lateness;
mod words;

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use domain::{
    Coverage as Ledger, Day, LOOKED_BACK, Lateness, Tiers, Timestamp, Widened, Window, days,
};
use engine::lateness::widened;
use serde_json::{Value, json};
use store::SourceRow;

use super::site::Site;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style};

/// Days shown where nobody says from when: thirteen weeks.
const DAYS_SHOWN: u32 = 91;

/// The most days one look shows: ten years.
const DAYS_MAX: u64 = 3660;

const DAY: Duration = Duration::from_hours(24);

/// Show the ledger day by day: how well each is proved, and which are not
///
/// Days are those of UTC. A day is as good as its worst part; the newest minutes are too young to be
/// proved and no gap, and what came due within two of a source's intervals is the schedule's next
/// work.
#[derive(Debug, Args)]
pub struct Coverage {
    /// Of this source only
    source: Option<String>,
    /// From this day (UTC) [default: thirteen weeks ago]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// Up to, and without, this day [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    /// Print one JSON object per source
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests and benchmarks
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// One source's ledger as it is shown.
struct Shown {
    source: SourceRow,
    days: Vec<Day>,
    lateness: Lateness,
    tiers: Tiers,
    added: Vec<Widened>,
}

/// Shows it.
pub async fn run(site: &Site, arguments: Coverage) -> Result<Exit> {
    let desk = site.look_at(arguments.now).await?;
    let now = desk.ctx.now();
    let sources = desk.known_or_all(arguments.source.as_deref()).await?;
    if sources.is_empty() && !arguments.json {
        output::print(&format!("Nothing was read yet. Begin: {} sync", site.here()))?;
    }
    let style = Style::of_stdout();
    for (at, source) in sources.into_iter().enumerate() {
        let ledger: Ledger = desk.ctx.store.coverage_load(source.id).await?;
        let span = span(&arguments, source.since, now)?;
        let store = &desk.ctx.store;
        let (able, added) = widened(store, source.id, desk.capabilities(&source), now).await?;
        let lateness = store.lateness_load(source.id, now - LOOKED_BACK).await?;
        // What came due since is the schedule's next work, as it is for `gaps`.
        let days = days(&ledger, &able, source.since, span, now - desk.grace(&source));
        let shown = Shown { source, days, lateness, tiers: able.tiers, added };
        if arguments.json {
            output::print_json(&shown.as_json())?;
            continue;
        }
        if at > 0 {
            output::print("")?;
        }
        output::print(&shown.text(&site.here(), style))?;
    }
    Ok(Exit::Done)
}

/// The days that are shown.
fn span(arguments: &Coverage, since: Timestamp, now: Timestamp) -> Result<Window, Mistake> {
    let to = arguments.to.unwrap_or(now);
    let usual = (to.floor_to(DAY) - DAY * (DAYS_SHOWN - 1)).max(since.min(to - DAY));
    let from = arguments.from.unwrap_or(usual);
    let Ok(span) = Window::new(from, to) else {
        return Err(Mistake::new(
            format!("--from {from} does not lie before --to {to}"),
            "Swap the two, or choose a later end",
        ));
    };
    if span.length().as_secs() / DAY.as_secs() > DAYS_MAX {
        return Err(Mistake::new(
            format!("{span} has more days than can be shown at once"),
            format!("Choose a span of at most {DAYS_MAX} days"),
        ));
    }
    Ok(span)
}

impl Shown {
    fn text(&self, here: &str, style: Style) -> String {
        let source = &self.source;
        let title = format!("{} · {}", style.bold(&source.name), source.provider.title());
        let head = format!("{title} {} · since {}", source.scope, source.since);
        let mut parts = vec![head, grid::grid(&self.days, style), grid::legend(&self.days, style)];
        parts.push(words::summary(&self.days));
        parts.extend(words::troubles(here, &source.name, &self.days, style));
        parts.push(lateness::text(&self.lateness, &self.tiers, &self.added));
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }

    fn as_json(&self) -> Value {
        let days: Vec<Value> = self.days.iter().map(words::as_json).collect();
        let source = &self.source;
        json!({
            "source": source.name, "provider": source.provider, "scope": source.scope,
            "since": source.since, "summary": words::summary(&self.days), "days": days,
            "lateness": lateness::as_json(&self.lateness, &self.tiers, &self.added),
        })
    }
}

#[cfg(test)]
mod tests;
