//! `everycall calls`: what is stored, newest first.

mod changes;
mod export;
mod show;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use domain::{CallStatus, Country, Direction, Phone, ProviderCallId, SourceId, Timestamp, Words};
use engine::export::as_json;
use engine::list::{self, Listed};
use engine::search::{Found, Search};
use store::{CallFilter, CallKey, CallRow, Place, Scope};

use super::assign;
use super::site::Site;
use super::waiting::quoted;
use crate::interrupt::Interrupt;
use crate::mistake::{Exit, Mistake};
use crate::output::{self, Style, Table, count, duration, instant};
use crate::wiring::Desk;

/// List stored calls, newest first, or show one in full
///
/// Numbers are shown whole: this is the operator's own terminal. They never go into a log.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Calls {
    #[command(subcommand)]
    command: Option<Command>,
    /// Of this source only
    #[arg(long)]
    source: Option<String>,
    /// Of the account of this name only
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Of the agent with this id at its provider only
    #[arg(long, value_name = "ID")]
    agent: Option<String>,
    /// Of this direction only
    #[arg(long, value_parser = Direction::ALL.map(Direction::as_str))]
    direction: Option<String>,
    /// With this status only
    #[arg(long, value_parser = statuses())]
    status: Option<String>,
    /// From or to this number only; one without + is read as of the US
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// In which this was said, by transcript or summary, in whatever case; calls are looked through
    /// one by one
    #[arg(long, value_name = "TEXT", value_parser = Words::new)]
    said: Option<Words>,
    /// With this outcome of placement only
    #[arg(long, value_enum)]
    placement: Option<Outcome>,
    /// Those only whose provider contradicts the ending it had told
    #[arg(long)]
    conflicts: bool,
    /// From this day or instant (UTC)
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// Up to, and without, this day or instant
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    /// How many
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Go on after this call of the list: its id, or over all sources its place, as the end of the list
    /// before names it
    #[arg(long, value_name = "ID|PLACE")]
    after: Option<String>,
    /// Write all of them, not only a page, into this file: .csv, .jsonl, .xlsx or .parquet
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "limit"])]
    export: Option<PathBuf>,
    /// Print one JSON object per call
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Changes(changes::Changes),
    Show(show::Show),
}

const STOPPING: &str = "Stopping; no file is written.";

fn statuses() -> PossibleValuesParser {
    PossibleValuesParser::new(CallStatus::ALL.iter().map(|status| status.as_str()))
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    Placed,
    Waiting,
    Excluded,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Waiting => "waiting",
            Self::Excluded => "excluded",
        }
    }
}

impl Calls {
    /// The options that go on after this place of the same list.
    fn after(&self, place: &Place) -> String {
        let after = if self.source.is_some() { place.1.clone() } else { list::written(place) };
        let option =
            |name: &str, value: Option<String>| value.map(|value| format!("--{name} {value}"));
        let text = |name: &str, value: &Option<String>| option(name, value.as_deref().map(quoted));
        let options = [
            text("source", &self.source),
            text("account", &self.account),
            text("agent", &self.agent),
            text("direction", &self.direction),
            text("status", &self.status),
            text("number", &self.number),
            option("said", self.said.as_ref().map(|words| quoted(words.as_str()))),
            option("placement", self.placement.map(|placed| placed.as_str().to_owned())),
            self.conflicts.then(|| "--conflicts".to_owned()),
            option("from", self.from.map(|at| at.to_string())),
            option("to", self.to.map(|at| at.to_string())),
            option("limit", Some(self.limit.to_string())),
            option("after", Some(quoted(&after))),
        ];
        options.into_iter().flatten().collect::<Vec<String>>().join(" ")
    }
}

/// Lists or shows them.
pub async fn run(site: &Site, arguments: Calls) -> Result<Exit> {
    match arguments.command {
        Some(Command::Changes(changes)) => return changes::run(site, changes).await,
        Some(Command::Show(show)) => return show::run(site, show).await,
        None => {}
    }
    let desk = site.look().await?;
    let filter = filter(site, &desk, &arguments).await?;
    if let Some(path) = &arguments.export {
        // Dropping it takes the draft away, which a signal by itself would leave behind.
        let interrupt = Interrupt::listen(STOPPING)?;
        let (said, stop) = (arguments.said.clone(), interrupt.stop());
        let written = tokio::select! {
            written = export::export(&desk, (filter, said), path) => written?,
            () = stop.cancelled() => return Ok(Exit::Stopped),
        };
        output::print(&format!("{} calls written to {}", count(written), path.display()))?;
        return Ok(Exit::Done);
    }
    let Listed { calls, next } = match &arguments.said {
        Some(words) => said(&desk, &filter, words, arguments.limit).await?,
        None => list::page(&desk.ctx.store, Scope::Operator, &filter, arguments.limit).await?,
    };
    if arguments.json {
        output::print_json_lines(calls.iter().map(as_json))?;
        return Ok(Exit::Done);
    }
    let columns = ["at", "source", "call", ">length", "from", "agent", "account"];
    let mut table = Table::new(&columns);
    let style = Style::of_stdout();
    for call in &calls {
        table.row(row(call, style));
    }
    let mut text = table.text_or("There is no such call.");
    if let Some(place) = &next {
        let more = format!("Older ones: {} calls {}", site.here(), arguments.after(place));
        text = [text, String::new(), style.dim(&more)].join("\n");
    }
    output::print(&text)?;
    Ok(Exit::Done)
}

