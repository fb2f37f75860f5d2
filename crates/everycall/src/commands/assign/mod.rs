//! `everycall assign`: whose the calls of an agent, a number, a campaign or a source are. Waiting
//! calls move at once, history too.

mod import;
mod rules;
mod who;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use domain::{AgentId, Assignment, Rule, RuleKey, Timestamp, Verdict};
use engine::place::{AssignError, Change, RuleChange, Who, make, preview, preview_unlisted};
use serde_json::json;
use store::{AccountRow, AgentRow};

use who::{find, row};

pub use rules::{Exclude, Include, exclude, include};

use super::site::Site;
use super::waiting::quoted;
use crate::config::{environment, nearest};
use crate::mistake::{Exit, Mistake};
use crate::output::{self, count};
use crate::wiring::Desk;

/// Assign the calls of an agent, a number of ours, a campaign or a whole source to an account
///
/// Those that are stored move at once, history too. An agent goes before a number, that before a
/// campaign, and that before the whole source. With --from, the calls of an agent that has an
/// account already go to another one from that day on. Two accounts never have one agent at one
/// time.
#[derive(Debug, Args)]
pub struct Assign {
    #[command(flatten)]
    whose: Whose,
    /// The account
    #[arg(long, value_name = "NAME", required_unless_present = "import")]
    account: Option<String>,
    /// Assign as the lines of a CSV file say: its first line names the columns agent, number,
    /// campaign, source, account, from and to, as far as they are needed
    #[arg(long, value_name = "FILE",
        conflicts_with_all = ["agent", "campaign", "whole_source", "source", "account", "from", "to"])]
    import: Option<PathBuf>,
    /// From this day or instant on (UTC) [default: always]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// … up to, and without, this day or instant [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    #[command(flatten)]
    telling: Telling,
}

/// End the assignments of an agent, a number, a campaign or a whole source
///
/// Calls of that time go to what else is assigned, or wait for an account again.
#[derive(Debug, Args)]
pub struct Unassign {
    #[command(flatten)]
    whose: Whose,
    /// From this day or instant on (UTC) [default: as if they had never been]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    #[command(flatten)]
    telling: Telling,
}

/// Whether anything is done, and how it is told.
#[derive(Debug, Clone, Copy, Args)]
pub struct Telling {
    /// Say what would happen, and change nothing
    #[arg(long)]
    preview: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Telling {
    /// Whether nothing is to change.
    pub fn is_preview(self) -> bool {
        self.preview
    }

    /// How many calls moved or would, none where all was so already; the sentence is for a person.
    pub fn tell(self, moved: Option<u64>, sentence: &str) -> Result<Exit> {
        if self.json {
            output::print_json(&json!({
                "changed": moved.is_some() && !self.preview, "preview": self.preview,
                "callsMoved": moved.unwrap_or(0),
            }))?;
        } else {
            output::print(sentence)?;
        }
        Ok(Exit::Done)
    }
}

/// Whose calls are meant.
#[derive(Debug, Args)]
pub struct Whose {
    /// The agent: its name or the provider's id; or a number of ours, such as +12015550123
    agent: Option<String>,
    /// Calls of this campaign, queue or batch, in the provider's words
    #[arg(long, value_name = "NAME", conflicts_with_all = ["agent", "whole_source"])]
    campaign: Option<String>,
    /// All calls of the source
    #[arg(long, conflicts_with = "agent")]
    whole_source: bool,
    /// The source, when several have such an agent, or when there are several
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
}

impl Whose {
    /// Fails where nobody is meant.
    fn said(&self) -> Result<(), Mistake> {
        if self.agent.is_some() || self.campaign.is_some() || self.whole_source {
            return Ok(());
        }
        let hint = "Name an agent or a number, or say --campaign NAME or --whole-source";
        Err(Mistake::new("whose calls are meant was not said", hint))
    }

