//! One window's two sides: compared, and each difference explained from what is known. The same
//! whether the other side is a provider or a file.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use domain::{
    Compared, Coverage, Difference, Explained, Missing, ProviderCallId, RunAccounts, RunId, Told,
    Tolerances, Window, compare_by_hour, differing, explain_missing,
};
use store::{AgentRow, HeldCall, Scope, SourceRow, StoreError};

use super::tally::{Also, Listed, Tally};
use super::whose::Whose;
use crate::Context;

/// Puts two sides beside each other, window by window.
pub(super) struct Judge<'a> {
    pub ctx: &'a Context,
    pub source: &'a SourceRow,
    pub whose: Whose,
    pub tally: Tally,
    /// Where every record of the other side went, as if this had been a run that writes.
    pub accounts: RunAccounts,
    /// Distinct calls of each side, counted where they came in, not where they were judged.
    pub provider_total: u64,
    pub database_total: u64,
    pub coverage: Coverage,
    /// How old an instant must be before the provider's list of it can be whole.
    lag: Duration,
    pub tolerances: Tolerances,
    has_unnamed: bool,
    /// The other source, where the other side is one.
    seen_by: Option<String>,
    /// The accounts of the runs that covered it, as far as they were looked up.
    runs: HashMap<RunId, Option<RunAccounts>>,
    /// Calls that the two sides have in different windows; each was judged where it was met first.
    pub moved: HashSet<ProviderCallId>,
}

/// The differences of one window, the extra ones not yet explained.
#[derive(Default)]
pub(super) struct Found {
    pub compared: Compared,
    also: HashMap<String, Also>,
}

impl<'a> Judge<'a> {
    pub(super) async fn new(
        ctx: &'a Context,
        source: &'a SourceRow,
        whose: Whose,
        lag: Duration,
        tolerances: Tolerances,
    ) -> Result<Self, StoreError> {
        let agents = ctx.within(ctx.store.agents_list(source.id, ctx.now())).await?;
        Ok(Self {
            ctx,
            source,
            whose,
            tally: Tally::new(agents),
            accounts: RunAccounts::default(),
            provider_total: 0,
            database_total: 0,
            coverage: ctx.within(ctx.store.coverage_load(source.id)).await?,
            lag,
            tolerances,
            has_unnamed: ctx.within(ctx.store.set_aside_unnamed(source.id)).await? > 0,
            seen_by: None,
            runs: HashMap::new(),
            moved: HashSet::new(),
        })
    }

    /// It was broken off: what was listed and came to no judgement is counted, and nothing is said of it.
    pub(super) fn count_the_rest(&mut self) {
        let judged = self.accounts.explained();
        self.accounts.repeated += self.accounts.listed.saturating_sub(judged);
    }

    /// The other side is another source, with agents of its own.
    pub(super) fn seen_by(&mut self, other: &str, agents: Vec<AgentRow>) {
        self.seen_by = Some(other.to_owned());
        self.tally.know(agents);
    }

    /// Our calls of a window.
    pub(super) async fn held(&self, window: Window) -> Result<Vec<HeldCall>, StoreError> {
        let held = self.ctx.store.calls_held(self.whose.scope(), self.source.id, window);
        self.ctx.within(held).await
    }

    /// What nobody could read is neither missing nor extra.
    pub(super) async fn could_not_look(
        &mut self,
        there: &[Listed],
        window: Window,
    ) -> Result<(), StoreError> {
        for call in there {
            self.tally.agent_of(&call.told);
        }
        self.tally.unseen += self.held(window).await?.len() as u64;
        self.accounts.repeated += there.len() as u64;
        Ok(())
    }

    /// What lies where nobody even tried to look is neither missing nor extra.
    pub(super) async fn nobody_looked(&mut self, window: Window) -> Result<(), StoreError> {
        let (scope, source) = (self.whose.scope(), self.source.id);
        let hours = self.ctx.store.volumes_by_hour(scope, source, window);
        let hours = self.ctx.within(hours).await?;
        self.tally.unseen += hours.iter().map(|(_, calls)| calls).sum::<u64>();
        Ok(())
    }

    /// Compares a window whose other side is here, and explains what only that side has.
    pub(super) async fn compare(
        &mut self,
        there: Vec<Listed>,
        window: Window,
    ) -> Result<Found, StoreError> {
        let mut held = self.held(window).await?;
        let listed = there.len();
        let (mut there, mut also) = self.apart(there, &held);
        // Of a call whose words were erased, only that it is there can be compared.
        for call in held.iter_mut().filter(|call| call.is_erased) {
            if let Some(told) = there.iter().find(|told| told.id == call.told.id) {
                call.told = told.clone();
            }
        }
        if !self.moved.is_empty() {
            there.retain(|call| !self.moved.contains(&call.id));
            held.retain(|call| !self.moved.contains(&call.told.id));
        }
        self.accounts.repeated += (listed - there.len()) as u64;
        self.provider_total += there.len() as u64;
        self.database_total += held.len() as u64;
        let here = held.into_iter().map(|call| call.told).collect();
        let mut compared = compare_by_hour(there, here, self.tolerances);
        let elsewhere = self.meet_moved(&mut compared).await?;
        self.accounts.unchanged += compared.matching;
        self.explain_missing(&compared.missing, elsewhere, &mut also).await?;
        Ok(Found { compared, also })
    }

