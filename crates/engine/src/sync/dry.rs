//! A run that writes nothing: the same reading and the same judgement, without the last step.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{
    AccountId, AgentId, Conclusion, Rules, RunId, conclude, portion, territories, unseen,
};
use store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::changes;
use super::fetch::{Fetched, fetch};
use super::report::RunReport;
use super::write::Tally;
use super::{Progress, SyncError, SyncOptions};
use crate::ingest::{Codec, Committed, Completer, Prepared, RulesAt, foresee, prepare};
use crate::place::foreseeing;
use crate::{Context, Source};

/// No run has this id, so nothing counts as brought by this very run.
const NO_RUN: RunId = RunId(-1);

/// The agents a run would know by now. Where they cannot be listed, a run would go on as well.
async fn agents_listed(source: &Source) -> Vec<String> {
    let listed = source.connection.agents().await;
    let listed = listed.inspect_err(|error| tracing::warn!("Agents could not be listed: {error}"));
    listed.unwrap_or_default().agents.into_iter().map(|agent| agent.provider_agent_id).collect()
}

/// Agents nobody has assigned, in a source that gives them to an account by itself.
struct NewAgents {
    account: AccountId,
    known: HashMap<String, (AgentId, String)>,
    left_alone: HashSet<String>,
    assigned: Vec<String>,
}

impl NewAgents {
    async fn load(ctx: &Context, source: &Source) -> Result<Option<Self>, StoreError> {
        let mut tx = ctx.store.begin().await?;
        let Some(account) = tx.auto_account(source.row.id).await? else { return Ok(None) };
        let known = tx.agent_ids(source.row.id).await?;
        let left_alone = tx.agents_assigned_ever(source.row.id).await?;
        Ok(Some(Self { account, known, left_alone, assigned: Vec::new() }))
    }

    /// The rules once the agents that these records name are assigned.
    fn assign(&mut self, rules: Rules, batch: &[Prepared]) -> Rules {
        let named = batch.iter().filter_map(Prepared::waits_for_agent);
        let named: BTreeSet<String> = named.filter(|id| !self.left_alone.contains(id)).collect();
        let name = |id: &String| self.known.get(id).map_or(id, |(_, name)| name).clone();
        self.assigned.extend(named.iter().map(name));
        self.left_alone.extend(named.iter().cloned());
        foreseeing(rules, self.account, &self.known, &named)
    }
}

pub(super) async fn sync_dry(
    ctx: &Context,
    source: &Source,
    options: SyncOptions,
) -> Result<RunReport, SyncError> {
    let started = ctx.now();
    // A run would go on without an answer as well; reading shows what is wrong.
    if let Err(error) = source.connection.calibrate().await {
        tracing::warn!("Whether ranges are exact could not be asked: {error}");
    }
    let coverage = ctx.store.coverage_load(source.row.id).await?;
    let able = source.connection.capabilities();
    let (capabilities, _) =
        crate::lateness::widened(&ctx.store, source.row.id, able, started).await?;
    let planned = options.plan(&coverage, &capabilities, source.row.since, started);
    let (planned, _) = portion(planned, options.windows_max, usize::MAX);
    let (version, rules) = ctx.store.rules_load(source.row.id).await?;
    let mut rules = RulesAt { version, rules: rules.knowing(agents_listed(source).await) };
    let mut new_agents = NewAgents::load(ctx, source).await?;
    let codec = Codec::plain();
    let completer = Completer::looking();

    let (out, mut fetched) = mpsc::channel(ctx.settings.pages_waiting);
    let stop = options.stop.child_token();
    let mut fetching = JoinSet::new();
    let home = territories(&planned);
    let unseen = unseen(&coverage, &planned);
    let (one, other) = (ctx.clone(), source.clone());
    fetching.spawn(async move {
        let read = changes::read(&one, &other, unseen, &out, &stop).await;
        fetch(one, other, home, read, out, None, stop).await
    });

    let windows_planned = planned.len() as u64;
    options.tell(Progress { windows_planned, ..Progress::default() });
    let what = Conclusion { windows_planned, ..Conclusion::default() };
    let mut tally = Tally { what, ..Tally::default() };
    let (mut error, mut newcomers) = (None, HashSet::new());
    while let Some(next) = fetched.recv().await {
        match next {
            Fetched::Page { listed, sightings, .. } => {
                tally.accounts.listed += listed;
                tally.pages += 1;
                let whole = completer.complete(ctx, source, sightings).await?;
                let mut batch = prepare(ctx, source, &rules, &codec, whole).await?;
                if let Some(new_agents) = &mut new_agents {
                    rules.rules = new_agents.assign(rules.rules, &batch);
                    for record in &mut batch {
                        record.place_again(&rules);
                    }
                }
                newcomers.extend(foresee(ctx, source, &mut batch).await?);
                tally.add(&Committed::foreseen(NO_RUN, &batch));
            }
            Fetched::Said { .. } | Fetched::Written(_) => {}
            Fetched::Split => tally.what.windows_planned += 1,
            Fetched::Left(windows) => tally.what.windows_planned -= windows,
            Fetched::Ended(ended) => {
                tally.windows_ended += 1;
                match ended.doubt() {
                    None => tally.what.windows_proved += 1,
                    Some(doubt) => error = error.or(Some(doubt)),
                }
            }
        }
        options.tell(Progress {
            run: None,
            listed: tally.accounts.listed,
            expected: tally.accounts.listed,
            pages: tally.pages,
            windows_planned: tally.what.windows_planned,
            windows_ended: tally.windows_ended,
        });
    }
    while fetching.join_next().await.is_some() {}
    let was_cancelled = options.stop.is_cancelled();
    tally.what.was_cancelled = was_cancelled;
    tally.what.has_erred = error.is_some();
    tally.contacts_made = newcomers.len() as u64;
    tally.auto_assigned = new_agents.map(|agents| agents.assigned).unwrap_or_default();
    let status = conclude(&tally.accounts, tally.what);
    let took = ctx.now().since(started);
    let connection = &source.connection;
    Ok(RunReport::new(None, &tally, status, error, was_cancelled, took, connection))
}
