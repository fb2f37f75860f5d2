//! The waiting room: which calls wait, for what, since when, and what ends it.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use domain::Timestamp;
use domain::access::Area;
use store::Scope;

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::extract::Query;
use crate::facts::{Looks, WaitingFor};
use crate::failure::Failure;
use crate::figures::age;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, List, Table, address};
use crate::zone::Zone;

const PATH: &str = "/waiting";

/// Where it is.
pub fn routes() -> Vec<PageRoute> {
    vec![PageRoute::get(PATH, Area::Operators, show)]
}

/// How old what is shown may be; the page says as of when it is.
const MOMENT: Duration = Duration::from_secs(5);

/// The latest look into the waiting room of each choice of sources, those first for whom most wait.
pub type Rooms = Looks<Option<String>, Vec<(String, WaitingFor)>>;

impl Rooms {
    async fn groups(
        &self,
        state: &crate::State,
        asked: &OfSourceAsked,
    ) -> Result<(Timestamp, Arc<Vec<(String, WaitingFor)>>), Failure> {
        let read = async {
            let mut groups = Vec::new();
            for source in chosen(state, asked).await? {
                let of_source = state.store.waiting_groups(Scope::Operator, source.id).await?;
                let told = |it| (source.name.clone(), WaitingFor::of(&source.name, it));
                groups.extend(of_source.into_iter().map(told));
            }
            groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.calls));
            Ok(groups)
        };
        self.look(asked.choice(), (state.clock.now(), MOMENT), read).await
    }
}

const LEAD: &str = "Every call here is stored and lacks only what stands beside it. As soon as that \
                    is there, it moves by itself.";

async fn show(
    State(state): State<crate::State>,
    guest: Guest,
    zone: Zone,
    Extension(rooms): Extension<Rooms>,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Response, Failure> {
    let (now, groups) = rooms.groups(&state, &asked).await?;
    let columns = [
        Column::number("Calls"),
        Column::text("Agent"),
        Column::text("Source"),
        Column::wide("Why they wait"),
        Column::text("Oldest"),
        Column::wide("What to do"),
    ];
    let row = |(source, group): &(String, WaitingFor)| {
        let asked = [
            ("source", Some(source.as_str())),
            ("placement", Some("waiting")),
            ("agent", group.provider_agent_id.as_deref()),
        ];
        let calls =
            Cell::link(crate::figures::Count(group.calls).to_string(), address("/calls", asked));
        let who = group.agent.clone().or_else(|| group.provider_agent_id.clone());
        let oldest = zone.minute(group.oldest);
        vec![
            calls,
            Cell::text(who).noting(group.agent.as_ref().and(group.provider_agent_id.clone())),
            Cell::Text(source.clone()),
            Cell::Text(group.sentence.clone()).noting(group.reason.clone()),
            Cell::At(oldest).noting(age(now.since(group.oldest))),
            what_to_do(source, group),
        ]
    };
    let table = Table::new(columns, "No call waits for anything.").with(groups.iter(), row);
    if asked.file.is_some() {
        return table.as_csv("waiting");
    }
    let frame = Frame::new(&state, &guest, "Waiting", PATH).read_at(now).zone(&zone);
    let filters = vec![source_filter(&state, &asked).await?];
    let files = vec![("CSV", asked.file_at(PATH)), ("JSON", "/api/v1/waiting".to_owned())];
    List { path: PATH.to_owned(), filters, files, ..List::new(frame, LEAD, table) }.show()
}

/// The page that ends their waiting, and the command that does the same.
fn what_to_do(source: &str, group: &WaitingFor) -> Cell {
    use domain::WaitingReason as R;
    let by_agent = [("what", Some("agent")), ("value", group.provider_agent_id.as_deref())];
    let link = match group.reason.parse() {
        Ok(R::AgentNotAssignedToUser | R::AgentNotInSystem) => {
            let asked = [("source", Some(source)), by_agent[0], by_agent[1]];
            Cell::link("Assign the agent", address("/assign", asked))
        }
        Ok(R::NoAgentIdInCall) => {
            let asked = [("source", Some(source)), ("what", Some("source"))];
            Cell::link("Assign by number, campaign or source", address("/assign", asked))
        }
        Ok(R::ContactNotFound | R::ContactAmbiguous) => Cell::link("See the contacts", "/contacts"),
        Ok(R::NoPhoneInCall) | Err(_) => Cell::Nothing,
    };
    match &group.command {
        Some(command) => Cell::Stack(vec![link, Cell::Code(command.clone())]),
        None => link,
    }
}
