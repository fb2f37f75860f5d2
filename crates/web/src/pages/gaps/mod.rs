//! Gaps: what is not proved, not read again or not believable, why, and the command that repairs it.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use domain::access::Area;
use domain::{Timestamp, WhyLacking};
use engine::gaps::{Gap, What, look};
use engine::lateness::widened;

use super::{OfSourceAsked, PageRoute, chosen, source_filter};
use crate::extract::Query;
use crate::facts::Looks;
use crate::failure::Failure;
use crate::figures::{Count, span};
use crate::frame::Frame;
use crate::guest::Guest;
use crate::list::{Cell, Column, List, Table};
use crate::zone::Zone;

const PATH: &str = "/gaps";
const SHOWN: usize = 200;

/// How old what is shown may be; the page says as of when it is.
const MOMENT: Duration = Duration::from_secs(5);

/// The latest look for gaps of each choice of sources, the newest first.
pub type Found = Looks<Option<String>, Vec<(String, Gap)>>;

impl Found {
    async fn gaps(
        &self,
        state: &crate::State,
        asked: &OfSourceAsked,
    ) -> Result<(Timestamp, Arc<Vec<(String, Gap)>>), Failure> {
        let now = state.clock.now();
        let read = async {
            let mut all = Vec::new();
            for source in chosen(state, asked).await? {
                let known = (state.known)(&source);
                let (able, _) = widened(&state.store, source.id, known.capabilities, now).await?;
                let found = look(&state.store, &source, &able, known.grace, now).await?;
                all.extend(found.gaps.into_iter().map(|gap| (source.name.clone(), gap)));
            }
            all.sort_by_key(|(_, gap)| std::cmp::Reverse(gap.window.to()));
            Ok(all)
        };
        self.look(asked.choice(), (now, MOMENT), read).await
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
    Extension(found): Extension<Found>,
    Query(asked): Query<OfSourceAsked>,
) -> Result<Response, Failure> {
    let (now, all) = found.gaps(&state, &asked).await?;
    let count = Count(all.len() as u64).of_things("span lacks", "spans lack");
    let more =
        if all.len() > SHOWN { format!("; the newest {SHOWN} are shown") } else { String::new() };
    let lead = match all.len() {
        0 => "No gap: all that is wanted is proved, and read again when it was due.".to_owned(),
        _ => format!("{count} something{more}."),
    };
    let columns = [
        Column::text("From"),
        Column::text("To"),
        Column::text("Source"),
        Column::text("What it lacks"),
        Column::wide("Why"),
        Column::wide("What repairs it"),
    ];
    let row = |(source, gap): &(String, Gap)| {
        let class = match gap.what {
            What::Proof(WhyLacking::UnderWay | WhyLacking::Due) => "",
            What::Proof(WhyLacking::Refused | WhyLacking::Outage) => "failed",
            What::Proof(_) | What::Calls(_) => "partial",
        };
        let sentence = Cell::Text(gap.sentence.clone());
        let why = match gap.run {
            Some(run) => Cell::Stack(vec![
                sentence,
                Cell::link(format!("run {run}"), format!("/runs/{run}")),
            ]),
            None => sentence,
        };
        let command = crate::facts::repairing(source, gap);
        vec![
            Cell::At(zone.minute(gap.window.from())),
            Cell::At(zone.minute(gap.window.to())).noting(span(gap.window.length())),
            Cell::Text(source.clone()),
            Cell::badge(class, gap.what.title()),
            why,
            Cell::Code(command),
        ]
    };
    let table = Table::new(columns, "There is no gap.").with(all.iter().take(SHOWN), row);
    if asked.file.is_some() {
        return table.as_csv("gaps");
    }
    let frame = Frame::new(&state, &guest, "Gaps", PATH).read_at(now).zone(&zone);
    let filters = vec![source_filter(&state, &asked).await?];
    let files = vec![("CSV", asked.file_at(PATH))];
    List { path: PATH.to_owned(), filters, files, ..List::new(frame, lead, table) }.show()
}
