//! `everycall status`: how each source stands, on one screen.

mod ahead;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use clap::Args;
use domain::Timestamp;
use engine::gaps::Gaps;
use serde_json::json;
use store::{RunRow, Scope, SourceRow, Totals, WaitingGroup};

use super::gaps;
use super::site::Site;
use super::waiting;
use crate::mistake::Exit;
use crate::output::{self, Style, count, instant, percent, written};
use crate::wiring::Desk;
use ahead::Ahead;

/// Gaps shown of a source; `gaps` shows the others.
const GAPS_SHOWN: usize = 3;

/// Show how each source stands: calls, what is proved, what is missing, and what waits for what
#[derive(Debug, Args)]
pub struct Status {
    /// Of this source only
    source: Option<String>,
    /// Print one JSON object per source
    #[arg(long)]
    json: bool,
    /// Set the clock to this instant, for tests
    #[arg(long, hide = true, value_name = "INSTANT", value_parser = Timestamp::parse_human)]
    now: Option<Timestamp>,
}

/// How one source stands.
struct Standing {
    source: SourceRow,
    totals: Totals,
    set_aside: i64,
    in_conflict: i64,
    waiting: Vec<WaitingGroup>,
    excluded: Vec<(String, i64)>,
    proved_until: Option<Timestamp>,
    gaps: Gaps,
    last_run: Option<RunRow>,
    ahead: Option<Ahead>,
}

/// Shows it.
pub async fn run(site: &Site, arguments: Status) -> Result<Exit> {
    let desk = site.look_at(arguments.now).await?;
    let sources = desk.known_or_all(arguments.source.as_deref()).await?;
    if sources.is_empty() && !arguments.json {
        output::print(&format!("Nothing was read yet. Begin: {} sync", site.here()))?;
    }
    let style = Style::of_stdout();
    for (at, source) in sources.into_iter().enumerate() {
        let standing = Standing::of(&desk, source).await?;
        if arguments.json {
            output::print_json(&standing.as_json())?;
            continue;
        }
        if at > 0 {
            output::print("")?;
        }
        output::print(&written(|out| standing.write(out, &site.here(), style)))?;
    }
    Ok(Exit::Done)
}

impl Standing {
    async fn of(desk: &Desk, source: SourceRow) -> Result<Self> {
        let store = &desk.ctx.store;
        let coverage = store.coverage_load(source.id).await?;
        let last_run = store.runs_list(Some(source.id), 1).await?.pop();
        Ok(Self {
            totals: store.totals(Scope::Operator, source.id).await?,
            set_aside: store.set_aside_count(source.id).await?,
            in_conflict: store.calls_in_conflict(Scope::Operator, source.id).await?,
            waiting: store.waiting_groups(Scope::Operator, source.id).await?,
            excluded: store.excluded_counts(source.id).await?,
            proved_until: coverage.proved_until(source.since),
            gaps: gaps::find(desk, &source).await?,
            ahead: Ahead::of(desk, &source).await?,
            last_run,
            source,
        })
    }

