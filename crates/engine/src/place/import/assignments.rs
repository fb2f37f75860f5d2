//! A file of assignments: of agents, numbers and campaigns.

use std::collections::BTreeSet;
use std::io::Read;

use domain::{AccountId, AgentId, Assignment, Rule, RuleKey, SourceId, Timestamp, Verdict};
use store::{AccountRow, Scope, SeenAgent, SourceRow, Store, StoreError, Tx};

use super::{Decision, FileReport, Import, Importing, Kind, Outcome, Refusal};
use crate::agents::NEVER_LISTED;
use crate::lines::{Columns, Fields, FileError};
use crate::place::rules::decide_rule_in;
use crate::place::{AssignError, Change, RuleChange, decide_in};

const COLUMNS: [&str; 7] = ["agent", "number", "campaign", "source", "account", "from", "to"];
const WHOSE: [&str; 3] = ["agent", "number", "campaign"];

/// Imports assignments, as `everycall assign` would make them one by one. Importing a file twice
/// changes nothing the second time.
pub async fn import_assignments(
    store: &Store,
    file: impl Read + Send,
    asked: Importing<'_>,
) -> Result<FileReport, FileError> {
    let kind = Assignments { store, asked, known: Known::load(store, asked.now).await? };
    let import = Import::new(store, asked, kind);
    let columns = |header: &csv::StringRecord| {
        let columns = Columns::read(header, "assignments", &COLUMNS, &["account"])?;
        Columns::read(header, "assignments", &COLUMNS, &WHOSE).map(|_| columns)
    };
    import.run(file, columns).await
}

struct Assignments<'a> {
    store: &'a Store,
    asked: Importing<'a>,
    known: Known,
}

/// What lines can name.
struct Known {
    accounts: Vec<AccountRow>,
    sources: Vec<SourceRow>,
    agents: Vec<KnownAgent>,
    /// Agents that waiting calls name and no list has shown.
    unlisted: BTreeSet<(SourceId, String)>,
}

struct KnownAgent {
    source: SourceId,
    id: AgentId,
    named: String,
    name: String,
}

impl Kind for Assignments<'_> {
    async fn line(
        &mut self,
        tx: &mut Tx,
        _line: u64,
        fields: &Fields<'_, '_>,
    ) -> Result<Outcome, Refusal> {
        let account = self.known.account(fields.get("account"))?;
        let (valid_from, valid_to) = span(fields)?;
        let whose: Vec<_> =
            WHOSE.iter().filter_map(|column| Some((*column, fields.get(column)?))).collect();
        let (column, word) = match whose.as_slice() {
            [] => return Err("it names neither an agent nor a number nor a campaign".into()),
            [one] => *one,
            [(one, _), (other, _), ..] => {
                return Err(format!("it names both {} and {}", a(one), a(other)).into());
            }
        };
        let by = (self.asked.by, self.asked.now);
        let source = fields.get("source").map(|name| self.known.source(name)).transpose()?;
        let decided = if column == "agent" {
            let agent = self.agent(tx, source, word).await?;
            let wanted = Assignment { agent, account, valid_from, valid_to };
            decide_in(tx, Change::Assign(wanted), &self.known.accounts, by).await
        } else {
            let key = match column {
                "number" => RuleKey::Number(number(word)?),
                _ => RuleKey::Campaign(word.to_owned()),
            };
            let source = self.known.only(source)?;
            let verdict = Verdict::Place(account);
            let wanted =
                RuleChange::Establish(Rule { id: None, key, verdict, valid_from, valid_to });
            decide_rule_in((self.store, tx), source, &wanted, &self.known.accounts, by).await
        };
        match decided {
            Ok((decided, slices)) => Ok(match decided.id {
                Some(change) => Outcome::New(Decision { change, slices }),
                None => Outcome::Unchanged,
            }),
            Err(AssignError::Store(error)) => Err(error.into()),
            Err(error) => Err(error.sentence(&self.known.accounts).into()),
        }
    }
}

