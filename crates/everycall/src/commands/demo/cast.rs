//! Whose calls are whose in the demo, with one agent left out so that something waits.

use anyhow::Result;
use domain::{AgentId, SourceId};
use engine::place::{assign as assign_agent, for_ever};
use store::{AccountRow, AgentRow};

use crate::wiring::Desk;

/// The businesses.
const ACCOUNTS: [&str; 3] = ["Maple Street Dental", "Harborview Roofing", "Cedar Lane Veterinary"];
/// The agent nobody assigned.
pub const LEFT_OUT: &str = "Agent – ENG";

/// Who was assigned.
pub struct Assigned {
    /// The businesses.
    pub accounts: [&'static str; 3],
    listed: usize,
    given: usize,
}

impl Assigned {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        let Self { listed, given, .. } = self;
        format!(
            "{listed} listed, {given} assigned, each provider’s “{LEFT_OUT}” left out on purpose"
        )
    }
}

/// Adds the accounts, and assigns every agent of these sources but one to them in turn.
pub async fn assign(desk: &Desk, sources: &[engine::Source]) -> Result<Assigned> {
    let accounts = accounts(desk).await?;
    let (mut listed, mut given) = (0, 0);
    for source in sources {
        let agents = agents(desk, source.row.id).await?;
        listed += agents.len();
        let chosen = agents.iter().filter(|agent| agent.name != LEFT_OUT);
        for (agent, account) in chosen.zip(accounts.iter().cycle()) {
            let assignment = for_ever(AgentId(agent.agent_id), account.id);
            assign_agent(&desk.ctx.store, assignment, "demo", desk.ctx.now()).await?;
            given += 1;
        }
    }
    Ok(Assigned { accounts: ACCOUNTS, listed, given })
}

async fn accounts(desk: &Desk) -> Result<Vec<AccountRow>> {
    let mut tx = desk.ctx.store.begin().await?;
    let mut accounts = Vec::new();
    for name in ACCOUNTS {
        accounts.push(tx.account_ensure(name, desk.ctx.now()).await?);
    }
    tx.commit().await?;
    Ok(accounts)
}

async fn agents(desk: &Desk, source: SourceId) -> Result<Vec<AgentRow>> {
    Ok(desk.ctx.store.agents_list(source, desk.ctx.now()).await?)
}
