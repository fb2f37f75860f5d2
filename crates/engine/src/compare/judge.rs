//! One window's two sides: compared, and each difference explained from what is known.

use std::collections::HashMap;

use domain::{
    ById, Compared, Difference, Extra, Field, Missing, ProviderCallId, RunAccounts, RunId, Told,
    Window, explain_extra, explain_missing,
};
use providers::RawRecord;
use store::{HeldCall, StoreError};

use super::{Reading, SCOPE};
use crate::Context;

/// Calls asked for by their id, at most, in one window: where more are extra, the list is what is
/// wrong.
const ASKED_MAX: usize = 200;

impl Reading<'_> {
    /// Compares a window that has ended; `could_not_look` when the provider did not even answer.
    pub(super) async fn judge(
        &mut self,
        window: Window,
        doubt: Option<&str>,
        could_not_look: bool,
    ) -> Result<(), StoreError> {
        let mut there = self.take_listed(window);
        let held = self.ctx.store.calls_held(SCOPE, self.source.row.id, window);
        let mut held = self.ctx.within(held).await?;
        self.tally.agents(&there);
        if could_not_look {
            // What nobody could read is neither missing nor extra.
            self.tally.unseen += held.len() as u64;
            self.accounts.repeated += there.len() as u64;
            return Ok(());
        }
        // Of a call whose words were erased, only that it is there can be compared.
        for call in held.iter_mut().filter(|call| call.is_erased) {
            if let Some(told) = there.iter().find(|told| told.id == call.told.id) {
                call.told = told.clone();
            }
        }
        let listed = there.len();
        there.retain(|call| !self.moved.contains(&call.id));
        held.retain(|call| !self.moved.contains(&call.told.id));
        self.accounts.repeated += (listed - there.len()) as u64;
        self.provider_total += there.len() as u64;
        self.database_total += held.len() as u64;
        let here = held.into_iter().map(|call| call.told);
        let mut compared = domain::compare(there, here, self.options.tolerances);
        self.accounts.unchanged += compared.matching;
        self.meet_moved(&mut compared).await?;
        self.explain_missing(&compared.missing).await?;
        self.explain_extra(&mut compared, window, doubt).await?;
        self.accounts.updated += compared.differing.len() as u64;
        self.accounts.new += compared.missing.len() as u64;
        self.tally.add(&compared);
        Ok(())
    }

    fn take_listed(&mut self, window: Window) -> Vec<Told> {
        let inside = |_: &ProviderCallId, call: &mut Told| window.contains(call.at);
        self.listed.extract_if(inside).map(|(_, call)| call).collect()
    }

    /// A call that we hold at a time outside of the window is not missing: its time differs.
    async fn meet_moved(&mut self, compared: &mut Compared) -> Result<(), StoreError> {
        let ids: Vec<&ProviderCallId> = compared.missing.iter().map(|call| &call.id).collect();
        let held = self.ctx.store.calls_held_by_id(SCOPE, self.source.row.id, &ids);
        let held = self.ctx.within(held).await?;
        let mut held: HashMap<ProviderCallId, HeldCall> =
            held.into_iter().map(|call| (call.told.id.clone(), call)).collect();
        let mut missing = Vec::new();
        for there in std::mem::take(&mut compared.missing) {
            match held.remove(&there.id) {
                Some(HeldCall { told: here, .. }) => {
                    self.database_total += 1;
                    self.moved.insert(here.id.clone());
                    compared.differing.push(Difference { there, here, fields: vec![Field::Time] });
                }
                None => missing.push(there),
            }
        }
        compared.missing = missing;
        Ok(())
    }

    async fn explain_missing(&mut self, missing: &[Told]) -> Result<(), StoreError> {
        if missing.is_empty() {
            return Ok(());
        }
        let (source, store) = (self.source.row.id, &self.ctx.store);
        let ids: Vec<&ProviderCallId> = missing.iter().map(|call| &call.id).collect();
        let set_aside = self.ctx.within(store.set_aside_of(source, &ids)).await?;
        let observed = self.ctx.within(store.observations_of_any(source, &ids)).await?;
        let (lag, now) = (self.source.connection.capabilities().lag, self.ctx.now());
        for call in missing {
            let covered = self.coverage.rows().iter().find(|row| row.window.contains(call.at));
            let accounts = match covered {
                Some(row) => accounts(&mut self.runs, self.ctx, row.run).await?,
                None => None,
            };
            let known = Missing {
                elsewhere: None,
                set_aside: set_aside.get(&call.id.0).map(String::as_str),
                covered,
                was_held: observed.contains(&call.id.0),
                accounts,
            };
            let explained = explain_missing(call, &known, lag, now);
            self.tally.missing(call, explained);
        }
        Ok(())
    }

    /// Asks the provider for each call it did not list, and moves those it has at another time.
    async fn explain_extra(
        &mut self,
        compared: &mut Compared,
        window: Window,
        doubt: Option<&str>,
    ) -> Result<(), StoreError> {
        let extra = std::mem::take(&mut compared.extra);
        let asked = if doubt.is_some() { &[] } else { &extra[..extra.len().min(ASKED_MAX)] };
        let wanted = asked.iter().map(|call| (call.id.clone(), call.id.clone())).collect();
        let mut answers: HashMap<_, _> =
            self.asking.records(self.source, wanted).await.into_iter().collect();
        for here in extra {
            let by_id = match answers.remove(&here.id) {
                Some(Ok(Some(record))) => {
                    self.accounts.listed += 1;
                    if let Some(there) = self.elsewhere(&record, &here, window) {
                        self.provider_total += 1;
                        self.moved.insert(here.id.clone());
                        let fields = vec![Field::Time];
                        compared.differing.push(Difference { there, here, fields });
                        continue;
                    }
                    self.accounts.repeated += 1;
                    ById::Known
                }
                Some(Ok(None)) => ById::Unknown,
                Some(Err(error)) => ById::CouldNotAsk(error.to_string()),
                None => ById::CouldNotAsk(format!(
                    "no more than {ASKED_MAX} calls of one window are asked for by id"
                )),
            };
            let explained = explain_extra(&Extra { by_id, doubt });
            self.tally.extra(&here, explained);
            compared.extra.push(here);
        }
        Ok(())
    }

    /// The call as the provider has it by id, when it has it outside of the window.
    fn elsewhere(&self, record: &RawRecord, here: &Told, window: Window) -> Option<Told> {
        let call = self.source.connection.normalise(&record.bytes, self.source.home).ok()?;
        let there = Told::from(call);
        (there.id == here.id && !window.contains(there.at)).then_some(there)
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