/// Looks through all there are, since whoever types can stop it.
async fn said(desk: &Desk, filter: &CallFilter, words: &Words, limit: i64) -> Result<Listed> {
    let mut search = Search::new(desk.ctx.store.clone(), words.clone(), desk.records());
    let count = usize::try_from(limit).unwrap_or(usize::MAX);
    let Found { calls, down_to, .. } =
        search.page(Scope::Operator, filter, (count, usize::MAX)).await?;
    Ok(Listed { calls, next: down_to })
}

async fn filter(site: &Site, desk: &Desk, arguments: &Calls) -> Result<CallFilter> {
    let source = match &arguments.source {
        Some(name) => Some(desk.known(name).await?.id),
        None => None,
    };
    let account = match &arguments.account {
        Some(name) => Some(assign::account(site, desk, name).await?.id),
        None => None,
    };
    if let (Some(from), Some(to)) = (arguments.from, arguments.to)
        && from >= to
    {
        let sentence = format!("--from {from} does not lie before --to {to}");
        return Err(Mistake::new(sentence, "Swap the two, or choose a later end").into());
    }
    let after = match &arguments.after {
        Some(text) => Some(place(desk, source, text).await?),
        None => None,
    };
    let placement = arguments.placement.map(|placed| placed.as_str().to_owned());
    Ok(CallFilter {
        source,
        account,
        agent: arguments.agent.clone(),
        direction: arguments.direction.clone(),
        status: arguments.status.clone(),
        number: number(arguments)?,
        placement,
        is_in_conflict: arguments.conflicts,
        from: arguments.from,
        to: arguments.to,
        after,
        ..CallFilter::default()
    })
}

/// The place of the call of this id; over all sources, the place itself.
async fn place(desk: &Desk, source: Option<SourceId>, text: &str) -> Result<Place> {
    let Some(source) = source else {
        let sentence = format!("`{text}` is no place of a list over all sources");
        let hint = "Copy it from the end of the list before, or name the --source of the call";
        return Ok(list::read(text).ok_or_else(|| Mistake::new(sentence, hint))?);
    };
    let key = CallKey { source, id: ProviderCallId(text.to_owned()) };
    let call = desk.ctx.store.call_get(Scope::Operator, &key).await?;
    let call = call.ok_or_else(|| {
        let hint = "Copy the id from the end of the list before";
        Mistake::missing(format!("there is no call `{text}`"), hint)
    })?;
    Ok(list::place_of(&call))
}

fn number(arguments: &Calls) -> Result<Option<String>> {
    let Some(text) = &arguments.number else { return Ok(None) };
    let e164 = Phone::new(text, Country::US).e164.ok_or_else(|| {
        let hint = "Write it as +12015550123; one without + is read as of the US";
        Mistake::new("--number is no phone number", hint)
    })?;
    Ok(Some(e164))
}

fn row(call: &CallRow, style: Style) -> [String; 7] {
    let number = call.from_e164.as_ref().or(call.from_raw.as_ref());
    let agent = call.agent.as_ref().or(call.provider_agent_id.as_ref());
    let account = match &call.account {
        Some(account) => account.clone(),
        None => style.yellow(&format!("{}: {}", call.placement, call.reason)),
    };
    [
        instant(call.occurred_at),
        call.source.clone(),
        call.provider_call_id.clone(),
        length(call).unwrap_or_default(),
        number.cloned().unwrap_or_default(),
        agent.cloned().unwrap_or_default(),
        account,
    ]
}

fn length(call: &CallRow) -> Option<String> {
    lasted(call.duration_ms)
}

fn lasted(millis: Option<i64>) -> Option<String> {
    let millis = u64::try_from(millis?).ok()?;
    Some(duration(Duration::from_millis(millis)))
}
