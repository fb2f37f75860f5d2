//! Which agent is meant, whether a list has shown it or only calls have named it.

use anyhow::Result;
use domain::AgentId;
use engine::place::{Sought, Who, agent_row, find_agent};
use store::SourceRow;

use super::Whose;
use crate::commands::site::Site;
use crate::commands::waiting::quoted;
use crate::config::{environment, nearest};
use crate::mistake::Mistake;
use crate::wiring::Desk;

/// Our id of the agent, which gets a row when it has none.
pub async fn row(desk: &Desk, source: &SourceRow, who: &Who) -> Result<AgentId> {
    let (store, now) = (&desk.ctx.store, desk.ctx.now());
    Ok(agent_row(store, source, who, &environment::user(), now).await?)
}

/// Whoever is called so, in one source.
pub async fn find(site: &Site, desk: &Desk, arguments: &Whose) -> Result<(SourceRow, Who)> {
    let wanted = arguments.agent.as_deref().unwrap_or_default();
    let sources = desk.known_or_all(arguments.source.as_deref()).await?;
    match find_agent(&desk.ctx.store, sources, wanted, desk.ctx.now()).await? {
        Sought::One(source, who) => Ok((source, who)),
        Sought::Several(found) => Err(ambiguous(wanted, &found).into()),
        Sought::Nobody(names) => {
            let hint = match nearest(wanted, names.iter().map(String::as_str)) {
                Some(meant) => format!("Did you mean {}?", quoted(meant)),
                None => format!("`{} agents` lists them", site.here()),
            };
            Err(Mistake::missing(format!("there is no agent “{wanted}”"), hint).into())
        }
    }
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
