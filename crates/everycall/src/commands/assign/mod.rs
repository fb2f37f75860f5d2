//! `everycall assign`: whose the calls of an agent, a number, a campaign or a source are. Waiting
//! calls move at once, history too.

mod rules;

use anyhow::{Context as _, Result};
use clap::Args;
use domain::{AgentId, Assignment, Rule, RuleKey, Timestamp, Verdict};
use engine::agents::agent_keep;
use engine::place::{AssignError, Change, RuleChange, make, preview, preview_unlisted};
use store::{AccountRow, AgentRow, Scope, SourceRow, WaitingGroup};

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
    #[arg(long, value_name = "NAME")]
    account: String,
    /// From this day or instant on (UTC) [default: always]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    from: Option<Timestamp>,
    /// … up to, and without, this day or instant [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse_human)]
    to: Option<Timestamp>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    preview: bool,
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
    /// Say what would happen, and change nothing
    #[arg(long)]
    preview: bool,
}

/// Whose calls are meant.
#[derive(Debug, Args)]
pub struct Whose {
    /// The agent: its name or the provider's id; or a number of ours, such as +12015550123
    #[arg(required_unless_present_any = ["campaign", "whole_source"])]
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

/// Whose calls are assigned.
enum Who {
    /// An agent with a row of its own.
    Listed(AgentRow),
    /// An agent that waiting calls name by this id and no list has shown.
    Unlisted(String),
}

impl Who {
    fn name(&self) -> &str {
        match self {
            Self::Listed(agent) => &agent.name,
            Self::Unlisted(id) => id,
        }
    }

    fn provider_agent_id(&self) -> &str {
        match self {
            Self::Listed(agent) => &agent.provider_agent_id,
            Self::Unlisted(id) => id,
        }
    }
}

/// Assigns it.
pub async fn run(site: &Site, arguments: Assign) -> Result<Exit> {
    let desk = site.look().await?;
    let account = account(site, &desk, &arguments.account).await?;
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
        return rules::establish(site, &desk, &source, rule, arguments.preview).await;
    }
    let (source, who) = find(site, &desk, &arguments.whose).await?;
    let (name, of) = (who.name(), source.name.as_str());
    let store = &desk.ctx.store;
    let span = span(arguments.from, arguments.to);
    if let (true, Who::Unlisted(id)) = (arguments.preview, &who) {
        let calls = count(preview_unlisted(store, (source.id, id), (from, to)).await?);
        return would(&format!("assign {name} ({of}) to {}{span}", account.name), &calls);
    }
    let agent = AgentId(row(&desk, &source, &who).await?);
    let wanted = Assignment { agent, account: account.id, valid_from: from, valid_to: to };
    let change = Change::Assign(wanted);
    let refused = |error| refusal(site, &desk, error, (name, &account.name));
    if arguments.preview {
        let calls = match preview(store, change).await {
            Ok(calls) => count(calls),
            Err(error) => return Err(refused(error).await),
        };
        return would(&format!("assign {name} ({of}) to {}{span}", account.name), &calls);
    }
    match make(store, change, &environment::user(), desk.ctx.now()).await {
        Ok(Some(calls)) => output::print(&format!(
            "Assigned {name} ({of}) to {}{span}: {} calls placed.",
            account.name,
            count(calls)
        ))?,
        Ok(None) => output::print(&format!(
            "The calls of {name} are {}'s already{span}; nothing was changed.",
            account.name
        ))?,
        Err(error) => return Err(refused(error).await),
    }
    Ok(Exit::Done)
}

/// Ends its assignments.
pub async fn unassign(site: &Site, arguments: Unassign) -> Result<Exit> {
    let desk = site.look().await?;
    if let Some(key) = arguments.whose.key()? {
        let source = rules::source(site, &desk, arguments.whose.source.as_deref()).await?;
        let from = arguments.from.unwrap_or(Timestamp::MIN);
        let change = RuleChange::End { key, excludes: false, from };
        return rules::make(site, &desk, &source, &change, arguments.preview).await;
    }
    let (source, who) = find(site, &desk, &arguments.whose).await?;
    let (name, of) = (who.name(), source.name.as_str());
    let Who::Listed(AgentRow { agent_id, .. }) = who else {
        output::print(&format!("{name} ({of}) is assigned to nobody; nothing was changed."))?;
        return Ok(Exit::Done);
    };
    let from = arguments.from.unwrap_or(Timestamp::MIN);
    let change = Change::Unassign { agent: AgentId(agent_id), from };
    let span = span(arguments.from, None);
    if arguments.preview {
        let calls = count(preview(&desk.ctx.store, change).await?);
        return would(&format!("unassign {name} ({of}){span}"), &calls);
    }
    let moved = make(&desk.ctx.store, change, &environment::user(), desk.ctx.now()).await?;
    output::print(&match moved {
        Some(calls) => format!("Unassigned {name} ({of}){span}: {} calls moved.", count(calls)),
        None => format!("{name} ({of}) is assigned to nobody{span}; nothing was changed."),
    })?;
    Ok(Exit::Done)
}