    fn write(&self, out: &mut String, here: &str, style: Style) -> std::fmt::Result {
        let Totals { calls, placed, waiting, excluded, oldest, newest } = self.totals;
        let title = format!("{} · {}", style.bold(&self.source.name), self.source.provider.title());
        writeln!(out, "{title} {} · since {}", self.source.scope, self.source.since)?;
        writeln!(out)?;
        let name = |name: &str| style.dim(&format!("  {name:<10}"));
        let span = match (oldest, newest) {
            (Some(oldest), Some(newest)) => {
                format!("   {} to {}", instant(oldest), instant(newest))
            }
            _ => String::new(),
        };
        let width = count(calls).len();
        let share =
            |part: i64| format!("{:>width$}   {}", count(part), style.dim(&percent(part, calls)));
        writeln!(out, "{}{}{}", name("calls"), count(calls), style.dim(&span))?;
        writeln!(out, "{}{}", name("  placed"), share(placed))?;
        writeln!(out, "{}{}", name("  waiting"), share(waiting))?;
        writeln!(out, "{}{}", name("  excluded"), share(excluded))?;
        for (reason, calls) in &self.excluded {
            let what = format!("{:>width$}   {reason}", count(*calls));
            writeln!(out, "{}{}", name("    "), style.dim(&what))?;
        }
        if self.set_aside > 0 {
            let what = format!("{} records nobody could read, kept whole", count(self.set_aside));
            writeln!(out, "{}{}", name("set aside"), style.yellow(&what))?;
        }
        if self.in_conflict > 0 {
            let command = format!("{here} calls --source {} --conflicts", self.source.name);
            let what = format!("{} whose provider contradicts itself", count(self.in_conflict));
            let (what, command) = (style.yellow(&what), style.command(&command));
            writeln!(out, "{}{what}: {command}", name("endings"))?;
        }
        let until = match self.proved_until {
            Some(until) => format!("proved from {} to {until}", self.source.since),
            None => "nothing is proved yet".to_owned(),
        };
        writeln!(out, "{}{until}", name("coverage"))?;
        self.write_gaps(out, here, style)?;
        let last = self.last_run.as_ref().map_or_else(
            || "none yet".to_owned(),
            |run| format!("run {} · {} · {}", run.run_id, run.status, instant(run.started_at)),
        );
        writeln!(out, "{}{last}", name("last run"))?;
        if let Some(ahead) = &self.ahead {
            writeln!(out, "{}{}", name("next run"), ahead.sentence())?;
            if let Some(trouble) = &ahead.trouble {
                writeln!(out, "{}{}", name("refused"), style.yellow(&trouble.since()))?;
                writeln!(out, "            {}", trouble.sentence)?;
            }
        }
        out.push_str(&waiting::text(here, &self.source.name, &self.waiting, style));
        Ok(())
    }

    fn write_gaps(&self, out: &mut String, here: &str, style: Style) -> std::fmt::Result {
        let name = style.dim("  gaps      ");
        if self.gaps.gaps.is_empty() {
            return writeln!(out, "{name}{}", style.green("none"));
        }
        let sum = style.yellow(&gaps::words::sum(&self.gaps));
        let source = waiting::quoted(&self.source.name);
        writeln!(out, "{name}{sum}: {}", style.command(&format!("{here} gaps {source}")))?;
        for gap in self.gaps.gaps.iter().take(GAPS_SHOWN) {
            writeln!(out, "            {}  {}", gap.window, style.dim(gap.what.title()))?;
        }
        Ok(())
    }

    fn as_json(&self) -> serde_json::Value {
        let waiting: Vec<serde_json::Value> = self
            .waiting
            .iter()
            .map(|group| {
                json!({
                    "reason": group.reason, "providerAgentId": group.provider_agent_id,
                    "agent": group.agent, "calls": group.calls, "oldestAt": instant(group.oldest),
                })
            })
            .collect();
        let gaps: Vec<serde_json::Value> = self
            .gaps
            .gaps
            .iter()
            .map(|gap| {
                json!({
                    "from": gap.window.from(), "to": gap.window.to(), "cause": gap.what.as_str(),
                })
            })
            .collect();
        json!({
            "name": self.source.name, "provider": self.source.provider,
            "scope": self.source.scope, "since": self.source.since,
            "stored": self.totals.calls, "placed": self.totals.placed,
            "waiting": self.totals.waiting, "excluded": self.totals.excluded,
            "setAside": self.set_aside, "inConflict": self.in_conflict,
            "provedUntil": self.proved_until, "gaps": gaps,
            "waitingFor": waiting,
            "nextRunAt": self.ahead.as_ref().and_then(Ahead::at),
            "needsPerson": self.ahead.as_ref().and_then(|it| it.trouble.as_ref()).map(|trouble| json!({
                "since": trouble.since, "runs": trouble.runs, "what": trouble.sentence,
            })),
            "excludedFor": self.excluded.iter().cloned().collect::<BTreeMap<_, _>>(),
            "lastRun": self.last_run.as_ref().map(|run| json!({
                "syncLogId": run.run_id, "status": run.status, "startedAt": instant(run.started_at),
            })),
        })
    }
}
