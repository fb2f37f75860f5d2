//! Agents: who handles calls at the providers, and whose calls those are.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use domain::{SourceId, Window, access::Area};
use engine::agents::{listed_at, state as standing};

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::extract::Query;
use crate::facts::Looks;
use crate::failure::Failure;
use crate::figures::{Count, share};
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, List, Table, address};
use crate::zone::Zone;

const PATH: &str = "/agents";
const COUNTED: Duration = Duration::from_hours(30 * 24);

/// How old the counts may be.
const MOMENT: Duration = Duration::from_mins(1);

/// The latest counting of the calls of each source's agents.
pub type Handled = Looks<SourceId, HashMap<String, u64>>;

impl Handled {
    async fn of(
        &self,
        state: &crate::State,
        source: SourceId,
    ) -> Result<Arc<HashMap<String, u64>>, Failure> {
        let now = state.clock.now();
        let counted = Window::new(now - COUNTED, now).ok();
        let read = async { Ok::<_, Failure>(state.store.agent_calls(source, counted).await?) };
        Ok(self.look(source, (now, MOMENT), read).await?.1)
    }
}

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, Area::Operators, show)]
}

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Extension(handled): Extension<Handled>,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Response, Failure> {
    let now = state.clock.now();
    let mut agents = Vec::new();
    for source in chosen(&state, &asked).await? {
        let calls = handled.of(&state, source.id).await?;
        for agent in state.store.agents_list(source.id, now).await? {
            let of_agent = calls.get(&agent.provider_agent_id).copied().unwrap_or(0);
            agents.push((source.name.clone(), agent, of_agent));
        }
    }
    let assigned = agents.iter().filter(|(_, agent, _)| agent.account.is_some()).count();
    let lead = format!(
        "{} of {} agents are assigned ({}). Calls are those of the last 30 days.",
        Count(assigned as u64),
        Count(agents.len() as u64),
        share(assigned as u64, agents.len() as u64)
    );
    agents.sort_by_key(|(_, agent, calls)| (agent.account.is_some(), std::cmp::Reverse(*calls)));
    let columns = [
        Column::text("Agent"),
        Column::text("Source"),
        Column::text("Account"),
        Column::number("Calls"),
        Column::text("At the provider"),
        Column::text("Last listed"),
    ];
    let row = |(source, agent, calls): (String, store::AgentRow, u64)| {
        let asked =
            [("source", Some(source.as_str())), ("agent", Some(agent.provider_agent_id.as_str()))];
        let href = address("/calls", asked);
        let assign = [
            ("source", Some(source.as_str())),
            ("what", Some("agent")),
            ("value", Some(agent.provider_agent_id.as_str())),
        ];
        let link = Cell::link("Assign", address("/assign", assign));
        let unassigned = || Cell::Stack(vec![Cell::badge("waiting", "not assigned"), link]);
        let account = agent.account.clone().map_or_else(unassigned, Cell::Text);
        vec![
            Cell::link(agent.name.clone(), href).noting(agent.provider_agent_id.clone()),
            Cell::Text(source),
            account,
            Cell::Count(calls),
            Cell::Text(standing(&agent).to_owned()),
            Cell::at(listed_at(&agent).map(|at| zone.minute(at))),
        ]
    };
    let empty = "There is no agent yet; each run fetches them first.";
    let table = Table::new(columns, empty).with(agents, row);
    if asked.file.is_some() {
        return table.as_csv("agents");
    }
    let frame = Frame::new(&state, &guest, "Agents", PATH).read_at(now).zone(&zone);
    let filters = vec![source_filter(&state, &asked).await?];
    let files = vec![("CSV", asked.file_at(PATH)), ("JSON", "/api/v1/agents".to_owned())];
    List { path: PATH.to_owned(), filters, files, ..List::new(frame, lead, table) }.show()
}