    /// What a rule of the source would speak of; none where an agent is meant.
    fn key(&self) -> Result<Option<RuleKey>> {
        if self.whole_source {
            return Ok(Some(RuleKey::WholeSource));
        }
        if let Some(campaign) = &self.campaign {
            return Ok(Some(RuleKey::Campaign(campaign.clone())));
        }
        match self.agent.as_deref().filter(|word| word.starts_with('+')) {
            Some(number) => Ok(Some(RuleKey::Number(rules::number(number)?))),
            None => Ok(None),
        }
    }
}

/// Assigns it.
pub async fn run(site: &Site, arguments: Assign) -> Result<Exit> {
    if let Some(file) = &arguments.import {
        return import::run(site, file, arguments.telling).await;
    }
    arguments.whose.said()?;
    let desk = site.look().await?;
    let account = account(site, &desk, arguments.account.as_deref().unwrap_or_default()).await?;
    let from = arguments.from.unwrap_or(Timestamp::MIN);
    let to = arguments.to.unwrap_or(Timestamp::MAX);
    if from >= to {
        let sentence = format!("--from {from} does not lie before --to {to}");
        return Err(Mistake::new(sentence, "Swap the two, or choose a later end").into());
    }
    if let Some(key) = arguments.whose.key()? {
        let source = rules::source(site, &desk, arguments.whose.source.as_deref()).await?;
        let verdict = Verdict::Place(account.id);
        let rule = Rule { id: None, key, verdict, valid_from: from, valid_to: to };
        return rules::establish(site, &desk, &source, rule, arguments.telling).await;
    }
    let (source, who) = find(site, &desk, &arguments.whose).await?;
    let (name, of) = (who.name(), source.name.as_str());
    let store = &desk.ctx.store;
    let span = span(arguments.from, arguments.to);
    let telling = arguments.telling;
    let would = format!("assign {name} ({of}) to {}{span}", account.name);
    if let (true, Who::Unlisted(id)) = (telling.preview, &who) {
        let calls = preview_unlisted(store, (source.id, id), (from, to)).await?;
        return telling.tell(Some(calls), &foreseen(&would, calls));
    }
    let agent = row(&desk, &source, &who).await?;
    let wanted = Assignment { agent, account: account.id, valid_from: from, valid_to: to };
    let change = Change::Assign(wanted);
    let done = if telling.preview {
        preview(store, change).await.map(Some)
    } else {
        make(store, change, &environment::user(), desk.ctx.now()).await
    };
    let moved = match done {
        Ok(moved) => moved,
        Err(error) => return Err(refusal(site, &desk, error, (name, &account.name)).await),
    };
    let sentence = match moved {
        Some(calls) if telling.preview => foreseen(&would, calls),
        Some(calls) => {
            let calls = count(calls);
            let out = account.calls_reset_at.map(|at| format!(" Those before {at} are left out."));
            let out = out.unwrap_or_default();
            format!("Assigned {name} ({of}) to {}{span}: {calls} calls placed.{out}", account.name)
        }
        None => {
            let to = &account.name;
            format!("The calls of {name} are {to}'s already{span}; nothing was changed.")
        }
    };
    telling.tell(moved, &sentence)
}

/// Ends its assignments.
pub async fn unassign(site: &Site, arguments: Unassign) -> Result<Exit> {
    arguments.whose.said()?;
    let desk = site.look().await?;
    if let Some(key) = arguments.whose.key()? {
        let source = rules::source(site, &desk, arguments.whose.source.as_deref()).await?;
        let from = arguments.from.unwrap_or(Timestamp::MIN);
        let change = RuleChange::End { key, excludes: false, from };
        return rules::make(site, &desk, &source, &change, arguments.telling).await;
    }
    let (source, who) = find(site, &desk, &arguments.whose).await?;
    let (name, of) = (who.name(), source.name.as_str());
    let telling = arguments.telling;
    let Who::Listed(AgentRow { agent_id, .. }) = who else {
        let sentence = format!("{name} ({of}) is assigned to nobody; nothing was changed.");
        return telling.tell(None, &sentence);
    };
    let from = arguments.from.unwrap_or(Timestamp::MIN);
    let change = Change::Unassign { agent: AgentId(agent_id), from };
    let span = span(arguments.from, None);
    let moved = if telling.preview {
        Some(preview(&desk.ctx.store, change).await?)
    } else {
        make(&desk.ctx.store, change, &environment::user(), desk.ctx.now()).await?
    };
    let sentence = match moved {
        Some(calls) if telling.preview => foreseen(&format!("unassign {name} ({of}){span}"), calls),
        Some(calls) => format!("Unassigned {name} ({of}){span}: {} calls moved.", count(calls)),
        None => format!("{name} ({of}) is assigned to nobody{span}; nothing was changed."),
    };
    telling.tell(moved, &sentence)
}

fn foreseen(what: &str, calls: u64) -> String {
    format!("Would {what} and move {} calls. Nothing was changed.", count(calls))
}

/// ` from … up to …`, as far as it was said.
fn span(from: Option<Timestamp>, to: Option<Timestamp>) -> String {
    let from = from.map(|at| format!(" from {at}")).unwrap_or_default();
    let to = to.map(|at| format!(" up to {at}")).unwrap_or_default();
    format!("{from}{to}")
}

/// Who has the agent at that time, and how it is taken over.
async fn refusal(
    site: &Site,
    desk: &Desk,
    error: AssignError,
    (agent, to): (&str, &str),
) -> anyhow::Error {
    match &error {
        AssignError::Overlaps { .. } => {}
        AssignError::Archived { name } => return archived(site, name),
        _ => return error.into(),
    }
    let accounts = match desk.ctx.store.accounts_list().await {
        Ok(accounts) => accounts,
        Err(error) => return error.into(),
    };
    let (here, agent, to) = (site.here(), quoted(agent), quoted(to));
    Mistake::missing(
        error.sentence(&accounts),
        format!(
            "Give them to the other from a day on: {here} assign {agent} --account {to} --from DAY; or end what is: {here} unassign {agent}"
        ),
    )
    .into()
}

/// What to do about an account that was put away.
fn archived(site: &Site, name: &str) -> anyhow::Error {
    let hint = format!(
        "Name another, or take it out of the archive: {} accounts unarchive {}",
        site.here(),
        quoted(name)
    );
    Mistake::missing(format!("the account {name} is archived and is given nothing new"), hint)
        .into()
}

pub async fn account(site: &Site, desk: &Desk, name: &str) -> Result<AccountRow> {
    if let Some(account) = desk.ctx.store.account_by_name(name).await? {
        return Ok(account);
    }
    let all = desk.ctx.store.accounts_list().await?;
    let here = site.here();
    let hint = match nearest(name, all.iter().map(|account| account.name.as_str())) {
        Some(meant) => format!("Did you mean {}?", quoted(meant)),
        None => format!("{here} accounts lists them, {here} accounts add {} adds it", quoted(name)),
    };
    Err(Mistake::missing(format!("there is no account “{name}”"), hint).into())
}