impl Assignments<'_> {
    /// The agent that is meant; one that only calls name gets a row of its own.
    async fn agent(
        &mut self,
        tx: &mut Tx,
        source: Option<SourceId>,
        word: &str,
    ) -> Result<AgentId, Refusal> {
        let is_in = |at: SourceId| source.is_none_or(|source| source == at);
        let listed = self.known.agents.iter().filter(|agent| is_in(agent.source));
        let found: Vec<&KnownAgent> =
            listed.filter(|agent| agent.named == word || agent.name == word).collect();
        match found.as_slice() {
            [one] => return Ok(one.id),
            [] => {}
            several => {
                let these: Vec<String> = several.iter().map(|one| self.known.shown(one)).collect();
                let (count, these) = (these.len(), these.join(", "));
                let what = format!("{count} agents are called “{word}”");
                return Err(format!("{what}; say which by id or source: {these}").into());
            }
        }
        let waiting = self.known.unlisted.iter().filter(|(at, id)| is_in(*at) && id == word);
        let sources: Vec<SourceId> = waiting.map(|(at, _)| *at).collect();
        let [source] = sources.as_slice() else {
            return Err(format!("there is no agent “{word}”").into());
        };
        let (name, named) = (word.to_owned(), word.to_owned());
        let seen = SeenAgent { provider_agent_id: name.clone(), name, inbound_number: None };
        tx.agents_see(*source, &[seen], NEVER_LISTED).await?;
        let ids = tx.agent_ids(*source).await?;
        let id = ids.get(word).map(|(id, _)| *id);
        id.ok_or_else(|| format!("the agent “{named}” could not be kept").into())
    }
}

impl Known {
    async fn load(store: &Store, now: Timestamp) -> Result<Self, StoreError> {
        let (accounts, sources) = (store.accounts_list().await?, store.sources_list().await?);
        let (mut agents, mut unlisted) = (Vec::new(), BTreeSet::new());
        for SourceRow { id: source, .. } in &sources {
            let source = *source;
            agents.extend(store.agents_list(source, now).await?.into_iter().map(|row| {
                KnownAgent {
                    source,
                    id: AgentId(row.agent_id),
                    named: row.provider_agent_id,
                    name: row.name,
                }
            }));
            let groups = store.waiting_groups(Scope::Operator, source).await?.into_iter();
            unlisted.extend(
                groups.filter_map(|group| group.provider_agent_id).map(|named| (source, named)),
            );
        }
        Ok(Self { accounts, sources, agents, unlisted })
    }

    fn account(&self, name: Option<&str>) -> Result<AccountId, String> {
        let name = name.ok_or("it names no account")?;
        let found = self.accounts.iter().find(|account| account.name == name);
        Ok(found.ok_or_else(|| format!("there is no account “{name}”"))?.id)
    }

    fn source(&self, name: &str) -> Result<SourceId, String> {
        let found = self.sources.iter().find(|source| source.name == name);
        Ok(found.ok_or_else(|| format!("there is no source “{name}”"))?.id)
    }

    /// The source named, or the only one.
    fn only(&self, named: Option<SourceId>) -> Result<SourceId, String> {
        match (named, self.sources.as_slice()) {
            (Some(source), _) => Ok(source),
            (None, [only]) => Ok(only.id),
            (None, []) => Err("nothing was read yet, so there is no source".to_owned()),
            (None, _) => Err("there are several sources, and it names none".to_owned()),
        }
    }

    fn shown(&self, agent: &KnownAgent) -> String {
        let source = self.sources.iter().find(|source| source.id == agent.source);
        let source = source.map_or("?", |source| source.name.as_str());
        format!("{} ({source})", agent.named)
    }
}

fn a(column: &str) -> String {
    let article = if column == "agent" { "an" } else { "a" };
    format!("{article} {column}")
}

/// A number in E.164. It stands in no message.
fn number(written: &str) -> Result<String, String> {
    crate::place::number(written)
        .ok_or_else(|| "its number is no phone number with its country code".to_owned())
}

fn span(fields: &Fields<'_, '_>) -> Result<(Timestamp, Timestamp), String> {
    let at = |column: &str, unsaid: Timestamp| match fields.get(column) {
        None => Ok(unsaid),
        Some(text) => Timestamp::parse_human(text)
            .map_err(|_error| format!("“{text}” is no day or instant, such as 2026-01-31")),
    };
    let (from, to) = (at("from", Timestamp::MIN)?, at("to", Timestamp::MAX)?);
    if from >= to {
        return Err(format!("its from, {from}, does not lie before its to, {to}"));
    }
    Ok((from, to))
}