fn would(what: &str, calls: &str) -> Result<Exit> {
    output::print(&format!("Would {what} and move {calls} calls. Nothing was changed."))?;
    Ok(Exit::Done)
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
    let AssignError::Overlaps { held, .. } = error else { return error.into() };
    let accounts = match desk.ctx.store.accounts_list().await {
        Ok(accounts) => accounts,
        Err(error) => return error.into(),
    };
    let present = accounts.iter().find(|account| account.id == held.account);
    let present = present.map_or("another account", |account| account.name.as_str());
    let is_whole = (held.valid_from, held.valid_to) == (Timestamp::MIN, Timestamp::MAX);
    let begun = (held.valid_from != Timestamp::MIN).then_some(held.valid_from);
    let ended = (held.valid_to != Timestamp::MAX).then_some(held.valid_to);
    let when = if is_whole { String::new() } else { span(begun, ended) };
    let (here, agent_word, to) = (site.here(), quoted(agent), quoted(to));
    Mistake::missing(
        format!("the calls of {agent} belong to {present}{when}"),
        format!(
            "Give them to the other from a day on: {here} assign {agent_word} --account {to} --from DAY; or end what is: {here} unassign {agent_word}"
        ),
    )
    .into()
}

/// Our id of the agent, which gets a row when it has none.
async fn row(desk: &Desk, source: &SourceRow, who: &Who) -> Result<i64> {
    let id = match who {
        Who::Listed(agent) => return Ok(agent.agent_id),
        Who::Unlisted(id) => id,
    };
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    agent_keep(store, source.id, id, &environment::user(), now).await?;
    let agents = store.agents_list(source.id, now).await?;
    let kept = agents.into_iter().find(|agent| agent.provider_agent_id == *id);
    Ok(kept.context("the agent was kept and is not there")?.agent_id)
}

pub(super) async fn account(site: &Site, desk: &Desk, name: &str) -> Result<AccountRow> {
    if let Some(account) = desk.ctx.store.account_by_name(name).await? {
        return Ok(account);
    }
    let all = desk.ctx.store.accounts_list().await?;
    let hint = match nearest(name, all.iter().map(|account| account.name.as_str())) {
        Some(meant) => format!("Did you mean {}?", quoted(meant)),
        None => format!("Add it: {} accounts add {}", site.here(), quoted(name)),
    };
    Err(Mistake::missing(format!("there is no account “{name}”"), hint).into())
}

async fn find(site: &Site, desk: &Desk, arguments: &Whose) -> Result<(SourceRow, Who)> {
    let wanted = arguments.agent.as_deref().unwrap_or_default();
    let (mut found, mut names) = (Vec::new(), Vec::new());
    for source in desk.known_or_all(arguments.source.as_deref()).await? {
        for agent in desk.ctx.store.agents_list(source.id, desk.ctx.now()).await? {
            names.push(agent.name.clone());
            if agent.provider_agent_id == wanted || agent.name == wanted {
                found.push((source.clone(), Who::Listed(agent)));
            }
        }
        let is_found = found.iter().any(|(at, _)| at.id == source.id);
        if !is_found && waiting(desk, &source, wanted).await? > 0 {
            found.push((source, Who::Unlisted(wanted.to_owned())));
        }
    }
    if found.len() > 1 {
        return Err(ambiguous(wanted, &found).into());
    }
    found.pop().ok_or_else(|| {
        let hint = match nearest(wanted, names.iter().map(String::as_str)) {
            Some(meant) => format!("Did you mean {}?", quoted(meant)),
            None => format!("`{} agents` lists them", site.here()),
        };
        Mistake::missing(format!("there is no agent “{wanted}”"), hint).into()
    })
}

fn ambiguous(wanted: &str, found: &[(SourceRow, Who)]) -> Mistake {
    let these: Vec<String> = found
        .iter()
        .map(|(source, who)| format!("{} ({})", who.provider_agent_id(), source.name))
        .collect();
    Mistake::missing(
        format!("{} agents are called “{wanted}”", found.len()),
        format!("Say which by its id, and --source if need be: {}", these.join(", ")),
    )
}

/// How many calls wait for this agent.
async fn waiting(desk: &Desk, source: &SourceRow, provider_agent_id: &str) -> Result<i64> {
    let groups = desk.ctx.store.waiting_groups(Scope::Operator, source.id).await?;
    let is_of_agent =
        |group: &&WaitingGroup| group.provider_agent_id.as_deref() == Some(provider_agent_id);
    Ok(groups.iter().filter(is_of_agent).map(|group| group.calls).sum())
}
