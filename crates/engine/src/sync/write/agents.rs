//! Agents nobody has assigned, in sources that give them to an account by themselves.

use std::collections::BTreeSet;

use domain::{AccountId, Timestamp};
use store::{Scope, StoreError, Tx};

use super::Writer;
use crate::ingest::Prepared;
use crate::place::{auto_assign, resume, waits_for_agent};
use crate::sync::Phase;

impl Writer<'_> {
    /// Takes note of the account that gets such agents, and gives it those that stored calls wait
    /// for.
    pub(in crate::sync) async fn assign_waiting(&mut self) -> Result<(), StoreError> {
        let (ctx, source, now) = (self.ctx, self.source.row.id, self.ctx.now());
        let mut tx = ctx.store.begin().await?;
        self.auto_account = tx.auto_account(source).await?;
        drop(tx);
        if self.auto_account.is_none() {
            return Ok(());
        }
        let groups = ctx.store.waiting_groups(Scope::Operator, source).await?;
        let is_meant = |reason: &str| reason.parse().is_ok_and(waits_for_agent);
        let groups = groups.into_iter().filter(|group| is_meant(&group.reason));
        let named: BTreeSet<String> = groups.filter_map(|group| group.provider_agent_id).collect();
        let mut tx = ctx.store.begin().await?;
        self.assign_named(&mut tx, named, now).await?;
        tx.commit().await?;
        resume(&ctx.store, source, now).await
    }

    /// Assigns agents that these records name, before they are placed.
    pub(super) async fn assign_agents(
        &mut self,
        tx: &mut Tx,
        records: &[&Prepared],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if self.auto_account.is_none() {
            return Ok(());
        }
        let named = records.iter().filter_map(|record| record.waits_for_agent()).collect();
        self.assign_named(tx, named, now).await
    }

    async fn assign_named(
        &mut self,
        tx: &mut Tx,
        named: BTreeSet<String>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(account) = self.auto_account else { return Ok(()) };
        let named: BTreeSet<String> = named.difference(&self.tally.agents_met).cloned().collect();
        if named.is_empty() {
            return Ok(());
        }
        let to: (_, AccountId) = (self.source.row.id, account);
        let assigned = auto_assign(tx, to, &named, now).await?;
        self.tally.agents_met.extend(named);
        self.tally.auto_assigned.extend(assigned);
        Ok(())
    }

    /// Moves what was stored before its agent was met, and says who was assigned.
    pub(in crate::sync) async fn after_assigning(&mut self) -> Result<(), StoreError> {
        if self.tally.auto_assigned.is_empty() {
            return Ok(());
        }
        let (ctx, source) = (self.ctx, self.source.row.id);
        resume(&ctx.store, source, ctx.now()).await?;
        let names = self.tally.auto_assigned.join(", ");
        let sentence = format!("Agents that nobody had assigned, and are assigned now: {names}");
        self.log.info(ctx.now(), Phase::Complete, sentence, None);
        Ok(())
    }
}