    /// Says why a call is only here.
    pub(super) fn extra(&mut self, call: &Told, explained: Explained) {
        self.tally.extra(call, explained, &self.whose);
    }

    /// Counts a window whose every difference is explained.
    pub(super) fn settle(&mut self, found: &Found) {
        self.accounts.updated += found.compared.differing.len() as u64;
        self.accounts.new += found.compared.missing.len() as u64;
        self.tally.add(&found.compared, &found.also);
    }

    /// Those of the listed calls that are compared: the account's by the rules, and those that are
    /// held as its own. The others are counted.
    fn apart(
        &mut self,
        listed: Vec<Listed>,
        held: &[HeldCall],
    ) -> (Vec<Told>, HashMap<String, Also>) {
        let is_whole = self.whose.account().is_none();
        let held: HashSet<&ProviderCallId> =
            if is_whole { HashSet::new() } else { held.iter().map(|it| &it.told.id).collect() };
        let (mut there, mut also) = (Vec::with_capacity(listed.len()), HashMap::new());
        for call in listed {
            self.tally.agent_of(&call.told);
            if !self.whose.is_compared(call.owner) && !held.contains(&call.told.id) {
                match call.owner {
                    Some(_) => self.tally.of_others += 1,
                    None => self.tally.of_nobody += 1,
                }
                continue;
            }
            if call.also.contact_name.is_some() || call.also.raw.is_some() {
                also.insert(call.told.id.0.clone(), call.also);
            }
            there.push(call.told);
        }
        (there, also)
    }

    /// A call that we hold at a time outside of the window is not missing: its time differs. One
    /// that is held and is not the account's is missing; gives where those are.
    async fn meet_moved(
        &mut self,
        compared: &mut Compared,
    ) -> Result<HashMap<ProviderCallId, domain::Elsewhere>, StoreError> {
        let mut elsewhere = HashMap::new();
        if compared.missing.is_empty() {
            return Ok(elsewhere);
        }
        let ids: Vec<&ProviderCallId> = compared.missing.iter().map(|call| &call.id).collect();
        // Wherever it is, whoever it belongs to: the report says where, and to nobody but its reader.
        let held = self.ctx.store.calls_held_by_id(Scope::Operator, self.source.id, &ids);
        let held = self.ctx.within(held).await?;
        let mut held: HashMap<ProviderCallId, HeldCall> =
            held.into_iter().map(|call| (call.told.id.clone(), call)).collect();
        let mut missing = Vec::new();
        for there in std::mem::take(&mut compared.missing) {
            let Some(call) = held.remove(&there.id) else {
                missing.push(there);
                continue;
            };
            if let Some(place) = self.whose.elsewhere(&call) {
                elsewhere.insert(there.id.clone(), place);
                missing.push(there);
            } else {
                self.database_total += 1;
                self.moved.insert(there.id.clone());
                // Its time may lie on the other side of the window's edge and still be the same.
                let fields = differing(&there, &call.told, self.tolerances);
                if fields.is_empty() {
                    compared.matching += 1;
                } else {
                    let here = call.told;
                    compared.differing.push(Difference { there, here, fields });
                }
            }
        }
        compared.missing = missing;
        Ok(elsewhere)
    }

    pub(super) async fn explain_missing(
        &mut self,
        missing: &[Told],
        mut elsewhere: HashMap<ProviderCallId, domain::Elsewhere>,
        also: &mut HashMap<String, Also>,
    ) -> Result<(), StoreError> {
        if missing.is_empty() {
            return Ok(());
        }
        let (source, store) = (self.source.id, &self.ctx.store);
        let ids: Vec<&ProviderCallId> = missing.iter().map(|call| &call.id).collect();
        let set_aside = self.ctx.within(store.set_aside_of(source, &ids)).await?;
        let observed = self.ctx.within(store.observations_of_any(source, &ids)).await?;
        let (lag, now) = (self.lag, self.ctx.now());
        for call in missing {
            let rows = self.coverage.rows();
            let next = rows.partition_point(|row| row.window.to() <= call.at);
            let covered = rows.get(next).filter(|row| row.window.contains(call.at));
            let accounts = match covered {
                Some(row) => accounts(&mut self.runs, self.ctx, row.run).await?,
                None => None,
            };
            let known = Missing {
                elsewhere: elsewhere.remove(&call.id),
                set_aside: set_aside.get(&call.id.0).map(String::as_str),
                covered,
                was_held: observed.contains(&call.id.0),
                accounts,
                has_unnamed: self.has_unnamed,
                seen_by: self.seen_by.as_deref(),
            };
            let explained = explain_missing(call, &known, lag, now);
            let also = also.remove(&call.id.0).unwrap_or_default();
            self.tally.missing(call, explained, &self.whose, also);
        }
        Ok(())
    }
}

/// Where every record of a run went; looked up once.
async fn accounts(
    known: &mut HashMap<RunId, Option<RunAccounts>>,
    ctx: &Context,
    run: RunId,
) -> Result<Option<RunAccounts>, StoreError> {
    if let Some(accounts) = known.get(&run) {
        return Ok(*accounts);
    }
    let accounts = ctx.within(ctx.store.run_get(run)).await?.map(|row| row.accounts());
    known.insert(run, accounts);
    Ok(accounts)
}
